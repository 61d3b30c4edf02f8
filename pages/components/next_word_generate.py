"""The face that writes: a text goes on word by word, is stopped at any time, and goes on from there."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import streamlit as st

from model.runs.run import Run
from pages.components import address, caches, choices, layout, session, words
from pages.components import next_word_state as state
from pages.components.next_word_reading import names_of, seen
from pages.components.token_strip import Pieces, token_strip

if TYPE_CHECKING:
    from model.language_model import Generated

STEP = 50  # words at a press
MOST = 2000  # words that one beginning can go on for
TICK = 0.2  # seconds between two looks
_AT_ONCE, _CATCHING_UP = 6, 40  # words a tick: so that one can watch, and after a reload
_MODES = {"0": "the likeliest", "0.7": "0.7", "1": "1", "1.3": "1.3"}
_TOP = {"all": "all words", "40": "the 40 likeliest", "10": "the 10 likeliest", "3": "the 3 likeliest"}
_MOST_BITS = 12.0


class Writing:
    """What one model has written so far after a text, and where it will go on."""

    def __init__(self, pieces: Iterator[Generated]) -> None:
        self.written: list[Generated] = []
        self._pieces = pieces

    def go_on(self, wanted: int) -> None:
        """Write a few words more, up to `wanted` in all; many where somebody waits for what was there before."""
        start = time.perf_counter()
        missing = wanted - len(self.written)
        for _ in range(min(missing, _AT_ONCE if missing <= STEP else _CATCHING_UP)):
            self.written.append(next(self._pieces))
            if time.perf_counter() - start > TICK:
                return


def face(runs: list[Run], text: str) -> None:
    """Draw the controls, and what each of the models writes."""
    with layout.card("writing"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            temperature = choices.one_of(
                "Temperature", _MODES, name="temperature", default="1", titles=_MODES, label_visibility="visible"
            )
            top = choices.one_of_list("Drawn from", _TOP, name="top", default="all", titles=_TOP, width=190)
            seed = _seed()
        how = (temperature, top, seed)
        wanted = _wanted(runs, text)
        writings = [_writing(run, text, how) for run in runs]
        unit = caches.language_model(runs[0]).settings.unit
        with st.container(horizontal=True, vertical_alignment="center"):
            _buttons(writings, wanted)
            st.caption(
                f"{STEP} {unit} at a time. A higher temperature dares more; the same seed writes the same again.",
                width="content",
            )
    live = any(len(writing.written) < wanted for writing in writings)
    st.fragment(_columns, run_every=TICK if live else None)(runs, writings, text, wanted, live)


def _seed() -> int:
    address.take_typed("seed")
    st.session_state.setdefault("seed", "13")
    if not _is_seed(st.session_state["seed"]):
        st.session_state["seed"] = "13"
    st.text_input("Seed", key="seed", max_chars=9, persist_state="session", width=110)
    return int(address.keep("seed", "13"))


def _is_seed(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 10


def _wanted(runs: list[Run], text: str) -> int:
    """How many words are to be written, kept in the address: whoever opens it sees the same text written."""
    address.follow("tokens", repr((*(run.id for run in runs), text)), "0")
    address.take_typed("tokens")
    found = address.keep("tokens", "0")
    return min(MOST, int(found)) if _is_seed(found) else 0


def _writing(run: Run, text: str, how: tuple[str, str, int]) -> Writing:
    temperature, top, seed = how

    def begin() -> Writing:
        model = caches.language_model(run)
        top_k = None if top == "all" else int(top)
        return Writing(model.generate(text, tokens=MOST, temperature=float(temperature), top_k=top_k, seed=seed))

    return state.writing(run.id, (run.id, text, how), begin)


def _buttons(writings: list[Writing], wanted: int) -> None:
    if any(len(writing.written) < wanted for writing in writings):
        st.button("Stop", key="stop-writing", icon=":material/stop_circle:", on_click=_stop, args=(writings,))
        return
    st.button(
        "Go on" if wanted else "Write",
        type="primary",
        key="write",
        icon=":material/edit:",
        on_click=_ask_for,
        args=(wanted + STEP,),
        disabled=wanted >= MOST,
    )
    if wanted:
        st.button("Another", key="write-another", icon=":material/shuffle:", on_click=_another)
        st.button("Clear", key="write-clear", on_click=_ask_for, args=(0,))


def _ask_for(tokens: int) -> None:
    st.session_state["tokens"] = str(tokens)


def _stop(writings: list[Writing]) -> None:
    _ask_for(max(len(writing.written) for writing in writings))


def _another() -> None:
    st.session_state["seed"] = str((int(st.session_state["seed"]) + 1) % 10**9)


def _columns(runs: list[Run], writings: list[Writing], text: str, wanted: int, live: bool) -> None:
    with session.problems_shown():
        for writing in writings:
            writing.go_on(wanted)
    if live and all(len(writing.written) >= wanted for writing in writings):
        st.rerun()  # once: the whole page with its buttons, and no more ticking
    names = names_of(runs).values()
    for number, (column, name, writing) in enumerate(zip(st.columns(len(runs)), names, writings, strict=True)):
        with column, layout.card(f"written-{number}"):
            _written(name, writing.written[:wanted], text, number)


def _written(name: str, written: list[Generated], text: str, number: int) -> None:
    layout.card_title(words.literal(name), f"{words.count(len(written))} written" if written else "")
    if not text and not written:
        st.caption("There is no text yet: it will begin from nothing.")
    with st.container(height=460 if len(text) + 6 * len(written) > 2500 else "content", border=False):
        token_strip(
            _pieces(text, written),
            key=f"written-{number}",
            label=f"What {name} writes after the text",
            on_select=lambda key: None,
            values=[_bits(piece) for piece in written] if written else None,
            kind="bits",
            scale=_MOST_BITS,
            told=[f"{words.percent(piece.probability)} · {_bits(piece):.1f} bits" for piece in written],
            note="how surprising the model finds its own words" if written else "",
        )


def _pieces(text: str, written: list[Generated]) -> Pieces:
    """The text and what follows it, of which only the latter can be pointed at."""
    tokens, gaps = [], []
    for piece in written:
        bare = piece.text.lstrip(" ") or piece.text or piece.token
        tokens.append(seen(bare))
        gaps.append(piece.text.removesuffix(bare))
    if gaps:
        gaps[0] = text + gaps[0]
    return Pieces(tokens=tokens, gaps=gaps, tail="" if written else text, cut="", unknown=[])


def _bits(piece: Generated) -> float:
    return -math.log2(max(piece.probability, 1e-9))
