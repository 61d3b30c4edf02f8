"""Choosing what to train on: built-in data, generated data with known rationales, or a file of one's own."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.data import datasets, diagnostic
from model.data.columns import Columns
from model.errors import LabError
from model.runs.intake import Intake, find_intake, of_builtin, receive
from model.runs.store import runs_root
from pages.components import address, session, words
from pages.components.uploads import upload

BUILT_IN, GENERATED, UPLOAD = "Built in", "Generated", "Upload"
TYPES = ("csv", "tsv", "txt", "jsonl", "ndjson", "json", "parquet", "xlsx", "gz", "zip")
MAX_MEGABYTES = 200
_NO_SPLIT = "none: split 80/10/10"


def dataset_picker() -> Intake | None:
    """Draw the choice of data; return what was chosen, whose texts may still be being read, or None."""
    kind = st.segmented_control(
        "Data", [BUILT_IN, GENERATED, UPLOAD], default=BUILT_IN, required=True, key="data", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    return {BUILT_IN: _built_in, GENERATED: _generated, UPLOAD: _upload}[kind or BUILT_IN]()


def _built_in() -> Intake | None:
    entry = _entry("Data set", generated=False, key="dataset")
    st.markdown(words.literal(entry["description"]))
    st.caption(f"From {words.literal(entry['origin'])} · licence: {words.literal(entry['licence'])}")
    if not entry["available"]:
        st.info("This data set is not installed on the server yet. One command adds it:")
        st.code(entry["install"], language="bash")
        return None
    return _begun(of_builtin(runs_root(), entry["name"]))


def _generated() -> Intake:
    left, middle, right = st.columns([2, 1, 1])
    entry = _entry("Task", generated=True, key="task", place=left)
    chinese = middle.selectbox("Words", ["English-like", "Chinese-like"], key="words") == "Chinese-like"
    rows = right.number_input("Texts", min_value=200, max_value=100_000, value=2000, step=200, key="rows")
    st.markdown(words.literal(entry["description"]))
    st.caption("The words that decide each label are known exactly, so that explanations can be checked.")
    return _begun(of_builtin(runs_root(), f"{entry['name']}{':zh' if chinese else ''}:{int(rows)}"))


def _entry(label: str, *, generated: bool, key: str, place: Any = st) -> dict[str, Any]:
    entries = {entry["name"]: entry for entry in datasets.catalogue() if _is_generated(entry["name"]) == generated}
    first = next(iter(entries))
    address.take(key, entries, first)
    place.selectbox(
        label, list(entries), format_func=lambda name: entries[name]["title"], key=key, persist_state="session"
    )
    return entries[address.keep(key, first)]


def _is_generated(name: str) -> bool:
    return name.startswith(diagnostic.PREFIX)


def _begun(intake: Intake) -> Intake:
    intake.begin()
    return intake


# -- a file of one's own -----------------------------------------------------------------------------------------


def _upload() -> Intake | None:
    intake = _received()
    if intake is None:
        _drop_here()
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words.literal(intake.name)}**", width="content")
        st.button("Another file", key="another-file", icon=":material/close:", on_click=_let_go, args=(intake,))
    preview = intake.preview
    if preview is None:  # not read so far, or nothing that could be
        return _begun(intake)
    chosen = _columns(preview)
    if not chosen.text or chosen.label is None:
        _first_rows(preview)
        st.warning("Choose a column of texts and a column of labels to go on.")
        return None
    intake.begin(None if chosen == _guessed(preview) else chosen)
    if intake.profile is None:  # afterwards rows of every class stand in the report
        _first_rows(preview)
    return intake


def _received() -> Intake | None:
    """The file that the address names, so that a reload and tomorrow find it again."""
    upload = st.query_params.get("upload")
    if not upload:
        return None
    with session.problems_shown():
        return find_intake(runs_root(), upload)
    return None


def _drop_here() -> None:
    with session.problems_shown():
        intake = upload(
            "A table with a column of texts and a column of labels",
            receive,
            key="table",
            busy="Storing the file…",
            max_megabytes=MAX_MEGABYTES,
            help="csv, tsv, jsonl, json, parquet or xlsx, each also as .gz or .zip. The file stays on this server.",
            types=TYPES,
        )
        if intake is not None:
            st.query_params["upload"] = intake.id
            st.rerun()
    st.caption(
        "For example a CSV with the columns `text` and `label`. Columns are guessed and can be changed; a column"
        " `split` with train, validation and test is used if there is one."
    )


def _let_go(intake: Intake) -> None:
    st.query_params.pop("upload", None)
    session.forget(["text-columns", "label-column", "split-column"])
    try:
        if intake.owner == session.visitor():
            intake.remove()
    except LabError:  # somebody else was quicker, or the disk is in trouble: it is swept away later
        pass


def _columns(preview: dict[str, Any]) -> Columns:
    columns, guessed = preview["columns"], _guessed(preview)
    left, middle, right = st.columns(3)
    text = left.multiselect(
        "Texts",
        columns,
        default=list(guessed.text),
        help="Several are joined by “. ”.",
        key="text-columns",
        persist_state="session",
    )
    label = middle.selectbox(
        "Labels",
        columns,
        index=columns.index(guessed.label) if guessed.label in columns else None,
        key="label-column",
        persist_state="session",
    )
    splits = [_NO_SPLIT, *columns]
    split = right.selectbox(
        "Split",
        splits,
        index=splits.index(guessed.split) if guessed.split in columns else 0,
        key="split-column",
        persist_state="session",
    )
    return Columns(tuple(text), label, None if split == _NO_SPLIT else split)


def _guessed(preview: dict[str, Any]) -> Columns:
    guessed = preview["guessed"]
    return Columns(tuple(guessed["text"]), guessed["label"], guessed["split"])


def _first_rows(preview: dict[str, Any]) -> None:
    import pandas as pd

    st.dataframe(pd.DataFrame(preview["rows"], columns=preview["columns"]), hide_index=True, height=240)
