"""Choosing what to train on: built-in data, generated data with known rationales, or a file of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from model.data import datasets, diagnostic
from model.data.columns import Columns
from pages.components import address, session, words

BUILT_IN, GENERATED, UPLOAD = "Built in", "Generated", "Upload"
TYPES = ("csv", "tsv", "txt", "jsonl", "ndjson", "json", "parquet", "xlsx", "gz", "zip")
PREVIEW_ROWS = 200
MAX_MEGABYTES = 200
_NO_SPLIT = "none: split 80/10/10"


class Choice(NamedTuple):
    """What was chosen: its name, and a function that loads it (from memory when it was loaded before)."""

    name: str
    load: Callable[[], Any]


def dataset_picker() -> Choice | None:
    """Draw the choice and what is known of it; None while there is nothing to train on."""
    kind = st.segmented_control(
        "Data", [BUILT_IN, GENERATED, UPLOAD], default=BUILT_IN, required=True, key="data", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    return {BUILT_IN: _built_in, GENERATED: _generated, UPLOAD: _upload}[kind or BUILT_IN]()


def _built_in() -> Choice | None:
    entry = _entry("Data set", generated=False, key="dataset")
    name = entry["name"]
    st.markdown(words.literal(entry["description"]))
    st.caption(
        f"{words.count(entry['rows'])} texts · {_classes(entry['classes'])} · from {words.literal(entry['origin'])}"
        f" · licence: {words.literal(entry['licence'])}"
    )
    if not entry["available"]:
        st.info("This data set is not installed on the server yet. One command adds it:")
        st.code(entry["install"], language="bash")
        return None
    return Choice(name, lambda: _resolved(name))


def _generated() -> Choice:
    left, middle, right = st.columns([2, 1, 1])
    entry = _entry("Task", generated=True, key="task", place=left)
    chinese = middle.selectbox("Words", ["English-like", "Chinese-like"], key="words") == "Chinese-like"
    rows = right.number_input("Texts", min_value=200, max_value=100_000, value=2000, step=200, key="rows")
    st.markdown(words.literal(entry["description"]))
    st.caption("The words that decide each label are known exactly, so that explanations can be checked.")
    name = f"{entry['name']}{':zh' if chinese else ''}:{int(rows)}"
    return Choice(name, lambda: _resolved(name))


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


def _resolved(name: str) -> Any:
    return session.loaded(("named", name), lambda: datasets.resolve(name))


def _upload() -> Choice | None:
    file = st.file_uploader(
        "A table with a column of texts and a column of labels",
        type=TYPES,
        max_upload_size=MAX_MEGABYTES,
        key="table",
        help="csv, tsv, jsonl, json, parquet or xlsx, each also as .gz or .zip. The file stays on this server.",
    )
    if file is None:
        st.caption(
            "For example a CSV with the columns `text` and `label`. Columns are guessed and can be changed; a column"
            " `split` with train, validation and test is used if there is one."
        )
        return None
    from model.data.tables import guess_columns, read_frame

    frame = session.loaded(
        ("preview", file.file_id), lambda: read_frame(file, name=file.name, rows=PREVIEW_ROWS, labelled=False)
    )
    guessed = guess_columns(frame)
    chosen = _columns(list(frame.columns), guessed)
    st.dataframe(frame.head(8), hide_index=True, height=240)
    if not chosen.text or chosen.label is None:
        st.warning("Choose a column of texts and a column of labels to go on.")
        return None
    load = lambda: _uploaded(file, chosen)  # noqa: E731
    with st.spinner("Reading and checking the table…", show_time=True):
        _report(load())
    return Choice(file.name, load)


def _columns(columns: list[str], guessed: Columns) -> Columns:
    left, middle, right = st.columns(3)
    text = left.multiselect(
        "Texts", columns, default=list(guessed.text), help="Several are joined by “. ”.", key="text-columns"
    )
    label = middle.selectbox(
        "Labels",
        columns,
        index=columns.index(guessed.label) if guessed.label in columns else None,
        key="label-column",
    )
    splits = [_NO_SPLIT, *columns]
    split = right.selectbox(
        "Split", splits, index=splits.index(guessed.split) if guessed.split else 0, key="split-column"
    )
    return Columns(tuple(text), label, None if split == _NO_SPLIT else split)


def _uploaded(file: Any, columns: Columns) -> Any:
    from model.data.splits import make_dataset
    from model.data.tables import read_table

    def read() -> Any:
        file.seek(0)
        table = read_table(
            file,
            name=file.name,
            text_columns=columns.text,
            label_column=columns.label,
            split_column=columns.split,
        )
        return make_dataset(table, name=file.name)

    return session.loaded(("upload", file.file_id, columns), read)


def _report(dataset: Any) -> None:
    report = dataset.report
    kept = report["train"] + report["validation"] + report["test"]
    st.success(
        f"{words.count(kept)} texts to use: {words.count(report['train'])} to train, "
        f"{words.count(report['validation'])} to validate, {words.count(report['test'])} to test · "
        f"{_classes(report['classes'])}"
    )
    left_out = [f"{words.count(rows)} {reason}" for reason, rows in report["dropped"].items() if rows]
    if report["duplicates"]:
        left_out.append(f"{words.count(report['duplicates'])} exact duplicates")
    if report["leaked_into_test"]:
        left_out.append(f"{words.count(report['leaked_into_test'])} of train that also stand in validation or test")
    if left_out:
        st.warning(f"Left out of {words.count(report['rows'])} rows: {words.literal('; '.join(left_out))}.")


def _classes(classes: Any) -> str:
    if isinstance(classes, dict):
        shown = [f"{words.literal(name)} {words.count(rows)}" for name, rows in list(classes.items())[:6]]
    else:
        shown = [words.literal(str(name)) for name in list(classes)[:6]]
    more = f" and {len(classes) - 6} more" if len(classes) > 6 else ""
    return f"{len(classes)} classes: {', '.join(shown)}{more}"
