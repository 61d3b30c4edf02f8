"""The face on one prediction: the likeliest words, what was looked back at for them, and what else explains one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from model.explain.rows import TITLES, in_sentence
from pages.components import choices, evidence, fragments, layout, next_word_why, words
from pages.components import next_word_state as state
from pages.components.next_word_drawings import Bar, word_bars
from pages.components.next_word_reading import METHODS, SELF, NextReading, WholeText, names_of, predicted
from pages.components.reading import ATTENTION, do_some
from pages.components.token_strip import asked, full_weight, token_strip

ALL_LAYERS = "all layers"
OUTSIDE = (state.TEXT, "run", "beside", "face")  # the page's other widgets
_INSTEAD = "integrated_gradients"  # colours the words of a model without attention


class View(NamedTuple):
    """By what the words are coloured, and whose attention is shown where several layers attend."""

    method: str
    layer: str


def panels(wholes: list[WholeText]) -> None:
    """Draw everything below the text. A pick or a slower row redraws this, and nothing else of the page."""
    fragments.alone(_panels, wholes, outside=OUTSIDE)


def _panels(wholes: list[WholeText]) -> None:
    first = wholes[0]
    at = state.offset(first.text)
    readings = _readings(wholes, at, state.word(first.text, at))
    shown = next((r for r in readings if r.run.id == st.session_state.get("rows-of")), readings[0])
    with layout.card("place"):
        _place(first, first.place_of(at))
        view = _view(readings)
    question, work = _slow(readings, shown, view)
    if work and asked(next_word_why.ROWS) == question:
        do_some(work)
        question, work = _slow(readings, shown, view)
    columns = [place.container() for place in st.columns(len(readings))]
    scale = max(probability for reading in readings for _, probability in reading.whole.likeliest(reading.place))
    names = names_of([reading.run for reading in readings])
    for number, (column, reading) in enumerate(zip(columns, readings, strict=True)):
        with column, layout.card(f"next-{number}"):
            _prediction(reading, names[reading.run.id], number, scale)
            _strip(reading, names[reading.run.id], number, view)
    st.caption(SELF)
    with layout.card("next-rows"):
        next_word_why.rows(names, shown, question)
    left, right = st.columns(2)
    with left, layout.card("next-agreement"):
        evidence.agreement(shown, shown.methods)
    with right, layout.card("matrix"):
        evidence.matrix(shown, shown.methods)


def _readings(wholes: list[WholeText], at: int | None, wanted: str) -> list[NextReading]:
    """Each model at the same place; all explain one word, wherever they know it."""
    found: list[NextReading] = []
    for whole in wholes:
        place = whole.place_of(at)
        default = whole.known_at(place) or whole.likeliest(place)[0][0]
        word = found[0].word if found else wanted
        found.append(NextReading(whole, place, word if word in whole.labels else default))
    return found


# -- where, and how ----------------------------------------------------------------------------------------------


def _place(whole: WholeText, place: int) -> None:
    unit, number = whole.unit, words.count(place + 1)
    before = f"the {words.count(place)} {unit}s before it" if place > 1 else f"the {unit} before it"
    what = (
        f"the {unit} after the text"
        if place == whole.end
        else f"“{words.literal(whole.name_at(place))}”, {unit} {number} of {words.count(whole.end)}"
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"Predicted: **{what}**, from {before}.", width="content")
        with st.container(horizontal=True, width="content"):
            for name, icon, to in (
                ("Before", ":material/chevron_left:", place - 1),
                ("After", ":material/chevron_right:", place + 1),
                ("After the text", ":material/last_page:", whole.end),
            ):
                st.button(
                    name, key=f"place-{name}", icon=icon, on_click=state.look_at, args=(whole, to),
                    disabled=not 1 <= to <= whole.end or to == place,
                )  # fmt: skip


def _view(readings: Sequence[NextReading]) -> View:
    methods = [method for method in METHODS if any(method in reading.methods for reading in readings)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = choices.one_of(
            "Colour the words by",
            methods,
            name="row",
            default=methods[0] if methods[0] == ATTENTION else _INSTEAD,
            titles=TITLES,
            label_visibility="visible",
        )
        layers = list(dict.fromkeys(name for reading in readings for name in reading.heads))
        layer = ALL_LAYERS
        if layers:
            layer = choices.one_of_list(
                "Attention of", [ALL_LAYERS, *layers], name="head", default=ALL_LAYERS, width=200
            )
    return View(method, layer)


def _colouring(reading: NextReading, view: View) -> str:
    return view.method if view.method in reading.methods else _INSTEAD


def _slow(readings: Sequence[NextReading], shown: NextReading, view: View) -> tuple[str, list]:
    """What is still to be computed, and the question that the browser asks for it once the rest is painted."""
    work, done = [], 0.0
    for reading in (shown, *(reading for reading in readings if reading is not shown)):
        methods = shown.methods if reading is shown else [_colouring(reading, view)]
        work += reading.slow_work(methods=methods, judge=reading is shown)
        done += reading.progress(methods)
    name = "|".join([shown.seen.parts.signature, shown.run.id, *(f"{r.run.id}:{r.place}:{r.word}" for r in readings)])
    return (f"{name}|{view.method}|{done:.3f}" if work else ""), work


# -- one model ---------------------------------------------------------------------------------------------------


def _prediction(reading: NextReading, name: str, number: int, scale: float) -> None:
    whole, place = reading.whole, reading.place
    layout.card_title(words.literal(name))
    word_bars(
        _bars(reading),
        key=f"bars-{number}",
        label=f"The likeliest {whole.unit}s as {name} predicts them; Enter explains one",
        of=f"{place}|{reading.seen.parts.signature}",
        chosen=reading.word,
        scale=scale,
        on_choose=state.choose_word,
    )
    if place < whole.end and whole.known_at(place) is None:
        unknown = f"What is written here is no {whole.unit} that the model knows"
        st.caption(f"{unknown}: “{words.literal(whole.name_at(place))}”.")


def _bars(reading: NextReading) -> list[Bar]:
    """The likeliest words, the one that is written there, and the one that is explained."""
    whole, place = reading.whole, reading.place
    bars = [Bar(word, share, _share(share)) for word, share in whole.likeliest(place)]
    written = whole.known_at(place)
    if written in [bar.word for bar in bars]:
        bars = [bar._replace(note="written here", real=True) if bar.word == written else bar for bar in bars]
    elif written:
        share = 2.0 ** -float(whole.read.surprise[place])
        bars.append(Bar(written, share, _share(share), f"written, rank {whole.read.rank[place]}", True))
    if not reading.start and reading.word not in [bar.word for bar in bars]:
        share = float(reading.seen.prediction.probabilities[reading.target])
        bars.append(Bar(reading.word, share, _share(share), "explained"))
    return bars


def _share(probability: float) -> str:
    return words.percent(probability, 1 if probability >= 0.01 else 2) if probability >= 1e-4 else "< 0.01 %"


def _strip(reading: NextReading, name: str, number: int, view: View) -> None:
    whole, method = reading.whole, _colouring(reading, view)
    layer = view.layer if method == ATTENTION and view.layer in reading.heads else None
    title = in_sentence(TITLES[method])
    st.caption(
        f"Looked back at for it{f', {words.literal(layer)}' if layer else ''}:"
        if method == ATTENTION
        else f"{'No attention in this model: coloured' if view.method == ATTENTION else 'Coloured'} by {title} for"
        f" “{words.literal(reading.word)}”:"
    )
    values = reading.over_text(method)
    if layer and values is not None:
        values = whole.read.per_layer[reading.heads.index(layer), reading.place]
    reach = whole.reach(reading.place)
    weights = method == ATTENTION
    first, stop = whole.around(reading.place)
    parts = whole.parts(first, stop)
    token_strip(
        parts,
        key=f"next-strip-{number}",
        label=f"The text as {name} reads it, by {title}; Enter shows a {whole.unit}'s own prediction",
        on_select=lambda key: state.look_at_picked(key, whole, first, parts.signature),
        selected=reading.place - first if reading.place < whole.end else None,
        values=None if values is None or (weights and not reach) else values[first:stop],
        kind=words.kind(method),
        scale=full_weight(values[:reach]) if weights and reach else None,
        target=reading.word,
        uniform=1 / reach if weights and reach else None,
        told=[_told(reading, method, values, token) for token in range(first, stop)],
        note=_note(reading, method),
    )
    if stop - first < whole.end:
        st.caption(
            f"{whole.unit.capitalize()}s {words.count(first + 1)} to {words.count(stop)} of {words.count(whole.end)}"
        )


def _told(reading: NextReading, method: str, values: Sequence[float] | None, token: int) -> str:
    """What a word's value means for the prediction of a place."""
    back = reading.place - token
    if method == ATTENTION or back < 1:
        return predicted(reading.whole.reach(reading.place), back, 0.0 if values is None else float(values[token]))
    if values is None or token < reading.start:
        return f"{back} back"
    return f"{words.signed(float(values[token]))} · {back} back"


def _note(reading: NextReading, method: str) -> str:
    if method == ATTENTION:
        return "" if reading.whole.reach(reading.place) else "nothing to look back at yet"
    row = reading.attribution(method)
    if row is None:
        return f"{TITLES[method]}: being computed…"
    return (
        "" if row.convergence_delta is None else f"error {words.percent(row.convergence_delta)} of the logit's change"
    )
