"""What the Read page says of a text: the coloured strips, the rows of every method, agreement, and one word."""

from __future__ import annotations

import streamlit as st

from model.explain.rows import TITLES, in_sentence
from model.networks.preset_words import preset_title
from model.runs.run import Run
from pages.components import choices, evidence, fragments, layout, one_word, read_state, views, what_if, words
from pages.components.reading import ATTENTION, SAMPLED, Reading, do_some
from pages.components.token_strip import Row, asked, flaw_of, method_rows, token_strip
from pages.components.views import NO_BARS, View

ROWS = "rows"
BARS, NUMBERS = "bars", "numbers"
_OUTSIDE = (read_state.TEXT, "run", "beside", "mode", "which")  # the page's other widgets


def panels(readings: list[Reading], gold: str | None) -> None:
    """Draw everything below the text. A pick or a slower row redraws this, and nothing else of the page."""
    fragments.alone(_panels, readings, gold, outside=_OUTSIDE)


def _panels(readings: list[Reading], gold: str | None) -> None:
    shown = next((r for r in readings if r.run.id == st.session_state.get("rows-of")), readings[0])
    view = views.view(readings, shown)
    question, work = _slow(readings, shown, view)
    if work and asked(ROWS) == question:
        do_some(work)
        question, work = _slow(readings, shown, view)
    notice = st.empty()  # there or not, what follows keeps its place on the page and is not made anew
    if not readings[0].seen.parts.tokens:
        notice.warning("There is no word in this text. Shown is the answer to an empty text, which every model has.")
    strips = [place.container() for place in st.columns(len(readings))]
    for number, (place, reading) in enumerate(zip(strips, readings, strict=True)):
        with place, layout.card(f"strip-{number}"):
            _strip(reading, readings, view, gold, key=f"strip-{number}")
    if readings[0].seen.parts.tokens:
        with layout.card("rows"):
            _rows(readings, shown, view, question)
        methods = _of(shown, view.rows)
        left, right = st.columns(2)
        with left, layout.card("agreement"):
            evidence.agreement(shown, methods)
        with right, layout.card("token"):
            one_word.one_word(shown, methods)
        if len(methods) > 1:
            with right, layout.card("matrix"):
                evidence.matrix(shown, methods)
        with layout.card("what-if"):
            what_if.what_if(shown, _colouring(shown, view))


def _of(reading: Reading, methods: list[str]) -> list[str]:
    """Those of the methods that this model has."""
    return [method for method in reading.methods if method in methods]


def _slow(readings: list[Reading], shown: Reading, view: View) -> tuple[str, list]:
    """What is still to be computed, and the question that the browser asks for it once the rest is painted."""
    wanted = {r.run.id: [_colouring(r, view), *([view.bars] if view.bars != NO_BARS else [])] for r in readings}
    wanted[shown.run.id] += view.rows
    work, done = [], 0.0
    for reading in [shown, *(r for r in readings if r is not shown)]:
        methods = [m for m in _of(reading, wanted[reading.run.id]) if not reading.stopped(m)]
        work += reading.slow_work(methods=methods, judge=reading is shown)
        done += reading.progress(methods)
    name = "|".join([shown.seen.parts.signature, shown.run.id, *(f"{r.run.id}:{r.target}" for r in readings)])
    return (f"{name}|{view.method}|{view.bars}|{','.join(view.rows)}|{done:.3f}" if work else ""), work


# -- one model's strip -------------------------------------------------------------------------------------------


def _colouring(reading: Reading, view: View) -> str:
    return "integrated_gradients" if view.method not in reading.methods else view.method


