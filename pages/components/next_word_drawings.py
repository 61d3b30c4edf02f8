"""Two drawings of our own: how likely a few words are, and which earlier words each word was predicted from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from model.explain.export_words import direction
from pages.components import next_word_state as state
from pages.components import session

_FILES = Path(__file__).resolve().parents[2] / "assets" / "next_word"
_bars = st.components.v2.component(
    "attention_lab_bars",
    html='<div class="box"><div class="list" role="radiogroup"></div></div>',
    css=(_FILES / "bars.css").read_text("utf-8"),
    js=(_FILES / "bars.js").read_text("utf-8"),
)
_map = st.components.v2.component(
    "attention_lab_map",
    html='<div class="box"><div class="scroll"><div class="sheet"></div></div><div class="legend"></div>'
    '<div class="say" aria-live="polite"></div><div class="tip" role="tooltip" hidden></div></div>',
    css=(_FILES / "map.css").read_text("utf-8"),
    js=(_FILES / "map.js").read_text("utf-8"),
)


class Bar(NamedTuple):
    """A word and how likely it is; `real` is the word that was written there, and `note` says more."""

    word: str
    probability: float
    number: str
    note: str = ""
    real: bool = False


def word_bars(
    bars: Sequence[Bar], *, key: str, label: str, of: str, chosen: str, scale: float, on_choose: Callable[[str], None]
) -> None:
    """Draw a bar a word, the longest being `scale`; `on_choose` is called with the word that is clicked.

    `of` names what the words are predicted for: a click on bars that are there no more is let go.
    """
    items = [
        {"word": bar.word, "share": round(min(1.0, bar.probability / scale), 4) if scale else 0.0}
        | {"number": bar.number, "note": bar.note, "real": bar.real}
        for bar in bars
    ]
    place = next((i for i, bar in enumerate(bars) if bar.word == chosen), -1)
    data = {"items": items, "label": label, "of": of, "chosen": place}

    def choose() -> None:
        picked = state.chosen_in(key, "chosen")
        if picked.get("of") == of and any(picked.get("word") == bar.word for bar in bars):
            on_choose(picked["word"])

    _bars(key=key, data={**data, "since": session.drawn_since(key, data)}, on_chosen_change=choose)


class MapRow(NamedTuple):
    """A predicted word: `weights[i]` is that of the token `start + i`, `early` that of all tokens not drawn, `reach`
    how many earlier states it could see, and `told` what else there is to know of it."""

    word: str
    start: int
    weights: Sequence[float]
    early: float
    reach: int
    told: str


def word_map(
    rows: Sequence[MapRow],
    columns: Sequence[str],
    *,
    first: int,
    first_column: int,
    scale: float,
    key: str,
    label: str,
    text_signature: str,
    group: str,
    selected: int | None,
    on_select: Callable[[int | None], None],
) -> None:
    """Draw which earlier words each word was predicted from: a row a predicted word, from the token `first` on, and a
    column a token, from `first_column` on; what was looked at before that is summed in a column of its own.

    A click, Enter or the space bar on a row picks it or lets it go: `on_select` is called with its token's place.
    """
    early = first_column > 0
    data: dict[str, Any] = {
        "rows": [_row(row) for row in rows],
        "columns": [*(["before"] if early else []), *columns],
        "first": first,
        "first_column": first_column,
        "early": early,
        "scale": round(scale, 4) or 1.0,
        "corner": "predicted ↓ read →",
        "label": label,
        "direction": direction("".join(columns)),
        "group": group,
        "text_signature": text_signature,
    }
    data["signature"] = hashlib.blake2s(json.dumps(data).encode(), digest_size=8).hexdigest()
    data["selected"] = selected

    def select() -> None:
        picked = state.chosen_in(key, "selected")
        place = picked.get("place")
        if picked.get("text") == text_signature and (place is None or first <= place < first + len(rows)):
            on_select(place)

    _map(key=key, data={**data, "since": session.drawn_since(key, data)}, on_selected_change=select)


def _row(row: MapRow) -> dict[str, Any]:
    weights = [round(float(weight), 3) for weight in row.weights]
    return {
        "word": row.word,
        "from": row.start,
        "weights": weights,
        "early": round(row.early, 3),
        "reach": row.reach,
        "told": row.told,
    }
