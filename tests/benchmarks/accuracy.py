"""Accuracy: ours against the plain loop, seed by seed, and what the defaults reach with pretrained vectors.

Many minutes; asked for with --accuracy.
"""

from __future__ import annotations

import time
from itertools import islice

from model import AttentionClassifier
from model.data.dataset import Dataset
from model.data.datasets import resolve
from tests.benchmarks.benchmark_training import FIRST_SEED, compare
from tests.benchmarks.corpora import AG_NEWS, Corpora, ag_news
from tests.benchmarks.table import Goal, Row, paired_interval

SST2 = AG_NEWS.parents[1] / "sst2"
LOSS = 0.01  # accuracy that must not be lost
MOST_SECONDS = 60


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """Network a on every data set against the plain loop, and the presets' default with GloVe where the texts are."""
    seeds, epochs = (2, 1) if quick else (3, 5)
    rows = []
    for corpus in islice(corpora, 1) if quick else corpora:
        ours, plain = zip(*compare("a", corpus.name, seeds=seeds, epochs=epochs), strict=True)
        accuracies = [tuple(trained.accuracy for trained in side) for side in (ours, plain)]
        _, low, _ = paired_interval([mine - theirs for mine, theirs in zip(*accuracies, strict=True)])
        what = f"accuracy a, {corpus.title}, {seeds} seeds"
        rows += [
            Row("accuracy", what, "share", *accuracies, higher=True),
            Row("accuracy", f"{what}: ours minus plain, lower end of 95 % interval", "share", (low,), higher=True,
                goals=(Goal(-LOSS, at_most=False),)),
            Row("accuracy", f"whole training a, {corpus.title}", "documents/s",
                *(tuple(trained.rate for trained in side) for side in (ours, plain)), higher=True),
        ]  # fmt: skip
    if SST2.exists():
        data = resolve(SST2 / "train.tsv", validation=SST2 / "dev.tsv", test=SST2 / "test.tsv")
        rows += _with_vectors("SST-2", data, 0.840, seeds, quick=quick)
    if AG_NEWS.exists():
        data = ag_news(test=AG_NEWS.with_name("test.csv"))
        rows += _with_vectors("AG News", data, 0.905, seeds, quick=quick)
    return rows


def _with_vectors(title: str, data: Dataset, goal: float, seeds: int, *, quick: bool) -> list[Row]:
    """Test accuracy of the defaults with GloVe: the mean of the seeds, each seed's, and its processor seconds."""
    accuracies, seconds = [], []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        started = time.process_time()
        classifier = AttentionClassifier(vectors="glove", seed=seed)
        if quick:
            classifier.set_params(epochs=1)
        classifier.fit(*data.train, validation=data.validation)
        seconds.append(time.process_time() - started)
        accuracies.append(float(classifier.score(*data.test)))
    what = f"GloVe 50d, {title}, {seeds} seeds"
    mean = sum(accuracies) / len(accuracies)
    return [
        Row("accuracy", f"{what}: mean accuracy", "share", (mean,), higher=True, goals=(Goal(goal, at_most=False),)),
        Row("accuracy", f"{what}: each", "share", tuple(accuracies), higher=True),
        Row("accuracy", f"{what}: the longest", "CPU s", (max(seconds),), goals=(Goal(MOST_SECONDS),)),
    ]
