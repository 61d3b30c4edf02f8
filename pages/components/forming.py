"""Attention while it forms: the same sentences after every epoch, and what every model makes of them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from model.runs.run import Run
from model.studies.growth import outputs_of
from pages.components import layout, token_strip, words

PINNED = 3  # sentences shown; a run probes a few more, for the comparison


def forming(runs: list[Run], events: dict[str, list[dict]], names: dict[str, str]) -> None:
    """Draw the pinned sentences with the attention of one of the runs, and the predictions of all."""
    probed = {run.id: outputs_of(events[run.id]) for run in runs}
    probed = {run_id: found for run_id, found in probed.items() if found}
    attending = [run_id for run_id, found in probed.items() if found[-1][1][0]["weights"] is not None]
    if not attending:
        return
    with layout.card("forming"):
        layout.card_title("Attention, as it forms", "the same three texts after every epoch")
        shown = attending[0]
        if len(attending) > 1:
            shown = st.selectbox("Model", attending, format_func=names.get, key="forming", persist_state="session")
        boot = next(event for event in events[shown] if event["kind"] == "boot")
        epoch, outputs = probed[shown][-1]
        before = probed[shown][0][1]
        for number, text in enumerate(boot["probe_texts"][:PINNED]):
            _sentence(text, outputs[number], number, epoch)
            said = [
                f"{names[run_id]}: {_answer(found[-1][1][number], boot['classes'])}"
                for run_id, found in probed.items()
            ]
            st.caption(
                words.literal(" · ".join(said))
                + f" · before training {words.literal(_answer(before[number], boot['classes']))}"
            )


def _sentence(text: dict, output: dict, number: int, epoch: int) -> None:
    tokens = token_strip.tokens_told(text["text"], text["tokens"])
    weights = np.asarray(output["weights"], dtype=float)
    told = epoch and tokens
    note = f"after epoch {epoch}: {token_strip.strongest(tokens, weights)}" if told else "before training"
    token_strip.token_strip(
        token_strip.pieces(text["text"], tokens),
        key=f"forming-{number}",
        label=f"Text {number + 1} with its attention weights after epoch {epoch}",
        on_select=lambda key: None,
        values=weights,
        kind="weight",
        scale=token_strip.full_weight(weights),
        note=note,
    )


def _answer(output: dict, classes: list[str]) -> str:
    best = int(np.argmax(output["probabilities"]))
    return f"“{classes[best]}” {words.percent(output['probabilities'][best], 0)}"
