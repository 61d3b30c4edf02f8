"""What the figures of a comparison allow to be said, above everything else on its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.components import layout, words


def verdict(document: Mapping[str, Any]) -> None:
    """Draw what a comparison is about, its sentence, and under it what the sentence does not cover."""
    st.caption(about(document))
    claim(document)


def claim(document: Mapping[str, Any]) -> None:
    """Draw the card with the sentence of a comparison and its notes."""
    headline = document["headline"]
    with layout.card("verdict"):
        first, rest = headline["sentence"], ""
        if headline["pair"] is not None:
            first = document["pairs"][headline["pair"]]["sentence"]
            rest = headline["sentence"].removeprefix(first).strip()
        st.header(words.literal(first), anchor=False)
        if rest:
            st.markdown(words.literal(rest))
        with st.container(key="notes"):
            st.caption(" ".join(words.literal(note) for note in headline["notes"]))


def about(document: Mapping[str, Any]) -> str:
    """The data, the seeds, and what was held equal, on one line."""
    data, protocol = document["data"], document["protocol"]
    seeds = [len(side["seeds"]) for side in document["sides"]]
    return " · ".join(
        [
            words.literal(data["name"]),
            f"{words.count(data['test'])} test texts",
            f"{len(seeds)} sides, {_each(seeds)} each" if len(set(seeds)) == 1 else f"{sum(seeds)} trainings",
            "one split",
            f"at most {words.count(protocol['updates'])} updates each",
            f"epoch chosen by {protocol['selection']}",
        ]
    )


def p_value(p: float) -> str:
    """A p value as it stands after a p: "= 0.04", or that it is small."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def _each(seeds: list[int]) -> str:
    return f"{seeds[0]} seed{'s' if seeds[0] > 1 else ''}"
