"""Deleting from the library, and having it back: at once by one click, or within a day."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from model.errors import LabError
from model.runs.catalogue import Entry
from model.runs.owners import owns
from model.runs.store import Deleted, delete_run, deleted_runs, empty_trash, restore_run, runs_root
from pages.components import session, words

_LATELY = "deleted-lately"  # of the last deletion of this visit: when, and [(run id, title)]
UNDO_SECONDS = 300.0  # how long the line with the way back stays
SHOWN = 30  # deleted runs listed


def delete(entries: Sequence[Entry], visitor: str | None) -> None:
    """Move runs to the trash, and draw the page again with a way back; says what could not be deleted."""
    gone = []
    try:
        for entry in entries:
            delete_run(entry.run, by=visitor)
            gone.append((entry.id, entry.title))
    except LabError as error:
        session.say_once(str(error))
    if gone:
        st.session_state[_LATELY] = time.time(), gone
    st.rerun()


def undo_line(visitor: str | None) -> None:
    """Say what was just deleted, with a button that brings it back."""
    when, gone = st.session_state.get(_LATELY, (0.0, []))
    if not gone or not 0 <= time.time() - when < UNDO_SECONDS:
        return
    what = f"“{words.literal(gone[0][1])}”" if len(gone) == 1 else f"{len(gone)} models"
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="card-undo"):
        st.markdown(f"Deleted {what}.", width="content")
        if st.button("Undo", key="undo", icon=":material/undo:", type="tertiary"):
            _restore([run_id for run_id, _ in gone], visitor)


def recently_deleted(visitor: str | None) -> None:
    """List what this visitor may bring back, or remove for good."""
    root = runs_root()
    deleted = [one for one in deleted_runs(root) if owns(visitor, one.owner)]
    if not deleted:
        return
    taken = words.size(sum(one.bytes for one in deleted))
    with st.expander(f"Recently deleted: {len(deleted)}, {taken}", icon=":material/delete:", key="trash"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Each is gone for good a day after it was deleted.", width="content")
            with st.popover("Empty now", type="tertiary"):
                st.markdown(f"Remove {len(deleted)} of them for good, and free {taken}? Nothing brings them back.")
                if st.button("Remove for good", key="empty-trash", type="primary"):
                    _empty(visitor)
        for one in deleted[:SHOWN]:
            _row(one, visitor)
        if len(deleted) > SHOWN:
            st.caption(f"And {len(deleted) - SHOWN} more.")


def _row(one: Deleted, visitor: str | None) -> None:
    about, action = st.columns([5, 1], vertical_alignment="center")
    ago = words.duration(max(1.0, time.time() - one.deleted_at))
    about.markdown(f"**{words.literal(one.title)}**  \n:gray[deleted {ago} ago · {words.size(one.bytes)}]")
    with action, st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Bring back", key=f"restore-{one.id}"):
            _restore([one.id], visitor)


def _restore(run_ids: Sequence[str], visitor: str | None) -> None:
    st.session_state.pop(_LATELY, None)
    try:
        for run_id in run_ids:
            restore_run(runs_root(), run_id, by=visitor)
    except LabError as error:
        session.say_once(str(error))
    st.rerun()


def _empty(visitor: str | None) -> None:
    st.session_state.pop(_LATELY, None)
    try:
        empty_trash(runs_root(), by=visitor, older_than=0.0)
    except LabError as error:
        session.say_once(str(error))
    st.rerun()
