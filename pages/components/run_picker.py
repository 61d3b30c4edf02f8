"""Choosing runs; the choice stands in the address, so that a link or a reload shows the same."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from model.runs.run import Run
from pages.components import session, words

NONE = "none"


def label(run: Run) -> str:
    """A run in one line: what it is and what it was trained on."""
    return f"{run.title} · {words.percent(run.report['test']['accuracy'])}" if run.report else run.title


def pair(runs: Sequence[Run]) -> tuple[Run, Run | None]:
    """The two runs that a page opens with: one with attention, and one without it on the same data.

    The demo runs come first, so that the page opens alike for everybody; then the newest.
    """
    runs = sorted(runs, key=lambda run: not run.read_only)
    plain = [run for run in runs if not words.attends(run)]
    attending = [run for run in runs if words.attends(run)]
    for first in attending:
        for second in plain:
            if second.spec["data"]["sha256"] == first.spec["data"]["sha256"]:
                return first, second
    return (attending or runs)[0], None


def two_runs(runs: Sequence[Run], *, defaults: tuple[Run, Run | None]) -> tuple[Run, Run | None]:
    """Two select boxes, kept in ?run= and ?beside=; the second may stay empty."""
    by_id = {run.id: run for run in runs}
    first, second = defaults
    left, right = st.columns(2)
    session.from_address("run", by_id, first.id)
    left.selectbox(
        "Model",
        list(by_id),
        format_func=lambda run_id: label(by_id[run_id]),
        key="run",
        persist_state="session",
    )
    beside = second.id if second else NONE
    session.from_address("beside", [NONE, *by_id], beside)
    right.selectbox(
        "Beside it",
        [NONE, *by_id],
        format_func=lambda run_id: label(by_id[run_id]) if run_id in by_id else "no second model",
        key="beside",
        persist_state="session",
    )
    return by_id[session.to_address("run", first.id)], by_id.get(session.to_address("beside", beside))
