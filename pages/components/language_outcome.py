"""What came of language models: their perplexities beside those of counting, and where to go from here."""

from __future__ import annotations

import streamlit as st

from model.runs.run import Run
from pages.components import layout, session, words
from pages.components.outcome import compare_button

COUNTED = {"kneser_ney": "Counts of neighbouring {unit}s (Kneser–Ney)", "unigram": "Counts of single {unit}s"}
ABOUT = "Perplexity: among how many equally likely ones the model wavers at each {unit}. Lower is better."


def outcome(done: list[Run], names: dict[str, str]) -> None:
    """Draw the result of finished language models, and the way to reading and comparing them."""
    with layout.card("result"), session.problems_shown():
        for stream in dict.fromkeys(map(_stream, done)):
            _table([run for run in done if _stream(run) == stream], names)
        compare_button(done)


def _stream(run: Run) -> tuple[str, str, int]:
    """What makes perplexities comparable: the same text, in the same tokens, with the same words known."""
    return run.spec["data"]["sha256"], run.report["unit"], run.report["vocabulary"]


def _table(runs: list[Run], names: dict[str, str]) -> None:
    report = runs[0].report
    unit = report["unit"].removesuffix("s")
    lines = ["| Model | Test perplexity | Bits per character | Parameters |", "|:--|--:|--:|--:|"]
    for run in sorted(runs, key=lambda run: run.report["test"]["perplexity"]):
        parameters = words.count(run.report["parameters"])
        lines.append(_row(f"**{words.literal(names[run.id])}**", run.report["test"], parameters))
    for name, label in COUNTED.items():
        lines.append(_row(label.format(unit=unit), report["baselines"][name], "–"))
    st.markdown("\n".join(lines))
    st.caption(
        f"On {words.count(report['test']['tokens'])} test {unit}s, {words.percent(report['test']['unknown'])} of them"
        f" unknown. {ABOUT.format(unit=unit)}"
    )


def _row(name: str, metrics: dict[str, float], parameters: str) -> str:
    figures = f"{words.perplexity(metrics['perplexity'])} | {metrics['bits_per_character']:.3f}"
    return f"| {name} | {figures} | {parameters} |"
