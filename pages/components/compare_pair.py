"""Two sides closely: their differences with intervals, seed by seed, by kinds of text, and in their confusions."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages.components import choices, fragments, layout, words
from pages.components.verdict import p_value

MODE_BAR = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}
SLICES = {
    "length": "By length",
    "class": "By class",
    "unknown": "By unknown words",
    "distance": "By distance of the cues",
}
_ABOUT_SLICES = {
    "length": "Tokens in the text.",
    "class": "The label of the text.",
    "unknown": "The share of the text's words that stand in no training text, or in too few.",
    "distance": "Tokens between the first and the last word that decide the label.",
}
MOST_BESIDE = 6  # classes of three confusions beside one another


def compare_pair(document: dict[str, Any], pair: dict[str, Any]) -> None:
    """Draw everything about a pair, an entry of a comparison's "pairs"."""
    sides = {side["key"]: side for side in document["sides"]}
    first, second = sides[pair["first"]], sides[pair["second"]]
    left, right = st.columns([1.3, 1])
    with left, layout.card("differences", fill=True):
        _differences(document, pair, first, second)
    with right, layout.card("slices", fill=True):
        fragments.alone(_slices, document, pair, outside=fragments.COMPARE)
    _confusions(document, pair, first, second)


def _differences(document: dict[str, Any], pair: dict[str, Any], first: dict, second: dict) -> None:
    from model.reports.compare_words import SCALES

    layout.card_title("Difference", f"{words.literal(second['name'])} minus {words.literal(first['name'])}")
    place = document["headline"]["pair"]
    if place is None or document["pairs"][place] is not pair:  # the headline's stands at the head of the page
        st.markdown(f"**{words.literal(pair['sentence'])}**")
        st.caption(" ".join(words.literal(note) for note in pair["notes"]))
    lines = ["| | first | second | difference | 95 % interval |", "| :-- | --: | --: | --: | --: |"]
    for metric, scale in SCALES.items():
        figures = pair["differences"][metric]
        values = (scale.value(side["metrics"][metric]["estimate"]) for side in (first, second))
        lines.append(
            f"| {scale.title} | {' | '.join(values)} | {scale.difference(figures['estimate'])} {scale.of_difference}"
            f" | {scale.between(figures, signed=True)} |"
        )
    st.markdown("\n".join(lines))
    _covers(pair)
    if pair["mcnemar"]:
        _mcnemar(pair)


def _covers(pair: dict[str, Any]) -> None:
    from model.reports.compare_words import SCALES

    figures = pair["differences"]["accuracy"]
    said = (
        f"The intervals cover other {'test texts' if figures['covers'] == 'texts' else 'test texts and other seeds'}."
    )
    if figures["seeds_part"] is not None and figures["covers"] != "texts":
        said += f" Of the variance in accuracy, {words.percent(figures['seeds_part'], 0)} is from the seeds."
    if figures["bootstrap"]:
        ends = dict(zip(("low", "high"), figures["bootstrap"], strict=True))
        said += (
            " A bootstrap over the texts alone, with these trained models, gives"
            f" {SCALES['accuracy'].between(ends, signed=True)} points of accuracy."
        )
    st.caption(said)


def _mcnemar(pair: dict[str, Any]) -> None:
    st.markdown("**Seed by seed, exact McNemar test**")
    lines = ["| seed | fixed | broken | p |", "| :-- | --: | --: | --: |"]
    lines += [
        f"| {test['seed']} | {words.count(test['fixed'])} | {words.count(test['broken'])} |"
        f" {p_value(test['p_value']).removeprefix('= ')} |"
        for test in pair["mcnemar"]
    ]
    st.markdown("\n".join(lines))
    st.caption(
        "Fixed: texts that the first model of this seed gets wrong and the second right; broken: the reverse. If the"
        " two trained models were equally good, numbers as unequal as these would come by chance with probability p."
        " That is about these models, not about another training."
    )


# -- by kinds of text --------------------------------------------------------------------------------------------


def _slices(document: dict[str, Any], pair: dict[str, Any]) -> None:
    from pages.components import compare_charts

    found = {name: rows for name, rows in pair["slices"].items() if rows}
    layout.card_title("Where the difference lies", "second minus first, points")
    titles = {name: SLICES[name] for name in SLICES if name in found}
    kind = choices.one_of("Texts", titles, name="slices", default="length", titles=titles)
    rows = found[kind]
    shown = rows
    if len(rows) > compare_charts.MOST_SLICES:
        most = sorted(rows, key=lambda row: -abs(row["difference"]["estimate"]))[: compare_charts.MOST_SLICES]
        shown = [row for row in rows if row in most]
    colour = compare_charts.looks(document["sides"])[pair["second"]].colour
    st.plotly_chart(compare_charts.slices_chart(shown, colour), key="slices-chart", config=MODE_BAR)
    notes = [_ABOUT_SLICES[kind], "Beside each: how many texts."]
    if len(shown) < len(rows):
        notes.append(f"The {len(shown)} of {len(rows)} with the largest difference.")
    if any(row["difference"]["low"] is None for row in shown):
        notes.append("Fewer than 5 texts have no interval.")
    if len(shown) > 2:
        notes.append(f"{len(shown)} intervals without correction: of twenty one leaves out the truth by chance.")
    st.caption(" ".join(notes))


# -- confusions --------------------------------------------------------------------------------------------------


def _confusions(document: dict[str, Any], pair: dict[str, Any], first: dict, second: dict) -> None:
    labels = document["data"]["classes"]
    kinds = {"first": first["name"], "second": second["name"], "difference": "Second minus first"}
    if len(labels) <= MOST_BESIDE:
        for column, kind in zip(st.columns(3), kinds, strict=True):
            with column, layout.card(f"confusion-{kind}", fill=True):
                layout.card_title(words.literal(kinds[kind]))
                _confusion(kind, document, pair, labels)
        return
    with layout.card("confusion"):
        layout.card_title("Confusions")
        kind = choices.one_of("Side", kinds, name="confusion", default="difference", titles=kinds)
        _confusion(kind, document, pair, labels)


def _confusion(kind: str, document: dict[str, Any], pair: dict[str, Any], labels: list[str]) -> None:
    from pages.components import compare_charts, confusions

    if kind == "difference":
        figure = confusions.difference(np.asarray(pair["confusion"]), labels)
        note = "Blue: more texts than the first side; red: fewer. On the diagonal more is better."
    else:
        key = pair[kind]
        side = next(side for side in document["sides"] if side["key"] == key)
        colour = compare_charts.looks(document["sides"])[key].colour
        figure = confusions.confusion(np.asarray(side["confusion"]), labels, colour=colour)
        note = "Texts" + (f", mean of {len(side['seeds'])} seeds." if len(side["seeds"]) > 1 else ".")
    st.plotly_chart(figure, key=f"confusion-chart-{kind}", config=MODE_BAR)
    st.caption(note)
