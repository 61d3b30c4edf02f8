"""What one visitor did on the Next word page: the home of those session keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import address

if TYPE_CHECKING:
    from pages.components.next_word_reading import WholeText

TEXT = "beginning"
AT = "at"  # where the prediction stands that is looked at: an offset in the text; nothing for the end
WORD = "word"  # the word whose prediction is explained; nothing for the page's choice
_PASSAGE = "passage"  # the place in the test text of the text shown, and that data's hash; None for one typed
_WRITING = "writing"


def passage() -> int | None:
    """Which passage of the test text is shown; None for a text that was typed."""
    return (st.session_state.get(_PASSAGE) or (None,))[0]


def set_passage(place: int | None, data: str = "") -> int | None:
    """Remember which passage of which data is shown, and return its place."""
    st.session_state[_PASSAGE] = None if place is None else (place, data)
    return place


def passage_is_of_other_data(data: str) -> bool:
    """Whether a passage is shown, but of other data than this."""
    return (st.session_state.get(_PASSAGE) or (None, data))[1] != data


def offset(text: str) -> int | None:
    """The offset in the text of the word whose prediction is looked at; None for the one after the text."""
    address.follow(AT, text, "")
    address.take_typed(AT)
    found = address.keep(AT, "")
    known = found.isascii() and found.isdigit() and len(found) < 10 and int(found) < len(text)
    return int(found) if known else None


def place(whole: WholeText) -> int | None:
    """The place in a text that is looked at; None for the one after it."""
    at = offset(whole.text)
    return None if at is None else whole.place_of(at)


def look_at(whole: WholeText, place: int | None) -> None:
    """Look at the prediction of another place of a text; that after the text for None."""
    at_end = place is None or place >= whole.end
    st.session_state[AT] = "" if at_end else str(whole.tokens[place].start)


def look_at_picked(key: str, whole: WholeText, first: int, signature: str) -> None:
    """Look at the word that was picked in a strip of this signature, which begins with the token `first`."""
    picked = chosen_in(key, "selected")
    token = picked.get("token")
    if picked.get("text") == signature and (token is None or 0 <= token < whole.end - first):
        look_at(whole, None if token is None else first + token)


def word(text: str, at: int | None) -> str:
    """The word somebody chose to have explained there; empty for none."""
    address.follow(WORD, f"{at}|{text}", "")
    address.take_typed(WORD)
    return address.keep(WORD, "")


def choose_word(chosen: str) -> None:
    """Explain another word's prediction."""
    st.session_state[WORD] = chosen


def chosen_in(key: str, name: str) -> dict[str, Any]:
    """What was last picked in the component of `key`, by the name of its state."""
    return (st.session_state.get(key) or {}).get(name) or {}


def writing(run_id: str, key: tuple, begin: Callable[[], Any]) -> Any:
    """What a run writes with the text and settings of `key`, from `begin` the first time; the latest is kept."""
    known = st.session_state.setdefault(_WRITING, {})
    for other in list(known)[:-4]:
        del known[other]
    if known.get(run_id, (None,))[0] != key:
        known[run_id] = (key, begin())
    return known[run_id][1]
