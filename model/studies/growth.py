"""How attention grew: what each training said of its probe texts before it began and after every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.compare.audit import entropies
from model.runs.run import Run
from model.studies.sides import Side

Event = dict[str, Any]


def growth(sides: Sequence[Side], *, seeds: int | None = None, texts: int | None = None) -> list[dict[str, Any]]:
    """The probe texts of every run, side by side and epoch by epoch, as plain JSON.

    [{"side": key, "run": id, "seed", "classes": [C], "texts": [{"text", "tokens" [[start, end, known]]}], "epochs":
    [{"epoch": 0 before training, "outputs": [{"probabilities" [C], "weights" [T] or None, "entropy"}]}]}], an output
    for each text; "entropy" is that of the weights as a share of the most that so many tokens can have, None without
    weights or a second token. Runs that probed nothing are left out. `seeds` and `texts` bound the runs of a side and
    the texts, for a document that should stay small.
    """
    return [
        grown
        for side in sides
        for run in side.runs[:seeds]
        if (grown := growth_of(run, side=side.key, texts=texts)) is not None
    ]


def growth_of(run: Run, *, side: str, texts: int | None = None) -> dict[str, Any] | None:
    """The entry of one run in `growth`; None where it probed nothing."""
    events = run.events()[0]
    told = outputs_of(events)
    boot = next((event for event in events if event["kind"] == "boot" and event.get("probe_texts")), None)
    if boot is None or not told:
        return None
    return {
        "side": side,
        "run": run.id,
        "seed": run.spec["seed"],
        "classes": [str(label) for label in boot["classes"]],
        "texts": boot["probe_texts"][:texts],
        "epochs": [
            {"epoch": epoch, "outputs": [_with_entropy(output) for output in outputs[:texts]]}
            for epoch, outputs in told
        ],
    }


def outputs_of(events: Sequence[Event]) -> list[tuple[int, list[dict]]]:
    """What a run said of its probe texts before training (epoch 0) and after each epoch, in order."""
    found = {}
    for event in events:
        if event["kind"] in ("boot", "epoch") and event.get("probe"):
            found[event["epoch"] if event["kind"] == "epoch" else 0] = event["probe"]
    return sorted(found.items())


def _with_entropy(output: dict[str, Any]) -> dict[str, Any]:
    weights, entropy = output["weights"], None
    if weights is not None and len(weights) > 1 and sum(weights) > 0:
        shares = np.array(weights) / sum(weights)  # the sum is not quite 1: the weights were rounded
        entropy = round(float(entropies(shares, np.array([len(weights)]))[1][0]), 4)
    return {"probabilities": output["probabilities"], "weights": weights, "entropy": entropy}
