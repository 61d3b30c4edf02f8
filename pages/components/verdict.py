"""What the figures of a comparison allow to be said, and no more."""

from __future__ import annotations

import streamlit as st

from model.networks.preset_words import PRESET_WORDS
from pages.components import layout, words
from pages.components.groups import Group


def verdict(first: Group, second: Group) -> None:
    """Draw the sentence on two groups of runs, and under it what it does not cover."""
    difference = first.difference(second)
    low, high = difference.low, difference.high
    names = words.literal(first.name), words.literal(second.name)
    if low <= 0 <= high:
        said = f"These texts cannot tell **{names[1]}** from **{names[0]}**"
    else:
        said = f"**{names[1]}** is right on {'more' if low > 0 else 'fewer'} of these texts than **{names[0]}**"
    with layout.card("verdict"):
        st.header(
            f"{said}: {words.points(difference.estimate)} of accuracy (95 % interval"
            f" {words.signed(100 * low, 1)} to {words.signed(100 * high, 1)}).",
            anchor=False,
        )
        st.markdown(_against_tfidf(first, second))
        st.caption(" ".join(_reservations(first, second)))


def p_value(p: float) -> str:
    """A p value as it stands after a p: "= 0.04", or that it is small."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def _against_tfidf(first: Group, second: Group) -> str:
    reached = first.runs[0].report["baselines"]["tfidf_logistic_regression"]["accuracy"]
    better = [words.literal(group.name) for group in (first, second) if group.mean > reached]
    said = f"TF-IDF + logistic regression, which reads no order, reaches {words.percent(reached)} on the same texts: "
    verb = "does" if len(better) == 1 else "do"
    return said + (f"{words.listed(better)} {verb} better." if better else "neither does better.")


def _reservations(first: Group, second: Group) -> list[str]:
    """What the figures do not cover."""
    notes = []
    if first.paired_with(second):
        notes.append("The interval covers the choice of test texts and the chance in each training.")
    else:
        notes.append(
            "The interval covers the choice of test texts; for the chance in each training, train more seeds."
        )
    ours, theirs = (group.runs[0].spec["settings"] for group in (first, second))
    presets = [PRESET_WORDS.get(group.runs[0].spec["preset"]) for group in (first, second)]
    if all(presets) and presets[0].title.startswith("BiLSTM") != presets[1].title.startswith("BiLSTM"):
        notes.append(
            "They also differ in direction: a BiLSTM without attention beside them would tell the two apart."
        )
    others = [name for name in ours if name not in ("preset", "seed") and ours[name] != theirs.get(name)]
    if others:
        notes.append(f"They also differ in {words.listed([name.replace('_', ' ') for name in others])}.")
    return notes
