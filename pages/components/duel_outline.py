"""What a duel will be, before it is begun: its sides with their sizes, its trainings, and what is held equal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.runs.store import runs_root
from pages.components import caches, words

if TYPE_CHECKING:
    from model.studies.duel import DuelPlan
    from model.studies.duel_sides import DuelSide


def sides_of(plan: DuelPlan, data: dict[str, Any]) -> list[DuelSide]:
    """The sides of a plan on data as a spec names it. Raises LabError."""
    from model.studies.duel_data import prepare_data

    def prepare() -> Any:
        with st.spinner("Looking at the texts…"):
            return prepare_data(runs_root(), data, probe=[])

    return caches.prepared().recall(data["sha256"], prepare).sides(plan)


def table(sides: list[DuelSide], plan: DuelPlan) -> None:
    """Draw the sides with their sizes, measured against the first attention."""
    from model.studies.duel_plan import attends, is_control
    from model.studies.duel_sides import WITHIN

    learned = next(side for side in sides if attends(side.key) and not is_control(side.key))
    lines = ["| side | hidden size | parameters without embeddings | |", "| :-- | --: | --: | --: |"]
    for side in sides:
        gap = side.parameters / learned.parameters - 1
        shown = "the reference" if side is learned else f"{words.signed(100 * gap, 1)} %"
        size, parameters = side.settings.hidden_size, words.count(side.parameters)
        lines.append(f"| {words.literal(words.side_name(side.key))} | {size} | {parameters} | {shown} |")
    st.markdown("\n".join(lines))
    apart = [
        side for side in sides if not attends(side.key) and abs(side.parameters / learned.parameters - 1) > WITHIN
    ]
    notes = []
    if apart and plan.match == "sizes":
        notes.append("With the same hidden size the parameters differ, and part of a difference may come from size.")
    elif apart:
        notes.append("Each side without attention is matched with the attention on its own encoder.")
    if any(is_control(side.key) for side in sides):
        notes.append("A control lacks the parameters of the attention itself: it differs in nothing else.")
    st.caption(" ".join(notes))


def protocol(plan: DuelPlan, sides: list[DuelSide], profile: dict[str, Any]) -> None:
    """Draw how many trainings there will be, and what all of them share."""
    from model.training.settings import FIRST_SEED

    parts = [f"{len(sides)} sides × {plan.seeds} seeds"]
    if plan.shares:
        parts[0] += f" × {1 + len(plan.shares)} sizes of the training texts"
    if plan.search:
        parts.append(f"{len(sides)} × {plan.search} for the search")
    settings = sides[0].settings
    updates = settings.epochs * math.ceil(profile["splits"]["train"] / settings.batch_size)
    st.markdown(f"**{plan.trainings} trainings**: {' + '.join(parts)}.")
    st.markdown(
        f"All sides share one split, the seeds {FIRST_SEED} to {FIRST_SEED + plan.seeds - 1}, the batches, the"
        f" options and at most {words.count(updates)} updates each. Of every training the epoch with the lowest"
        " validation loss counts, and the test texts are read once, at its end."
    )