def _strip(reading: Reading, readings: list[Reading], view: View, gold: str | None, *, key: str) -> None:
    probabilities = reading.seen.prediction.probabilities
    best = reading.seen.prediction.best
    layout.card_title(words.literal(_name(reading.run)))
    right = "" if gold is None else " :green[✓ right]" if gold == reading.predicted else " :red[✗ wrong]"
    st.progress(
        float(probabilities[best]), text=f"**{words.literal(reading.predicted)} {probabilities[best]:.2f}**{right}"
    )
    st.caption(_logits(reading))
    method = _colouring(reading, view)
    if method != view.method:
        st.caption(f"No attention in this model: coloured by {in_sentence(TITLES[method])}.")
    weights = method == ATTENTION and reading.weights is not None
    values = reading.head(view.head) if weights else reading.values(method)
    bars = view.bars if view.bars != method and view.bars != NO_BARS else None
    token_strip(
        reading.seen.parts,
        key=key,
        label=f"The words as {_name(reading.run)} reads them, by {in_sentence(TITLES[method])}",
        on_select=read_state.keep_pick,
        selected=read_state.pick(reading.seen.parts.signature),
        values=values,
        kind=words.kind(method),
        scale=_scale(readings, view, method) if view.shared else None,
        target=reading.label,
        lane=reading.values(bars) if bars else None,
        lane_name=in_sentence(TITLES[bars]) if bars else "",
        gamma=view.gamma,
        note=_note(reading, method),
        sentences=reading.sentences,
    )


def _name(run: Run) -> str:
    return preset_title(run.spec["preset"])


def _logits(reading: Reading) -> str:
    seen = reading.seen
    logit, baseline = float(seen.prediction.logits[reading.target]), float(seen.baseline_logits[reading.target])
    others = sorted(zip(seen.prediction.probabilities.tolist(), seen.labels, strict=True), reverse=True)[1:4]
    rest = [f"{words.literal(label)} {probability:.2f}" for probability, label in others]
    return (
        f"{' · '.join(rest)} · logit of {words.literal(reading.label)} {words.signed(logit)}; with every word blank"
        f" {words.signed(baseline)}"
    )


def _scale(readings: list[Reading], view: View, method: str) -> float | None:
    """The largest value under one kind of colouring over both models, so that equal colours mean equal numbers."""
    same = [r.values(_colouring(r, view)) for r in readings if words.kind(_colouring(r, view)) == words.kind(method)]
    same = [values for values in same if not flaw_of(values)]
    return max((float(abs(values).max()) for values in same if values is not None and len(values)), default=None)


def _note(reading: Reading, method: str) -> str:
    if not reading.seen.parts.tokens or method == ATTENTION:
        return ""
    row = reading.attribution(method)
    if row is None:
        return f"{TITLES[method]}: being computed…"
    if row.convergence_delta is None:
        return ""
    change = float(reading.seen.prediction.logits[reading.target] - reading.seen.baseline_logits[reading.target])
    return (
        f"sum {words.signed(float(row.values.sum()))} = change of the logit {words.signed(change)}"
        f", error {words.percent(row.convergence_delta)}"
    )


# -- rows --------------------------------------------------------------------------------------------------------


def _rows(readings: list[Reading], shown: Reading, view: View, question: str) -> None:
    layout.card_title("The same words under every method", "one column a word; click one for its figures")
    methods = _of(shown, view.rows)
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(readings) > 1:
            names = {reading.run.id: _name(reading.run) for reading in readings}
            choices.one_of("Rows of", names, name="rows-of", default=readings[0].run.id, titles=names)
        rows_as = choices.one_of("Rows as", [BARS, NUMBERS], name="rows-as", default=BARS)
        growing = [m for m in methods if not shown.finished(m) and not shown.stopped(m)]
        for method in [m for m in growing if m in SAMPLED and shown.attribution(m) is not None]:
            st.button(
                f"Stop {TITLES[method]}", key=f"stop-{method}", on_click=shown.stop, args=(method,),
                icon=":material/stop_circle:",
            )  # fmt: skip
    if rows_as == NUMBERS:
        evidence.numbers(shown, methods)
    rows = [Row(TITLES[m], words.kind(m), shown.values(m), evidence.row_figures(shown, m)) for m in methods]
    rows += [Row(f"· {name}", "weight", shown.head(name)) for name in shown.heads] if ATTENTION in methods else []
    # Drawn in either view: it is this that asks for the next piece of slow work.
    method_rows(
        shown.seen.parts,
        rows,
        key=ROWS,
        label="The words under every method; arrow keys move along them, Enter picks one",
        on_select=read_state.keep_pick,
        selected=read_state.pick(shown.seen.parts.signature),
        ask=question,
    )
    st.caption(
        f"Amber: how much, without direction. Blue speaks for {words.literal(shown.label)}, red against it. Each row"
        " has its own scale."
    )
