"""Choosing runs; the choice stands in the address, so that a link or a reload shows the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from model.runs.kinds import CLASSIFIER
from model.runs.run import Run
from pages.components import address, session, words
from pages.components.run_kinds import kind_of

if TYPE_CHECKING:
    from model.studies.sides import Side

NONE = "none"


def label(run: Run) -> str:
    """A run in one line: what it is and what it was trained on."""
    report, kind = run.report, kind_of(run)
    if report is None:
        return run.title
    score = kind.shown(report["test"][kind.measure])
    return f"{run.title} · {score}" if run.kind == CLASSIFIER else f"{run.title} · {kind.measure} {score}"


def explain_absent(named: Iterable[str | None], runs: Sequence[Run], note: str, *, kind: str = CLASSIFIER) -> None:
    """Say of each run that the address names and that is not among these why: gone, not finished, of another kind.

    runs: all finished ones of the kind. note: what becomes of one that is not finished.
    """
    known = {None, NONE, *(run.id for run in runs)}
    for run_id in named:
        if run_id not in known:
            with session.problems_shown():
                _explain(session.run_of(run_id), note, kind)


def _explain(run: Run, note: str, kind: str) -> None:
    if run.kind == kind:
        st.warning(f"Run {words.literal(run.id)} is not finished {note}")
        return
    own = kind_of(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"“{words.literal(run.title)}” is a {own.name}, which has a page of its own.")
        st.page_link(own.reading, label=f"Open it in {own.reading_title}", query_params={"run": run.id})


def pair(runs: Sequence[Run]) -> tuple[Run, Run | None]:
    """The two runs that a page opens with: one with attention, and one without it on the same data.

    The demo runs come first, so that the page opens alike for everybody; then the newest.
    """
    runs = sorted(runs, key=lambda run: not run.read_only)
    attending = [run for run in runs if words.attends(run)] or runs
    first = next((run for run in attending if partner(run, runs)), attending[0])
    return first, partner(first, runs)


def partner(run: Run, runs: Sequence[Run]) -> Run | None:
    """What to show beside a run: one on the same data that attends where this one does not, or the reverse."""
    fitting = [
        other
        for other in runs
        if other.spec["data"]["sha256"] == run.spec["data"]["sha256"] and words.attends(other) != words.attends(run)
    ]
    fitting.sort(key=lambda other: other.read_only != run.read_only)  # demo runs go with demo runs
    return fitting[0] if fitting else None


def one_run(runs: Sequence[Run], *, default: Run) -> Run:
    """A select box, kept in ?run=."""
    by_id = {run.id: run for run in runs}
    address.take("run", by_id, default.id)
    st.selectbox(
        "Model", list(by_id), format_func=lambda run_id: label(by_id[run_id]), key="run", persist_state="session"
    )
    return by_id[address.keep("run", default.id)]


def two_runs(runs: Sequence[Run], *, default: Run) -> tuple[Run, Run | None]:
    """Two select boxes, kept in ?run= and ?beside=; the second may stay empty, and follows the first."""
    by_id = {run.id: run for run in runs}
    left, right = st.columns(2)
    with left:
        first = one_run(runs, default=default)
    second = partner(first, runs)
    beside = second.id if second else NONE
    address.follow("beside", first.id, beside)
    address.take("beside", [NONE, *by_id], beside)
    right.selectbox(
        "Beside it",
        [NONE, *by_id],
        format_func=lambda run_id: label(by_id[run_id]) if run_id in by_id else "no second model",
        key="beside",
        persist_state="session",
    )
    return first, by_id.get(address.keep("beside", beside))


def of_sides(sides: Sequence[Side]) -> dict[str, str]:
    """Runs of a comparison to choose from, by id: their seeds, and which side's where there are several."""
    return {
        run.id: (f"{side.name}, " if len(sides) > 1 else "") + f"seed {run.spec['seed']}"
        for side in sides
        for run in side.runs
    }
