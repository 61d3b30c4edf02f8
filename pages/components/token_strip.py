"""Tokens coloured in the text as typed, and the same tokens as one column each under every method."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import streamlit as st

from model.explain.export_words import MOST_DRAWN, direction, shortened
from model.explain.rows import FLAWS, problem
from model.text.vocabulary import Token
from pages.components import session

Kind = Literal["weight", "signed", "bits"]

_TIMES_UNIFORM = 3.0  # a weight of so many times 1 / T has its full colour, so that an even spread looks pale

_FILES = Path(__file__).resolve().parents[2] / "assets" / "token_strip"
_TIP = '<div class="tip" role="tooltip" hidden></div>'
_strip = st.components.v2.component(
    "attention_lab_strip",
    html=f'<div class="box"><div class="text" dir="auto"></div><div class="legend"></div>{_TIP}</div>',
    css=(_FILES / "strip.css").read_text("utf-8"),
    js=(_FILES / "strip.js").read_text("utf-8"),
)
_rows = st.components.v2.component(
    "attention_lab_rows",
    html='<div class="box"><div class="scroll"><div class="sheet" role="slider" tabindex="0" aria-valuemin="1">'
    f"</div></div>{_TIP}</div>",
    css=(_FILES / "rows.css").read_text("utf-8"),
    js=(_FILES / "rows.js").read_text("utf-8"),
)


class Pieces(NamedTuple):
    """A text in the parts that are drawn: `gaps[i]` stands before `tokens[i]`, then `tail`, then `cut` in grey."""

    tokens: list[str]
    gaps: list[str]
    tail: str
    cut: str
    unknown: list[int]

    def drawn(self) -> dict[str, Any]:
        """The parts for the browser, which takes a minute to lay out a megabyte: the longest are cut, and say so."""
        return {
            "tokens": [shortened(token) for token in self.tokens],
            "gaps": [shortened(gap) for gap in self.gaps],
            "tail": shortened(self.tail),
            "cut": self.cut[:MOST_DRAWN],
            "cut_more": max(0, len(self.cut) - MOST_DRAWN),
            "unknown": self.unknown,
        }

    @property
    def signature(self) -> str:
        """A short name of the whole text: equal texts share it, and a selection belongs to it."""
        text = json.dumps([self.tokens, self.gaps, self.tail, self.cut])
        return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()

    @property
    def group(self) -> str:
        """A short name of what was typed: drawings of one text light up together, wherever its models cut it."""
        pairs = zip(self.gaps, self.tokens, strict=False)
        text = "".join(part for pair in pairs for part in pair) + self.tail + self.cut
        return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def pieces(text: str, tokens: Sequence[Token], *, truncated_at: int | None = None) -> Pieces:
    """Cut a text along its tokens' spans, so that gaps and tokens joined give back what was typed.

    Strings and not offsets leave Python, because a browser counts UTF-16 units where Python counts code points.
    """
    kept = len(text) if truncated_at is None else truncated_at
    ends = [0, *(token.end for token in tokens)]
    return Pieces(
        tokens=[text[token.start : token.end] for token in tokens],
        gaps=[text[end : token.start] for end, token in zip(ends, tokens, strict=False)],
        tail=text[ends[-1] : max(kept, ends[-1])],
        cut=text[max(kept, ends[-1]) :],
        unknown=[i for i, token in enumerate(tokens) if not token.known],
    )


def tokens_told(text: str, told: Sequence[Sequence[int]]) -> list[Token]:
    """The tokens of a text from what records keep of them: start, end and whether the word is known."""
    return [Token(text[start:end], start, end, bool(known)) for start, end, known in told]


def full_weight(weights: np.ndarray) -> float:
    """The weight that has its full colour where an even spread is to look pale; not a number counts as nothing."""
    return max(float(np.nan_to_num(weights).max(initial=0.0)), _TIMES_UNIFORM / max(1, len(weights)))


def strongest(tokens: Sequence[Token], weights: np.ndarray) -> str:
    """Which of one token or more has the most weight, in words."""
    place = int(weights.argmax())
    return f"most on “{tokens[place].text}”, {weights[place] * len(tokens):.1f} × uniform"


def token_strip(
    parts: Pieces,
    *,
    key: str,
    label: str,
    on_select: Callable[[str], None],
    selected: int | None = None,
    values: Sequence[float] | None = None,
    kind: Kind = "weight",
    scale: float | None = None,
    target: str = "",
    lane: Sequence[float] | None = None,
    lane_name: str = "",
    gamma: float = 1.0,
    note: str = "",
    sentences: Sequence[tuple[int, int, float]] | None = None,
    marked: Sequence[int] = (),
    uniform: float | None = None,
    told: Sequence[str] | None = None,
) -> None:
    """Draw a text with its tokens coloured by `values`, and thin signed bars below them for `lane`.

    `scale` is the value at full strength (by default the largest); `gamma` below 1 lifts small values. `sentences`
    (first token, token after the last, weight) stand one below the other with their weights in the margin; the
    tokens `marked` get a border. `uniform` is the weight of an even spread, by default over all tokens; `told` says
    of each token what its value means, in the place of the usual words. Values that cannot be shown are hatched, and
    the legend says why. `on_select` is called with `key` when a token is picked or let go; the component's state
    then names text and token.
    """
    flaw = flaw_of(values)
    values, lane = (None if row is None or flaw_of(row) else row for row in (values, lane))
    data = {
        **_text(parts, label, selected),
        "values": None if values is None else _floats(values),
        "kind": kind,
        "scale": _largest(values) if scale is None else scale,
        "target": target,
        "lane": None if lane is None else _floats(lane),
        "lane_name": lane_name,
        "lane_scale": _largest(lane),
        "gamma": gamma,
        "note": note,
        "flaw": flaw,
        "sentences": None if sentences is None else [[start, end, float(w)] for start, end, w in sentences],
        "marked": list(marked),
        "uniform": uniform,
        "told": None if told is None else list(told),
    }
    _strip(key=key, data=_dated(key, data), on_selected_change=lambda: on_select(key))


def marking_strip(parts: Pieces, *, key: str, label: str, marked: Sequence[int]) -> list[int]:
    """Draw a text without colours whose tokens can be marked, starting with those `marked`; return the marked ones.

    A click, Enter or the space bar marks a token or lets it go.
    """
    state = (st.session_state.get(key) or {}).get("marked") or {}
    if state.get("text") == parts.signature:
        marked = [i for i in state.get("tokens") or [] if isinstance(i, int) and 0 <= i < len(parts.tokens)]
    data = {**_text(parts, label, None), "kind": "weight", "marking": True, "marked": list(marked)}
    _strip(key=key, data=_dated(key, data), on_marked_change=lambda: None)
    return list(marked)


class Row(NamedTuple):
    """One method's line: `values` is None while it is still to be computed, and `waiting` says so.

    `uniform` is what each would have of an even spread, by default one over all tokens.
    """

    name: str
    kind: Kind
    values: Sequence[float] | None
    figures: str = ""
    waiting: str = "being computed…"
    uniform: float | None = None


def method_rows(
    parts: Pieces,
    rows: Sequence[Row],
    *,
    key: str,
    label: str,
    on_select: Callable[[str], None],
    selected: int | None = None,
    ask: str = "",
) -> None:
    """Draw rows of bars over shared columns; with `ask`, the browser sets `asked(key)` to it once they are drawn."""
    lines = [_line(row) for row in rows]
    shown = json.dumps([parts.signature, lines])
    data = {
        "tokens": parts.drawn()["tokens"],
        "rows": lines,
        "label": label,
        "selected": selected,
        "direction": direction("".join(parts.tokens)),
        "ask": ask,
        "group": parts.group,
        "text_signature": parts.signature,
        "signature": hashlib.blake2s(shown.encode(), digest_size=8).hexdigest(),
    }
    _rows(key=key, data=_dated(key, data), on_selected_change=lambda: on_select(key), on_asked_change=lambda: None)


def flaw_of(values: Sequence[float] | None) -> str:
    """Why values cannot be shown as colours or bars; empty where they can, or where there are none yet."""
    return "" if values is None else FLAWS.get(problem(np.asarray(values)), "")


def asked(key: str) -> str:
    """What the rows of `key` asked for last, once painted."""
    return str((st.session_state.get(key) or {}).get("asked") or "")


def _text(parts: Pieces, label: str, selected: int | None) -> dict[str, Any]:
    return {
        **parts.drawn(),
        "text_signature": parts.signature,
        "label": label,
        "selected": selected,
        "group": parts.group,
    }


def _line(row: Row) -> dict[str, Any]:
    flaw = flaw_of(row.values)
    return {**row._asdict(), "flaw": flaw, "values": None if flaw or row.values is None else _floats(row.values)}


def _dated(key: str, data: dict[str, Any]) -> dict[str, Any]:
    # While its script loads, a component's calls may come in any order (a browser may resolve several imports of one
    # address in any), so that the browser has to know which data is the latest.
    return {**data, "since": session.drawn_since(key, data)}


def _floats(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.4g}") for value in values]  # what a screen can show, a third of the bytes


def _largest(values: Sequence[float] | None) -> float:
    return max((abs(float(value)) for value in values), default=0.0) if values is not None else 0.0
