"""Documents a second and accuracy of our training against a plain loop, in one run, seed by seed.

    python -m tests.benchmarks.benchmark_training [DATA] [--test FILE] [--network a] [--seeds 3] [--epochs 5]

DATA is ag-news, a built-in data set (imdb) or a file. The plain loop is the one of most lessons: random batches of
16, each padded to its longest text, torch.optim.Adam at its default learning rate of 1e-3, float32, the last state
read at the text's own end. Both sides train the same network (a: LSTM, embedding 64, hidden 32; b: BiLSTM with
additive attention, 100, 128; no pretrained vectors) on the same texts with one thread for as many epochs, keep the
weights of their best epoch on validation, and are scored once on the same test texts. Ours has batches of 128 (a) or
64 (b), a one-cycle learning rate with its peak at 4e-3 or 2e-3, and the default regularisation.

Each side is a process of its own, and they take turns. Rates are documents per second of processor time, without
validation: other processes count for less that way. The interval is a t interval over the seeds' paired differences.
"""

from __future__ import annotations

import argparse
import copy
import functools
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
import torch

from model.data.dataset import Dataset
from model.data.datasets import resolve
from model.networks.classifiers import TextClassifier
from model.text.segmentation import segment_keys
from model.text.vocabulary import Vocabulary
from model.training.batches import Documents
from model.training.device import keep_memory
from model.training.inference import logits
from model.training.loop import fit
from model.training.settings import Settings
from tests.benchmarks.corpora import MAX_TOKENS, ag_news
from tests.benchmarks.networks import BENCHES
from tests.benchmarks.sides import PlainTraining
from tests.benchmarks.table import paired_interval

FIRST_SEED = 13


class Trained(NamedTuple):
    """Documents per second of processor time, and accuracy on the test texts."""

    rate: float
    accuracy: float

    def __str__(self) -> str:
        return f"{self.rate:,.0f} documents/s, accuracy {self.accuracy:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default="rotten-tomatoes")
    parser.add_argument("--test")
    parser.add_argument("--network", choices=tuple(BENCHES), default="a")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    print(f"network {options.network} on {options.data}, {options.epochs} epochs")
    counts = {"seeds": options.seeds, "epochs": options.epochs}
    pairs = compare(options.network, options.data, options.test, **counts, tell=print)
    ratios = [ours.rate / plain.rate for ours, plain in pairs]
    print(f"ratio: mean {np.mean(ratios):.2f}, lowest {min(ratios):.2f}")
    if len(pairs) > 1:
        mean, low, high = paired_interval([ours.accuracy - plain.accuracy for ours, plain in pairs])
        print(f"accuracy, ours minus plain: {mean:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}")


def compare(
    network: str,
    data: str,
    test: str | None = None,
    *,
    seeds: int = 3,
    epochs: int = 5,
    tell: Callable[[str], object] = lambda line: None,
) -> list[tuple[Trained, Trained]]:
    """Ours and the plain loop's, for each seed; the two processes take turns."""
    context = multiprocessing.get_context("spawn")
    pairs = []
    with (
        ProcessPoolExecutor(1, context, initializer=_begin, initargs=(False,)) as plain,
        ProcessPoolExecutor(1, context, initializer=_begin, initargs=(True,)) as ours,
    ):
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            task = (network, data, test, seed, epochs)
            theirs, mine = plain.submit(_train, False, *task).result(), ours.submit(_train, True, *task).result()
            pairs.append((mine, theirs))
            tell(f"seed {seed}: plain {theirs}; ours {mine}; ratio {mine.rate / theirs.rate:.2f}")
    return pairs


def load(data: str, test: str | None = None) -> Dataset:
    """The data that DATA stands for."""
    if data == "ag-news":
        return ag_news(test=test)
    return resolve(data, test=test)


def _begin(ours: bool) -> None:
    torch.set_num_threads(1)
    if ours:
        keep_memory()


@functools.cache
def _documents(data: str, test: str | None) -> tuple[dict[str, Documents], int, int]:
    """The three parts as ids, the number of words and that of classes."""
    dataset = load(data, test)
    vocabulary = Vocabulary.fit_keys(segment_keys(dataset.train.texts), min_frequency=2)
    parts = {}
    for name in ("train", "validation", "test"):
        split = getattr(dataset, name)
        ids = vocabulary.encode(split.texts, max_tokens=MAX_TOKENS)
        parts[name] = Documents(ids, np.searchsorted(dataset.classes, split.labels))
    return parts, len(vocabulary), len(dataset.classes)


def _train(ours: bool, network: str, data: str, test: str | None, seed: int, epochs: int) -> Trained:
    parts, words, classes = _documents(data, test)
    bench = BENCHES[network]
    model, settings = bench.build(words=words, classes=classes, seed=seed), bench.settings(seed=seed, epochs=epochs)
    rate = (train_ours if ours else train_plain)(model, parts["train"], parts["validation"], settings)
    return Trained(rate, _accuracy(model, parts["test"]))


def train_ours(network: TextClassifier, train: Documents, validation: Documents, settings: Settings) -> float:
    """Documents a second of processor time of `model.training.loop.fit`; its own clock says what validation took."""
    started = time.process_time()
    *_, done = fit(network, train, validation, settings)
    used = time.process_time() - started
    documents = done["epochs"] * len(train)
    training_share = documents / done["documents_per_second"] / done["seconds"]
    return documents / (used * training_share)


def train_plain(network: TextClassifier, train: Documents, validation: Documents, settings: Settings) -> float:
    """The same of the plain loop, without dropout; the network ends with its best epoch's weights."""
    training = PlainTraining(network, train, seed=settings.seed)
    generator = np.random.default_rng(settings.seed)
    best, best_accuracy, used = None, -1.0, 0.0
    for _ in range(settings.epochs):
        started = time.process_time()
        training.train_on(training.epoch(generator))
        used += time.process_time() - started
        accuracy = _accuracy(network, validation)
        if accuracy > best_accuracy:
            best, best_accuracy = copy.deepcopy(network.state_dict()), accuracy
    network.load_state_dict(best)
    return settings.epochs * len(train) / used


def _accuracy(network: TextClassifier, documents: Documents) -> float:
    return float((logits(network, documents).argmax(1) == documents.labels.numpy()).mean())


if __name__ == "__main__":
    main()
