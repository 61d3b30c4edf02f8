"""What came of language models: their perplexities beside those of counting, and where to go from here."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.runs.run import Run
from pages.components import layout, session, words
from pages.components.outcome import compare_button

COUNTED = {"kneser_ney": "Counts of neighbouring {unit}s (Kneser–Ney)", "unigram": "Counts of single {unit}s"}
PERPLEXITY = "Perplexity: among how many equally likely ones the model wavers at each {unit}. Lower is better."
COPYING = (
    "Copied: of {places} places where the text repeats itself, the share that was predicted. Looked there: the share"
    " at which the largest weight lay on the word to be copied."
)
_NONE = "–"


def outcome(done: list[Run], names: dict[str, str]) -> None:
    """Draw the result of finished language models, and the way to comparing them."""
    with layout.card("result"), session.problems_shown():
        for stream in dict.fromkeys(map(_stream, done)):
            runs = [run for run in done if _stream(run) == stream]
            layout.card_title("On the test text", words.literal(runs[0].spec["data"]["name"]))
            _table(sorted(runs, key=lambda run: run.report["test"]["perplexity"]), names)
        compare_button(done)


def _stream(run: Run) -> tuple[str, str, int]:
    """What makes perplexities comparable: the same text, in the same tokens, with as many of them known."""
    return run.spec["data"]["sha256"], run.report["unit"], run.report["vocabulary"]


def _table(runs: list[Run], names: dict[str, str]) -> None:
    report = runs[0].report
    unit, copying = report["unit"].removesuffix("s"), report.get("copying")
    columns = ["Model", "Perplexity", "Bits per character", "Parameters"]
    rows = []
    for run in runs:
        told = run.report
        size = words.count(told["parameters"])
        rows.append([f"**{words.literal(names[run.id])}**", *_figures(told["test"]), size, *_copied(told)])
    for name, label in COUNTED.items():
        rows.append([label.format(unit=unit), *_figures(report["baselines"][name]), *[_NONE] * 3])
    if copying:
        columns += ["Copied", "Looked there"]
    lines = [columns, [":--", *["--:"] * (len(columns) - 1)], *rows]
    st.markdown("\n".join(f"| {' | '.join(line[: len(columns)])} |" for line in lines))
    tokens, unknown = words.count(report["test"]["tokens"]), words.percent(report["test"]["unknown"])
    st.caption(
        f"{tokens} {unit}s, {unknown} of them unknown. {PERPLEXITY.format(unit=unit)}"
        f" {COPYING.format(places=words.count(copying['places'])) if copying else ''}"
    )


def _figures(metrics: dict[str, float]) -> list[str]:
    return [words.perplexity(metrics["perplexity"]), f"{metrics['bits_per_character']:.3f}"]


def _copied(report: dict[str, Any]) -> list[str]:
    copying = report.get("copying") or {}
    return [_NONE if copying.get(name) is None else words.percent(copying[name]) for name in ("right", "largest")]
