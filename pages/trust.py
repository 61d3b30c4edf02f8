"""Trust: does the attention of one model explain anything? All tests over its test texts, and what they allow."""

from __future__ import annotations

import streamlit as st

from model.explain.rows import TITLES
from model.runs.run import Run
from pages.components import address, choices, layout, run_picker, session, studying, trust_results, words
from pages.components.reading import ATTENTION, DEFAULT_ROWS
from pages.components.study import TrustStudy

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
    run_picker.explain_absent([st.query_params.get("run")], runs, "yet; another one is shown.")
    if not runs:
        _nothing_yet()
        return
    with layout.card("tests"):
        run = run_picker.one_run(runs, default=run_picker.pair(runs)[0])
        study = _study(run, runs)
        studying.begin_or_stop(study, label="Run the tests", name="tests", about=_about(study))
    studying.findings(study, lambda document: trust_results.results(run, document))


def _nothing_yet() -> None:
    with layout.card("empty"):
        st.markdown("**There is no model to test yet.** Train one with attention; its tests take a minute or two.")
        st.page_link("train.py", label="Train a model", icon=":material/play_arrow:")


def _study(run: Run, runs: list[Run]) -> TrustStudy:
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
    return TrustStudy(
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


def _about(study: TrustStudy) -> str:
    slow = [TITLES[name] for name in study.methods if name not in DEFAULT_ROWS]
    warning = f" {words.listed(slow)} sample, which may take seconds a text." if slow else ""
    return f"{studying.KEPT}{warning}"


main()
