"""Guess first: a person marks the words that decide, then sees how far the model's rows agree with these marks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.explain.plausibility import Overlap, expected_f1, score
from model.explain.rows import TITLES, in_sentence
from model.networks.preset_words import preset_title
from model.runs.rationales import FILE, keep_rationale
from model.runs.store import runs_root
from pages.components import layout, read_state, session, words
from pages.components.reading import ATTENTION, QUICK, Reading, do_some
from pages.components.token_strip import flaw_of, marking_strip, token_strip

_FEW_LABELS = 8  # more are chosen from a list
_MOST_WORDS = 14  # named in one sentence


@st.fragment
def guess(reading: Reading) -> None:
    """Draw one text to be marked, then what its marks say; another text starts anew. A click redraws this alone."""
    parts = reading.seen.parts
    state = read_state.guess(parts.signature)
    with layout.card("guess"):
        if not parts.tokens:
            layout.card_title("Guess first")
            st.caption("There is no word in this text to mark.")
        elif state.get("revealed"):
            _revealed(reading, state)
        else:
            _marking(reading, state)


# -- before ------------------------------------------------------------------------------------------------------


def _marking(reading: Reading, state: dict[str, Any]) -> None:
    layout.card_title("Guess first", "the model's answer is hidden until you reveal it")
    st.markdown("Which words would **you** decide by? Click them, or move with the arrow keys and mark with Enter.")
    turn = session.turn("guess")
    state["marked"] = marking_strip(
        reading.seen.parts,
        key=f"guess-marks-{turn}",
        label="The words of the text; mark those that decide",
        marked=state.get("marked", []),
    )
    state["label"] = _label_box(reading, key=f"guess-label-{turn}-{reading.seen.parts.signature}")
    number = len(state["marked"])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Reveal", type="primary", key="guess-reveal", on_click=_reveal, args=(state,), disabled=not number)
        st.button("Start again", key="guess-again", on_click=_again, args=(state,), disabled=not number)
        st.caption(
            f"{number} of {words.count(len(reading.seen.parts.tokens))} words marked. Revealing keeps them on this"
            " server, for the Trust page.",
            width="content",
        )


def _label_box(reading: Reading, *, key: str) -> str | None:
    labels = reading.seen.labels
    if len(labels) > _FEW_LABELS:
        return st.selectbox("And the label?", labels, index=None, placeholder="no guess", key=key, width=320)
    return st.pills("And the label?", labels, key=key, wrap=True)


def _reveal(state: dict[str, Any]) -> None:
    state["revealed"] = True


def _again(state: dict[str, Any]) -> None:
    state.clear()
    session.next_turn("guess")  # the browser's own marks go with their strip


# -- after -------------------------------------------------------------------------------------------------------


def _revealed(reading: Reading, state: dict[str, Any]) -> None:
    marked = state["marked"]
    for method in QUICK:
        for work in reading.slow_work(methods=[method], judge=False):
            work()
    shown = ATTENTION if reading.weights is not None else "input_x_gradient"
    layout.card_title("Your words and the model's", preset_title(reading.run.spec["preset"]))
    st.markdown(_answer(reading, state["label"]))
    token_strip(
        reading.seen.parts,
        key="guess-strip",
        label=f"The words by {in_sentence(_name(shown))}, yours with a border",
        on_select=read_state.keep_pick,
        selected=read_state.pick(reading.seen.parts.signature),
        values=reading.values(shown),
        kind=words.kind(shown),
        target=reading.label,
        marked=marked,
    )
    left, right = st.columns(2)
    with left:
        st.markdown(_overlap(reading, shown, marked))
    with right:
        _table(reading, marked)
    with session.problems_shown():
        _keep(reading, state)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Start again", key="guess-again", on_click=_again, args=(state,))
        if state.get("kept"):
            st.download_button(
                "My marks",
                read_state.my_marks(),
                file_name=FILE,
                mime="application/jsonl",
                icon=":material/download:",
                key="guess-download",
                on_click="ignore",
                help="One line of JSON for each text you marked in this visit: the text, the spans, the label.",
            )
            st.caption("Your marks are kept for Trust.", width="content")


def _answer(reading: Reading, guessed: str | None) -> str:
    best = float(reading.seen.prediction.probabilities[reading.seen.prediction.best])
    said = f"The model predicts **{words.literal(reading.predicted)}** ({best:.2f})"
    if guessed is not None:
        said += ", as you do" if guessed == reading.predicted else f"; you say **{words.literal(guessed)}**"
    if reading.label not in (reading.predicted, guessed):
        said += f". Explained is **{words.literal(reading.label)}**"
    return f"{said}."


def _score(reading: Reading, method: str, marked: Collection[int]) -> Overlap | None:
    """None for a row that is not there, or has nothing to show."""
    values = reading.values(method)
    return None if values is None or flaw_of(values) else score(marked, values, seed=reading.seed)


def _overlap(reading: Reading, method: str, marked: Collection[int]) -> str:
    """In words: how many choices are shared, against how many by chance, and which they are."""
    name, found = _name(method), _score(reading, method, marked)
    tokens = reading.seen.parts.tokens
    if found is None or found.f1 is None:
        why = "every word is marked" if len(marked) == len(tokens) else "its values are all equal"
        return f"{name} cannot be compared with your words: {why}."
    by_chance = found.k * expected_f1(found.k, len(tokens))
    both = found.chosen & set(marked)
    lines = [
        f"**{len(both)} of your {found.k}** {'is' if len(both) == 1 else 'are'} also among the {found.k} that"
        f" {in_sentence(name)} ranks first; random words would share {by_chance:.1f}."
    ]
    for title, places in (
        ("Both", both),
        ("Only you", set(marked) - found.chosen),
        (f"Only {in_sentence(name)}", found.chosen - set(marked)),
    ):
        lines.append(f"**{title}**: {_words(tokens, places)}")
    return "  \n".join(lines)


def _words(tokens: Sequence[str], places: Collection[int]) -> str:
    named = [words.literal(tokens[place][:40]) for place in sorted(places)]
    more = [f"{len(named) - _MOST_WORDS} more"] if len(named) > _MOST_WORDS else []
    return words.listed(named[:_MOST_WORDS] + more) or "none"


def _table(reading: Reading, marked: Collection[int]) -> None:
    k = len(marked)
    waiting = [method for method in reading.methods if reading.slow_work(methods=[method], judge=False)]
    place, below = st.empty(), st.empty()  # the rows come in above the button that asks for them
    if waiting and below.button("Compute the other rows", key="guess-rest"):
        _compute(reading, waiting, below)
        waiting = []
    scores = {method: _score(reading, method, marked) for method in reading.methods if method not in waiting}
    lines = ["| row | F1 | IoU |", "| :-- | --: | --: |"]
    for method in reading.methods:
        found = scores.get(method)
        if method in waiting:
            lines.append(f"| {_name(method)} | … | … |")
        else:
            lines.append(f"| {_name(method)} | {_figure(found and found.f1)} | {_figure(found and found.iou)} |")
    chance = next((found for found in scores.values() if found and found.random_f1 is not None), None)
    if chance is not None:
        lines.append(f"| *{k} random words, on average* | *{chance.random_f1:.2f}* | *{chance.random_iou:.2f}* |")
    with place.container():
        st.markdown("\n".join(lines))
        st.caption(
            f"Each row's first {k} words against your {k}. F1: the share that is yours. IoU: the words both chose,"
            " out of those that either chose. Signed rows rank by what speaks for"
            f" {words.literal(reading.label)}."
        )


def _compute(reading: Reading, waiting: Sequence[str], place: DeltaGenerator) -> None:
    for number, method in enumerate(waiting):
        place.progress(number / len(waiting), text=f"{_name(method)}…")
        while work := reading.slow_work(methods=[method], judge=False):
            do_some(work)
    place.empty()


def _keep(reading: Reading, state: dict[str, Any]) -> None:
    if state.get("kept"):
        return
    tokens = reading.seen.tokenized.tokens
    data = reading.run.spec["data"]["sha256"]
    known = read_state.example() is not None and not read_state.example_is_of_other_data(data)
    kept = keep_rationale(
        runs_root(),
        text=reading.text,
        spans=[(tokens[place].start, tokens[place].end) for place in state["marked"]],
        label=state["label"],
        data=data if known else None,
    )
    read_state.add_my_mark(kept)
    state["kept"] = True


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _name(method: str) -> str:
    return TITLES.get(method, method)
