"""What is compared: a duel, or runs of one's own choice; the address brings either back."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import streamlit as st

from model.runs.run import Run
from model.runs.store import runs_root
from pages.components import address, choices, duel_delete, layout, run_picker, session, words

if TYPE_CHECKING:
    from model.studies.duel import Duel
    from model.studies.sides import Side

LIVE = ("search", "training")  # states of a duel that goes on by itself
OWN = "own"  # among the ids of duels: runs of one's own choice


def _data(run: Run) -> str:
    return run.spec["data"]["sha256"]


class Choice(NamedTuple):
    """The runs that are finished, and the duel they belong to, which may not be over; None for runs chosen freely."""

    runs: list[Run]
    duel: Duel | None


def choice(runs: list[Run]) -> Choice:
    """Draw the card that says what is compared. `runs`: all finished ones."""
    from model.studies.duel import list_duels

    duels = {duel.id: duel for duel in list_duels(runs_root())}
    with layout.card("choice"):
        layout.card_title("What is compared")
        _follow_links(duels)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = _duel_or_own(duels, runs)
            new_duel("secondary")
            if chosen != OWN:
                duel_delete.delete_button(duels[chosen])
        if chosen != OWN:
            address.keep_runs([])
            return Choice([run for run in duels[chosen].runs() if run.state["state"] == "done"], duels[chosen])
        return Choice(_own(runs), None)


def explain_absent(runs: list[Run]) -> None:
    """Say of each run in the address that is not among these why it is left out."""
    named = address.run_ids(st.query_params.get("runs"))
    run_picker.explain_absent(named, runs, "yet, so it is left out.")


def has_duels() -> bool:
    """Whether there is any duel, also one that is not over."""
    from model.studies.duel import list_duels

    return bool(list_duels(runs_root()))


def new_duel(kind: Literal["primary", "secondary"]) -> None:
    """Draw the button that opens the form."""
    if st.button("New duel", type=kind, key="new-duel", icon=":material/add:"):
        st.query_params.clear()
        st.query_params["new"] = "1"
        st.rerun()


def pair(sides: list[Side], document: dict[str, Any]) -> tuple[Side, Side]:
    """The two sides that are looked at closely: the headline's, or as two boxes say where there are more."""
    by_key = {side.key: side for side in sides}
    about = document["pairs"][document["headline"]["pair"]]
    if len(sides) == 2:
        return by_key[about["first"]], by_key[about["second"]]
    names = {key: side.name for key, side in by_key.items()}
    left, right = st.columns(2)
    with left:
        first = choices.one_of_list("Compare", by_key, name="first", default=about["first"], titles=names)
    rest = [key for key in by_key if key != first]
    default = about["second"] if about["second"] in rest else about["first"]
    with right:
        second = choices.one_of_list("with", rest, name="second", default=default, titles=names)
    return by_key[first], by_key[second]


def _follow_links(duels: dict[str, Duel]) -> None:
    """Say of a duel in the address that there is none; a link to runs means runs of one's own choice."""
    named = st.query_params.get("duel")
    if named and named != OWN and named not in duels:
        with session.problems_shown():
            from model.studies.duel import find_duel

            find_duel(runs_root(), named)
    elif not named and address.names_new_runs():  # a link to runs, from the Train page for one
        st.session_state["duel"] = OWN


def _duel_or_own(duels: dict[str, Duel], runs: list[Run]) -> str:
    options = [*duels, OWN] if runs or not duels else list(duels)
    address.take("duel", options, _first(duels, options))
    st.selectbox(
        "A duel, or runs of your choice",
        options,
        format_func=lambda option: _label(duels[option]) if option in duels else "Runs of my choice",
        key="duel",
        persist_state="session",
    )
    return address.keep("duel", OWN)


def _first(duels: dict[str, Duel], options: list[str]) -> str:
    """What the page opens with: a duel of this visitor's that is under way, else the newest that is done."""
    states = {duel_id: duel.state for duel_id, duel in duels.items()}
    visitor = session.visitor()
    mine = [key for key, duel in duels.items() if visitor and duel.owner == visitor and states[key] in LIVE]
    done = [key for key, state in states.items() if state == "done"]
    return next(iter([*mine, *done, *([OWN] if OWN in options else []), *duels]))


def _label(duel: Duel) -> str:
    data = duel.data["name"] if duel.data["name"] not in duel.title else None
    parts = [duel.title, data, f"{duel.plan.seeds} seeds", words.day(duel.created)]
    return " · ".join(part for part in parts if part)


# -- runs of one's own choice ------------------------------------------------------------------------------------


def _own(runs: list[Run]) -> list[Run]:
    by_id = {run.id: run for run in runs}
    explain_absent(runs)
    address.take_runs(list(by_id), default=opening(runs) if runs else [])
    chosen = st.multiselect(
        "Runs",
        list(by_id),
        format_func=lambda run_id: run_picker.label(by_id[run_id]),
        key=session.COMPARED,
        placeholder="Choose two or more",
        persist_state="session",
    )
    whole_sides(runs, chosen, key=session.COMPARED)
    address.keep_runs(chosen)
    return [by_id[run_id] for run_id in chosen]


def whole_sides(
    runs: Sequence[Run], chosen: Sequence[str], *, key: str, shared: Callable[[Run], Hashable] = _data
) -> None:
    """A box that adds all seeds of a network at once to the runs chosen in the widget `key`.

    `shared` is what runs that can be compared have in common.
    """
    from model.studies.sides import sides_of

    by_data: dict[Hashable, list[Run]] = {}
    for run in runs:
        by_data.setdefault(shared(run), []).append(run)
    first = next((shared(run) for run in runs if run.id in chosen), None)
    sides = [
        side
        for same in ([by_data[first]] if first else by_data.values())
        for side in sides_of(same)
        if len(side.runs) > 1 and not {run.id for run in side.runs} <= set(chosen)
    ]
    if sides:
        st.selectbox(
            "Add all seeds of",
            range(len(sides)),
            index=None,
            format_func=lambda place: _side_label(sides[place]),
            key="add-side",
            on_change=_add,
            args=(sides, key),
            placeholder="a network with several seeds",
        )


def _side_label(side: Side) -> str:
    return f"{side.name} · {side.runs[0].spec['data']['name']} · {len(side.runs)} seeds"


def _add(sides: list[Side], key: str) -> None:
    place = st.session_state["add-side"]
    if place is not None:
        chosen = st.session_state[key]
        st.session_state[key] = [*chosen, *(run.id for run in sides[place].runs if run.id not in chosen)]
        st.session_state["add-side"] = None


def opening(runs: Sequence[Run], *, shared: Callable[[Run], Hashable] = _data) -> list[str]:
    """What a page opens with: a network with attention and one without, all seeds; `shared` as in `whole_sides`."""
    from model.studies.sides import sides_of

    pair = [run.id for run in run_picker.pair(runs) if run]
    data = next(shared(run) for run in runs if run.id == pair[0])
    same = sides_of([run for run in runs if shared(run) == data])
    return [run.id for side in same for run in side.runs if any(one.id in pair for one in side.runs)]
