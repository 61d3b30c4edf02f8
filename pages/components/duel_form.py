"""The form for a duel: texts, sides, and what is held equal; one button starts all its trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from model.networks.preset_words import PRESET_WORDS, preset_title
from model.runs.intake import Intake, data_entry
from model.runs.store import runs_root
from pages.components import data_report, duel_outline, layout, session, words
from pages.components.begin_button import begin_button
from pages.components.dataset_picker import dataset_picker
from pages.components.time_estimate import data_of, time_estimate

if TYPE_CHECKING:
    from model.studies.duel import DuelPlan
    from model.studies.duel_sides import DuelSide

SEEDS, MOST_SEEDS, MOST_CANDIDATES = 5, 10, 12
SHARES = {"10 %": 0.1, "30 %": 0.3}
MATCHES = {"parameters": "Within 5 %", "sizes": "Same hidden size"}
_ATTENTION = ("bilstm-additive",)


def duel_form() -> None:
    """Draw the page on which a duel is set up."""
    layout.heading(
        "New duel", "Networks with attention and without it, on the same texts and with the same chances for each."
    )
    st.page_link("compare.py", label="Back to what there is", icon=":material/arrow_back:")
    intake, profile, plan, sides = None, None, None, None
    with layout.card("data"), session.problems_shown():
        layout.card_title("1 · Texts")
        intake = dataset_picker()
        if intake is not None:
            profile = data_report.data_report(intake)
    with layout.card("sides"), session.problems_shown():
        layout.card_title("2 · Sides")
        plan = _plan(profile)
        if plan is not None and intake is not None and profile is not None:
            sides = duel_outline.sides_of(plan, data_of(intake, profile))
            duel_outline.table(sides, plan)
    with layout.card("start"):
        layout.card_title("3 · Start")
        _start_card(intake, profile, plan, sides)


def _start_card(
    intake: Intake | None, profile: dict[str, Any] | None, plan: DuelPlan | None, sides: list[DuelSide] | None
) -> None:
    able = _check(plan) and (profile is None or sides is not None)
    if able and profile:
        duel_outline.protocol(plan, sides, profile)
        # A share of the texts is passed over more often, and a search trains as long: each counts as a training.
        times = plan.trainings // len(plan.presets)
        settings = [side.settings.to_dict() for side in sides]
        time_estimate(data_of(intake, profile), settings, seeds=times, places=session.job_queue().running)
    title = st.text_input(
        "Name", key="duel-title", max_chars=200, placeholder=_name(profile), persist_state="session"
    )
    if begin_button("Start the duel", key="start-duel", able=able, intake=intake, profile=profile):
        with session.problems_shown():
            _start(intake, plan, title)


# -- choosing ----------------------------------------------------------------------------------------------------


def _plan(profile: dict[str, Any] | None) -> DuelPlan | None:
    """The plan that the controls say; None, with the reason shown, where it is none yet."""
    from model.studies.duel import DuelPlan, sides_for

    attending = [preset for preset, about in PRESET_WORDS.items() if about.attends]
    chosen = st.pills(
        "Attention",
        attending,
        selection_mode="multi",
        default=_ATTENTION,
        format_func=preset_title,
        key="duel-attention",
        persist_state="session",
        wrap=True,
    )
    control = st.toggle(
        "Frozen uniform attention beside each",
        value=True,
        key="duel-control",
        persist_state="session",
        help="The control of Wiegreffe & Pinter (2019): what it gains is from averaging states, not from choosing"
        " words.",
    )
    st.caption(
        "An LSTM stands in every duel, and beside each attention its twin: the same encoder without attention."
    )
    seeds, match = _seeds_and_match()
    search, shares = _more()
    settings = _settings(profile)
    if not chosen:
        st.warning("Choose at least one kind of attention.")
        return None
    if seeds < 2:
        st.warning(
            "One seed cannot tell a difference between networks from the chance in a single training; take two or"
            f" more, {SEEDS} are usual."
        )
        return None
    presets = [side for side in sides_for(chosen) if control or not side.endswith(":uniform")]
    return DuelPlan(presets=tuple(presets), seeds=seeds, settings=settings, match=match, search=search, shares=shares)


def _seeds_and_match() -> tuple[int, str]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        seeds = st.number_input(
            "Seeds",
            min_value=1,
            max_value=MOST_SEEDS,
            value=SEEDS,
            key="duel-seeds",
            persist_state="session",
            width=160,
            help="Every side is trained once per seed, with the same seeds for all.",
        )
        match = st.segmented_control(
            "Match parameters",
            list(MATCHES),
            default="parameters",
            format_func=MATCHES.get,
            key="duel-match",
            persist_state="session",
            required=True,
            help="Within 5 %: sides without attention get the hidden size that gives them as many parameters,"
            " embeddings apart, as the attention that they stand against.",
        )
    return int(seeds), match


def _more() -> tuple[int, tuple[float, ...]]:
    with st.expander("Search, and smaller shares of the texts", icon=":material/more_horiz:"):
        search = st.number_input(
            "Candidates a side",
            min_value=0,
            max_value=MOST_CANDIDATES,
            value=0,
            key="duel-search",
            persist_state="session",
            width=160,
        )
        st.caption(
            "Before the duel every side is trained once with each of so many candidates, the same for all sides"
            " (learning rate and three kinds of dropout), with a seed that the duel does not use. Each keeps the one"
            " with the lowest validation loss; the test texts are never read. 0: all sides use the settings below."
        )
        shares = st.pills(
            "Also on",
            list(SHARES),
            selection_mode="multi",
            key="duel-shares",
            persist_state="session",
            wrap=True,
        )
        st.caption(
            "of the training texts, with as many updates: how the difference depends on their number. Each share"
            " trains all sides and seeds once more."
        )
    return int(search), tuple(SHARES[share] for share in shares or ())


def _settings(profile: dict[str, Any] | None) -> dict[str, Any]:
    from model.training.suggestions import suggested
    from pages.components.own_vectors import own_vectors
    from pages.components.settings_form import settings_form

    found = suggested(profile) if profile else []
    place = st.container()
    vectors = own_vectors()
    with place, st.expander("Settings, the same for all sides", icon=":material/tune:"):
        options = settings_form({each.option: each.value for each in found}, vectors, without=["attention_weights"])
    if found:
        st.caption("Set for these texts: " + " ".join(words.literal(each.reason) for each in found))
    return options


# -- what comes of it --------------------------------------------------------------------------------------------


def _check(plan: DuelPlan | None) -> bool:
    """Whether the duel can begin, whatever the texts; if not, say why."""
    trouble = session.job_queue().trouble
    if trouble:
        st.warning(trouble)
        return False
    if plan is None:
        st.caption("The duel can begin once its sides are chosen.")
        return False
    return True


def _name(profile: dict[str, Any] | None) -> str:
    return f"Duel on {profile['name']}" if profile else "Duel"


def _start(intake: Intake, plan: DuelPlan, title: str | None) -> None:
    from model.studies.duel import begin

    with st.spinner("Preparing the texts and the trainings…"):
        data = data_entry(runs_root(), intake)
        duel = begin(runs_root(), data, plan, owner=session.visitor(), title=(title or "").strip())
    session.forget(["duel-title"])
    st.switch_page("compare.py", query_params={"duel": duel.id})
