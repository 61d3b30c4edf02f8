"""Train: a table of texts in, models out; then their curves, live, for whoever has the address."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.runs.intake import Intake, data_entry
from model.runs.kinds import CLASSIFIER
from model.runs.run import Run
from model.runs.store import runs_root
from pages.components import address, data_report, forming, layout, outcome, session, trainings, words
from pages.components.begin_button import begin_button
from pages.components.dataset_picker import dataset_picker


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
    trainings.under_way(CLASSIFIER)
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
        able = trainings.can_begin(len(presets) * seeds, on="one and the same split")
        if able and profile:
            _estimate(intake, profile, presets, seeds, options)
        watched = _watched()
        if begin_button("Train", key="train", able=able, intake=intake, profile=profile):
            with session.problems_shown():
                _start(intake, presets, seeds, options, watched)


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
    trainings.begin(runs)


# -- watching --------------------------------------------------------------------------------------------------


def _trainings(ids: list[str]) -> None:
    layout.heading("Training", "It goes on when this page is closed; the address brings you back to it.")
    trainings.watch(ids, CLASSIFIER, outcome=outcome.outcome, curves=_curves)
    st.page_link("train.py", label="Train something else", icon=":material/add:")


def _curves(runs: list[Run], events: dict[str, list[dict]], names: dict[str, str]) -> None:
    from pages.components import charts

    points = charts.curve_points({names[run_id]: told for run_id, told in events.items()})
    if not points.empty:
        for column, value in zip(st.columns(2), ("accuracy", "loss"), strict=True):
            with column, layout.card(f"curve-{value}"):
                layout.card_title(
                    "Accuracy" if value == "accuracy" else "Loss", "faint: training · strong: validation"
                )
                st.vega_lite_chart(points, charts.live_curves(value=value, names=list(names.values())))
    forming.forming(runs, events, names)


main()
