"""The face on a whole text: how much each word surprised, and which earlier words each was predicted from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.components import address, choices, fragments, layout, words
from pages.components import next_word_state as state
from pages.components.next_word_drawings import MapRow, word_map
from pages.components.next_word_next import OUTSIDE
from pages.components.next_word_reading import SELF, WholeText, names_of, predicted
from pages.components.next_word_surprise import surprise
from pages.components.token_strip import full_weight, token_strip

PAGE = 100  # rows of the map at a time
LOOK_BACK = 50  # columns drawn before the first of these rows; what was looked at before them is summed
_LONGEST = 50  # distances drawn; more are summed in the last bar
_SHORT = 30  # words of a text whose map leaves room beside it
_CHOICE = 4  # states that can be looked back at from where weights are compared
_VISIBLE = 0.001  # of the weight, without which a distance needs no bar of its own


def panels(wholes: list[WholeText]) -> None:
    """Draw surprise, the map and the distances of one text. A pick redraws this, and nothing else of the page."""
    fragments.alone(_panels, wholes, outside=OUTSIDE)


def _panels(wholes: list[WholeText]) -> None:
    names = names_of([whole.run for whole in wholes])
    with layout.card("surprise"):
        surprise(wholes, names)
    attending = [whole for whole in wholes if whole.attends]
    if not attending:
        st.info("There is no attention here: choose a model that has it to see what each word looked back at.")
        return
    with layout.card("map"):
        whole = attending[0]
        layout.card_title(
            f"What each {whole.unit} looked back at",
            f"a row a predicted {whole.unit}; click one to see it on the text",
        )
        if len(attending) > 1:
            options = [whole.run.id for whole in attending]
            chosen = choices.one_of("Map of", options, name="map-of", default=options[0], titles=names)
            whole = next(whole for whole in attending if whole.run.id == chosen)
        else:
            st.caption(words.literal(names[whole.run.id]))
        _map(whole)
        st.caption(SELF)
    with layout.card("distance"):
        _distances(attending, names)


# -- the map -----------------------------------------------------------------------------------------------------


def _map(whole: WholeText) -> None:
    """Draw the map, and what its row looked back at: beside it where a short text leaves room, else below."""
    beside = whole.end < _SHORT
    left, right = st.columns([3, 2]) if beside else (st.container(), st.container())
    with left:
        _rows(whole)
    place = state.place(whole)
    with right:
        _row_strip(whole, whole.end if place is None else place)


def _rows(whole: WholeText) -> None:
    start = _start(whole)
    stop = min(start + PAGE, whole.end + 1)
    first_column = max(0, start - LOOK_BACK)
    columns = [whole.name_at(token) for token in range(first_column, min(stop - 1, whole.end))]
    weights = whole.read.weights
    rows = [_row(whole, row, first_column) for row in range(start, stop)]
    parts = whole.parts()
    word_map(
        rows,
        columns,
        first=start,
        first_column=first_column,
        scale=_scale(weights[start:stop], start),
        key="word-map",
        label=f"The predicted {whole.unit}s; Enter shows on the text what one looked back at",
        text_signature=parts.signature,
        group=parts.group,
        selected=state.place(whole),
        on_select=lambda chosen: state.look_at(whole, chosen),
    )
    if whole.end + 1 > PAGE:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Earlier", key="map-back", on_click=_turn, args=(start - PAGE,), disabled=start <= 0)
            st.button("Later", key="map-on", on_click=_turn, args=(start + PAGE,), disabled=stop > whole.end)
            st.caption(
                f"{whole.unit.capitalize()}s {words.count(start + 1)} to {words.count(min(stop, whole.end))} of"
                f" {words.count(whole.end)}",
                width="content",
            )


def _scale(weights: np.ndarray, start: int) -> float:
    """The weight with the full colour: what most rows stay below, but for rows that had hardly a choice."""
    free = weights[max(0, _CHOICE + 1 - start) :]
    largest = (free if len(free) else weights).max(axis=1, initial=0.0)
    return float(np.quantile(largest, 0.9))


def _start(whole: WholeText) -> int:
    """The first row that is drawn, kept in the address; a text that changes is shown from its beginning."""
    address.follow("from", whole.text, "0")
    address.take_typed("from")
    found = address.keep("from", "0")
    wanted = int(found) if found.isascii() and found.isdigit() and len(found) < 6 else 0
    return PAGE * (min(wanted, whole.end) // PAGE)


def _turn(start: int) -> None:
    st.session_state["from"] = str(max(0, start))


def _row(whole: WholeText, place: int, first_column: int) -> MapRow:
    weights = whole.read.weights[place]
    reach = whole.reach(place)
    lowest = max(first_column, place - 1 - reach)
    told = "the first, which nothing predicts"
    if place == whole.end:
        told = f"{words.percent(float(whole.read.top_probabilities[place, 0]))} for “{whole.likeliest(place)[0][0]}”"
    elif place > 0:
        told = f"{whole.read.surprise[place]:.1f} bits"
    if reach:
        most = int(weights.argmax())
        told += f"; looked most at “{whole.name_at(most)}”, {place - most} back ({weights[most]:.2f})"
    return MapRow(
        word=whole.name_at(place),
        start=lowest,
        weights=weights[lowest : max(lowest, place - 1)].tolist(),
        early=float(weights[:first_column].sum()),
        reach=reach,
        told=told,
    )


def _row_strip(whole: WholeText, place: int) -> None:
    st.markdown(f"Looked back at for **{words.literal(whole.name_at(place))}**:")
    reach, weights = whole.reach(place), whole.read.weights[place]
    first, stop = whole.around(place)
    parts = whole.parts(first, stop)
    token_strip(
        parts,
        key="map-strip",
        label=f"What was looked back at for {whole.name_at(place)}",
        on_select=lambda key: state.look_at_picked(key, whole, first, parts.signature),
        selected=place - first if place < whole.end else None,
        values=weights[first:stop] if reach else None,
        scale=full_weight(weights[:reach]) if reach else None,
        uniform=1 / reach if reach else None,
        told=[predicted(reach, place - token, float(weights[token])) for token in range(first, stop)],
        note="" if reach else "nothing to look back at yet",
    )


# -- distances ---------------------------------------------------------------------------------------------------


def _distances(wholes: Sequence[WholeText], names: dict[str, str]) -> None:
    from model.explain.next_word import distance_profile
    from model.studies.language_reading import NEAREST
    from pages.components.next_word_charts import distances

    layout.card_title("How far back", "the mean weight at each distance, over this text")
    profiles = {}
    for whole in wholes:
        if whole.end < 2:
            continue
        profile = distance_profile(whole.read.weights, longest=whole.end)
        profiles[names[whole.run.id]] = profile
        near = float(profile[: NEAREST + 2].sum())  # from a distance of 2 on
        reaches = [whole.reach(place) for place in range(2, whole.end + 1)]
        even = float(np.mean([min(reach, NEAREST) / reach for reach in reaches]))
        st.markdown(
            f"{words.literal(names[whole.run.id])} puts **{words.percent(near, 0)}** of its weight on the {NEAREST}"
            f" nearest {whole.unit}s that it can look back at; spread evenly it would be {words.percent(even, 0)}."
        )
    if not profiles:
        st.caption("There is too little text to look back at.")
        return
    furthest = max(int(np.flatnonzero(profile >= _VISIBLE).max(initial=2)) for profile in profiles.values())
    chart = distances(profiles, longest=min(_LONGEST, max(furthest, NEAREST)), unit=wholes[0].unit)
    st.vega_lite_chart(chart.data, chart.spec)
    st.caption(
        f"A distance of 2 is the {wholes[0].unit} before the one just read: at 1 stands the state that asks, which"
        " is not weighed. Daniluk et al. 2017 found that the attention of language models seldom reaches beyond the"
        " last five words, however long the window."
    )
