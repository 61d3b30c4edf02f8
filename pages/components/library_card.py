"""One run of the library: what it is, how well it does, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from model.errors import LabError
from model.networks.preset_words import preset_title
from model.runs.catalogue import Entry
from model.runs.owners import may_change
from pages.components import layout, session, words
from pages.components.library_dialogs import edit, take_along
from pages.components.library_trash import delete
from pages.components.run_kinds import kind_of

_BADGES = {"done": "green", "failed": "red", "cancelled": "gray", "interrupted": "orange"}
_RESUMABLE = ("failed", "cancelled", "interrupted")
_DELETABLE = ("done", "failed", "cancelled", "queued", "interrupted")
NOTES_SHOWN = 240  # characters of the notes on a card


def chosen_key(entry: Entry) -> str:
    """The key of the box that chooses a run."""
    return f"compare-{entry.id}"


def card(entry: Entry, visitor: str | None, known_tags: list[str]) -> None:
    """Draw a run's card, and do what its buttons ask for."""
    mine = may_change(entry.run, visitor)
    with layout.card(entry.id):
        about, result, actions = st.columns([5, 2, 4], vertical_alignment="center")
        with about, st.container(gap="xxsmall"):
            _about(entry, mine)
        if found := _result(entry):
            with result, st.container(key=f"result-{entry.id}"):
                st.markdown(found)
        with actions, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            _actions(entry, mine, visitor, known_tags)


def _result(entry: Entry) -> str:
    if entry.accuracy:
        low, high = (100 * end for end in (entry.accuracy.low, entry.accuracy.high))
        return (
            f"**{words.percent(entry.accuracy.estimate)}** of test texts right"
            f"  \n:small[:gray[95 % interval {low:.1f} to {high:.1f}]]"
        )
    if entry.perplexity is None:
        return ""
    unit = entry.run.spec["settings"]["unit"].removesuffix("s")
    return f"**Perplexity {words.perplexity(entry.perplexity)}**  \n:small[:gray[per {unit} of the test text]]"


def _about(entry: Entry, mine: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{words.literal(entry.title)}**", width="content")
        if entry.state != "done":
            st.badge(words.STATES[entry.state], color=_BADGES.get(entry.state, "blue"))
        if entry.run.read_only:
            st.badge("demo", color="gray")
        elif not mine:
            st.badge("somebody else’s", color="gray")
        for tag in entry.tags:
            st.badge(words.literal(tag), color="violet")
    spec = entry.run.spec
    facts = [preset_title(spec["preset"]), spec["data"]["name"], f"seed {spec['seed']}"]
    facts += [words.day(spec["created"]), words.size(entry.bytes)]
    st.caption(words.literal(" · ".join(facts)))
    if entry.notes:
        cut = entry.notes if len(entry.notes) <= NOTES_SHOWN else entry.notes[:NOTES_SHOWN].rstrip() + "…"
        st.markdown(f":small[{words.literal(cut)}]")
    if entry.message and entry.state != "done":
        said = words.literal(entry.message)
        st.markdown(f":small[:red[{said}]]" if entry.state == "failed" else f":small[{said}]")


def _actions(entry: Entry, mine: bool, visitor: str | None, known_tags: list[str]) -> None:
    run, kind = entry.run, kind_of(entry.run)
    done = entry.state == "done"
    if done or (mine and entry.state in _DELETABLE):
        st.checkbox("Choose", key=chosen_key(entry))
    if done:
        query = {"run": run.id}
        st.page_link(kind.reading, label=kind.reading_title, icon=":material/visibility:", query_params=query)
    elif entry.state not in _RESUMABLE or not mine:
        st.page_link(kind.training, label="Show", icon=":material/show_chart:", query_params={"runs": run.id})
    if mine and entry.state in _RESUMABLE and st.button("Resume", key=f"resume-{run.id}", icon=":material/resume:"):
        _resume(entry, visitor)
    names = [
        *(["Take along"] if done else []),
        *(["Show its curves"] if mine and entry.state in _RESUMABLE else []),
        *(["Name, tags, notes"] if mine else []),
        *(["Delete"] if mine and entry.state in _DELETABLE else []),
    ]
    if not names:
        return
    choice = st.menu_button("More", names, key=f"menu-{run.id}")
    if choice == "Take along":
        take_along(run)
    elif choice == "Show its curves":
        st.switch_page(kind.training, query_params={"runs": run.id})
    elif choice == "Name, tags, notes":
        edit(run, visitor, known_tags)
    elif choice == "Delete":
        delete([entry], visitor)


def _resume(entry: Entry, visitor: str | None) -> None:
    try:
        session.job_queue().resume(entry.run, by=visitor)
    except LabError as error:
        session.say_once(str(error))
        st.rerun()
    st.switch_page(kind_of(entry.run).training, query_params={"runs": entry.id})
