"""What stands beside rows of values: their figures, whether the methods agree, and what each says of one word."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from model.explain.rows import TITLES
from model.networks.preset_words import preset_title
from pages.components import layout, read_state, words
from pages.components.reading import ATTENTION, Reading
from pages.components.token_strip import flaw_of

if TYPE_CHECKING:
    import numpy as np

    from model.explain.faithfulness import Faithfulness

_MOST_LABELS = 5


def agreement(reading: Reading, methods: list[str]) -> None:
    """Say how far the methods rank the words alike, and whether the words they rank first matter to the model."""
    layout.card_title("Do they agree?", preset_title(reading.run.spec["preset"]))
    st.markdown("\n\n".join(verdict(reading)) or "Being computed…")
    st.markdown(_faithfulness_table(reading, methods))
    st.caption(
        f"Drop: how far the probability of {words.literal(reading.label)} falls without a method's top words; kept:"
        " how far it falls with nothing but them (less is better). Both are means over the top 1, 5, 10, 20 and 50 %"
        " of the words, set against random rankings of this very text."
    )


def matrix(reading: Reading, methods: list[str]) -> None:
    """Show how alike all methods rank the words, each with each."""
    layout.card_title("Each method with each")
    st.markdown(_agreement_table(reading, methods))
    st.caption(
        "Below the diagonal: Kendall's τ of the two rankings by size (1 the same order, 0 unrelated). Above it:"
        f" the share of their top {_top_k(reading)} that both have."
    )


def verdict(reading: Reading) -> list[str]:
    """What the numbers of this one text say of attention, in sentences; none while they are still to come."""
    said = []
    found, random = reading.faithfulness(ATTENTION), reading.random_faithfulness()
    if reading.weights is None:
        said.append("This model has no attention that could agree with anything; its drops are still worth a look.")
    elif found is not None and random is not None:
        beaten = _beaten(found, random)
        meaning = (
            "on this text, they matter to the model"
            if beaten >= 0.95 * len(random)
            else "that is not more than chance can do"
            if 2 * beaten >= len(random)
            else "on this text, attention points elsewhere than the prediction rests"
        )
        said.append(
            f"Taking away the words that attention ranks first lowers the probability of"
            f" **{words.literal(reading.label)}** by {words.signed(found.comprehensiveness)}, more than **{beaten} of"
            f" {len(random)}** random rankings do: {meaning}."
        )
    same = reading.agreement(ATTENTION, "leave_one_out") if reading.weights is not None else None
    if same is not None and same.kendall_tau is not None:
        alike = (
            "much alike" if same.kendall_tau >= 0.6 else "partly alike" if same.kendall_tau >= 0.3 else "differently"
        )
        top = "" if same.top_k_overlap is None else f", and share {same.top_k_overlap:.0%} of their top {same.top_k}"
        said.append(
            f"Attention and leave one out rank these words **{alike}** (τ {words.signed(same.kendall_tau)}){top}."
        )
    return said


def _beaten(found: Faithfulness, random: list[Faithfulness]) -> int:
    return sum(found.comprehensiveness > other.comprehensiveness for other in random)


def _faithfulness_table(reading: Reading, methods: list[str]) -> str:
    random = reading.random_faithfulness()
    lines = ["| method | drop without | drop kept | beats random |", "| :-- | --: | --: | --: |"]
    for method in methods:
        found = reading.faithfulness(method)
        if found is None or random is None:
            waiting = "–" if reading.stopped(method) or flaw_of(reading.values(method)) else "…"
            lines.append(f"| {TITLES[method]} | {waiting} | {waiting} | |")
            continue
        beaten = _beaten(found, random)
        lines.append(
            f"| {TITLES[method]} | {words.signed(found.comprehensiveness)} | {words.signed(found.sufficiency)}"
            f" | {beaten} of {len(random)} |"
        )
    if random is not None:
        columns = [sorted(column) for column in zip(*random, strict=True)]
        spans = [f"{words.signed(column[0])} to {words.signed(column[-1])}" for column in columns]
        lines.append(f"| *{len(random)} random rankings* | {spans[0]} | {spans[1]} | |")
    return "\n".join(lines)


def _agreement_table(reading: Reading, methods: list[str]) -> str:
    numbers = range(1, len(methods) + 1)
    lines = [f"| | {' | '.join(map(str, numbers))} |", f"| :-- |{' --: |' * len(methods)}"]
    for i, first in enumerate(methods):
        cells = [
            _agreement_cell(reading, first, second, below=j < i) if i != j else "" for j, second in enumerate(methods)
        ]
        lines.append(f"| {i + 1} {TITLES[first]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _agreement_cell(reading: Reading, first: str, second: str, *, below: bool) -> str:
    found = reading.agreement(*sorted((first, second)))
    if found is None:
        return "…"
    if not below:
        return "–" if found.top_k_overlap is None else f"{found.top_k_overlap:.0%}"
    tau = found.kendall_tau
    if tau is None:
        return "–"
    shown = words.signed(tau)
    return f":blue-background[{shown}]" if tau >= 0.6 else f":gray-background[{shown}]" if tau >= 0.3 else shown


def _top_k(reading: Reading) -> int:
    return max(1, math.ceil(len(reading.seen.parts.tokens) / 10))


def numbers(reading: Reading, methods: list[str]) -> None:
    """The values of every method as a table of words by methods, which can be sorted."""
    import pandas as pd

    tokens = reading.seen.parts.drawn()["tokens"]
    columns = {TITLES[m]: reading.values(m) for m in methods}
    table = pd.DataFrame({name: values for name, values in columns.items() if values is not None})
    table.insert(0, "word", tokens)
    table.index = range(1, len(table) + 1)
    st.dataframe(
        table,
        height=min(420, 38 + 35 * len(table)),
        column_config={name: st.column_config.NumberColumn(format="%.3f") for name in columns},
    )


def before_and_after(reading: Reading, after: np.ndarray) -> None:
    """Show the likeliest labels' probabilities, of the original and after (C,) a change, and whether it flips."""
    before = reading.seen.prediction.probabilities
    order = sorted(range(len(before)), key=lambda c: -max(before[c], after[c]))[:_MOST_LABELS]
    lines = ["| label | as it is | changed | difference |", "| :-- | --: | --: | --: |"]
    for c in order:
        change = words.signed(float(after[c] - before[c]), 3)
        lines.append(f"| {words.literal(reading.seen.labels[c])} | {before[c]:.3f} | {after[c]:.3f} | {change} |")
    best = int(after.argmax())
    now = words.literal(reading.seen.labels[best])
    flips = best != reading.seen.prediction.best
    st.markdown("\n".join(lines))
    st.markdown(f"The prediction becomes **{now}**." if flips else f"The prediction stays **{now}**.")


def place_of(reading: Reading) -> int:
    """The token that is looked at: the one picked, else the strongest one."""
    parts = reading.seen.parts
    place = read_state.pick(parts.signature)
    if place is not None and place < len(parts.tokens):
        return place
    strongest = reading.values(ATTENTION if reading.weights is not None else "saliency")
    return 0 if strongest is None or flaw_of(strongest) else int(abs(strongest).argmax())


def row_figures(reading: Reading, method: str) -> str:
    """What stands at the end of a method's row: its time, how far it has come, and how sure its values are."""
    if method == ATTENTION:
        return words.duration(reading.seen.seconds)
    row = reading.attribution(method)
    if row is None:
        return ""
    parts = [words.duration(row.seconds)]
    if row.done < 1:
        parts.append(f"{row.done:.0%} done{', stopped' if reading.stopped(method) else ''}")
    if row.convergence_delta is not None:
        parts.append(f"error {words.percent(row.convergence_delta)}")
    if row.sampling_error is not None:
        parts.append(f"± {words.percent(row.sampling_error, 0)}")
    return " · ".join(parts)
