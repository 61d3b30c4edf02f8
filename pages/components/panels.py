"""What the Read page says of a text: the coloured strips, the rows of every method, agreement, and one word."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from model.runs.run import Run
from pages.components import evidence, layout, session, words
from pages.components.reading import ATTENTION, Reading, do_some
from pages.components.token_strip import Row, asked, method_rows, token_strip

PREDICTION = "prediction"
NO_BARS = "no bars"
ROWS = "rows"
_UNSIGNED = (ATTENTION, "saliency")


class View(NamedTuple):
    """How a text is shown: the colouring, the bars under the words, and their scale."""

    method: str
    bars: str
    gamma: float
    shared: bool


def target(first: Run) -> str | None:
    """The label to explain, None for the one that the first model predicts."""
    session.from_address("target", _targets(first), PREDICTION)
    wanted = st.session_state["target"]
    return None if wanted == PREDICTION else wanted


def _targets(run: Run) -> list[str]:
    labels = [str(label) for label in session.classifier(run).classes_.tolist()]
    return [PREDICTION, *(label for label in labels if label != PREDICTION)]


@st.fragment
def panels(readings: list[Reading], gold: str | None) -> None:
    """Draw everything below the text. A pick or a slower row redraws this, and nothing else of the page."""
    view = _view(readings)
    shown = next((r for r in readings if r.run.id == st.session_state.get("rows-of")), readings[0])
    question, work = _slow(readings, shown, view)
    if work and asked(ROWS) == question:
        do_some(work)
        question, work = _slow(readings, shown, view)
    if not readings[0].seen.parts.tokens:
        st.warning("There is no word in this text. Shown is the answer to an empty text, which every model has.")
    strips = [place.container() for place in st.columns(len(readings))]
    for number, (place, reading) in enumerate(zip(strips, readings, strict=True)):
        with place, layout.card(f"strip-{number}"):
            _strip(reading, readings, view, gold, key=f"strip-{number}")
    if readings[0].seen.parts.tokens:
        with layout.card("rows"):
            _rows(readings, shown, question)
        left, right = st.columns(2)
        with left, layout.card("agreement"):
            evidence.agreement(shown)
        with right, layout.card("token"):
            evidence.one_word(shown)


def _slow(readings: list[Reading], shown: Reading, view: View) -> tuple[str, list]:
    """What is still to be computed, and the question that the browser asks for it once the rest is painted."""
    work = []
    for reading in readings:
        wanted = [_colouring(reading, view), *([view.bars] if view.bars != NO_BARS else [])]
        work += reading.slow_work(methods=[m for m in wanted if m in reading.methods], judge=False)
    work += shown.slow_work(methods=shown.methods, judge=True)
    name = "|".join([shown.seen.parts.signature, shown.run.id, *(f"{r.run.id}:{r.target}" for r in readings)])
    return (f"{name}|{view.method}|{view.bars}|{len(work)}" if work else ""), work


# -- controls ----------------------------------------------------------------------------------------------------


def _view(readings: list[Reading]) -> View:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        session.from_address("row", words.METHODS, ATTENTION)
        st.segmented_control(
            "Colour the words by",
            list(words.METHODS),
            required=True,
            format_func=lambda name: words.METHODS[name],
            key="row",
            persist_state="session",
            wrap=True,
        )
        method = session.to_address("row", ATTENTION)
        _target_box(readings[0])
        with st.popover("View", icon=":material/contrast:"):
            bars = st.selectbox(
                "Bars under the words",
                [name for name in words.METHODS if name not in _UNSIGNED] + [NO_BARS],
                index=1,
                format_func=lambda name: words.METHODS.get(name, name),
                key="bars",
                persist_state="session",
            )
            lift = st.slider(
                "Lift small values", 0.0, 0.7, 0.0, 0.05, key="lift", persist_state="session",
                help="Colours weak words more strongly. Numbers stay as they are.",
            )  # fmt: skip
            shared = len(readings) > 1 and st.toggle(
                "One scale for both models", key="shared-scale", persist_state="session"
            )
    return View(method, bars or NO_BARS, 1.0 - lift, shared)


def _target_box(first: Reading) -> None:
    # A choice of what to explain concerns both models and so the whole page, not this fragment alone.
    st.selectbox(
        "Explain",
        _targets(first.run),
        format_func=lambda label: "the prediction" if label == PREDICTION else label,
        key="target",
        persist_state="session",
        on_change=st.rerun,
        width=240,
    )
    session.to_address("target", PREDICTION)


# -- one model's strip -------------------------------------------------------------------------------------------


def _colouring(reading: Reading, view: View) -> str:
    return "integrated_gradients" if view.method not in reading.methods else view.method


def _kind(method: str) -> str:
    return "weight" if method in _UNSIGNED else "signed"


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
        st.caption(f"No attention in this model: coloured by {words.METHODS[method].lower()}.")
    values = reading.values(method)
    bars = view.bars if view.bars != method and view.bars != NO_BARS else None
    token_strip(
        reading.seen.parts,
        key=key,
        label=f"The words as {_name(reading.run)} reads them, by {words.METHODS[method].lower()}",
        on_select=session.keep_pick,
        selected=session.pick(reading.seen.parts.signature),
        values=values,
        kind=_kind(method),
        scale=_scale(readings, view, method) if view.shared else None,
        target=reading.label,
        lane=reading.values(bars) if bars else None,
        lane_name=words.METHODS[bars].lower() if bars else "",
        gamma=view.gamma,
        note=_note(reading, method),
    )


def _name(run: Run) -> str:
    return words.preset_title(run.spec["preset"])


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
    same = [r.values(_colouring(r, view)) for r in readings if _kind(_colouring(r, view)) == _kind(method)]
    return max((float(abs(values).max()) for values in same if values is not None and len(values)), default=None)


def _note(reading: Reading, method: str) -> str:
    if not reading.seen.parts.tokens:
        return ""
    if reading.values(method) is None:
        return f"{words.METHODS[method]}: being computed…"
    if method != "integrated_gradients":
        return ""
    row = reading.attribution(method)
    change = float(reading.seen.prediction.logits[reading.target] - reading.seen.baseline_logits[reading.target])
    return (
        f"sum {words.signed(float(row.values.sum()))} = change of the logit {words.signed(change)}"
        f", error {words.percent(row.convergence_delta or 0.0)}"
    )


# -- rows --------------------------------------------------------------------------------------------------------


def _rows(readings: list[Reading], shown: Reading, question: str) -> None:
    layout.card_title("The same words under every method", "one column a word; click one for its figures")
    if len(readings) > 1:
        names = {reading.run.id: _name(reading.run) for reading in readings}
        st.segmented_control(
            "Rows of", list(names), default=readings[0].run.id, required=True, key="rows-of",
            format_func=names.get, label_visibility="collapsed",
        )  # fmt: skip
    rows = [Row(words.METHODS[m], _kind(m), shown.values(m), _figures(shown, m)) for m in shown.methods]
    method_rows(
        shown.seen.parts,
        rows,
        key=ROWS,
        label="The words under every method; arrow keys move along them, Enter picks one",
        on_select=session.keep_pick,
        selected=session.pick(shown.seen.parts.signature),
        ask=question,
    )
    st.caption(
        f"Amber: how much, without direction. Blue speaks for {words.literal(shown.label)}, red against it. Each row"
        " has its own scale."
    )


def _figures(reading: Reading, method: str) -> str:
    if method == ATTENTION:
        return words.duration(reading.seen.seconds)
    if not reading.knows(method):
        return ""
    row = reading.attribution(method)
    error = "" if row.convergence_delta is None else f" · error {words.percent(row.convergence_delta)}"
    return words.duration(row.seconds) + error
