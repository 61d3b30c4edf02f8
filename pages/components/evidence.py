"""Two cards of the Read page: whether the methods agree, and what each says of one word."""

from __future__ import annotations

import streamlit as st

from pages.components import layout, session, words
from pages.components.reading import ATTENTION, Reading


def agreement(reading: Reading) -> None:
    """Say how far the methods rank the words alike, and whether the words they rank first matter to the model."""
    layout.card_title("Do they agree?", words.preset_title(reading.run.spec["preset"]))
    judged = reading.faithfulness() if reading.judged else None
    found = {m: reading.agreement(m) for m in reading.methods if m != ATTENTION}
    leave = found.get("leave_one_out")
    if reading.weights is None:
        st.markdown("This model has no attention that could agree with anything; the drop is still worth a look.")
    elif leave and leave.kendall_tau is not None:
        alike = (
            "much alike"
            if leave.kendall_tau >= 0.6
            else "partly alike"
            if leave.kendall_tau >= 0.3
            else "differently"
        )
        st.markdown(
            f"Attention and leave one out rank these words **{alike}** (τ {words.signed(leave.kendall_tau)}),"
            f" and share {leave.top_k_overlap:.0%} of their top {leave.top_k}."
        )
    lines = ["| method | τ with attention | top shared | drop when removed |", "| :-- | --: | --: | --: |"]
    for method in reading.methods:
        same = found.get(method)
        tau = "–" if same is None or same.kendall_tau is None else words.signed(same.kendall_tau)
        top = "–" if same is None or same.top_k_overlap is None else f"{same.top_k_overlap:.0%} of {same.top_k}"
        drop = words.signed(judged[0][method].comprehensiveness) if judged else "…"
        lines.append(f"| {words.METHODS[method]} | {tau} | {top} | {drop} |")
    if judged:
        band = judged[1].comprehensiveness
        lines.append(f"| *random words* | | | {words.signed(band.p5)} to {words.signed(band.p95)} |")
    st.markdown("\n".join(lines))
    st.caption(
        f"Drop: how far the probability of {words.literal(reading.label)} falls without the top words, mean over the"
        " top 1, 5, 10, 20 and 50 %. A method says something where it beats random words."
    )


def one_word(reading: Reading) -> None:
    """Show what every method says of the word that was picked, or of the strongest one."""
    parts = reading.seen.parts
    place = session.pick(parts.signature)
    aside = f"word {(place or 0) + 1} of {len(parts.tokens)}"
    if place is None or place >= len(parts.tokens):
        strongest = reading.values(ATTENTION if reading.weights is not None else "saliency")
        place, aside = int(abs(strongest).argmax()), "the strongest word; click another one above"
    token = reading.seen.tokenized.tokens[place]
    layout.card_title(f"“{words.literal(parts.tokens[place][:60])}”", aside)
    seen = reading.frequency(token.text)
    st.markdown(
        f"Seen {words.count(seen)} times in training."
        if token.known
        else "Unknown: too rare in training, so the model reads a stand-in for unknown words."
    )
    lines = ["| method | value | rank by size |", "| :-- | --: | --: |"]
    for method in reading.methods:
        values = reading.values(method)
        if values is None:
            lines.append(f"| {words.METHODS[method]} | … | |")
            continue
        rank = 1 + int((abs(values) > abs(values[place])).sum())
        value = float(values[place])
        shown = (
            f"{value:.3f} = {value * len(values):.1f} × uniform" if method == ATTENTION else words.signed(value, 3)
        )
        lines.append(f"| {words.METHODS[method]} | {shown} | {rank} of {len(values)} |")
    st.markdown("\n".join(lines))
