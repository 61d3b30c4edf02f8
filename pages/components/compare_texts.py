"""Where two sides differ: texts that one gets right and the other does not, with the colours of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.studies.sides import Side
from pages.components import address, caches, choices, fragments, layout, session, words
from pages.components.token_strip import full_weight, pieces, token_strip, tokens_told

if TYPE_CHECKING:
    from model.studies.predictions import Predictions

PAGE = 5  # texts shown at first, and more each time
CELLS = {"fixed": "fixed", "broken": "broken", "both-wrong": "both wrong", "both-right": "both right"}
SORTS = {
    "change": "greatest change of probability first",
    "length": "shortest first",
    "order": "order of the data",
    "sample": "at random",
}
_ORDERS = {"change": "confidence change", "length": "length", "order": "order", "sample": "order"}
_ANY = "every class"
_FAINT = 0.05  # a word that moves the logit by so little, about a hundredth of probability, still looks pale
_LONG, _SCROLLED = 250, 420  # a text of more tokens than that scrolls in a window of so many pixels
_WAITING = 600  # characters of a text that is not coloured yet

Row = dict[str, Any]


def draw(sides: Sequence[Side], first: Side, second: Side) -> None:
    """Draw the texts of two of the sides: a filter, a few texts at a time, and each side's colours on them."""
    fragments.alone(_draw, sides, first, second, outside=fragments.COMPARE)


def _draw(sides: Sequence[Side], first: Side, second: Side) -> None:
    with session.problems_shown():
        found = caches.side_by_side([run for side in sides for run in side.runs])
        with layout.card("differ"):
            layout.card_title(
                "Where they differ", f"{words.literal(first.name)} against {words.literal(second.name)}"
            )
            rows, view = _chosen(found, first, second)
            st.caption(_explained(first, second))
        if not rows:
            st.info("No text passes this filter.")
            return
        shown = rows[: PAGE * (1 + session.turn(view))]
        _texts(shown, first, second)
        with st.container(horizontal=True, vertical_alignment="center"):
            if len(shown) < len(rows):
                st.button(f"{min(PAGE, len(rows) - len(shown))} more", on_click=session.next_turn, args=(view,))
            st.caption(f"{words.count(len(shown))} of {words.count(len(rows))} texts", width="content")


# -- which texts -------------------------------------------------------------------------------------------------


