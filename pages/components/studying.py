"""A study's button and what it found: begun here, gone on with while the page is open, stopped at any time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import session, words
from pages.components.study import Study

KEPT = "What is computed is kept: stop and go on at any time."


def begin_or_stop(study: Study, *, label: str, name: str, about: str = KEPT) -> None:
    """Draw the button that begins a study, or stops it, and beside it what is to be known before."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if session.is_studying(study.key):
            st.button("Stop and keep what there is", key=f"stop-{name}", on_click=_stop, args=(study.key,))
        else:
            st.button(label, type="primary", key=f"run-{name}", on_click=_start, args=(study.key,))
        st.caption(about, width="content")


def findings(study: Study, draw: Callable[[dict[str, Any]], None]) -> None:
    """Have the study go on while it is to, with a bar; then call `draw` with its document, if there is one."""
    st.fragment(_findings, run_every=0.3 if session.is_studying(study.key) else None)(study, draw)


def _findings(study: Study, draw: Callable[[dict[str, Any]], None]) -> None:
    studying = session.is_studying(study.key)
    with session.problems_shown():
        if studying:
            place = st.empty()
            _bar(place, study)  # the first step loads data and models
            study.go_on()
            _bar(place, study)
        progress = study.progress()
        if progress is None or (studying and not study.finished):
            return
        if studying:  # the end: draw the page once more, with its button
            session.set_studying(study.key, False)
            st.rerun()
        with st.spinner("Summing up…", show_time=True):
            document = study.document()
        draw(document)


def _bar(place: DeltaGenerator, study: Study) -> None:
    progress = study.progress()
    if progress is None:
        place.progress(0.0, text="Beginning…")
    else:
        share = progress.done / max(1, progress.total)
        place.progress(share, text=f"{words.count(progress.done)} of {words.count(progress.total)} texts")


def _start(key: Hashable) -> None:
    session.set_studying(key, True)


def _stop(key: Hashable) -> None:
    session.set_studying(key, False)
