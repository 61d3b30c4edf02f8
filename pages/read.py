"""Read: one text, its tokens coloured by attention and by each attribution, for one model or two side by side."""

from __future__ import annotations

import streamlit as st

from model.runs.run import Run
from pages.components import (
    choices,
    guess,
    layout,
    many,
    panels,
    read_state,
    run_picker,
    session,
    texts,
    views,
)
from pages.components.reading import Reading

LOOK, GUESS, MANY = "look", "guess", "many"
MODES = {LOOK: "Look at one text", GUESS: "Guess first", MANY: "Many texts"}


def main() -> None:
    """The whole page."""
    layout.heading("Read one text", "What the model looked at, what changed its mind, and whether the two agree.")
    runs = session.finished_runs()
    named = map(st.query_params.get, ("run", "beside"))
    run_picker.explain_absent(named, runs, "yet; another one is shown.")
    if not runs:
        _nothing_yet()
        return
    mode_place = st.container()
    text_place = st.container()  # drawn first and filled second: which test texts there are depends on the models
    first, second = _models(runs)
    with mode_place:
        mode = choices.one_of("What to do", MODES, name="mode", default=LOOK, titles=MODES)
    if mode == MANY:
        many.many(first, second, open_text=_open)
        return
    with text_place, layout.card("text"):
        text, gold = texts.text_box(first, second, show_label=mode != GUESS)
    with session.problems_shown():
        readings = [Reading(first, text or "", target=views.target(first))]
        if mode == GUESS:
            guess.guess(readings[0])
            return
        if second is not None:  # both explain one label, so that their signs can be compared
            readings.append(Reading(second, text or "", target=readings[0].label))
        panels.panels(readings, gold)


def _open(text: str) -> None:
    read_state.read_text(text)
    st.session_state["mode"] = LOOK


def _nothing_yet() -> None:
    with layout.card("empty"):
        st.markdown(
            "**There is no model to read with yet.** Train one: the built-in film reviews take about a minute, and"
            " this page then shows what it looks at, word by word."
        )
        with st.container(horizontal=True):
            st.page_link("train.py", label="Train a model", icon=":material/play_arrow:")
            st.page_link("models.py", label="Upload one", icon=":material/upload:")


def _models(runs: list[Run]) -> tuple[Run, Run | None]:
    return run_picker.two_runs(runs, default=run_picker.pair(runs)[0])


main()
