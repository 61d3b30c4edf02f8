"""The report of a comparison as one HTML page that stands alone: no network, and readable without its script."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.explain import export_html
from model.explain.export_words import markup, name_of
from model.reports.compare_audit import audit_card
from model.reports.compare_cards import claim_card, cost_card, figures_card, headline_card, learning_card
from model.reports.compare_files import REFUSED, to_csv, to_latex
from model.reports.compare_pairs import differences_card, pairs_card
from model.reports.compare_protocol import protocol_card
from model.reports.compare_stability import shares_card, stability_card
from model.reports.compare_texts import growth_card, texts_card
from model.reports.compare_words import number, sides_by_key
from model.reports.parts import refusing
from model.studies.claims import MATCHED

__all__ = ["report", "to_csv", "to_latex"]

_HERE = Path(__file__)
_STYLE = export_html.STYLE + _HERE.with_name("compare.css").read_text("utf-8")
_SCRIPT = _HERE.with_name("compare.js").read_text("utf-8")
_CARDS = {
    "Sides": claim_card,
    "Learning": learning_card,
    "Differences": differences_card,
    "Figures": figures_card,
    "Pairs": pairs_card,
    "Cost": cost_card,
    "Texts": texts_card,
    "Growth": growth_card,
    "Stability": stability_card,
    "Audit": audit_card,
    "More data": shares_card,
    "Protocol": protocol_card,
}
_BESIDE = ("Sides", "Learning")  # two cards on one line where there is room


def report(document: Mapping[str, Any]) -> str:
    """One page: what may be said, the chart it rests on, then every figure, pair, text and caveat behind it.

    `document` is a `compare_document` (or a `comparison`, which has no texts); it may come out of a JSON file. The
    page can be written as UTF-8 and opens from disk; without its script every panel is shown. Raises DataError
    where it is no comparison.
    """
    with refusing(*REFUSED):
        return _page(document)


def _page(document: Mapping[str, Any]) -> str:
    cards = {name: card(document) for name, card in _CARDS.items()}
    beside = "".join(cards[name] for name in _BESIDE)
    rest = "".join(card for name, card in cards.items() if name not in _BESIDE)
    links = "".join(
        f'<li><a href="#{name.lower().replace("more data", "shares")}">{name}</a></li>'
        for name, card in cards.items()
        if card
    )
    body = (
        f'<p class="soft lead">{_lead(document)}</p>\n{headline_card(document)}'
        f'<nav aria-label="On this page"><ul>{links}</ul></nav>\n<div class="beside">{beside}</div>\n{rest}'
        '<div id="tip" aria-hidden="true" hidden></div><p id="told" class="away" aria-live="polite"></p>\n'
    )
    return export_html.page(_title(document), body, style=_STYLE, script=_SCRIPT)


def _title(document: Mapping[str, Any]) -> str:
    """The pair that the headline is about; with no pair, the data."""
    sides = sides_by_key(document)
    place = document["headline"]["pair"]
    if place is None:
        return f"{next(iter(sides.values()))['title']} on {name_of(document['data']['name'])}"
    pair = document["pairs"][place]
    return f"{sides[pair['first']]['title']} against {sides[pair['second']]['title']}"


def _lead(document: Mapping[str, Any]) -> str:
    """Which data, how many texts and seeds, how long at most."""
    data, protocol = document["data"], document["protocol"]
    seeds = len(protocol["seeds"])
    other = data.get("other")
    parts = [
        name_of(data["name"]),
        f"{number(data['test'])} test texts" + (f" of {name_of(other)}" if other else ""),
        "1 seed" if seeds == 1 else f"{seeds} seeds",
        "one split",
        f"at most {number(protocol['updates'])} updates each",
    ]
    spread = max(abs(side["parameters_from_reference"]) for side in document["sides"])
    if len(document["sides"]) > 1 and spread <= MATCHED:
        parts.append(f"parameters within {100 * spread:.1f}\u00a0%")
    return " · ".join(markup(part) for part in parts)
