"""The text on the Read page: typed, or taken from the test set; in the address while it is short enough."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import streamlit as st

from model.errors import LabError
from model.runs.run import Run
from pages.components import address, caches, read_state, words

if TYPE_CHECKING:
    from model.data.splits import Split

ALL, RIGHT, WRONG, ONLY_FIRST, ONLY_SECOND = "all", "right", "wrong", "only the first right", "only the second right"
FALLBACKS = {  # by language, for when the test texts are not at hand
    "en": "Not a bad film by any means, but the second half drags and even a splendid cast cannot rescue a script"
    " that seems to have forgotten its own beginning.",
    "zh": "酒店的位置很好，房间也干净，但是早餐太差，服务员的态度也不好，下次不会再来了。",
}
_SHORT = range(12, 46)  # words of a text that opens the page: a sentence or two


def text_box(first: Run, second: Run | None, *, show_label: bool = True) -> tuple[str, str | None]:
    """Draw the text and where it may come from; return it, and its label if it is a text of the test set."""
    test = _test_set(first)
    _arrive(first, second, test)
    text = st.text_area(
        "Text",
        key=read_state.TEXT,
        height=76,
        placeholder="Type or paste a text in any language. Ctrl + Enter reads it.",
        label_visibility="collapsed",
        persist_state="session",
    )
    if test is None:
        st.button("Read it", type="primary", key="read-it")
        address.keep_text(text, None)
        return text, None
    example = read_state.example()
    if example is not None and test.texts[example : example + 1] != [text]:
        example = read_state.set_example(None)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Read it", type="primary", key="read-it")
        before = st.container(horizontal=True, width="content")
        # Which texts a model gets right says what it says of this one.
        shown = _choices(first, second, test) if show_label else list(range(len(test.texts)))
        with before:
            for name, step in (("Previous", -1), ("Next", 1), ("Random", 0)):
                where = (test.texts, shown, step, first.spec["data"]["sha256"])
                st.button(name, key=f"take-{name}", on_click=_take, args=where, disabled=not shown)
        if example is not None:
            place = f" of {words.count(len(test.texts))}"
            if example in shown and len(shown) < len(test.texts):
                place = f", {shown.index(example) + 1} of {words.count(len(shown))} shown"
            label = f" · label **{words.literal(test.labels[example])}**" if show_label else ""
            st.caption(f"test text {example + 1}{place}{label}", width="content")
    address.keep_text(text, example)
    return text, None if example is None else test.labels[example]


def _choices(first: Run, second: Run | None, test: Split) -> list[int]:
    """Places in the test set of the texts to step through, as the filter says."""
    mine, other = _correct(first, test), _correct(second, test)
    options = [ALL] + ([RIGHT, WRONG] if mine else []) + ([ONLY_FIRST, ONLY_SECOND] if mine and other else [])
    address.take("which", options, ALL)
    st.pills(
        "Step through",
        options,
        required=True,
        key="which",
        persist_state="session",
        wrap=True,
        label_visibility="collapsed",
        format_func=lambda option: {ALL: "all test texts"}.get(option, option),
    )
    nothing = [False] * len(test.texts)
    tests = {
        ALL: lambda a, b: True,
        RIGHT: lambda a, b: a,
        WRONG: lambda a, b: not a,
        ONLY_FIRST: lambda a, b: a and not b,
        ONLY_SECOND: lambda a, b: b and not a,
    }
    fits = tests[address.keep("which", ALL)]
    return [place for place, (a, b) in enumerate(zip(mine or nothing, other or nothing, strict=True)) if fits(a, b)]


def _correct(run: Run | None, test: Split) -> list[bool] | None:
    """Which test texts a run predicted rightly; None for no run, and for one that was tested on other texts."""
    try:
        correct = [] if run is None else caches.correct(run)
    except LabError:  # the texts can be read all the same
        return None
    return correct if len(correct) == len(test.texts) else None


def _take(texts: list[str], shown: list[int], step: int, data: str) -> None:
    at = read_state.example()
    if step == 0:
        place = random.choice([i for i in shown if i != at] or shown)
    elif at is None:
        place = shown[0 if step > 0 else -1]
    else:
        following = [i for i in shown if (i - at) * step > 0]
        place = min(following, key=lambda i: abs(i - at)) if following else shown[0 if step > 0 else -1]
    read_state.set_example(place, data)
    st.session_state[read_state.TEXT] = texts[place]


def _test_set(run: Run) -> Split | None:
    try:
        return caches.dataset(run).test
    except LabError as error:
        st.caption(f"The test texts of this model are not at hand: {words.literal(str(error))}")
        return None


def _arrive(first: Run, second: Run | None, test: Split | None) -> None:
    """Take the text from the address when it brings one; else open with a short test text of this data."""
    data = first.spec["data"]
    text, example = address.take_text()
    if example is not None and test is not None and 0 <= example < len(test.texts):
        read_state.set_example(example, data["sha256"])
        st.session_state[read_state.TEXT] = test.texts[example]
    elif text is not None:
        read_state.set_example(None)
        st.session_state[read_state.TEXT] = text
    elif read_state.TEXT not in st.session_state or read_state.example_is_of_other_data(data["sha256"]):
        place = None if test is None else opening(test, first, second)
        read_state.set_example(place, data["sha256"])
        st.session_state[read_state.TEXT] = _fallback(data["name"]) if place is None else test.texts[place]


def _fallback(name: str) -> str:
    from model.data.datasets import DATASETS

    return FALLBACKS[DATASETS[name].language if name in DATASETS else "en"]


def opening(test: Split, first: Run, second: Run | None) -> int:
    """A short text to open with: one that attention got right and the other model did not, if there is one."""
    texts = test.texts
    nothing = [False] * len(texts)
    mine, other = _correct(first, test) or nothing, _correct(second, test) or nothing
    short = [place for place, text in enumerate(texts) if len(text.split()) in _SHORT and "\n" not in text]
    for fits in (lambda i: mine[i] and not other[i], lambda i: mine[i], lambda i: True):
        found = [place for place in short if fits(place)]
        if found:
            return found[0]
    return min(range(len(texts)), key=lambda place: len(texts[place]))
