"""A duel that is not over: how far all its trainings have come, live, and what may be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st

from model.runs.owners import owns
from model.runs.run import ACTIVE, Run
from pages.components import caches, layout, session, words
from pages.components.compare_choice import LIVE
from pages.components.jobs import seconds_left

if TYPE_CHECKING:
    from model.studies.duel import Duel

TICK = 2.0  # seconds between two looks
_STAGES = {"search": "Searching", "training": "Training", "stopped": "Stopped"}


class Mark(NamedTuple):
    """Where one training is: in a few letters; the seconds that it still takes and takes in all, where known."""

    shown: str
    state: str
    left: float | None = None
    whole: float | None = None


def duel_progress(duel: Duel) -> None:
    """Draw where a duel is, anew every other second while its trainings run."""
    live = duel.state in LIVE
    if live and (trouble := session.job_queue().trouble):
        st.warning(trouble)
    st.fragment(_panel, run_every=TICK if live else None)(duel, live)


def failures(duel: Duel) -> None:
    """Say of a duel that is over which trainings are missing, and offer to try them again."""
    failed = duel.progress()["failed"]
    if failed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"{failed} of {duel.plan.trainings} trainings of this duel did not finish; the others stand below."
            )
            _resume_button(duel, "Try them again")


def _panel(duel: Duel, was_live: bool) -> None:
    with session.problems_shown():
        state = duel.state
        if was_live and state not in LIVE:
            st.rerun()  # once: the whole page, with the comparison
        record = duel.record
        planned = record["search"]["runs"] if record["stage"] == "search" else record["runs"]
        runs = {run.id: run for run in _runs(duel, planned)}
        marks = {each["id"]: _mark(runs.get(each["id"]), record["ready"]) for each in planned}
        with layout.card("duel"):
            layout.card_title(words.literal(duel.title), _STAGES[state])
            _bar(duel, list(marks.values()))
            if state == "stopped":
                st.error(words.literal(duel.message), icon=":material/stop_circle:")
            _table(record, planned, marks)
            st.caption(_legend(record["stage"]))
            _actions(duel, state, list(runs.values()))


def _runs(duel: Duel, planned: Sequence[dict[str, Any]]) -> list[Run]:
    from model.runs.catalogue import entries

    wanted = {each["id"] for each in planned}
    return [entry.run for entry in entries(duel.root) if entry.id in wanted]


def _mark(run: Run | None, ready: bool) -> Mark:
    if run is None:
        return Mark("deleted", "failed") if ready else Mark("waits", "waiting")
    state = run.state["state"]
    if state == "done":
        accuracy, seconds = caches.outcomes().recall(run.id, lambda: _outcome(run))
        return Mark(words.percent(accuracy), "done", 0.0, seconds)
    if state in ACTIVE:
        return _running(run)
    return Mark(*(("waits", "waiting") if state in ("queued", "interrupted") else (words.STATES[state], "failed")))


def _outcome(run: Run) -> tuple[float, float]:
    report = run.report
    return report["validation"]["accuracy"], report["seconds"]


def _running(run: Run) -> Mark:
    events, epochs = session.events_of(run), run.spec["settings"]["epochs"]
    last = next((event for event in reversed(events) if event["kind"] in ("progress", "epoch")), None)
    if last is None:
        return Mark("0\u00a0%\u00a0…", "running")
    done = last["epoch"] - 1 + last["share"] if last["kind"] == "progress" else float(last["epoch"])
    share, left = min(1.0, done / epochs), seconds_left(events, epochs=epochs)
    whole = left / (1 - share) if left is not None and share < 1 else None
    return Mark(f"{100 * share:.0f}\u00a0%\u00a0…", "running", left, whole)


# -- what is drawn -----------------------------------------------------------------------------------------------


def _bar(duel: Duel, marks: Sequence[Mark]) -> None:
    counts = duel.progress()
    parts = [f"{counts['done']} of {counts['total']} trainings done"]
    parts += [f"{counts[kind]} {kind}" for kind in ("running", "waiting", "failed") if counts[kind]]
    left = time_left(marks, counts["waiting"], session.job_queue().running)
    if left is not None and counts["running"]:
        parts.append(f"at most about {words.duration(left)} left")
    begun = sum(1 - mark.left / mark.whole for mark in marks if mark.state == "running" and mark.whole)
    st.progress(min(1.0, (counts["done"] + begun) / max(1, counts["total"])), text=" · ".join(parts))


def time_left(marks: Sequence[Mark], waiting: int, places: int) -> float | None:
    """Seconds until all are done, if those that wait take as long as those that are known; None while none is."""
    known = [mark.whole for mark in marks if mark.whole is not None]
    if not known:
        return None
    typical = float(np.mean(known))
    running = [typical if mark.left is None else mark.left for mark in marks if mark.state == "running"]
    return max([*running, (sum(running) + waiting * typical) / max(1, places)])


def _table(record: dict[str, Any], planned: Sequence[dict[str, Any]], marks: dict[str, Mark]) -> None:
    """A line a side, a column a seed, or a candidate; a smaller share of the texts has lines of its own."""
    column = "candidate" if record["stage"] == "search" else "seed"
    columns = sorted({each[column] for each in planned})
    lines = {}
    for each in planned:
        lines.setdefault((each["side"], each.get("share", 1.0)), {})[each[column]] = marks[each["id"]].shown
    heads = [f"candidate {place + 1}" if column == "candidate" else f"seed {place}" for place in columns]
    table = [f"| | {' | '.join(heads)} |", "| :-- |" + " --: |" * len(columns)]
    for (side, share), shown in lines.items():
        name = words.side_name(side) + (f", {100 * share:g} % of the texts" if share < 1 else "")
        table.append(f"| {words.literal(name)} | {' | '.join(shown.get(place, '') for place in columns)} |")
    st.markdown("\n".join(table))


def _legend(stage: str) -> str:
    what = "candidates of the search" if stage == "search" else "trainings"
    return (
        f"The {what}: of each that is done its accuracy on the validation texts, of each that trains how far it is."
    )


def _actions(duel: Duel, state: str, runs: Sequence[Run]) -> None:
    active = [run.id for run in runs if run.state["state"] in ACTIVE]
    finished = _finished(duel)
    mine = owns(session.visitor(), duel.owner)
    with st.container(horizontal=True, vertical_alignment="center"):
        if active:
            ids = ",".join(active)
            st.page_link("train.py", label="Live curves", icon=":material/show_chart:", query_params={"runs": ids})
        if len(finished) > 1:
            ids = ",".join(finished)
            label = "Look at what there is"
            st.page_link("compare.py", label=label, icon=":material/visibility:", query_params={"runs": ids})
        if not mine:
            st.caption("Somebody else's duel: only they can cancel it.")
        elif state in LIVE:
            st.button("Cancel", key="cancel-duel", on_click=_cancel, args=(duel,), help="What is finished stays.")
        else:
            _resume_button(duel, "Resume")


def _finished(duel: Duel) -> list[str]:
    """The trainings on all texts that are done: of the seeds that every side has, where there are such."""
    runs = [run for run in duel.runs() if run.state["state"] == "done"]
    sides = {each["id"]: each["side"] for each in duel.record["runs"]}
    seeds = [{run.spec["seed"] for run in runs if sides[run.id] == side} for side in sorted(set(sides.values()))]
    common = set.intersection(*seeds) if seeds else set()
    return [run.id for run in runs if run.spec["seed"] in common or not common]


def _resume_button(duel: Duel, label: str) -> None:
    if owns(session.visitor(), duel.owner):
        st.button(label, key="resume-duel", on_click=_resume, args=(duel,), icon=":material/replay:")


def _cancel(duel: Duel) -> None:
    from model.studies.duel import cancel

    with session.problems_shown():
        cancel(duel, session.job_queue(), by=session.visitor())


def _resume(duel: Duel) -> None:
    from model.studies.duel import resume

    with session.problems_shown():
        resume(duel, by=session.visitor())
