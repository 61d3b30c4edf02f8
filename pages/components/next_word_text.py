"""The text on the Next word page: typed, or a passage of the test text; in the address while it is short enough."""

from __future__ import annotations

import random
import re

import streamlit as st

from model.errors import LabError
from model.runs.run import Run
from pages.components import address, caches, words
from pages.components import next_word_state as state

FALLBACKS = {  # by script, for when the test text is not at hand
    "latin": "It was a long winter, and when the first warm day came they went down to the",
    "han": "春天来了，天气一天比一天暖和，我们决定到河边去",
}
_STEP = 400  # characters of the test text from one passage to the next, at least
_LEAST, _MOST = 120, 400  # characters of a passage; a line that is longer stands alone
_INK = re.compile(r"\S")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def text_box(run: Run) -> str:
    """Draw the text and where it may come from, and return it."""
    test = _test_text(run)
    places = _places(run, test)
    _arrive(run, test, places)
    text = st.text_area(
        "Text",
        key=state.TEXT,
        height=100,
        placeholder="Type the beginning of a text. Ctrl + Enter reads it.",
        label_visibility="collapsed",
        persist_state="session",
    )
    place = state.passage()
    if place is not None and (place >= len(places) or passage(test, places[place]) != text):
        place = state.set_passage(None)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Read it", type="primary", key="read-beginning")
        for name, step in (("Previous", -1), ("Next", 1), ("Random", 0)):
            where = (run, test, places, step)
            st.button(name, key=f"passage-{name}", on_click=_take, args=where, disabled=not places)
        if place is not None:
            st.caption(
                f"passage {place + 1} of {words.count(len(places))} of the test text; its end is left out",
                width="content",
            )
    address.keep_text(text, place)
    return text or ""


def passage(test: str, start: int) -> str:
    """A few lines of the test text, of which the last breaks off after three quarters, between two words."""
    last, end = start, _line_end(test, start)
    while (after := _begin(test, end)) < len(test) and end - start < (_MOST if last == start else _LEAST):
        last, end = after, _line_end(test, after)
    cut = last + 3 * (min(end, last + _MOST) - last) // 4
    space = test.rfind(" ", last, cut + 1)
    return test[start : space if space > (last + cut) // 2 else cut].rstrip()


def _begin(test: str, start: int) -> int:
    """Where the next word stands, behind blank lines."""
    found = _INK.search(test, start)
    return found.start() if found else len(test)


def _line_end(test: str, start: int) -> int:
    end = test.find("\n", start)
    return end if end >= 0 else len(test)


def opening(run: Run) -> str:
    """The text that the page opens with for this model."""
    test = _test_text(run)
    places = _places(run, test)
    return passage(test, places[0]) if places else _fallback(run)


def _places(run: Run, test: str) -> list[int]:
    """Where the passages of a test text begin."""

    def find() -> list[int]:
        places, at = [], _begin(test, 0)
        while at < len(test):
            places.append(at)
            line = test.find("\n", at + _STEP)
            space = test.find(" ", at + 4 * _STEP)  # of a text without line ends
            after = min((found for found in (line, space) if found >= 0), default=len(test))
            at = _begin(test, after)
        return [place for place in places if passage(test, place)]

    return caches.texts_read().recall((run.spec["data"]["sha256"], "passages"), find) if test else []


def _test_text(run: Run) -> str:
    try:
        with st.spinner("Fetching the test text…"):  # seconds, for ten million characters
            return caches.corpus(run).test
    except LabError as error:
        st.caption(f"The test text of this model is not at hand: {words.literal(str(error))}")
        return ""


def _take(run: Run, test: str, places: list[int], step: int) -> None:
    at = state.passage()
    if step == 0:
        place = random.choice([place for place in range(len(places)) if place != at] or [0])
    else:
        place = 0 if at is None else (at + step) % len(places)
    state.set_passage(place, run.spec["data"]["sha256"])
    st.session_state[state.TEXT] = passage(test, places[place])


def _arrive(run: Run, test: str, places: list[int]) -> None:
    """Take the text from the address when it brings one; else open with the first passage of this data."""
    data = run.spec["data"]["sha256"]
    text, place = address.take_text()
    if place is not None and place < len(places):
        state.set_passage(place, data)
        st.session_state[state.TEXT] = passage(test, places[place])
    elif text is not None:
        state.set_passage(None)
        st.session_state[state.TEXT] = text
    elif state.TEXT not in st.session_state or state.passage_is_of_other_data(data):
        state.set_passage(0 if places else None, data)
        st.session_state[state.TEXT] = passage(test, places[0]) if places else _fallback(run)


def _fallback(run: Run) -> str:
    seen = "".join(caches.language_model(run).vocabulary_.words[2:200])
    return FALLBACKS["han" if 2 * len(_HAN.findall(seen)) > len(seen) else "latin"]
