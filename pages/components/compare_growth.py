"""How attention grew: the same texts before training and after every epoch, for one run or two beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from model.runs.run import Run
from model.studies.sides import Side
from pages.components import address, caches, choices, fragments, layout, run_picker, session, words
from pages.components.token_strip import full_weight, pieces, strongest, token_strip, tokens_told

PAGE = 3  # texts shown at first, and more each time
_NONE = "none"

Grown = dict[str, Any]


def draw(sides: Sequence[Side]) -> None:
    """Draw the probe texts of a run that is chosen here, with a slider over its epochs."""
    probed = {run.id: (side, run) for side in sides for run in side.runs if run.spec.get("probe")}
    with session.problems_shown():
        if not probed:
            st.info("These runs kept no texts from epoch to epoch; runs trained from now on do.")
            return
        with layout.card("growth"):
            layout.card_title("How attention grew", "the same texts before training and after every epoch")
            shown = _chosen(sides, probed)
        if shown:
            fragments.alone(_scrubbed, shown, outside=(*fragments.COMPARE, "grown", "grown-beside"))


def _chosen(sides: Sequence[Side], probed: dict[str, tuple[Side, Run]]) -> list[tuple[Side, Run, Grown]]:
    titles = {run_id: title for run_id, title in run_picker.of_sides(sides).items() if run_id in probed}
    first = next((run_id for run_id, (side, _) in probed.items() if side.attends), next(iter(probed)))
    left, right = st.columns(2)
    with left:
        one = choices.one_of_list("Model", titles, name="grown", default=first, titles=titles)
    others = {_NONE: "no other", **{run_id: title for run_id, title in titles.items() if run_id != one}}
    with right:
        other = choices.one_of_list("Beside it", others, name="grown-beside", default=_NONE, titles=others)
    found = [(*probed[run_id], _grown(*probed[run_id])) for run_id in (one, other) if run_id in probed]
    if any(grown is None for _, _, grown in found):
        st.info("This run kept no texts from epoch to epoch; choose another.")
    return [each for each in found if each[2] is not None]


def _grown(side: Side, run: Run) -> Grown | None:
    from model.studies.growth import growth_of

    return caches.readings().recall(("growth", run.id), lambda: growth_of(run, side=side.key))


# -- one epoch ---------------------------------------------------------------------------------------------------


def _scrubbed(shown: Sequence[tuple[Side, Run, Grown]]) -> None:
    """The slider and what it moves: an epoch draws this again, and nothing else of the page."""
    epochs = sorted({each["epoch"] for _, _, grown in shown for each in grown["epochs"]})
    best = shown[0][1].report["best_epoch"]
    steps = {str(epoch): _epoch_title(epoch, best) for epoch in epochs}
    default = str(best) if str(best) in steps else str(epochs[-1])
    with layout.card("scrubber"):
        address.take("epoch", steps, default)
        st.select_slider(
            "Epoch; arrow keys move it",
            list(steps),
            format_func=steps.get,
            key="epoch",
            persist_state="session",
        )
        epoch = int(address.keep("epoch", default))
    texts = shown[0][2]["texts"]
    many = PAGE * (1 + session.turn("growth"))
    labels = _labels(shown[0][1])
    for number, text in enumerate(texts[:many]):
        with layout.card(f"grown-{number}"):
            _text(number, text["text"], labels.get(text["text"]), shown, epoch)
    if many < len(texts):
        st.button(
            f"{min(PAGE, len(texts) - many)} more texts",
            key="more-grown",
            on_click=session.next_turn,
            args=("growth",),
        )


def _epoch_title(epoch: int, best: int) -> str:
    if not epoch:
        return "before training"
    return f"epoch {epoch}, the one kept" if epoch == best else f"epoch {epoch}"


def _labels(run: Run) -> dict[str, str]:
    """The labels of the validation texts, from which probes are taken unless somebody typed them."""
    validation = caches.dataset(run).validation
    return dict(zip(validation.texts, map(str, validation.labels), strict=True))


def _text(number: int, text: str, label: str | None, shown: Sequence[tuple[Side, Run, Grown]], epoch: int) -> None:
    if label is not None:
        st.markdown(f"label **{words.literal(label)}**")
    for place, (column, each) in enumerate(zip(st.columns(len(shown)), shown, strict=True)):
        with column:
            _reading(f"{number}-{place}", text, label, each, epoch, alone=len(shown) == 1)


def _reading(
    key: str, text: str, label: str | None, shown: tuple[Side, Run, Grown], epoch: int, *, alone: bool
) -> None:
    """What one run makes of one text at an epoch, or at its last before it, and the course over all of them."""
    side, run, grown = shown
    now = max((each for each in grown["epochs"] if each["epoch"] <= epoch), key=lambda each: each["epoch"])
    if not alone:
        late = f", ended after epoch {now['epoch']}" if now["epoch"] < epoch else ""
        st.markdown(f"**{words.literal(side.name)}**, seed {run.spec['seed']}{late}")
    at = next((place for place, each in enumerate(grown["texts"]) if each["text"] == text), None)
    if at is None:
        st.caption("This run was not watched on this text.")
        return
    left, right = st.columns([1.5, 1]) if alone else (st.container(), st.container())
    with left:
        _strip(grown["texts"][at], now["outputs"][at], now["epoch"], key=f"grown-strip-{key}")
        st.caption(_said(now["outputs"][at], grown["classes"], label))
    with right:
        _course(at, label, run, grown, now["epoch"], key=f"course-{key}")


def _strip(text: dict[str, Any], output: dict[str, Any], epoch: int, *, key: str) -> None:
    tokens = tokens_told(text["text"], text["tokens"])
    weights = None if output["weights"] is None else np.asarray(output["weights"], dtype=float)
    note, scale = "this model has no attention", None
    if weights is not None:
        note, scale = strongest(tokens, weights) if tokens else "", full_weight(weights)
    token_strip(
        pieces(text["text"], tokens),
        key=key,
        label=f"The text with its attention weights {'after epoch ' + str(epoch) if epoch else 'before training'}",
        on_select=lambda key: None,
        values=weights,
        kind="weight",
        scale=scale,
        note=note,
    )


def _said(output: dict[str, Any], classes: Sequence[str], label: str | None) -> str:
    probabilities = output["probabilities"]
    best = int(np.argmax(probabilities))
    parts = [f"predicts **{words.literal(classes[best])}** {words.percent(probabilities[best], 0)}"]
    if label in classes and classes[best] != label:
        parts[0] += f", {words.literal(label)} {words.percent(probabilities[classes.index(label)], 0)}"
    if output["entropy"] is not None:
        parts.append(f"entropy {words.percent(output['entropy'])} of the most it could be")
    return " · ".join(parts)


def _course(at: int, label: str | None, run: Run, grown: Grown, epoch: int, *, key: str) -> None:
    from pages.components import compare_drawings

    classes = grown["classes"]
    last = grown["epochs"][-1]["outputs"][at]["probabilities"]
    about = label if label in classes else classes[int(np.argmax(last))]
    figure = compare_drawings.course(
        [each["epoch"] for each in grown["epochs"]],
        [each["outputs"][at]["probabilities"][classes.index(about)] for each in grown["epochs"]],
        [each["outputs"][at]["entropy"] for each in grown["epochs"]],
        about=about,
        best=run.report["best_epoch"],
        now=epoch,
    )
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})
