"""The words before a prediction under every method: what speaks for the explained word, and what against it."""

from __future__ import annotations

import streamlit as st

from model.explain.rows import TITLES
from pages.components import choices, layout, words
from pages.components import next_word_state as state
from pages.components.evidence import row_figures
from pages.components.next_word_reading import CONTEXT, NextReading
from pages.components.reading import ATTENTION
from pages.components.token_strip import Row, method_rows

ROWS = "next-rows"


def rows(names: dict[str, str], shown: NextReading, question: str) -> None:
    """Draw them, and have the browser ask `question` for the slower ones; `names` are of all models, by run id."""
    unit = shown.whole.unit
    layout.card_title(f"Why “{words.literal(shown.word)}”?", f"one column a {unit}; click one for its own prediction")
    if len(names) > 1:
        choices.one_of("Rows of", names, name="rows-of", default=next(iter(names)), titles=names)
    whole, start = shown.whole, shown.start
    reach = min(whole.reach(shown.place), max(1, shown.place - start - 1))
    lines = [
        Row(TITLES[method], words.kind(method), shown.values(method), row_figures(shown, method),
            uniform=1 / max(1, reach) if method == ATTENTION else None)
        for method in shown.methods
    ]  # fmt: skip
    method_rows(
        shown.seen.parts,
        lines,
        key=ROWS,
        label="The words under every method; arrow keys move along them, Enter shows a word's own prediction",
        on_select=lambda key: state.look_at_picked(key, whole, start, shown.seen.parts.signature),
        ask=question,
    )
    st.caption(
        f"Amber: how much, without direction. Blue speaks for “{words.literal(shown.word)}”, red against it. Each row"
        " has its own scale."
        + (f" Explained by the last {CONTEXT} {whole.unit}s, as if the text began with them." if start else "")
    )
