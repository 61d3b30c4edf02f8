"""Widgets whose choice stands in the address, so that a link or a reload shows the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import streamlit as st

from pages.components import address


def one_of(
    label: str,
    options: Collection[str],
    *,
    name: str,
    default: str,
    titles: Mapping[str, str] | None = None,
    label_visibility: str = "collapsed",
    draw: Callable[..., Any] = st.segmented_control,
) -> str:
    """Draw buttons (or with `draw=st.pills` pills) of which one is chosen, kept in the parameter `name`."""
    address.take(name, options, default)
    draw(
        label,
        list(options),
        format_func=lambda option: (titles or {}).get(option, option),
        key=name,
        persist_state="session",
        required=True,
        wrap=True,
        label_visibility=label_visibility,
    )
    return address.keep(name, default)


def one_of_list(
    label: str,
    options: Collection[str],
    *,
    name: str,
    default: str,
    titles: Mapping[str, str] | None = None,
    width: int | str = "stretch",
    on_change: Callable[[], None] | None = None,
) -> str:
    """Draw a select box, kept in the parameter `name`."""
    address.take(name, options, default)
    st.selectbox(
        label,
        list(options),
        format_func=lambda option: (titles or {}).get(option, option),
        key=name,
        persist_state="session",
        width=width,
        on_change=on_change,
    )
    return address.keep(name, default)
