"""A comparison to take along: a page of its own, and its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from model.runs.run import Run
from pages.components import caches, layout, session

if TYPE_CHECKING:
    from model.studies.duel import Duel

WHAT = {
    "texts in colour": "Colouring texts on which the two differ",
    "stability": "Reading texts with the models of all seeds",
    "audit": "Counting where the weight goes",
}


def downloads(runs: list[Run], document: dict[str, Any], duel: Duel | None) -> None:
    """Draw the card: the tables at once, the page with the models' part when it is asked for."""
    with layout.card("take"), session.problems_shown():
        layout.card_title("Take it along")
        report = caches.reports().known(caches.ids_of(runs))
        place = st.empty()
        with st.container(horizontal=True):
            if report is None:
                wanted = st.button(
                    "Make the report",
                    key="make-report",
                    icon=":material/description:",
                    type="primary",
                    help="With texts in both sides' colours, stability and an audit; it takes seconds to minutes.",
                )
            else:
                wanted = False
                _offer("Report", report, "comparison.html", "text/html", "primary")
            _tables(document)
        st.caption(
            "The report is one HTML file: everything on this page, with texts in colour, for a browser, without a"
            " network. CSV and LaTeX hold the tables."
        )
        if wanted:
            _make(runs, duel, place)


def _tables(document: dict[str, Any]) -> None:
    from model.reports.compare import to_csv, to_latex

    # Made at once, in milliseconds: a page that is drawn anew forgets what it was to make later.
    _offer("CSV", to_csv(document), "comparison.csv", "text/csv", "secondary")
    _offer("LaTeX", to_latex(document), "comparison.tex", "application/x-tex", "secondary")


def _offer(title: str, data: str, name: str, mime: str, kind: Any) -> None:
    st.download_button(
        title, data, file_name=name, mime=mime, type=kind, icon=":material/download:", on_click="ignore",
        key=f"take-{name}",
    )  # fmt: skip


def _make(runs: list[Run], duel: Duel | None, place: Any) -> None:
    """Make the report, saying how far it is; whoever leaves ends it, and what was computed is kept."""
    from model.reports.compare import report
    from model.studies.compare_document import compare_document

    place.progress(0.0, text="Beginning…")

    def told(what: str, done: int, total: int) -> None:
        share = done / max(1, total)
        place.progress(share, text=WHAT.get(what, what) + (f": {done} of {total}" if total > 1 else "…"))

    def make() -> str:
        from model.studies.shares import share_figures

        shares = share_figures(duel) if duel is not None and duel.plan.shares else None
        return report(compare_document(runs, shares=shares, on_progress=told))

    caches.reports().recall(caches.ids_of(runs), make)
    st.rerun()