def _chosen(found: Predictions, first: Side, second: Side) -> tuple[list[Row], str]:
    """The texts that pass the filter, in their order, and a name for this view of them."""
    from model.studies.differing import differing_texts

    counts = _counts(found, first, second)
    default = next((name for name in CELLS if counts[name]), "fixed")
    titles = _cell_titles(counts, first, second)
    cell = choices.one_of("Texts", CELLS, name="cell", default=default, titles=titles, draw=st.pills)
    classes = {_ANY: None} | {f"class-{place}": label for place, label in enumerate(found.classes)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        address.take_typed("words")
        st.text_input("With the words", key="words", persist_state="session", placeholder="any", width=230)
        query = address.keep("words", "")
        titles = {name: label or "every class" for name, label in classes.items()}
        label = choices.one_of_list("Of class", classes, name="class", default=_ANY, titles=titles, width=210)
        sort = choices.one_of_list("Order", SORTS, name="order", default="change", titles=SORTS, width=290)
        if sort == "sample":
            st.button("Another sample", key="shuffle", icon=":material/shuffle:", on_click=_shuffle)
    rows = differing_texts(
        found, first.key, second.key, cell=CELLS[cell], sort=_ORDERS[sort], query=query, label=classes[label]
    )
    turn = session.turn("sample") if sort == "sample" else 0
    if sort == "sample":
        rows = [rows[place] for place in np.random.default_rng(turn).permutation(len(rows))]
    return rows, "|".join(["texts", first.key, second.key, cell, query, label, sort, str(turn)])


def _shuffle() -> None:
    session.next_turn("sample")


def _counts(found: Predictions, first: Side, second: Side) -> dict[str, int]:
    from model.compare.contrasts import CELLS as ORDER
    from model.compare.contrasts import cells

    of_text = cells(found.probabilities[first.key], found.probabilities[second.key], found.labels)
    return {name: int((of_text == ORDER.index(cell)).sum()) for name, cell in CELLS.items()}


def _cell_titles(counts: Mapping[str, int], first: Side, second: Side) -> dict[str, str]:
    by = " by attention" if second.attends and first.plain else ""
    titles = {"fixed": f"Fixed{by}", "broken": f"Broken{by}", "both-wrong": "Both wrong", "both-right": "Both right"}
    return {name: f"{title} · {words.count(counts[name])}" for name, title in titles.items()}


def _explained(first: Side, second: Side) -> str:
    most = "most seeds of " if max(len(first.runs), len(second.runs)) > 1 else ""
    one, other = words.literal(first.name), words.literal(second.name)
    return (
        f"Fixed: {most}{one} are wrong, {most}{other} are right. Broken: the other way round."
        if most
        else f"Fixed: {one} is wrong, {other} is right. Broken: the other way round."
    )


# -- one text ----------------------------------------------------------------------------------------------------


def _texts(rows: Sequence[Row], first: Side, second: Side) -> None:
    """All texts at once, then colours as they are computed, one side after the other: their models stay in memory."""
    waiting: list[tuple[DeltaGenerator, Side, str, Row]] = []
    for row in rows:
        with layout.card(f"text-{row['index']}"):
            _head(row, first, second)
            for name, column, side in zip(("first", "second"), st.columns(2), (first, second), strict=True):
                with column:
                    st.markdown(_answer(side, row[name]))
                    place = st.empty()
                if _key(side, row) in caches.readings():
                    _strip(place, side, name, row)
                else:
                    place.caption(words.literal(row["text"][:_WAITING]))
                    waiting.append((place, side, name, row))
    for which in ("first", "second"):
        for place, side, name, row in waiting:
            if name == which:
                _strip(place, side, name, row)


def _head(row: Row, first: Side, second: Side) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"label **{words.literal(row['label'])}**", width="content")
        st.page_link(
            "read.py",
            label=f"Read text {row['index'] + 1}",
            icon=":material/visibility:",
            query_params={"run": second.runs[0].id, "beside": first.runs[0].id, "example": str(row["index"])},
        )


def _answer(side: Side, said: Row) -> str:
    seeds = len(side.runs)
    right = round(said["right"] * seeds)
    mark = ":green[✓ right]" if right == seeds else ":red[✗ wrong]" if not right else ""
    share = f"right with {right} of {seeds} seeds" if seeds > 1 else ""
    prediction = f"predicts **{words.literal(said['prediction'])}**"
    label = f"probability of the label {said['probability']:.2f}{', mean of the seeds' if seeds > 1 else ''}"
    return f"{words.literal(side.name)} {prediction} {mark}  \n:small[{' · '.join(filter(None, (label, share)))}]"


def _key(side: Side, row: Row) -> tuple:
    return "colours", tuple(run.id for run in side.runs), row["text"]


def _strip(place: DeltaGenerator, side: Side, name: str, row: Row) -> None:
    from model.studies.differing import colours_of

    text = row["text"]
    found = caches.readings().recall(_key(side, row), lambda: colours_of(side, text, classifiers=caches.classifier))
    tokens = tokens_told(text, found["tokens"])
    values = np.array(found["values"], dtype=float)  # None, where a method has no answer, is not a number
    weights = found["kind"] == "weight"
    seeds = f", mean of {len(side.runs)} seeds" if len(side.runs) > 1 else ""
    end, target = tokens[-1].end if tokens else 0, found["target"]
    scale = full_weight(values) if weights else max(float(np.nan_to_num(np.abs(values)).max(initial=0.0)), _FAINT)
    with place.container(height=_SCROLLED if len(tokens) > _LONG else "content"):
        token_strip(
            pieces(text, tokens, truncated_at=end if text[end:].strip() else None),
            key=f"{name}-{row['index']}",
            label=f"Text {row['index'] + 1} as {side.name} reads it",
            on_select=lambda key: None,
            values=values,
            kind=found["kind"],
            scale=scale,
            target=target,
            note=f"attention weights{seeds}" if weights else f"leave one out{seeds}: blue for, red against {target}",
        )
