"""The networks to choose from, a drawing each: what attends beside what does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from model.networks.preset_words import PRESET_WORDS, PresetWords
from pages.components import drawing, mechanisms, session

GROUPS = {"Without attention": False, "With attention": True}
# One step from each to the next: attention, both directions, another way to ask, several questions.
USUAL = ("lstm", "bilstm", "lstm-additive", "bilstm-additive", "lstm-dot", "bilstm-multihead")
DEFAULT = ("lstm", "bilstm-additive")


class Networks(NamedTuple):
    """Networks of one kind: what people call them, how one is drawn, and which are shown without being asked for."""

    words: Mapping[str, PresetWords]
    svg: Callable[[str], str]
    legend: Callable[[], list[tuple[str, str]]]  # the signs of the drawings, and what they stand for
    usual: Sequence[str]


CLASSIFIERS = Networks(PRESET_WORDS, mechanisms.svg, drawing.legend, USUAL)


def gallery(key: str = "presets", default: Sequence[str] = DEFAULT, *, networks: Networks = CLASSIFIERS) -> list[str]:
    """Draw a card for each network, and return the names of those chosen, in the order of `networks.words`.

    The list stands in `st.session_state[key]`, also on other pages; a checkbox is called `key-<preset>`, the switch
    that shows all of them, where some are not usual, `key-all`. What is chosen is shown in any case.
    """
    chosen = st.session_state.setdefault(key, [preset for preset in networks.words if preset in default])
    everything = st.session_state.get(f"{key}-all", False)
    for title, attends in GROUPS.items():
        shown = [
            preset
            for preset, about in networks.words.items()
            if about.attends == attends and (everything or preset in networks.usual or preset in chosen)
        ]
        st.markdown(f"**{title}**")
        grid = st.grid(4, min_column_width=210)
        for preset in shown:
            with grid.cell():
                _card(preset, key, networks)
        if not attends:
            with grid.cell(column_span=2):
                _legend(networks)
    if len(networks.usual) < len(networks.words):
        st.toggle(f"Show all {len(networks.words)} networks", key=f"{key}-all", persist_state="session")
    return list(st.session_state[key])


def _card(preset: str, key: str, networks: Networks) -> None:
    about = networks.words[preset]
    box = f"{key}-{preset}"
    session.show(box, preset in st.session_state[key])  # the list is the truth, the box shows it
    with st.container(border=True, key=f"card-{box}", gap="small", height="stretch"):
        st.checkbox(about.title, key=box, on_change=_choose, args=(preset, key, networks))
        with st.container(horizontal=True, horizontal_alignment="center", gap="small", key=f"drawn-{box}"):
            # st.html would drop the drawing; what goes in is written by us and holds nothing that anybody typed.
            st.markdown(networks.svg(preset), unsafe_allow_html=True, width=200)
            with st.container(gap="xxsmall", width="stretch"):
                st.markdown(about.about)
                st.caption(about.source)


def _legend(networks: Networks) -> None:
    row = '<div style="display:flex;gap:.75rem;align-items:center;margin:.35rem 0;font-size:.9rem">'
    sign = '<span style="flex:none;line-height:0">'
    rows = (f"{row}{sign}{svg}</span><span>{about}</span></div>" for svg, about in networks.legend())
    st.markdown("**In the drawings**")
    st.markdown("".join(rows), unsafe_allow_html=True)


def _choose(preset: str, key: str, networks: Networks) -> None:
    chosen = set(st.session_state[key]) - {preset}
    if st.session_state[f"{key}-{preset}"]:
        chosen.add(preset)
    st.session_state[key] = [name for name in networks.words if name in chosen]
