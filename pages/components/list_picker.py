"""Choosing many texts: typed into a box, or in a file whose columns can be changed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.data.columns import Columns
from model.runs.run import Run
from pages.components import caches, lists, read_state, words
from pages.components.lists import TextList
from pages.components.sources import MAX_MEGABYTES, TYPES

PASTE, UPLOAD = "Paste", "Upload"
BY_LINE, BY_BLANK_LINES = "one text a line", "blank lines between texts"
NO_LABELS = "none: no labels"


def list_picker(first: Run) -> TextList | None:
    """Draw where the texts come from, and return them; None while there is no file. Raises LabError."""
    kind = st.segmented_control(
        "Where the texts come from", [PASTE, UPLOAD], default=PASTE, required=True, key="many-source",
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    return _pasted(first) if kind == PASTE else _uploaded(first)


def _pasted(first: Run) -> TextList:
    typed = st.text_area(
        "Texts",
        key="many-text",
        height=150,
        placeholder="A wonderful film.\nNot worth the ticket.\nI have seen worse, but not often.",
        persist_state="session",
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Predict them", type="primary", key="many-predict")  # leaving the box for it sends the text
        rule = st.segmented_control(
            "What divides the texts", [BY_LINE, BY_BLANK_LINES], default=BY_LINE, required=True, key="many-rule",
            persist_state="session", label_visibility="collapsed", wrap=True,
        )  # fmt: skip
        listed = lists.pasted(typed or "", by_blank_lines=rule == BY_BLANK_LINES, run_id=first.id)
        if listed.texts:
            st.caption(number_of(listed), width="content")
    return listed


def _uploaded(first: Run) -> TextList | None:
    file = st.file_uploader(
        "A file of texts",
        type=TYPES,
        max_upload_size=MAX_MEGABYTES,
        key="many-file",
        on_change=read_state.keep_list,
        args=(None,),
        help="csv, tsv, jsonl, json, parquet or xlsx, each also as .gz or .zip; a .txt has one text a line."
        " The file stays on this server.",
    )
    if file is not None:
        listed = _read(first, file)
        read_state.keep_list(listed)
        return listed
    kept = read_state.kept_list()
    if kept is None:
        st.caption("A .txt file has one text a line. In a table, the column of texts is guessed and can be changed; "
                   "with a column of labels the page also counts what is right.")  # fmt: skip
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words.literal(kept.name)}**, uploaded before: {number_of(kept)}", width="content")
        st.button("Forget it", key="many-forget", on_click=read_state.keep_list, args=(None,))
    return kept


def _read(first: Run, file: Any) -> TextList | None:
    preview = caches.loaded(("many-preview", file.file_id), lambda: lists.preview(file))
    columns = None
    if preview is not None:
        columns = _columns(preview.columns, preview.guessed, key=file.file_id)
        if not columns.text:
            st.warning("Choose a column of texts to go on.")
            return None
    with st.spinner("Reading and checking the file…", show_time=True):
        listed = caches.loaded(
            ("many", file.file_id, columns), lambda: lists.from_file(file, columns, run_id=first.id)
        )
    st.caption(number_of(listed))
    return listed


def _columns(names: list[str], guessed: Columns, *, key: str) -> Columns:
    left, right = st.columns(2)
    text = left.multiselect(
        "Texts", names, default=list(guessed.text), help="Several are joined by “. ”.", key=f"many-columns-{key}"
    )
    options = [NO_LABELS, *(name for name in names if name not in text)]
    label = right.selectbox(
        "Labels",
        options,
        index=options.index(guessed.label) if guessed.label in options else 0,
        help="If there are any: a text may also have none.",
        key=f"many-label-{key}",
    )
    return Columns(tuple(text), None if label == NO_LABELS else label, None)


def number_of(listed: TextList) -> str:
    """How many texts there are, and how many rows had none."""
    count, without = len(listed.texts), listed.left_out
    rows = f"; {words.count(without)} row{'s' * (without != 1)} without a text left out" if without else ""
    return f"{words.count(count)} text{'s' * (count != 1)}{rows}"
