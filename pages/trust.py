"""Trust: does the attention of one model explain anything? All tests over its test texts, and what they allow."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.explain.rows import TITLES
from model.runs.run import Run
from pages.components import address, choices, layout, run_picker, session, trust_results, words
from pages.components.reading import ATTENTION, DEFAULT_ROWS
from pages.components.study import Study

LIMITS = ("50", "200", "500", "1000")
ALSO = {
    "copies": "copies that forgot what they learned",
    "seeds": "attention of other seeds",
    "captum": "Captum's infidelity and sensitivity",
}


def main() -> None:
    """The whole page."""
    layout.heading(
        "Trust", "Does the attention explain anything? Every test of the literature, on one model and its test texts."
    )
    runs = session.finished_runs()
    if not runs:
        _nothing_yet()
        return
    with layout.card("tests"):
        run = run_picker.one_run(runs, default=run_picker.pair(runs)[0])
        study = _study(run, runs)
        with st.container(horizontal=True, vertical_alignment="center"):
            if session.is_studying(study.key):
                st.button("Stop and keep what there is", key="stop-tests", on_click=_stop, args=(study.key,))
            else:
                st.button("Run the tests", type="primary", key="run-tests", on_click=_start, args=(study.key,))
            st.caption(_about(run, study), width="content")
    st.fragment(_results, run_every=0.3 if session.is_studying(study.key) else None)(run, study)


def _nothing_yet() -> None:
    with layout.card("empty"):
        st.markdown("**There is no model to test yet.** Train one with attention; its tests take a minute or two.")
        st.page_link("train.py", label="Train a model", icon=":material/play_arrow:")


def _study(run: Run, runs: list[Run]) -> Study:
    """What is to be tested, as the controls say."""
    methods = {name: TITLES[name] for name in TITLES if name != ATTENTION}
    default = [name for name in DEFAULT_ROWS if name != ATTENTION]
    address.take_list("methods", methods, default)
    st.pills(
        "Beside attention",
        list(methods),
        selection_mode="multi",
        format_func=methods.get,
        key="methods-chosen",
        persist_state="session",
        wrap=True,
    )
    address.keep_list("methods", default)
    chosen = [name for name in methods if name in st.session_state["methods-chosen"]] or default
    others = [other for other in runs if _another_seed(other, run)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        limit = choices.one_of("Test texts", LIMITS, name="limit", default="200", label_visibility="visible")
        also = [name for name in ALSO if name != "seeds" or others]
        address.take_list("also", also, [])
        st.pills(
            "And",
            also,
            selection_mode="multi",
            format_func=ALSO.get,
            key="also-chosen",
            persist_state="session",
            wrap=True,
        )
        address.keep_list("also", [])
    wanted = st.session_state["also-chosen"]
    return Study(
        run,
        methods=tuple(chosen),
        limit=int(limit),
        randomize="copies" in wanted,
        captum_metrics="captum" in wanted,
        others=tuple(others) if "seeds" in wanted else (),
    )


def _another_seed(other: Run, run: Run) -> bool:
    same = all(other.spec[name] == run.spec[name] for name in ("preset",))
    same_data = other.spec["data"]["sha256"] == run.spec["data"]["sha256"]
    return same and same_data and other.id != run.id and other.spec["seed"] != run.spec["seed"]


def _about(run: Run, study: Study) -> str:
    slow = [TITLES[name] for name in study.methods if name not in DEFAULT_ROWS]
    warning = f" {words.listed(slow)} sample, which may take seconds a text." if slow else ""
    return f"What is computed is kept: stop and go on at any time.{warning}"


def _start(key: str) -> None:
    session.set_studying(key, True)


def _stop(key: str) -> None:
    session.set_studying(key, False)


def _results(run: Run, study: Study) -> None:
    studying = session.is_studying(study.key)
    with session.problems_shown():
        if studying:
            place = st.empty()
            _progress(place, study)  # the first step loads data and models
            study.go_on()
            _progress(place, study)
        progress = study.progress()
        if progress is None or (studying and not study.finished):
            return
        if studying:  # the end: draw the page once more, with its button
            session.set_studying(study.key, False)
            st.rerun()
        trust_results.results(run, study.document())


def _progress(place: DeltaGenerator, study: Study) -> None:
    progress = study.progress()
    if progress is None:
        place.progress(0.0, text="Beginning…")
    else:
        share = progress.done / max(1, progress.total)
        place.progress(share, text=f"{words.count(progress.done)} of {words.count(progress.total)} texts")


main()
