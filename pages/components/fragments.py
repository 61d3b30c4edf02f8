"""Parts of a page that are drawn again alone, so that a click in them does not wait for the whole page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.components import session

# What decides on the Compare page which runs are compared, and with the two sides what every part of it shows.
COMPARED_RUNS = ("view", "duel", session.COMPARED, session.STUDYING)
COMPARE = (*COMPARED_RUNS, "first", "second")


def alone(draw: Callable[..., None], *arguments: Any, outside: Sequence[str]) -> None:
    """Call `draw(*arguments)`; widgets in it call it again, and nothing else of the page.

    `outside`: the keys of widgets outside of it that its arguments depend on. A browser that sends one of them in the
    same moment as one of its own, as when somebody types a word and then clicks elsewhere, asks for this part alone:
    the page would keep what was shown before.
    """
    _alone(draw, arguments, outside, session.values_of(outside))


@st.fragment
def _alone(draw: Callable[..., None], arguments: tuple, keys: Sequence[str], before: tuple) -> None:
    if session.values_of(keys) != before:
        st.rerun()
    draw(*arguments)
