"""Train: a table of texts in, models out; then their curves, live, for whoever has the address."""

from __future__ import annotations

import streamlit as st

from model.errors import LabError
from model.runs.run import ENDED, Run
from model.runs.store import delete_run, runs_root
from pages.components import address, layout, session, words
from pages.components.dataset_picker import Choice, dataset_picker

_CALM = {"queued": "blue", "starting": "blue", "running": "blue", "done": "green", "failed": "red"}


def main() -> None:
    """The form, or the trainings that the address names."""
    ids = address.run_ids(st.query_params.get("runs"))
    if ids:
        _trainings(ids)
    else:
        _form()


# -- choosing --------------------------------------------------------------------------------------------------


def _form() -> None:
    layout.heading("Train", "Texts with labels in, models out: with attention and without it, on the same texts.")
    choice = None
    with layout.card("data"), session.problems_shown():
        layout.card_title("Texts")
        choice = dataset_picker()
    with layout.card("models"):
        layout.card_title("Models")
        presets, seeds = _presets()
        with st.expander("Settings", icon=":material/tune:"):
            from pages.components.settings_form import settings_form

            changed = settings_form()
    trouble = session.job_queue().trouble
    if trouble:
        st.warning(trouble)
    trainings = len(presets) * seeds
    with st.container(horizontal=True, vertical_alignment="center"):
        go = st.button(
            "Train",
            type="primary",
            key="train",
            icon=":material/play_arrow:",
            disabled=choice is None or not presets or bool(trouble),
        )
        if choice is not None and presets:
            st.caption(f"{trainings} training{'s' if trainings > 1 else ''} on one and the same split.")
    if go and choice is not None:
        with session.problems_shown():
            _start(choice, presets, seeds, changed)


def _presets() -> tuple[list[str], int]:
    left, right = st.columns([4, 1])
    presets = left.multiselect(
        "Networks",
        list(words.PRESETS),
        default=["lstm", "bilstm-additive"],
        format_func=words.preset_title,
        placeholder="Choose at least one",
        key="presets",
        persist_state="session",
    )
    seeds = right.number_input(
        "Seeds",
        min_value=1,
        max_value=10,
        value=1,
        key="seeds",
        persist_state="session",
        help="Every model is trained once per seed. Several show how much of a difference is chance.",
    )
    about = [f"**{words.preset_title(preset)}** · {words.PRESETS[preset].about}" for preset in presets]
    left.caption("  \n".join(about))
    return presets, int(seeds)


def _start(choice: Choice, presets: list[str], seeds: int, changed: dict) -> None:
    with st.spinner("Preparing the texts…"):
        from model.studies.training import prepare
        from model.training.settings import Settings

        settings = Settings.from_dict(changed)
        runs = prepare(runs_root(), choice.load(), presets=presets, seeds=seeds, settings=settings)
        queued = _queue(runs)
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
                delete_run(rest)
            if place == 0:
                raise
            session.say_once(f"{place} of {len(runs)} trainings were started: {error}")
            return runs[:place]
    return runs


# -- watching --------------------------------------------------------------------------------------------------


def _trainings(ids: list[str]) -> None:
    layout.heading("Training", "It goes on when this page is closed; the address brings you back to it.")
    if note := session.said():
        st.warning(note)
    runs = []
    for run_id in ids:
        with session.problems_shown():
            runs.append(session.run_of(run_id))
    if runs:
        live = any(run.state["state"] not in ENDED for run in runs)
        trouble = session.job_queue().trouble
        if live and trouble:
            st.warning(trouble)
        st.fragment(_panel, run_every=1.0 if live else None)(runs, live)
    st.page_link("train.py", label="Train something else", icon=":material/add:")


def _panel(runs: list[Run], was_live: bool) -> None:
    states = [run.state for run in runs]
    if was_live and all(state["state"] in ENDED for state in states):
        st.rerun()  # once: the whole page, and no more ticking
    done = [run for run, state in zip(runs, states, strict=True) if state["state"] == "done" and run.report]
    if done and not was_live and len({run.spec["data"]["sha256"] for run in done}) == 1:
        _result(done)
    events = {run.id: session.events_of(run) for run in runs}
    names = _names(runs)
    for run, state in zip(runs, states, strict=True):
        with session.problems_shown():
            _job(run, state, events[run.id], names[run.id])
    _curves(events, names)


def _names(runs: list[Run]) -> dict[str, str]:
    return {run.id: f"{words.preset_title(run.spec['preset'])}, seed {run.spec['seed']}" for run in runs}


