"""Forgetting a duel, with its trainings or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.runs.owners import owns
from pages.components import session

if TYPE_CHECKING:
    from model.studies.duel import Duel


def delete_button(duel: Duel) -> None:
    """Draw what deletes a duel that is over; nothing for somebody else's, or one that still trains."""
    if duel.state not in ("done", "stopped") or not owns(session.visitor(), duel.owner):
        return
    with st.popover("Delete", icon=":material/delete:"):
        st.markdown("The trainings can stay in Models without the duel, or go to the trash with it.")
        st.button("Delete the duel alone", key="delete-duel", on_click=_delete, args=(duel, False))
        st.button("Delete it with its trainings", key="delete-duel-runs", on_click=_delete, args=(duel, True))


def _delete(duel: Duel, with_runs: bool) -> None:
    from model.studies.duel import delete_duel

    with session.problems_shown():
        delete_duel(duel, by=session.visitor(), with_runs=with_runs)
        session.forget(["duel"])
        st.query_params.pop("duel", None)
