"""Where data comes from: one of a list, or a file of one's own that the address names from then on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from model.errors import LabError
from model.runs.intake import Intake, find_intake, receive
from model.runs.store import runs_root
from pages.components import address, session, words
from pages.components.uploads import upload

BUILT_IN, GENERATED, UPLOAD = "Built in", "Generated", "Upload"
MAX_MEGABYTES = 200
TYPES = ("csv", "tsv", "txt", "jsonl", "ndjson", "json", "parquet", "xlsx", "gz", "zip")


class Drop(NamedTuple):
    """What may be uploaded, in words, and as what it is then read."""

    kind: str  # of the intake: "table" or "corpus"
    label: str
    help: str
    about: str  # below the uploader
    widgets: Sequence[str]  # keys that mean this one file, and are forgotten with it


def source(key: str) -> str:
    """Draw the three sources; return the one chosen, which stands in the address."""
    kinds = [BUILT_IN, GENERATED, UPLOAD]
    return (
        st.segmented_control(
            "Data",
            kinds,
            default=BUILT_IN,
            required=True,
            key=key,
            bind="query-params",
            label_visibility="collapsed",
        )
        or BUILT_IN
    )


def listed(label: str, entries: Sequence[dict[str, Any]], *, key: str, place: Any = st) -> dict[str, Any]:
    """Draw the choice among a catalogue's entries, kept in the address."""
    named = {entry["name"]: entry for entry in entries}
    first = next(iter(named))
    address.take(key, named, first)
    place.selectbox(
        label, list(named), format_func=lambda name: named[name]["title"], key=key, persist_state="session"
    )
    return named[address.keep(key, first)]


def is_installed(entry: dict[str, Any]) -> bool:
    """Say what an entry is and where it comes from, and how it is installed where it is not yet."""
    st.markdown(words.literal(entry["description"]))
    st.caption(f"From {words.literal(entry['origin'])} · licence: {words.literal(entry['licence'])}")
    if not entry["available"]:
        st.info("This data set is not installed on the server yet. One command adds it:")
        st.code(entry["install"], language="bash")
    return entry["available"]


def begun(intake: Intake) -> Intake:
    """The intake, with its reading under way."""
    intake.begin()
    return intake


# -- a file of one's own -----------------------------------------------------------------------------------------


def uploaded(drop: Drop) -> Intake | None:
    """The file that the address names, with a way to another one; else draw the uploader, and None."""
    intake = _received(drop)
    if intake is None:
        _drop_here(drop)
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words.literal(intake.name)}**", width="content")
        st.button("Another file", key="another-file", icon=":material/close:", on_click=_let_go, args=(intake, drop))
    return intake


def _received(drop: Drop) -> Intake | None:
    """The file that the address names, so that a reload and tomorrow find it again."""
    named = st.query_params.get("upload")
    if not named:
        return None
    with session.problems_shown():
        intake = find_intake(runs_root(), named)
        if intake.kind == drop.kind:
            return intake
        st.error(f"{words.literal(intake.name)} was uploaded for another kind of training; choose the file again")
    return None


def _drop_here(drop: Drop) -> None:
    with session.problems_shown():
        intake = upload(
            drop.label,
            partial(receive, kind=drop.kind),
            key=drop.kind,
            busy="Storing the file…",
            max_megabytes=MAX_MEGABYTES,
            help=drop.help,
            types=list(TYPES),
        )
        if intake is not None:
            st.query_params["upload"] = intake.id
            st.rerun()
    st.caption(drop.about)


def _let_go(intake: Intake, drop: Drop) -> None:
    st.query_params.pop("upload", None)
    session.forget(list(drop.widgets))
    try:
        if intake.owner == session.visitor():
            intake.remove()
    except LabError:  # somebody else was quicker, or the disk is in trouble: it is swept away later
        pass


def first_rows(preview: dict[str, Any]) -> None:
    """Draw the first rows of an uploaded table."""
    import pandas as pd

    st.dataframe(pd.DataFrame(preview["rows"], columns=preview["columns"]), hide_index=True, height=240)
