"""Accuracy against the number of training texts: parts of a data set, and what the same duel finds on each."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from model.compare.contrasts import pair_figures, side_figures
from model.data.dataset import dataset_hash
from model.data.splits import Dataset, Split
from model.studies.predictions import Predictions, read_predictions
from model.studies.sides import pairs_of
from model.training.settings import Settings

if TYPE_CHECKING:  # which reads this module for its parts
    from model.studies.duel_state import Duel

METRICS = ("accuracy", "macro_f1")
LEFT_OUT = "left out for a smaller share"
_MOST_EPOCHS = 1000  # as `Settings.epochs` has it


def subset(dataset: Dataset, share: float) -> Dataset:
    """The first share of the training texts of each class, in their order; validation and test stay whole.

    That order is by hash, so the texts are a fair sample whatever the file they came from, and a smaller share is
    part of every larger one. Of each class one text stays at least.
    """
    kept_of = {label: max(1, round(share * count)) for label, count in Counter(dataset.train.labels).items()}
    places = []
    for place, label in enumerate(dataset.train.labels):
        if kept_of[label]:
            kept_of[label] -= 1
            places.append(place)
    take = lambda values: [values[place] for place in places]  # noqa: E731
    train = Split(take(dataset.train.texts), take(dataset.train.labels))
    rationales = dataset.rationales and {**dataset.rationales, "train": take(dataset.rationales["train"])}
    splits = {"train": train, "validation": dataset.validation, "test": dataset.test}
    left_out = len(dataset.train.texts) - len(places)
    counts = Counter(label for split in splits.values() for label in split.labels)
    dropped = {**dataset.report["dropped"], **({LEFT_OUT: left_out} if left_out else {})}
    report = {
        **dataset.report,
        "dropped": dict(sorted(dropped.items())),
        "classes": dict(sorted(counts.items())),
        "train": len(places),
    }
    return replace(
        dataset,
        name=f"{share:.2g} of the training texts of {dataset.name}",
        train=train,
        report=report,
        sha256=dataset_hash(splits),
        rationales=rationales,
    )


def share_settings(settings: Settings, *, whole: int, part: int) -> dict[str, Any]:
    """The options with which a training on `part` of `whole` texts has as many updates and as much patience at most.

    That is more passes over fewer texts; 1,000 are the most.
    """
    batches = lambda texts: math.ceil(texts / settings.batch_size)  # noqa: E731
    times = batches(whole) / batches(part)
    longer = lambda epochs: min(_MOST_EPOCHS, max(1, round(epochs * times)))  # noqa: E731
    patience = None if settings.patience is None else longer(settings.patience)
    return {"epochs": longer(settings.epochs), "patience": patience}


def share_figures(duel: Duel) -> dict[str, Any] | None:
    """What a duel found on each share of its training texts, all of them last; None for one without shares.

    {"shares", "train" (texts), "sides": {key: [{"share", "train", "metrics": `side_figures` of METRICS}]}, "pairs":
    [{"first", "second", "differences": [`pair_figures` of METRICS]}]}, lists with an entry for each share. What is
    trained by now: a side counts once it has a finished training on all texts, a share once all these sides have one
    on it; None where that leaves fewer than two shares. Raises RunError for predictions that cannot be read.
    """
    sizes = {part["share"]: part["data"]["report"]["train"] for part in duel.record["parts"]}
    trained = {share: [run for run in duel.runs(share) if run.state["state"] == "done"] for share in sorted(sizes)}
    wanted = {_key(run.spec["settings"]) for run in trained[1.0]}
    shares = [share for share, runs in trained.items() if wanted <= {_key(run.spec["settings"]) for run in runs}]
    if len(shares) < 2 or not wanted:
        return None
    kept = {share: [run for run in trained[share] if _key(run.spec["settings"]) in wanted] for share in shares}
    found = {share: read_predictions(runs) for share, runs in kept.items()}
    return {
        "shares": shares,
        "train": [sizes[share] for share in shares],
        "sides": {
            side.key: [
                {"share": share, "train": sizes[share], "metrics": _side(found[share], side.key)} for share in shares
            ]
            for side in found[1.0].sides
        },
        "pairs": [
            {
                "first": pair.first.key,
                "second": pair.second.key,
                "differences": [_pair(found[share], pair.first.key, pair.second.key) for share in shares],
            }
            for pair in pairs_of(found[1.0].sides)
        ],
    }


def _key(settings: dict[str, Any]) -> tuple[str, str]:
    return settings["preset"], settings["attention_weights"]


def _side(found: Predictions, key: str) -> dict[str, Any]:
    figures = side_figures(found.probabilities[key], found.labels, resamples=0)
    return {metric: figures[metric] for metric in METRICS}


def _pair(found: Predictions, first: str, second: str) -> dict[str, Any]:
    paired = found.side(first).paired_with(found.side(second))
    sides = (found.probabilities[key] for key in (first, second))
    figures = pair_figures(*sides, found.labels, paired=paired, resamples=0)
    return {metric: figures[metric] for metric in METRICS}
