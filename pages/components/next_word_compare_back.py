"""What language models side by side looked back at: the word that generated text repeats, and how far in any text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from model.runs.run import Run
from pages.components import caches, layout, words

_LONGEST = 50  # distances drawn; more are summed in the last bar
_MODE_BAR = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}

Document = dict[str, Any]


def draw(document: Document, runs: list[Run]) -> None:
    """Draw both, as far as they are: of generated text, and of sides with attention."""
    copying = [side for side in document["sides"] if side["copying"]]
    if copying:
        with layout.card("copying"):
            _copying(copying, document)
    _looking_back(runs)


def _copying(sides: Sequence[Document], document: Document) -> None:
    """Where generated text says the next word: who is right, and whose weight is on the word k back."""
    from pages.components import next_word_compare_charts as drawings

    layout.card_title("Does it look exactly k words back?", "where this generated text decides the next word")
    attending = [side for side in sides if side["attends"]]
    left, right = st.columns(2) if attending else (st.container(), None)
    with left, layout.panel("Right: the likeliest word is the one k words back"):
        st.plotly_chart(drawings.copied(sides, document, value="right"), key="copying-chart", config=_MODE_BAR)
    if right is not None:
        with right, layout.panel("Weight on exactly that word"):
            chart = drawings.copied(attending, document, value="weight")
            st.plotly_chart(chart, key="copying-weight-chart", config=_MODE_BAR)
    for side in sides:
        found = side["copying"]
        said = f"{words.literal(side['name'])} is right at **{words.percent(found['right'])}** of them"
        if found["largest"] is not None:
            said += (
                f"; its largest weight is on the word k back at {words.percent(found['largest'])}, with a mean weight"
                f" of {words.percent(found['weight'], 0)} there"
            )
        st.markdown(f"{said}.")
    st.caption(
        f"{words.count(sides[0]['copying']['places'])} places of the test text are decided: in the second half of a"
        " line that says k words twice, from its second word on. Dotted: 95 %."
        + (" Bands: lowest to highest seed." if any(len(side["seeds"]) > 1 for side in sides) else "")
    )


def _looking_back(runs: list[Run]) -> None:
    sides = [side for side in caches.language_predictions(runs).sides if side.attends]
    if not sides:
        return
    from pages.components.next_word_charts import distances

    with layout.card("looking-back"):
        layout.card_title("How far attention reaches", "mean weight at each distance")
        with st.spinner("Reading the test text…", show_time=True):
            found = {side.name: _looked_back(side.runs) for side in sides}
        unit = runs[0].spec["settings"]["unit"]
        for name, figures in found.items():
            st.markdown(_nearest(name, figures["nearest"], unit))
        profiles = {name: np.array(figures["weights"]) for name, figures in found.items()}
        chart = distances(profiles, longest=_LONGEST, unit=unit.removesuffix("s"))
        st.vega_lite_chart(chart.data, chart.spec)
        tokens = next(iter(found.values()))["tokens"]
        st.caption(
            f"Over the first {words.count(tokens)} {unit} of the test text, mean of the seeds. The nearest that can"
            " be looked back at is 2 back: what was just read is the state that looks. Daniluk et al. 2017 found that"
            " most weight falls on the last five words."
        )


def _looked_back(runs: Sequence[Run]) -> Document:
    def compute() -> Document:
        from model.studies.language_reading import looking_back

        return looking_back([caches.language_model(run) for run in runs], caches.corpus(runs[0]).test)

    return caches.readings().recall(("looking-back", caches.ids_of(runs)), compute)


def _nearest(name: str, nearest: Document, unit: str) -> str:
    ends = ""
    if nearest["low"] is not None:
        ends = f" (95 % interval {100 * nearest['low']:.0f} to {100 * nearest['high']:.0f} %)"
    return (
        f"{words.literal(name)} puts **{words.percent(nearest['estimate'], 0)}**{ends} of its weight on the five"
        f" nearest {unit} that it can look back at; spread evenly it would be {words.percent(nearest['even'], 0)}."
    )
