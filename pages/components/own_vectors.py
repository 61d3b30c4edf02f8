"""Word vectors that a visitor brings along: received to the disk, checked, and then one of the settings' choices."""

from __future__ import annotations

import streamlit as st

from model.runs.store import runs_root
from model.runs.vector_store import keep_vectors, vectors_kept
from pages.components import session, words
from pages.components.uploads import upload

MAX_MEGABYTES = 200


def own_vectors() -> list[tuple[str, str]]:
    """Draw the upload; return what to call each file that this visitor may choose, and its path."""
    with st.expander("Word vectors of your own", icon=":material/upload_file:"):
        with session.problems_shown():
            path = upload(
                "GloVe or word2vec text, word2vec binary or fastText .vec, plain or .gz",
                keep_vectors,
                key="vectors",
                busy="Checking every row…",
                max_megabytes=MAX_MEGABYTES,
                help="Kept on this server for your trainings. Larger files: the command line, --set vectors=FILE.",
            )
            if path is not None:
                session.set_options({"vectors": str(path)})
                st.rerun()
        kept = vectors_kept(runs_root(), session.visitor())
        for each in kept:
            st.caption(
                f"{words.literal(each.name)}: {words.count(each.rows)} words, {each.dimension} dimensions,"
                f" {words.size(each.bytes)}. Choose it under Settings, Vectors."
            )
    return [(f"{each.name} ({each.dimension}d)", str(each.path)) for each in kept]
