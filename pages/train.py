"""Train: a table of texts in, models out; then their curves, live, for whoever has the address."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.errors import LabError
from model.runs.intake import Intake, data_entry
from model.runs.run import ENDED, Run
from model.runs.store import delete_run, runs_root
from pages.components import address, data_report, forming, jobs, layout, outcome, session, words
from pages.components.dataset_picker import dataset_picker

MOST_AT_ONCE = 50  # trainings queued by one press
_TICK = 1.0  # seconds between two looks at a few trainings; many take longer to draw, and to read
_FEW = 4


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
    _under_way()
    profile = None
    with layout.card("data"), session.problems_shown():
        layout.card_title("1 · Texts")
        intake = dataset_picker()
        if intake is not None:
            profile = data_report.data_report(intake)
    with layout.card("models"):
        layout.card_title("2 · Networks")
        presets, seeds, options = _choices(profile)
    with layout.card("start"):
        layout.card_title("3 · Train")
        trainings = _check(profile, presets, seeds)
        if trainings is not None and profile is not None:
            _estimate(intake, profile, presets, seeds, options)
        watched = _watched()
        ready = trainings is not None and profile is not None
        if st.button("Train", type="primary", key="train", icon=":material/play_arrow:", disabled=not ready):
            with session.problems_shown():
                _start(intake, presets, seeds, options, watched)


def _under_way() -> None:
    """A way back to what this visitor has in the queue, for who comes back without the address."""
    visitor = session.visitor()
    mine = [run for run in session.unfinished_runs() if visitor and run.spec["owner"] == visitor]
    if mine:
        st.page_link(
            "train.py",
            label=f"{len(mine)} of your trainings {'are' if len(mine) > 1 else 'is'} under way: show",
            icon=":material/show_chart:",
            query_params={"runs": ",".join(run.id for run in mine)},
        )


def _choices(profile: dict[str, Any] | None) -> tuple[list[str], int, dict[str, Any]]:
    from model.training.suggestions import suggested
    from pages.components.gallery import gallery
    from pages.components.own_vectors import own_vectors
    from pages.components.settings_form import settings_form

    presets = gallery()
    seeds = st.number_input(
        "Seeds",
        min_value=1,
        max_value=10,
        value=1,
        key="seeds",
        persist_state="session",
        width=180,
        help="Every network is trained once per seed. Several show how much of a difference is chance.",
    )
    found = suggested(profile) if profile else []
    settings = st.container()
    vectors = own_vectors()
    with settings, st.expander("Settings", icon=":material/tune:"):
        options = settings_form({each.option: each.value for each in found}, vectors)
    if found:
        st.caption("Set for these texts: " + " ".join(words.literal(each.reason) for each in found))
    return presets, int(seeds), options


def _check(profile: dict[str, Any] | None, presets: list[str], seeds: int) -> int | None:
    """Say what is about to be trained, or why nothing can be; the number of trainings."""
    trouble = session.job_queue().trouble
    if trouble:
        st.warning(trouble)
        return None
    if not presets:
        st.caption("Choose at least one network.")
        return None
    if profile is None:
        st.caption("Train once the texts are chosen and read.")
        return None
    trainings = len(presets) * seeds
    if trainings > MOST_AT_ONCE:
        st.warning(f"{trainings} trainings are more than the {MOST_AT_ONCE} that fit at once; choose fewer seeds.")
        return None
    st.markdown(f"{trainings} training{'s' if trainings > 1 else ''} on one and the same split.")
    return trainings


def _estimate(intake: Intake, profile: dict, presets: list[str], seeds: int, options: dict) -> None:
    from pages.components.time_estimate import data_of, time_estimate

    entry = data_of(intake, profile)
    with session.problems_shown():
        settings = [_settings(options, preset) for preset in presets]
        time_estimate(entry, settings, seeds=seeds, places=session.job_queue().running)


def _watched() -> list[str]:
    """Sentences of one's own to watch while the networks learn, beside validation texts."""
    with st.expander("Watch sentences of your own", icon=":material/visibility:"):
        typed = st.text_area(
            "Up to three, one a line: their attention and predictions are shown after every epoch.",
            key="watched",
            height=100,
            max_chars=3000,
            placeholder="Otherwise three short validation texts are shown.",
            persist_state="session",
        )
    return [line.strip() for line in (typed or "").splitlines() if line.strip()][: forming.PINNED]


def _settings(options: dict, preset: str) -> dict[str, Any]:
    from model.training.settings import Settings

    return Settings.from_dict({**options, "preset": preset}).to_dict()


def _start(intake: Intake, presets: list[str], seeds: int, options: dict, watched: list[str]) -> None:
    with st.spinner("Preparing the texts…"):
        from model.studies.probes import PROBES, probe_of
        from model.studies.training import prepare
        from model.training.settings import Settings

        entry = data_entry(runs_root(), intake)
        runs = prepare(
            runs_root(),
            entry,
            presets=presets,
            seeds=seeds,
            settings=Settings.from_dict(options),
            owner=session.visitor(),
            probe=[*watched, *probe_of(runs_root(), entry)][:PROBES],
        )
        queued = _queue(runs)
    st.query_params.pop("upload", None)
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
        tick = _TICK if len(runs) <= _FEW else 2 * _TICK
        st.fragment(_panel, run_every=tick if live else None)(runs, live)
    st.page_link("train.py", label="Train something else", icon=":material/add:")


def _panel(runs: list[Run], was_live: bool) -> None:
    states = [run.state["state"] for run in runs]
    if was_live and all(state in ENDED for state in states):
        st.rerun()  # once: the whole page, and no more ticking
    names = jobs.names_of(runs)
    done = [run for run, state in zip(runs, states, strict=True) if state == "done" and run.report]
    if done and not was_live:
        outcome.outcome(done, names)
    events = {run.id: session.events_of(run) for run in runs}
    for run in runs:
        with session.problems_shown():
            jobs.job_card(run, events[run.id], names[run.id])
    _curves(events, names)
    forming.forming(runs, events, names)


def _curves(events: dict[str, list[dict]], names: dict[str, str]) -> None:
    from pages.components import charts

    points = charts.curve_points({names[run_id]: told for run_id, told in events.items()})
    if points.empty:
        return
    for column, value in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        with column, layout.card(f"curve-{value}"):
            layout.card_title("Accuracy" if value == "accuracy" else "Loss", "faint: training · strong: validation")
            st.vega_lite_chart(points, charts.live_curves(value=value, names=list(names.values())))


main()
