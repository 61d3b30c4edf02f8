"""Is it stable? Texts under every seed of one side: a study of many of them, and one of them word by word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from model.explain.rows import TITLES
from model.studies.sides import Side
from pages.components import address, caches, choices, fragments, layout, session, studying, words
from pages.components.study import StabilityStudy

LIMITS = ("20", "50", "200")
ATTENTION = "attention"
METHODS = ("saliency", "integrated_gradients", "leave_one_out")
_TYPED = "typed"
_OFFERED = 12  # texts of the sample to choose from
_CHARACTERS = 2000  # of a text that somebody types: each is laid before all seeds' models, word by word
_IN_LIST = 80
_FEW, _WORD = 36, 24  # so many words find room in a card; more are this wide each, in pixels
# Streamlit draws a chart no wider than its card, unless a style makes room for it; who has no mouse needs something
# in it that can have the focus.
_WIDE = (
    "<style>.st-key-wide-chart > .st-key-seeds-chart {{ min-width: {width}px }}</style>"
    '<div tabindex="0" style="font-size: .875rem">{tokens} words, more than fit: scroll, or press arrow keys.</div>'
)

Record = dict[str, Any]


def draw(sides: Sequence[Side]) -> None:
    """Draw the study of one side, chosen here, and the seeds on one text of its test split or a typed one."""
    fit = {side.key: side for side in sides if side.attends and len(side.runs) > 1}
    if not fit:
        st.info(
            "Nothing here can be held against other seeds: that takes a network with learned attention, trained with"
            " two seeds or more."
        )
        return
    with layout.card("stability"):
        layout.card_title("Is it stable?", "the same texts under every seed")
        side, study = _study(fit)
        studying.begin_or_stop(study, label="Compare the seeds", name="stability")
    studying.findings(study, _summary)
    if not session.is_studying(study.key):  # else two things would be computed in turn
        fragments.alone(_one_text, side, outside=(*fragments.COMPARE, "stable", "texts"))


def _study(fit: dict[str, Side]) -> tuple[Side, StabilityStudy]:
    names = {key: f"{side.name}, {len(side.runs)} seeds" for key, side in fit.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = choices.one_of_list("Side", names, name="stable", default=next(iter(names)), titles=names, width=420)
        limit = choices.one_of("Test texts", LIMITS, name="texts", default="50", label_visibility="visible")
    return fit[key], StabilityStudy(fit[key], limit=int(limit))


# -- many texts --------------------------------------------------------------------------------------------------


def _summary(document: dict[str, Any]) -> None:
    with layout.card("seeds"):
        layout.card_title("How alike the seeds are", f"{words.count(document['texts'])} test texts")
        st.markdown(words.literal(document["sentence"]))
        lines = [
            "| over pairs of seeds | order, τ | distance | by chance | words that flip |",
            "| :-- | --: | --: | --: | --: |",
        ]
        for name, row in document["rows"].items():
            cells = [_figure(row["tau"], words.signed), _figure(row["distance"]), _figure(row["chance"])]
            lines.append(f"| {TITLES[name]} | {' | '.join(cells)} | {_figure(row['flipping'], words.percent)} |")
        if document["against"]:
            lines.append("| *attention minus them* | | | | |")
        for name, row in document["against"].items():
            cells = [_figure(row["tau"], words.signed), _figure(row["distance"], words.signed)]
            lines.append(f"| {TITLES[name]} | {' | '.join(cells)} | | {_figure(row['flipping'], _points)} |")
        st.markdown("\n".join(lines))
        st.caption(
            "In brackets: 95 % interval. τ: Kendall's, of the words by size under two seeds, 1 the same order, 0"
            " unrelated. Flip: in the top tenth under one seed, in the lower half under another; differences in"
            " percentage points."
        )
        st.caption(words.literal(" ".join(document["notes"])))


def _points(share: float) -> str:
    return words.signed(100 * share, 1)


def _figure(figure: dict[str, Any], shown: Any = "{:.2f}".format) -> str:
    if figure["mean"] is None:
        return "–"
    if figure["low"] is None:
        return shown(figure["mean"])
    return f"{shown(figure['mean'])} ({shown(figure['low'])} to {shown(figure['high'])})"


# -- one text ----------------------------------------------------------------------------------------------------


def _one_text(side: Side) -> None:
    """One text under all seeds; another choice draws this again, and nothing else of the page."""
    with session.problems_shown(), layout.card("one-text"):
        layout.card_title("One text under every seed", words.literal(side.name))
        text, label = _text(side)
        if not text:
            st.caption("Type a text, and every seed reads it.")
            return
        with st.spinner("Every seed reads it…", show_time=True):
            record = _record(side, text)
        if not record["tokens"]:
            st.warning("There is no word in this text.")
            return
        _predictions(record, label)
        rows = {ATTENTION: TITLES[ATTENTION], **{name: TITLES[name] for name in record["attributions"]}}
        row = choices.one_of("Values of", rows, name="seeds-row", default=ATTENTION, titles=rows)
        _words(record, row)


def _text(side: Side) -> tuple[str, str | None]:
    """The text that is shown, and its label if it is known."""
    from model.studies.stability import SEED
    from model.studies.trust_texts import texts_of

    test = caches.dataset(side.runs[0]).test
    sample = sorted(texts_of(test, limit=_OFFERED, seed=SEED), key=lambda each: len(each.text))
    offered = {str(each.index): each for each in sample}
    titles = {index: f"{int(index) + 1}: {_short(each.text)}" for index, each in offered.items()} | {
        _TYPED: "A text of your own"
    }
    chosen = choices.one_of_list("Text", titles, name="seeds-text", default=next(iter(titles)), titles=titles)
    if chosen != _TYPED:
        return offered[chosen].text, offered[chosen].label
    address.take_typed("seeds-typed")
    st.text_area("Your text", key="seeds-typed", max_chars=_CHARACTERS, persist_state="session", height=90)
    return address.keep("seeds-typed", "").strip(), None


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _IN_LIST].split())
    return line if len(line) <= _IN_LIST else f"{line[: _IN_LIST - 1]}…"


def _record(side: Side, text: str) -> Record:
    from model.studies.stability import text_stability

    return caches.readings().recall(
        ("seeds", tuple(run.id for run in side.runs), text),
        lambda: text_stability(side, text, methods=METHODS, classifiers=caches.classifier),
    )


def _predictions(record: Record, label: str | None) -> None:
    target = record["target"]  # the class that all seeds are asked about: the likeliest in their mean
    lines = [
        f"| seed | prediction | probability of {words.literal(record['classes'][target])} |",
        "| :-- | :-- | --: |",
    ]
    for seed, row in zip(record["seeds"], record["probabilities"], strict=True):
        said = record["classes"][int(np.argmax(row))]
        mark = "" if label is None else " ✓" if said == label else " ✗"
        lines.append(f"| {seed} | {words.literal(said)}{mark} | {row[target]:.2f} |")
    st.markdown("\n".join(lines))
    if label is not None:
        st.caption(f"label {words.literal(label)}")


def _words(record: Record, row: str) -> None:
    from pages.components import compare_drawings

    values = np.array(record["weights"] if row == ATTENTION else record["attributions"][row], dtype=float)  # (S, T)
    tokens = [record["text"][start:end] for start, end, _ in record["tokens"]]
    flipping = record["flips"][row] or []
    figure = compare_drawings.spread(
        tokens, values, flipping=flipping, seeds=record["seeds"], uniform=row == ATTENTION
    )
    with st.container(key="wide-chart"):
        if len(tokens) > _FEW:
            st.html(_WIDE.format(width=_WORD * len(tokens), tokens=len(tokens)))
        st.plotly_chart(figure, key="seeds-chart", config={"displayModeBar": False})
    measured = record["measures"][row]
    parts = [
        f"{title} {measured[name]:.2f}".replace("-", "−")
        for name, title in (("tau", "mean τ of the seeds"), ("distance", "distance"), ("chance", "by chance"))
        if measured[name] is not None
    ]
    flips = [f"“{tokens[place]}”" for place in flipping]
    more = f" and {len(flips) - 12} more" if len(flips) > 12 else ""
    parts.append(f"flips: {', '.join(flips[:12])}{more}" if flips else "no word flips")
    st.caption(words.literal(" · ".join(parts)))
    about = {
        ATTENTION: "weight",
        "saliency": "saliency, how much without direction",
    }.get(row, f"{TITLES[row]}, for (above 0) or against {record['classes'][record['target']]}")
    st.caption(
        f"Bar: the mean of {len(values)} seeds. Line: from the lowest seed to the highest; a dot a seed."
        f" ↕ and amber: a word that flips. Height: {words.literal(about)}."
    )
