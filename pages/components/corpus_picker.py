"""Choosing the text that language models learn: built in, generated, or a file of one's own."""

from __future__ import annotations

import streamlit as st

from model.data import repeat
from model.data.columns import Columns
from model.data.corpora import corpora_catalogue
from model.runs.intake import Intake, of_builtin_corpus
from model.runs.store import runs_root
from pages.components import sources, words

_MOST_WORDS = 1_000_000  # generated from a page
_TEXT = sources.Drop(
    kind="corpus",
    label="A text, or a table with a column of texts",
    help="A .txt in any encoding and language; or csv, tsv, jsonl, json, parquet or xlsx. Each also as .gz or .zip."
    " The file stays on this server.",
    about="For example a novel as one .txt, or all reviews of a table, each as one line. The first 80 % of it are for"
    " training, the rest for validation and test.",
    widgets=("corpus-columns",),
)


def corpus_picker() -> Intake | None:
    """Draw the choice of a text; return what was chosen, which may still be being read, or None."""
    pickers = {sources.BUILT_IN: _built_in, sources.GENERATED: _generated, sources.UPLOAD: _upload}
    return pickers[sources.source("from")]()


def _built_in() -> Intake | None:
    entries = [entry for entry in corpora_catalogue() if entry["name"] != repeat.PREFIX]
    entry = sources.listed("Text", entries, key="corpus")
    return sources.begun(of_builtin_corpus(runs_root(), entry["name"])) if sources.is_installed(entry) else None


def _generated() -> Intake:
    left, right = st.columns(2)
    chinese = left.selectbox("Language", ["English", "Chinese"], key="corpus-language") == "Chinese"
    tokens = right.number_input(
        "Words",
        min_value=repeat.LEAST_TOKENS,
        max_value=_MOST_WORDS,
        value=repeat.TOKENS,
        step=10_000,
        key="corpus-words",
    )
    st.markdown(words.literal(repeat.catalogue_entry()["description"]))
    st.caption(
        "What comes, and how far one has to look back for it, is known exactly, so that attention can be checked."
    )
    return sources.begun(of_builtin_corpus(runs_root(), f"{repeat.PREFIX}{':zh' if chinese else ''}:{int(tokens)}"))


def _upload() -> Intake | None:
    intake = sources.uploaded(_TEXT)
    if intake is None:
        return None
    preview = intake.preview
    if preview is None:  # running text, or a table of which nothing is known so far
        return sources.begun(intake)
    guessed = preview["guessed"]["text"]
    chosen = st.multiselect(
        "Texts",
        preview["columns"],
        default=guessed,
        help="Several are joined by “. ”.",
        key="corpus-columns",
        persist_state="session",
    )
    if not chosen:
        sources.first_rows(preview)
        st.warning("Choose a column of texts to go on.")
        return None
    intake.begin(None if chosen == guessed else Columns(tuple(chosen), None, None))
    if intake.profile is None:
        sources.first_rows(preview)
    return intake
