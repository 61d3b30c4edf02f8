"""The few shapes that every page is made of."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def heading(title: str, about: str) -> None:
    """A page's title and, close under it, one sentence on what the page is for."""
    with st.container(gap="xxsmall"):
        st.title(title, anchor=False)
        st.caption(about)


def card(key: str, *, fill: bool = False) -> DeltaGenerator:
    """A bordered container on its own ground (assets/app.css finds its key); `fill`: as high as its neighbour."""
    height = "stretch" if fill else "content"
    return st.container(border=True, key=f"card-{key}", gap="small", height=height)


def card_title(title: str, aside: str = "") -> None:
    """A card's heading, with a remark at the far end of its line."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header(title, anchor=False, width="content")
        if aside:
            st.caption(aside, width="content")


def panel(title: str) -> DeltaGenerator:
    """A part of a card under a small heading."""
    part = st.container(gap="xxsmall")
    part.markdown(f"**{title}**")
    return part
