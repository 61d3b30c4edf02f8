"""Training language models: the form, and the trainings that an address names, live for whoever opens it."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from model.networks.preset_words import LANGUAGE_PRESET_WORDS
from model.runs.intake import Intake, data_entry
from model.runs.kinds import LANGUAGE_MODEL
from model.runs.run import Run
from model.runs.store import runs_root
from pages.components import choices, corpus_report, language_drawings, layout, session, words
from pages.components.begin_button import begin_button
from pages.components.corpus_picker import corpus_picker
from pages.components.gallery import Networks, gallery
from pages.components.trainings import begin, can_begin, under_way, watch

DEFAULT = ("lstm-lm", "lstm-attention-lm")
MODELS = Networks(
    LANGUAGE_PRESET_WORDS, language_drawings.svg, language_drawings.legend, tuple(LANGUAGE_PRESET_WORDS)
)
_UNITS = {"words": "Words", "characters": "Characters"}


def form() -> None:
    """Draw the form: a text, networks, and one button."""
    st.page_link("next_word.py", label="Back to what there is", icon=":material/arrow_back:")
    under_way(LANGUAGE_MODEL)
    intake, profile = None, None
    with layout.card("data"), session.problems_shown():
        layout.card_title("1 · Text")
        intake = corpus_picker()
        if intake is not None:
            profile = corpus_report.corpus_report(intake)
    with layout.card("models"):
        layout.card_title("2 · Networks")
        presets, seeds, options = _choices(profile)
    with layout.card("start"):
        layout.card_title("3 · Train")
        able = can_begin(len(presets) * seeds, on="one and the same text")
        if able and profile:
            st.caption(_work(profile, options))
        if begin_button("Train", key="train-language", able=able, intake=intake, profile=profile):
            with session.problems_shown():
                _start(intake, presets, seeds, options)


def _choices(profile: dict[str, Any] | None) -> tuple[list[str], int, dict[str, Any]]:
    from model.training.language_suggestions import suggested_language
    from pages.components.language_option_words import LANGUAGE
    from pages.components.settings_form import settings_form

    unit = choices.one_of(
        "Predict the next", list(_UNITS), name="unit", default="words", titles=_UNITS, label_visibility="visible"
    )
    presets = gallery("presets-language", DEFAULT, networks=MODELS)
    seeds = st.number_input(
        "Seeds",
        min_value=1,
        max_value=10,
        value=1,
        key="language-seeds",
        persist_state="session",
        width=180,
        help="Every network is trained once per seed. Several show how much of a difference is chance.",
    )
    found = suggested_language(profile, unit=unit) if profile else []
    with st.expander("Settings", icon=":material/tune:"):
        options = settings_form({each.option: each.value for each in found}, form=LANGUAGE)
    if found:
        reasons = dict.fromkeys(each.reason for each in found)  # several options may have one reason
        st.caption("Set for this text: " + " ".join(map(words.literal, reasons)))
    return presets, int(seeds), {**options, "unit": unit}


def _work(profile: dict[str, Any], options: dict[str, Any]) -> str:
    """How much there is to read, and in how many steps."""
    from model.training.language_settings import LanguageSettings

    settings = LanguageSettings.from_dict(options)
    tokens = profile["tokens"][settings.unit]["train"]
    steps = math.ceil(tokens / (settings.batch_size * settings.segment))
    return (
        f"About {words.count(float(f'{tokens:.2g}'))} {settings.unit} to learn from, in {words.count(steps)}"
        f" step{'s' if steps > 1 else ''} of {settings.batch_size} × {settings.segment}, at most"
        f" {settings.epochs} times over."
    )


def _start(intake: Intake, presets: list[str], seeds: int, options: dict[str, Any]) -> None:
    with st.spinner("Preparing the text…"):
        from model.studies.language_training import prepare_language
        from model.training.language_settings import LanguageSettings

        runs = prepare_language(
            runs_root(),
            data_entry(runs_root(), intake),
            presets=presets,
            seeds=seeds,
            settings=LanguageSettings.from_dict(options),
            owner=session.visitor(),
        )
    begin(runs)


def trainings(ids: list[str]) -> None:
    """Draw the trainings that the address names, as they go on."""
    from pages.components.language_outcome import outcome

    layout.heading("Training", "It goes on when this page is closed; the address brings you back to it.")
    watch(ids, LANGUAGE_MODEL, outcome=outcome, curves=_curves)
    with st.container(horizontal=True, gap="medium"):
        st.page_link(
            "next_word.py", label="Train on something else", icon=":material/add:", query_params={"new": "1"}
        )
        st.page_link("next_word.py", label="Back to what there is", icon=":material/arrow_back:")


def _curves(runs: list[Run], events: dict[str, list[dict]], names: dict[str, str]) -> None:
    from pages.components import charts

    shown = list(names.values())
    told = {names[run_id]: each for run_id, each in events.items()}
    points = charts.curve_points(told, ("perplexity", "tokens_per_second", "learning_rate"))
    if points.empty:
        return
    large, small = st.columns([2, 1])
    with large, layout.card("curve-perplexity", fill=True):
        layout.card_title("Perplexity", "faint: training · strong: validation · lower is better")
        st.vega_lite_chart(points, charts.live_curves(value="perplexity", names=shown, height=380))
        for name, each in told.items():
            averaged = [event["epoch"] for event in each if event["kind"] == "epoch" and event["averaging"]]
            if averaged:
                st.caption(f"{words.literal(name)}: weights are averaged since epoch {min(averaged)}.")
    with small, layout.card("curve-pace", fill=True):
        for value, title in (("tokens_per_second", "Tokens a second"), ("learning_rate", "Learning rate")):
            with layout.panel(title):
                st.vega_lite_chart(points, charts.small_curves(value=value, names=shown))
