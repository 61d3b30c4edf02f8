"""Accuracy against the number of training texts: parts of a data set, and what the same duel finds on each."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

from model.data.dataset import dataset_hash
from model.data.splits import Dataset, Split
from model.training.settings import Settings

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