def _job(run: Run, state: dict, events: list[dict], name: str) -> None:
    last = next((event for event in reversed(events) if event["kind"] in ("progress", "epoch")), None)
    with layout.card(f"job-{run.id}"):
        about, action = st.columns([6, 1], vertical_alignment="center")
        with about, st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{words.literal(name)}**", width="content")
            st.badge(words.STATES[state["state"]], color=_CALM.get(state["state"], "orange"))
            st.caption(words.literal(_where(run, state)), width="content")
        with action, st.container(horizontal=True, horizontal_alignment="right"):
            _action(run, state["state"])
        if state["state"] == "failed":
            st.error(words.literal(state["message"] or "The training failed without a word; see worker.log."))
        elif state["state"] != "queued" or last:
            st.progress(_share(run, state["state"], last), text=words.literal(_figures(run, last, events)))


def _where(run: Run, state: dict) -> str:
    parts = [run.spec["data"]["name"]]
    if state["state"] == "queued":
        position = session.job_queue().position(run.id)
        parts.append(f"place {position} in the queue" if position else "waiting for its server")
    if state["message"] and state["state"] != "failed":
        parts.append(state["message"])
    return " · ".join(parts)


def _action(run: Run, state: str) -> None:
    if state == "done":
        st.page_link("read.py", label="Read", icon=":material/visibility:", query_params={"run": run.id})
    elif state in ENDED:
        st.button("Resume", key=f"resume-{run.id}", on_click=_resume, args=(run,))
    else:
        st.button("Cancel", key=f"cancel-{run.id}", on_click=_cancel, args=(run,))


def _cancel(run: Run) -> None:
    with session.problems_shown():
        session.job_queue().cancel(run.id)


def _resume(run: Run) -> None:
    with session.problems_shown():
        session.job_queue().resume(run)
        st.rerun()  # the whole page: it has to tick again


def _share(run: Run, state: str, last: dict | None) -> float:
    if state == "done":
        return 1.0
    if last is None:
        return 0.0
    done = last["epoch"] - 1 + last["share"] if last["kind"] == "progress" else last["epoch"]
    return min(1.0, done / run.spec["settings"]["epochs"])


def _figures(run: Run, last: dict | None, events: list[dict]) -> str:
    if run.report:
        report = run.report
        return (
            f"{report['epochs']} epochs in {words.duration(report['seconds'])}, the best was number"
            f" {report['best_epoch']} · {words.count(report['documents_per_second'])} documents/s"
            f" · test accuracy {words.percent(report['test']['accuracy'])}"
        )
    if last is None:
        return "Reading the texts and building the vocabulary…"
    scores = last["train"] if last["kind"] == "epoch" else last
    parts = [
        f"epoch {last['epoch']} of {run.spec['settings']['epochs']}",
        f"loss {scores['loss']:.3f}",
        f"accuracy {words.percent(scores['accuracy'])}",
    ]
    checked = next((event for event in reversed(events) if event["kind"] == "epoch"), None)
    if checked:
        parts.append(f"validation {words.percent(checked['validation']['accuracy'])}")
    rate = last["learning_rate"]
    return " · ".join(
        [*parts, f"{words.count(last['documents_per_second'])} documents/s", f"learning rate {rate:.2g}"]
    )


def _curves(events: dict[str, list[dict]], names: dict[str, str]) -> None:
    import pandas as pd

    from pages.components import charts

    points = pd.concat([charts.curve_points(names[run_id], events[run_id]) for run_id in names])
    if points.empty:
        return
    for column, value in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        with column, layout.card(f"curve-{value}"):
            layout.card_title("Accuracy" if value == "accuracy" else "Loss", "faint: training · strong: validation")
            st.altair_chart(charts.live_curves(points, value=value, names=list(names.values())))


# -- done --------------------------------------------------------------------------------------------------------


def _result(done: list[Run]) -> None:
    best: dict[str, list[float]] = {}
    for run in done:
        best.setdefault(words.preset_title(run.spec["preset"]), []).append(run.report["test"]["accuracy"])
    scores = [
        f"{name} {words.percent(sum(found) / len(found))}"
        + (f" (mean of {len(found)} seeds)" if len(found) > 1 else "")
        for name, found in best.items()
    ]
    report = done[0].report
    baselines = report["baselines"]
    with layout.card("result"):
        st.markdown(
            f"**Accuracy on the same {words.count(report['test']['documents'])} test texts:**"
            f" {words.listed(scores)}. "
            f"Without a network: TF-IDF + logistic regression "
            f"{words.percent(baselines['tfidf_logistic_regression']['accuracy'])}, "
            f"the most frequent class {words.percent(baselines['majority']['accuracy'])}."
        )
        with st.container(horizontal=True):
            if st.button("Compare them", type="primary", key="compare", icon=":material/compare_arrows:"):
                st.switch_page("compare.py", query_params={"runs": ",".join(run.id for run in done)})


main()
