"""Choosing what to train on: built-in data, generated data with known rationales, or a file of one's own."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.data import datasets, diagnostic
from model.data.columns import Columns
from model.runs.intake import Intake, of_builtin
from model.runs.store import runs_root
from pages.components import sources, words

_NO_SPLIT = "none: split 80/10/10"
_TABLE = sources.Drop(
    kind="table",
    label="A table with a column of texts and a column of labels",
    help="csv, tsv, jsonl, json, parquet or xlsx, each also as .gz or .zip. The file stays on this server.",
    about="For example a CSV with the columns `text` and `label`. Columns are guessed and can be changed; a column"
    " `split` with train, validation and test is used if there is one.",
    widgets=("text-columns", "label-column", "split-column"),
)


def dataset_picker() -> Intake | None:
    """Draw the choice of data; return what was chosen, whose texts may still be being read, or None."""
    pickers = {sources.BUILT_IN: _built_in, sources.GENERATED: _generated, sources.UPLOAD: _upload}
    return pickers[sources.source("data")]()


def _built_in() -> Intake | None:
    entry = sources.listed("Data set", _catalogue(generated=False), key="dataset")
    return sources.begun(of_builtin(runs_root(), entry["name"])) if sources.is_installed(entry) else None


def _generated() -> Intake:
    left, middle, right = st.columns([2, 1, 1])
    entry = sources.listed("Task", _catalogue(generated=True), key="task", place=left)
    chinese = middle.selectbox("Words", ["English-like", "Chinese-like"], key="words") == "Chinese-like"
    rows = right.number_input("Texts", min_value=200, max_value=100_000, value=2000, step=200, key="rows")
    st.markdown(words.literal(entry["description"]))
    st.caption("The words that decide each label are known exactly, so that explanations can be checked.")
    return sources.begun(of_builtin(runs_root(), f"{entry['name']}{':zh' if chinese else ''}:{int(rows)}"))


def _catalogue(*, generated: bool) -> list[dict[str, Any]]:
    return [entry for entry in datasets.catalogue() if entry["name"].startswith(diagnostic.PREFIX) == generated]


def _upload() -> Intake | None:
    intake = sources.uploaded(_TABLE)
    if intake is None:
        return None
    preview = intake.preview
    if preview is None:  # not read so far, or nothing that could be
        return sources.begun(intake)
    chosen = _columns(preview)
    if not chosen.text or chosen.label is None:
        sources.first_rows(preview)
        st.warning("Choose a column of texts and a column of labels to go on.")
        return None
    intake.begin(None if chosen == _guessed(preview) else chosen)
    if intake.profile is None:  # afterwards rows of every class stand in the report
        sources.first_rows(preview)
    return intake


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
