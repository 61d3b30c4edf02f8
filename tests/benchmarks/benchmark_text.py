"""Texts into numbers, and predictions with all that belongs to them, against one text after the other.

    python -m tests.benchmarks.benchmark_text [--quick]

All is on one thread, and seconds are of the processor, so they hold on a busy machine too. The plain way segments and
encodes text by text with `segment()`, and predicts batches of 16 as they are given, padded to their longest text; it
does so for a part of the texts, and the rest is multiplied.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from model.data.dataset import SPLIT_NAMES, Dataset
from model.data.datasets import load_builtin
from model.data.tokenized import read_tokenized, write_tokenized
from model.data.tokenizing import tokenize_dataset
from model.estimator import AttentionClassifier
from model.text.segmentation import segment
from model.text.vocabulary import Vocabulary
from model.training.batches import Documents
from tests.benchmarks.clock import timed
from tests.benchmarks.corpora import AG_NEWS, ROOT, Corpora, ag_news
from tests.benchmarks.networks import BENCHES
from tests.benchmarks.sides import PLAIN_BATCH
from tests.benchmarks.table import Goal, Row, table

ROWS, FEW_ROWS = 100_000, 20_000
GOALS = {"a": 8.0, "b": 40.0}  # seconds for ROWS headlines of AG News
GROWTH = 64.0  # MB that five times the rows may add, their probabilities included: a piece of texts more or less
REQUIRED = 1.0  # million tokens a second


def measure(corpora: Corpora | None, *, quick: bool) -> list[Row]:
    """All rows of the table; quick ones of a few texts."""
    del corpora  # whole texts are read here, as they are typed
    rows = tokenising(quick=quick)
    for bench in BENCHES:
        rows += predictions(bench, quick=quick)
    return rows


def tokenising(*, quick: bool) -> list[Row]:
    """The IMDB reviews as ids of a vocabulary: made once, and found again by every later training on them."""
    dataset = load_builtin("imdb-short" if quick else "imdb")
    first, plain, again, encode = [], [], [], []
    texts = [text for name in SPLIT_NAMES for text in getattr(dataset, name).texts]
    for _ in range(1 if quick else 3):
        data, seconds = timed(lambda: tokenize_dataset(dataset))
        first.append(seconds)
        part = 0.02 if quick else 0.1
        plain.append(timed(lambda share=part: _segment_one_by_one(dataset, share))[1] / part)
        with tempfile.TemporaryDirectory() as folder:
            write_tokenized(data, Path(folder), source={})
            vocabulary = data.vocabulary(min_frequency=2, max_size=None)
            encode.append(timed(lambda words=vocabulary: words.encode(texts))[1])
            again.append(timed(lambda where=folder: read_tokenized(Path(where), source={}))[1])
    millions, goals = len(data.ids) / 1e6, () if quick else (Goal(REQUIRED, at_most=False),)
    rates = [
        Row("text", what, "M tokens/s", tuple(millions / taken for taken in seconds), higher=True, goals=goals)
        for what, seconds in (("rate, the first time", first), ("with a known vocabulary", encode))
    ]
    what = f"{sum(data.rows.values()):,} IMDB reviews into numbers, the first time"
    return [
        Row("text", what, "s", tuple(first), tuple(plain)),
        Row("text", "the same from the disk", "s", tuple(again), tuple(first)),
        *rates,
    ]


def predictions(bench: str, *, quick: bool) -> list[Row]:
    """`predict_proba` of texts as they are typed, by network a or b; and how memory grows with their number."""
    few, rows = (500, 2_000) if quick else (FEW_ROWS, ROWS)
    classifier, texts = _classifier(bench)
    many = list(itertools.islice(itertools.cycle(texts), rows))
    classifier.predict_proba(many[:500])
    ours, plain, part = [], [], many[: rows // 50]
    for _ in range(1 if quick else 2 if bench == "b" else 3):
        ours.append(timed(lambda: classifier.predict_proba(many))[1])
        plain.append(timed(lambda: _predict_as_given(classifier, part))[1] * rows / len(part))
    what, growth = f"{rows:,} predictions with tokenising", f"more memory at {rows:,} rows than at {few:,}"
    goals = (Goal(GOALS[bench]),) if AG_NEWS.exists() and not quick else ()
    note = f"{len(texts):,} different texts, again and again; plain from 1 in 50 of them"
    less, more = (_peak_of_predicting(bench, count) for count in (few, rows))
    return [
        Row("text", f"{what}, {bench}", "s", tuple(ours), tuple(plain), goals=goals, note=note),
        Row("text", f"{growth}, {bench}", "MB", (more - less,), goals=() if quick else (Goal(GROWTH),)),
    ]


def _segment_one_by_one(dataset: Dataset, share: float) -> list[np.ndarray]:
    """What a lesson does: cut each text, count its words, then look each of them up."""
    splits = [getattr(dataset, name).texts for name in SPLIT_NAMES]
    keys = [[segment(text).keys for text in texts[: int(len(texts) * share)]] for texts in splits]
    counts = Counter(itertools.chain.from_iterable(keys[0]))
    ids = {word: place for place, (word, count) in enumerate(counts.most_common(), 2) if count > 1}
    return [np.array([ids.get(key, 1) for key in row], np.int32) for row in itertools.chain.from_iterable(keys)]


@torch.inference_mode()
def _predict_as_given(classifier: AttentionClassifier, texts: Sequence[str]) -> np.ndarray:
    network, found = classifier.network_, []
    for start in range(0, len(texts), PLAIN_BATCH):
        some = texts[start : start + PLAIN_BATCH]
        documents = Documents([classifier.vocabulary_.tokenize(text, max_tokens=400).ids for text in some])
        ids, mask = documents.batch(np.arange(len(some)))
        found.append(network.classify_embedded(network.embed(ids), mask).logits.softmax(1).numpy())
    return np.concatenate(found)


def _classifier(bench: str) -> tuple[AttentionClassifier, list[str]]:
    """A network with its first weights, which predicts as fast as any, and texts of the vocabulary it has."""
    dataset = ag_news() if AG_NEWS.exists() else load_builtin("rotten-tomatoes")
    classifier = AttentionClassifier(**BENCHES[bench].settings().to_dict())
    classifier.classes_ = np.asarray(dataset.classes)
    classifier.vocabulary_ = Vocabulary.fit(dataset.train.texts)
    network = BENCHES[bench].build(words=len(classifier.vocabulary_), classes=len(dataset.classes))
    classifier.network_ = network.eval()
    return classifier, [text for name in SPLIT_NAMES for text in getattr(dataset, name).texts]


def _peak_of_predicting(bench: str, rows: int) -> float:
    """MB that a process of its own took at most while it predicted, over what it had before."""
    command = [sys.executable, "-m", "tests.benchmarks.benchmark_text", "--peak", bench, str(rows)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def _peak(bench: str, rows: int) -> float:
    classifier, texts = _classifier(bench)
    many = list(itertools.islice(itertools.cycle(texts), rows))
    classifier.predict_proba(many[:500])
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = _status("VmRSS")
    classifier.predict_proba(many)
    return _status("VmHWM") - before


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Print what was found, or, for the one that asks, a peak."""
    torch.set_num_threads(1)
    if "--peak" in sys.argv:
        print(json.dumps(_peak(sys.argv[2], int(sys.argv[3]))))
        return
    print(table(measure(None, quick="--quick" in sys.argv)))


if __name__ == "__main__":
    main()
