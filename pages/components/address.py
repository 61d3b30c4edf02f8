"""What stands in the address, so that a link or a reload brings it back: choices, the text, the runs compared."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote

import streamlit as st

from pages.components import session

TEXT_IN_URL = 4_000  # bytes; servers refuse longer addresses at their own whim
_ADDRESS = "address"  # what the address said of the text when it was last looked at

# Streamlit's own bind="query-params" writes an option as it is shown, and a link needs its id.

_SEEN = "seen-in-address"


def take(name: str, options: Collection[str], default: str) -> None:
    """Give the widget with the key `name` its value, before it is drawn: what a link brought, else what it had."""
    found = st.query_params.get(name)
    if found in options and found != st.session_state.setdefault(_SEEN, {}).get(name):
        st.session_state[name] = found
    elif st.session_state.get(name) not in options:
        st.session_state[name] = default


def follow(name: str, leader: str, value: str) -> None:
    """Give the widget `name` a value anew whenever its leader has changed; what a link brings comes after that."""
    followed = st.session_state.setdefault("followed", {})
    if followed.get(name) != leader:
        followed[name] = leader
        st.session_state[name] = value


def keep(name: str, default: str) -> str:
    """Write the widget's value into the address, unless it is the default; return it."""
    value = st.session_state.get(name) or default
    if value != default:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
    st.session_state.setdefault(_SEEN, {})[name] = st.query_params.get(name)
    return value


def take_typed(name: str) -> None:
    """As `take`, for a box in which anything may be typed; `keep` then writes it into the address."""
    found = st.query_params.get(name)
    if found and found != st.session_state.setdefault(_SEEN, {}).get(name):
        st.session_state[name] = found


def take_list(name: str, options: Collection[str], default: Collection[str]) -> None:
    """As `take`, for a widget with several values, whose key is `name` and "-chosen"."""
    found = st.query_params.get(name)
    if found and found != st.session_state.setdefault(_SEEN, {}).get(name):
        st.session_state[f"{name}-chosen"] = [part for part in found.split(",") if part in options]
    elif f"{name}-chosen" not in st.session_state:
        st.session_state[f"{name}-chosen"] = list(default)


def keep_list(name: str, default: Collection[str]) -> None:
    """Write the widget's values into the address, unless they are the default."""
    chosen = st.session_state.get(f"{name}-chosen") or []
    if set(chosen) not in (set(), set(default)):
        st.query_params[name] = ",".join(chosen)
    else:
        st.query_params.pop(name, None)
    st.session_state.setdefault(_SEEN, {})[name] = st.query_params.get(name)


def run_ids(value: str | None) -> list[str]:
    """The ids in `?runs=a,b`, each once, in their order."""
    return list(dict.fromkeys(part for part in (value or "").split(",") if part))


def names_new_runs() -> bool:
    """Whether the address names runs to compare that it did not name at the last look."""
    named = st.query_params.get("runs")
    return bool(named) and named != st.session_state.get("compared-address")


def take_runs(known: list[str], *, default: list[str]) -> None:
    """Take the runs to compare from the address when it names new ones; else open with `default`."""
    named = st.query_params.get("runs")
    if names_new_runs():
        st.session_state[session.COMPARED] = [run_id for run_id in run_ids(named) if run_id in known]
    elif session.COMPARED not in st.session_state:
        st.session_state[session.COMPARED] = default
    else:  # some may have been deleted on another page
        session.show(session.COMPARED, [run for run in st.session_state[session.COMPARED] if run in known])


def keep_runs(chosen: list[str]) -> None:
    """Have the address name the runs that are compared."""
    if chosen:
        st.query_params["runs"] = ",".join(chosen)
    else:
        st.query_params.pop("runs", None)
    st.session_state["compared-address"] = st.query_params.get("runs")


def take_text() -> tuple[str | None, int | None]:
    """The text, or the place of a test text, that a link brought; both None when the address says nothing new."""
    found = (st.query_params.get("text"), st.query_params.get("example"))
    if found == st.session_state.get(_ADDRESS, (None, None)):
        return None, None
    st.session_state[_ADDRESS] = found
    text, place = found
    return text, int(place) if place and place.isascii() and place.isdigit() else None


def keep_text(text: str | None, place: int | None) -> None:
    """Have the address bring back this text: by its place in the test set, or whole while it is short."""
    wanted: dict[str, str] = {}
    if place is not None:
        wanted["example"] = str(place)
    elif text and len(quote(text)) <= TEXT_IN_URL:
        wanted["text"] = text
    for name in ("text", "example"):
        if name not in wanted:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != wanted[name]:
            st.query_params[name] = wanted[name]
    st.session_state[_ADDRESS] = (wanted.get("text"), wanted.get("example"))
