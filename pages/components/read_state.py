"""What one visitor did on the Read page and on lists of texts: the home of those session keys."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from model.runs.rationales import Rationale

TEXT = "text-box"
_EXAMPLE = "example"  # the text's place in a test set, and the hash of that data; None for one that was typed


def example() -> int | None:
    """The place in the test set of the text that is shown; None for a text that was typed."""
    return (st.session_state.get(_EXAMPLE) or (None,))[0]


def set_example(place: int | None, data: str = "") -> int | None:
    """Remember which test text of which data is shown, and return its place."""
    st.session_state[_EXAMPLE] = None if place is None else (place, data)
    return place


def example_is_of_other_data(data: str) -> bool:
    """Whether the text that is shown is a test text, but of other data than this."""
    return (st.session_state.get(_EXAMPLE) or (None, data))[1] != data


def read_text(text: str) -> None:
    """Have the Read page open with this text."""
    st.session_state[TEXT] = text
    st.session_state[_EXAMPLE] = None


def keep_list(texts: Any) -> None:
    """Keep the texts of an uploaded file, which the browser forgets on another page; None to forget them."""
    st.session_state["many-list"] = texts


def kept_list() -> Any:
    """The texts kept by `keep_list`, None where there are none."""
    return st.session_state.get("many-list")


def keep_pick(key: str) -> None:
    """Remember the token just picked in a strip or in the rows of `key`, whichever it was."""
    choice = (st.session_state.get(key) or {}).get("selected") or {}
    st.session_state["pick"] = (choice.get("text"), choice.get("token"))


def pick(text: str) -> int | None:
    """The token picked last, if it was picked in the text of this signature."""
    of, token = st.session_state.get("pick", (None, None))
    return token if of == text and isinstance(token, int) and token >= 0 else None


def stop_computing(key: Hashable) -> None:
    """Remember that this visitor asked for no more of a slow method."""
    st.session_state.setdefault("stopped", set()).add(key)


def is_stopped(key: Hashable) -> bool:
    """Whether `stop_computing` was called."""
    return key in st.session_state.get("stopped", ())


def edits(signature: str) -> dict[int, str]:
    """What was typed over the tokens of the text of this signature, by place; empty for a deleted one."""
    return _of_one_text("edits", signature)


def weight_edits(signature: str) -> dict[int, float]:
    """The attention weights set by hand, by place, for the text and model of this signature."""
    return _of_one_text("weight-edits", signature)


def guess(signature: str) -> dict[str, Any]:
    """What a person marked and guessed in the text of this signature: "marked", "label", "revealed", "kept"."""
    return _of_one_text("guess", signature)


def _of_one_text(name: str, signature: str) -> dict:
    of, known = st.session_state.get(name, (None, {}))
    if of != signature:
        known = {}
        st.session_state[name] = (signature, known)
    return known


def add_my_mark(mark: Rationale) -> None:
    """Remember what this visitor marked: what others marked is not theirs to take."""
    st.session_state.setdefault("my-marks", []).append(mark)


def my_marks() -> str:
    """A line of JSON for each mark of this visit, as the file of rationales has them."""
    return "".join(f"{json.dumps(mark._asdict())}\n" for mark in st.session_state.get("my-marks", []))
