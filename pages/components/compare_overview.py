"""Side by side: the sides in one chart with their controls and baselines, and one pair of them closely."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.runs.run import Run


def overview(runs: list[Run], sides: list[Any], document: dict[str, Any]) -> None:
    """Draw the face."""
    st.write(document["headline"])
