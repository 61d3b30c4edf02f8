"""How much each word of a text surprised a model, in bits, and what another model saves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.components import choices, layout, words
from pages.components import next_word_state as state
from pages.components.next_word_reading import LONG, WholeText
from pages.components.token_strip import token_strip

_DIFFERENCE = "difference"
_MOST_BITS = 12.0  # a surprise that has its full colour, where no word of the text has a greater one


def surprise(wholes: Sequence[WholeText], names: dict[str, str]) -> None:
    """Draw one model's surprise, or the difference of two; `names` by run id."""
    layout.card_title("Surprise", f"bits a {wholes[0].unit}: 1 is a coin's toss, 10 one in a thousand")
    alike = len(wholes) > 1 and [t.start for t in wholes[0].tokens] == [t.start for t in wholes[1].tokens]
    options = {**names, **({_DIFFERENCE: "the difference"} if alike else {})}
    chosen = wholes[0].run.id
    if len(options) > 1:
        chosen = choices.one_of("Surprise of", options, name="surprise-of", default=chosen, titles=options)
    st.markdown(" · ".join(_summary(whole, names[whole.run.id]) for whole in wholes))
    whole = next((whole for whole in wholes if whole.run.id == chosen), wholes[0])
    with st.container(height=420 if whole.end > LONG else "content", border=False):
        if chosen == _DIFFERENCE:
            _difference_strip(wholes[0], wholes[1], names)
        else:
            _surprise_strip(whole, names[whole.run.id])


def _summary(whole: WholeText, name: str) -> str:
    bits = whole.read.surprise[1:]
    if not len(bits):
        return f"{words.literal(name)}: nothing was predicted, as the first {whole.unit} has nothing before it"
    mean = float(bits.mean())
    return f"{words.literal(name)}: **{mean:.2f} bits** a {whole.unit}, perplexity {words.perplexity(2**mean)}"


def _surprise_strip(whole: WholeText, name: str) -> None:
    bits = np.nan_to_num(whole.read.surprise)
    told = ["the first: nothing predicted it"] + [
        f"{value:.1f} bits · {words.percent(2.0**-value)} · rank {rank}"
        for value, rank in zip(bits[1:].tolist(), whole.read.rank[1:].tolist(), strict=True)
    ]
    _text(whole, bits, told[: whole.end], kind="bits", label=f"How much each {whole.unit} surprised {name}")


def _difference_strip(first: WholeText, second: WholeText, names: dict[str, str]) -> None:
    saved = np.nan_to_num(second.read.surprise - first.read.surprise)  # bits: more where the first knew better
    told = ["the first: nothing predicted it"] + [
        f"{words.signed(value, 1)} bits for {names[(first if value >= 0 else second).run.id]}"
        for value in np.abs(saved[1:]).tolist()
    ]
    one, other = names[first.run.id], names[second.run.id]
    _text(first, saved, told[: first.end], kind="signed", label=f"Bits that {one} saves against {other}", target=one)
    st.caption(f"Blue: less surprising to {words.literal(one)}. Red: less surprising to {words.literal(other)}.")


def _text(whole: WholeText, values: np.ndarray, told: list[str], *, kind: str, label: str, target: str = "") -> None:
    largest = float(np.abs(values).max(initial=0.0))
    parts = whole.parts()
    token_strip(
        parts,
        key="surprise-strip",
        label=label,
        on_select=lambda key: state.look_at_picked(key, whole, 0, parts.signature),
        selected=state.place(whole),
        values=values,
        kind=kind,
        scale=max(largest, _MOST_BITS if kind == "bits" else 1.0),
        target=target,
        told=told,
    )
