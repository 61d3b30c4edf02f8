"""Compare: with attention and without it on the same test texts, and no claim that the figures do not carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from model.runs.run import Run
from pages.components import caches, choices, compare_choice, layout, session, words
from pages.components.compare_choice import Choice

if TYPE_CHECKING:
    from model.studies.sides import Side

FACES = {
    "overview": "Side by side",
    "texts": "Where they differ",
    "growth": "How attention grew",
    "stability": "Is it stable?",
    "audit": "Where weight goes",
    "data": "More data",
}


def main() -> None:
    """The form for a new duel, or what is compared."""
    if st.query_params.get("new"):
        from pages.components.duel_form import duel_form

        duel_form()
        return
    layout.heading("Compare", "The same test texts, with attention and without it: how sure is the difference?")
    runs = session.finished_runs()
    if not runs and not compare_choice.has_duels():
        compare_choice.explain_absent(runs)
        _nothing_yet()
        return
    chosen = compare_choice.choice(runs)
    if chosen.duel is not None:
        from pages.components.duel_progress import duel_progress, failures

        if chosen.duel.state != "done":
            duel_progress(chosen.duel)
            return
        failures(chosen.duel)
    if len(chosen.runs) < 2:
        st.info("Choose two runs or more." if chosen.duel is None else "Two finished trainings are needed.")
    elif _one_split(chosen.runs):
        with session.problems_shown():
            _comparison(chosen)


def _nothing_yet() -> None:
    with layout.card("empty"):
        st.markdown(
            "**There is nothing to compare yet.** A duel trains networks with attention and without it on the same"
            " texts, with the same seeds, and says how sure the difference is."
        )
        with st.container(horizontal=True):
            compare_choice.new_duel("primary")
            st.page_link("train.py", label="Train single networks", icon=":material/play_arrow:")


def _one_split(runs: list[Run]) -> bool:
    """Whether all runs were tested on the same texts; if not, say so and offer those that were."""
    by_data: dict[str, list[Run]] = {}
    for run in runs:
        by_data.setdefault(run.spec["data"]["sha256"], []).append(run)
    if len(by_data) == 1:
        return True
    names = words.listed([words.literal(same[0].spec["data"]["name"]) for same in by_data.values()])
    st.error(
        f"These runs were tested on different texts ({names}), so their accuracies say nothing about each other."
        " Choose runs on one data set."
    )
    for same in by_data.values():
        if len(same) > 1:
            st.button(
                f"Only the {len(same)} on {same[0].spec['data']['name']}",
                key=f"only-{same[0].id}",
                on_click=session.compare_only,
                args=([run.id for run in same],),
            )
    return False


# -- what is compared --------------------------------------------------------------------------------------------


def _comparison(chosen: Choice) -> None:
    from pages.components.verdict import verdict

    with st.spinner("Comparing…", show_time=False):
        document = caches.comparison(chosen.runs)
        sides = caches.side_by_side(chosen.runs).sides
    verdict(document)
    faces = [face for face in FACES if _has(face, sides, chosen)]
    face = choices.one_of("View", faces, name="view", default="overview", titles=FACES)
    _face(face, chosen, sides, document)
    from pages.components.compare_downloads import downloads

    downloads(chosen.runs, document, chosen.duel)


def _has(face: str, sides: list[Side], chosen: Choice) -> bool:
    """Whether there is anything to show there."""
    if face == "texts":
        return len(sides) > 1
    if face == "data":
        return chosen.duel is not None and bool(chosen.duel.plan.shares)
    return True


def _face(face: str, chosen: Choice, sides: list[Side], document: dict[str, Any]) -> None:
    if face == "overview":
        from pages.components.compare_overview import overview

        overview(chosen.runs, sides, document)
    elif face == "texts":
        from pages.components import compare_texts

        compare_texts.draw(sides, *compare_choice.pair(sides, document))
    elif face == "growth":
        from pages.components import compare_growth

        compare_growth.draw(sides)
    elif face == "stability":
        from pages.components import compare_stability

        compare_stability.draw(sides)
    elif face == "audit":
        from pages.components import compare_audit

        compare_audit.draw(sides)
    else:
        from pages.components import compare_data

        compare_data.draw(chosen.duel)


main()
