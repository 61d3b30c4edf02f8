"""The report of a trust study as one HTML page that stands alone: no script, no network, light and dark, on paper."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.explain import export_html
from model.explain.export_words import markup, name_of
from model.reports.parts import refusing
from model.reports.trust_cards import agreement_card, curves_card, faithfulness_card, verdicts_card
from model.reports.trust_controls import (
    attention_card,
    captum_card,
    controls_card,
    plausibility_card,
    randomized_card,
    undefined_card,
)
from model.reports.trust_files import REFUSED, to_csv, to_latex

__all__ = ["report", "to_csv", "to_latex"]

_STYLE = export_html.STYLE + Path(__file__).with_name("trust.css").read_text("utf-8")
_CARDS = (
    agreement_card,
    faithfulness_card,
    curves_card,
    captum_card,
    attention_card,
    randomized_card,
    plausibility_card,
    controls_card,
    undefined_card,
)


def report(document: Mapping[str, Any]) -> str:
    """One page: what may be claimed, every verdict with its numbers, then the tables and charts behind them.

    `document` has "summary", "verdicts" (as dicts) and "paragraph"; of "run" and "data" the names are shown. It may
    come out of a JSON file: raises DataError where it is not one. The page can be written as UTF-8.
    """
    with refusing(*REFUSED):
        return _page(document)


def _page(document: Mapping[str, Any]) -> str:
    summary = document["summary"]
    attends = "attention" in summary["methods"] or not summary["methods"]
    title = "Does the attention explain?" if attends else "Do the explanations explain?"
    cards = "".join(card(document) for card in (verdicts_card, *_CARDS))
    body = f'<p class="soft lead">{_lead(document)}</p>\n{cards}'
    return export_html.page(title, body, style=_STYLE)


def _lead(document: Mapping[str, Any]) -> str:
    """Which run, which data, how many texts of what length."""
    summary = document["summary"]
    texts, tokens, right = summary["texts"], summary["tokens"], summary["accuracy"]["share"]
    parts = [_named(document.get("run"), "title", "id"), _named(document.get("data"), "title", "name")]
    parts.append(f"{texts:,} {'text' if texts == 1 else 'texts'}")
    if tokens:
        parts.append(f"{tokens[1]:g} tokens in the median")
    if right is not None:
        parts.append(f"{100 * right:.1f} % predicted right")
    if summary["truncated"]:
        parts.append(f"{summary['truncated']:,} cut at the end")
    return " · ".join(markup(part) for part in parts if part)


def _named(value: Any, *keys: str) -> str:
    if isinstance(value, Mapping):
        value = next((value[key] for key in keys if value.get(key)), "")
    return name_of(value or "")
