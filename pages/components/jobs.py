"""Trainings as cards: where each is in the queue, how far it has come, and what may be done with it."""

from __future__ import annotations

import streamlit as st

from model.networks.preset_words import preset_title
from model.runs.kinds import CLASSIFIER
from model.runs.owners import may_change
from model.runs.run import ENDED, Run
from pages.components import layout, session, words
from pages.components.library_dialogs import take_along
from pages.components.run_kinds import kind_of

_CALM = {"queued": "blue", "starting": "blue", "running": "blue", "done": "green", "failed": "red"}


def names_of(runs: list[Run]) -> dict[str, str]:
    """What to call each run, by id."""
    return {run.id: f"{preset_title(run.spec['preset'])}, seed {run.spec['seed']}" for run in runs}


def job_card(run: Run, events: list[dict], name: str) -> None:
    """Draw one training."""
    state = run.state
    last = next((event for event in reversed(events) if event["kind"] in ("progress", "epoch")), None)
    with layout.card(f"job-{run.id}"):
        about, action = st.columns([5, 2], vertical_alignment="center")
        with about, st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{words.literal(name)}**", width="content")
            st.badge(words.STATES[state["state"]], color=_CALM.get(state["state"], "orange"))
            st.caption(words.literal(_where(run, state)), width="content")
        with action, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            _actions(run, state["state"])
        if state["state"] == "failed":
            st.error(words.literal(state["message"] or "The training failed without a word; see worker.log."))
        elif state["state"] != "queued" or last:
            st.progress(_share(run, state["state"], last), text=words.literal(_figures(run, last, events)))


def _where(run: Run, state: dict) -> str:
    parts = [run.spec["data"]["name"]]
    if state["state"] == "queued":
        position = session.job_queue().position(run.id)
        parts.append(f"place {position} in the queue" if position else "waiting for its server")
    if run.stop_asked and state["state"] == "running":
        parts.append("stopping: its best epoch is kept")
    if state["message"] and state["state"] != "failed":
        parts.append(state["message"])
    return " · ".join(parts)


def _actions(run: Run, state: str) -> None:
    if state == "done":
        kind, query = kind_of(run), {"run": run.id}
        st.page_link(kind.reading, label=kind.reading_title, icon=":material/visibility:", query_params=query)
        if run.kind == CLASSIFIER and words.attends(run):
            st.page_link("trust.py", label="Trust", icon=":material/verified:", query_params=query)
        if st.button("Take along", key=f"take-along-{run.id}", icon=":material/download:"):
            take_along(run)
    elif not may_change(run, session.visitor()):
        st.caption("somebody else's training")
    elif state in ENDED:
        st.button("Resume", key=f"resume-{run.id}", on_click=_resume, args=(run,))
    else:
        if state == "running":
            st.button(
                "Stop",
                key=f"stop-{run.id}",
                on_click=_stop,
                args=(run,),
                disabled=run.stop_asked,
                help="End it now and keep the best epoch so far as a finished model.",
            )
        st.button(
            "Cancel", key=f"cancel-{run.id}", on_click=_cancel, args=(run,), help="End it without a model. It can be"
            " resumed from its last whole epoch.",
        )  # fmt: skip


def _stop(run: Run) -> None:
    with session.problems_shown():
        session.job_queue().stop(run.id, by=session.visitor())


def _cancel(run: Run) -> None:
    with session.problems_shown():
        session.job_queue().cancel(run.id, by=session.visitor())


def _resume(run: Run) -> None:
    with session.problems_shown():
        session.job_queue().resume(run, by=session.visitor())
        st.rerun()  # the whole page: it has to tick again


def _share(run: Run, state: str, last: dict | None) -> float:
    if state == "done":
        return 1.0
    return min(1.0, _epochs_done(last) / run.spec["settings"]["epochs"])


def _epochs_done(event: dict | None) -> float:
    if event is None:
        return 0.0
    return event["epoch"] - 1 + event["share"] if event["kind"] == "progress" else float(event["epoch"])


def _figures(run: Run, last: dict | None, events: list[dict]) -> str:
    report, kind = run.report, kind_of(run)
    if report:
        ending = {"stopped": "stopped by hand after ", "early stop": "stopped early after "}
        epochs = f"{report['epochs']} epoch{'s' if report['epochs'] != 1 else ''}"
        return (
            f"{ending.get(report.get('ended'), '')}{epochs} in {words.duration(report['seconds'])}, the best was"
            f" number {report['best_epoch']} · {_speed(run, report)}"
            f" · test {kind.measure} {kind.shown(report['test'][kind.measure])}"
        )
    if last is None:
        return "Reading the texts and building the vocabulary…"
    scores = last["train"] if last["kind"] == "epoch" else last
    parts = [
        f"epoch {last['epoch']} of {run.spec['settings']['epochs']}",
        f"loss {scores['loss']:.3f}",
        f"{kind.measure} {kind.shown(scores[kind.measure])}",
    ]
    checked = next((event for event in reversed(events) if event["kind"] == "epoch"), None)
    if checked:
        parts.append(f"validation {kind.shown(checked['validation'][kind.measure])}")
    parts += [_speed(run, last), f"learning rate {last['learning_rate']:.2g}"]
    left = seconds_left(events, epochs=run.spec["settings"]["epochs"])
    return " · ".join([*parts, *([f"at most {words.duration(left)} left"] if left is not None else [])])


def _speed(run: Run, figures: dict) -> str:
    counted = kind_of(run).counted
    return f"{words.count(figures[f'{counted}_per_second'])} {counted}/s"


def seconds_left(events: list[dict], *, epochs: int) -> float | None:
    """Seconds until the last of `epochs`, if it goes on as since it began or was resumed; None while unknown."""
    boot = next((place for place in reversed(range(len(events))) if events[place]["kind"] == "boot"), None)
    if boot is None:
        return None
    told = [event for event in events[boot + 1 :] if event["kind"] in ("progress", "epoch")]
    if not told:
        return None
    before, now = float(events[boot]["resumed_after"]), _epochs_done(told[-1])
    elapsed = told[-1]["t"] - events[boot]["t"]
    if now <= before or elapsed <= 0:  # the clock was set back in between
        return None
    return elapsed * (epochs - now) / (now - before)
