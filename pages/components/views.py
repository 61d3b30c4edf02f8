"""The controls of the Read page: what is explained, by which methods, and how it is drawn."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from model.explain.rows import TITLES
from model.runs.run import Run
from pages.components import address, caches, choices, take_along, words
from pages.components.reading import ATTENTION, DEFAULT_ROWS, Reading

PREDICTION = "prediction"
NO_BARS = "no bars"
ALL_HEADS = "all heads"
_LIFTS = [f"{step / 10:.1f}" for step in range(8)]
_OWN_SCALE, _ONE_SCALE = "own scale", "one scale for both"


class View(NamedTuple):
    """How a text is shown: the colouring, the methods in rows, the bars under the words, and their scale."""

    method: str
    rows: list[str]
    bars: str
    head: str
    gamma: float
    shared: bool


def target(first: Run) -> str | None:
    """The label to explain, None for the one that the first model predicts."""
    address.take("target", _targets(first), PREDICTION)
    wanted = st.session_state["target"]
    return None if wanted == PREDICTION else wanted


def view(readings: list[Reading], shown: Reading) -> View:
    """Draw the controls in one line and return what they say; `shown` is the model whose rows are shown."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rows = _rows_chosen()
        method = choices.one_of(
            "Colour the words by",
            rows,
            name="row",
            default=ATTENTION if ATTENTION in rows else rows[0],
            titles=TITLES,
            label_visibility="visible",
        )
        with st.popover("Methods", icon=":material/stacks:"):
            _rows_box()
        choices.one_of_list(
            "Explain",
            _targets(readings[0].run),
            name="target",
            default=PREDICTION,
            titles={PREDICTION: "the prediction"},
            on_change=st.rerun,  # it concerns both models and so the whole page, not this fragment alone
            width=200,
        )
        with st.popover("View", icon=":material/contrast:"):
            bars, head, gamma, shared = _view_box(readings)
        export = st.popover("Export", icon=":material/download:", key="export", on_change="rerun")
        if export.open:
            with export:
                take_along.take_along(readings, shown, method)
    return View(method, rows, bars, head, gamma, shared)


def _targets(run: Run) -> list[str]:
    labels = [str(label) for label in caches.classifier(run).classes_.tolist()]
    return [PREDICTION, *(label for label in labels if label != PREDICTION)]


def _rows_chosen() -> list[str]:
    """The methods shown, in their order; none at all means the usual ones."""
    address.take_list("rows", TITLES, DEFAULT_ROWS)
    chosen = st.session_state["rows-chosen"]
    return [method for method in TITLES if method in chosen] or list(DEFAULT_ROWS)


def _rows_box() -> None:
    st.pills(
        "Methods shown",
        list(TITLES),
        selection_mode="multi",
        format_func=TITLES.get,
        key="rows-chosen",
        persist_state="session",
    )
    st.caption(
        "Methods that sample take seconds for a long text, get better as they go, and say how sure they are. Letting"
        " one go stops it."
    )
    address.keep_list("rows", DEFAULT_ROWS)


def _view_box(readings: list[Reading]) -> tuple[str, str, float, bool]:
    signed = [name for name in TITLES if words.kind(name) == "signed"]
    bars = choices.one_of_list(
        "Bars under the words",
        [*signed, NO_BARS],
        name="bars",
        default="integrated_gradients",
        titles=TITLES,
    )
    head, shared = ALL_HEADS, False
    heads = list(dict.fromkeys(name for reading in readings for name in reading.heads))
    if heads:
        head = choices.one_of_list("Attention of", [ALL_HEADS, *heads], name="head", default=ALL_HEADS)
    if len(readings) > 1:
        scale = choices.one_of("Scale", [_OWN_SCALE, _ONE_SCALE], name="scale", default=_OWN_SCALE)
        shared = scale == _ONE_SCALE
    address.take("lift", _LIFTS, _LIFTS[0])
    st.select_slider(
        "Lift small values",
        _LIFTS,
        key="lift",
        persist_state="session",
        help="Colours weak words more strongly. Numbers stay as they are.",
    )
    return bars, head, 1.0 - float(address.keep("lift", _LIFTS[0])), shared
