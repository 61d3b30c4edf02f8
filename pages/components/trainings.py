"""Trainings of either kind, from a page: whether they can begin, how they are queued, and watched by anybody."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from model.errors import LabError
from model.runs.kinds import CLASSIFIER
from model.runs.run import ENDED, Run
from model.runs.store import delete_run
from pages.components import jobs, session
from pages.components.run_kinds import kind_of

MOST_AT_ONCE = 50  # trainings queued by one press
_TICK = 1.0  # seconds between two looks at a few trainings; many take longer to draw, and to read
_FEW = 4

Outcome = Callable[[list[Run], dict[str, str]], None]
Curves = Callable[[list[Run], dict[str, list[dict]], dict[str, str]], None]


# -- starting --------------------------------------------------------------------------------------------------


def under_way(kind: str) -> None:
    """A way back to what this visitor has in the queue, for who comes back without the address."""
    visitor = session.visitor()
    mine = [run for run in session.unfinished_runs(kind) if visitor and run.spec["owner"] == visitor]
    if mine:
        st.page_link(
            kind_of(mine[0]).training,
            label=f"{len(mine)} of your trainings {'are' if len(mine) > 1 else 'is'} under way: show",
            icon=":material/show_chart:",
            query_params={"runs": ",".join(run.id for run in mine)},
        )


def can_begin(trainings: int, *, on: str) -> bool:
    """Say what is about to be trained, or why nothing can be, whatever the texts; whether it can.

    trainings: how many, 0 where no network is chosen. on: on what they are.
    """
    trouble = session.job_queue().trouble
    if trouble:
        st.warning(trouble)
    elif not trainings:
        st.caption("Choose at least one network.")
    elif trainings > MOST_AT_ONCE:
        st.warning(f"{trainings} trainings are more than the {MOST_AT_ONCE} that fit at once; choose fewer seeds.")
    else:
        st.markdown(f"{trainings} training{'s' if trainings > 1 else ''} on {on}.")
        return True
    return False


def begin(runs: list[Run]) -> None:
    """Queue the runs, and have the page show them under an address of their own. Raises LabError, leaving none."""
    queued = _queue(runs)
    for chosen in ("upload", "new"):
        st.query_params.pop(chosen, None)
    st.query_params["runs"] = ",".join(run.id for run in queued)
    st.rerun()


def _queue(runs: list[Run]) -> list[Run]:
    """Queue all of them, or as many as there is room for; what found no room leaves no trace."""
    queue = session.job_queue()
    for place, run in enumerate(runs):
        try:
            queue.submit(run)
        except LabError as error:
            for rest in runs[place:]:
                delete_run(rest, for_good=True)
            if place == 0:
                raise
            session.say_once(f"{place} of {len(runs)} trainings were started: {error}")
            return runs[:place]
    return runs


# -- watching --------------------------------------------------------------------------------------------------


def watch(ids: list[str], kind: str, *, outcome: Outcome, curves: Curves) -> None:
    """Draw the trainings that the address names, live until all have ended; those of another kind are a link.

    outcome: draws what came of those that are done, curves: all of them as they go on; both get the runs' names.
    """
    if note := session.said():
        st.warning(note)
    runs = []
    for run_id in ids:
        with session.problems_shown():
            runs.append(session.run_of(run_id))
    _elsewhere([run for run in runs if run.kind != kind])
    runs = [run for run in runs if run.kind == kind]
    if runs:
        live = any(run.state["state"] not in ENDED for run in runs)
        trouble = session.job_queue().trouble
        if live and trouble:
            st.warning(trouble)
        tick = _TICK if len(runs) <= _FEW else 2 * _TICK
        st.fragment(_panel, run_every=tick if live else None)(runs, live, outcome, curves)


def _elsewhere(runs: list[Run]) -> None:
    """A link to where trainings are watched that are not of this page's kind."""
    if runs:
        what = "classifiers" if runs[0].kind == CLASSIFIER else "language models"
        st.page_link(
            kind_of(runs[0]).training,
            label=f"{len(runs)} of these trainings are of {what}: show",
            icon=":material/show_chart:",
            query_params={"runs": ",".join(run.id for run in runs)},
        )


def _panel(runs: list[Run], was_live: bool, outcome: Outcome, curves: Curves) -> None:
    states = [run.state["state"] for run in runs]
    if was_live and all(state in ENDED for state in states):
        st.rerun()  # once: the whole page, and no more ticking
    names = jobs.names_of(runs)
    done = [run for run, state in zip(runs, states, strict=True) if state == "done" and run.report]
    if done and not was_live:
        outcome(done, names)
    events = {run.id: session.events_of(run) for run in runs}
    for run in runs:
        with session.problems_shown():
            jobs.job_card(run, events[run.id], names[run.id])
    curves(runs, events, names)
