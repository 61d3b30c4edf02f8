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
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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
from tests.benchmarks.corpora import AG_NEWS, ROOT, ag_news
from tests.benchmarks.networks import BENCHES
from tests.benchmarks.table import Goal, Row

ROWS, FEW_ROWS = 100_000, 20_000
GOALS = {"a": 8.0, "b": 40.0}  # seconds for ROWS headlines of AG News
GROWTH = 64.0  # MB that five times the rows may add, their probabilities included: a piece of texts more or less
REQUIRED = 1.0  # million tokens a second
_RATES = {"first_seconds": "rate of that", "encode_seconds": "rate of Vocabulary.encode"}
_PLAIN_BATCH = 16


def measure(*, quick: bool) -> list[Row]:
    """All rows of the table; quick ones of a few texts."""
    found = [tokenising(quick=quick)]
    found += [predictions(bench, quick=quick) for bench in BENCHES]
    rows = []
    for entry in found:
        ours, plain = tuple(entry["ours_seconds"]), tuple(entry["plain_seconds"])
        goals = (Goal(entry["goal"]),) if entry["goal"] and not quick else ()
        rows.append(Row("text", entry["name"], "s", ours, plain, goals=goals, note=entry["extra"].get("note", "")))
        rows += _further(entry, quick=quick)
    return rows


def tokenising(*, quick: bool) -> dict[str, Any]:
    """The IMDB reviews as ids of a vocabulary: made once, and found again by every later training on them."""
    dataset = load_builtin("imdb-short" if quick else "imdb")
    ours, plain, again, encode = [], [], [], []
    texts = [text for name in SPLIT_NAMES for text in getattr(dataset, name).texts]
    for _ in range(1 if quick else 3):
        data, seconds = _timed(lambda: tokenize_dataset(dataset))
        ours.append(seconds)
        part = 0.02 if quick else 0.1
        plain.append(_timed(lambda share=part: _segment_one_by_one(dataset, share))[1] / part)
        with tempfile.TemporaryDirectory() as folder:
            write_tokenized(data, Path(folder), source={})
            vocabulary = data.vocabulary(min_frequency=2, max_size=None)
            encode.append(_timed(lambda words=vocabulary: words.encode(texts))[1])
            again.append(_timed(lambda where=folder: read_tokenized(Path(where), source={}))[1])
    return {
        "name": f"{sum(data.rows.values()):,} IMDB reviews into numbers, the first time",
        "ours_seconds": ours,
        "plain_seconds": plain,
        "goal": None,
        "extra": {"tokens": len(data.ids), "first_seconds": ours, "encode_seconds": encode, "again_seconds": again},
    }


def predictions(bench: str, *, quick: bool) -> dict[str, Any]:
    """`predict_proba` of texts as they are typed, by network a or b; and how memory grows with their number."""
    rows = 2_000 if quick else ROWS
    classifier, texts = _classifier(bench)
    many = list(itertools.islice(itertools.cycle(texts), rows))
    classifier.predict_proba(many[:500])
    ours, plain, part = [], [], many[: rows // 50]
    for _ in range(1 if quick else 2 if bench == "b" else 3):
        ours.append(_timed(lambda: classifier.predict_proba(many))[1])
        plain.append(_timed(lambda: _predict_as_given(classifier, part))[1] * rows / len(part))
    few = 500 if quick else FEW_ROWS
    return {
        "name": f"{rows:,} predictions with tokenising, {bench}",
        "ours_seconds": ours,
        "plain_seconds": plain,
        "goal": GOALS[bench] if AG_NEWS.exists() else None,
        "extra": {
            "texts": "AG News" if AG_NEWS.exists() else "Rotten Tomatoes",
            "rows": (few, rows),
            "peak_megabytes": tuple(_peak_of_predicting(bench, count) for count in (few, rows)),
            "note": f"{len(texts):,} different texts, again and again; plain from 1 in 50 of them",
        },
    }


def _further(entry: dict[str, Any], *, quick: bool) -> list[Row]:
    extra = entry["extra"]
    if "again_seconds" in extra:
        again = Row(
            "text", "the same from the disk", "s", tuple(extra["again_seconds"]), tuple(entry["ours_seconds"])
        )
        millions = extra["tokens"] / 1e6
        rates = [
            Row("text", what, "M tokens/s", tuple(millions / seconds for seconds in extra[name]), higher=True)
            for what, name in (
                ("rate, the first time", "first_seconds"),
                ("with a known vocabulary", "encode_seconds"),
            )
        ]
        return [again, *rates]
    (few, many), (less, more) = extra["rows"], extra["peak_megabytes"]
    what = f"more memory at {many:,} rows than at {few:,}, {entry['name'][-1]}"
    return [Row("text", what, "MB", (more - less,), goals=() if quick else (Goal(GROWTH),))]


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
    for start in range(0, len(texts), _PLAIN_BATCH):
        some = texts[start : start + _PLAIN_BATCH]
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


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def main() -> None:
    """Print what was found, or, for the one that asks, a peak."""
    torch.set_num_threads(1)
    if "--peak" in sys.argv:
        print(json.dumps(_peak(sys.argv[2], int(sys.argv[3]))))
        return
    from tests.benchmarks.table import table

    print(table(measure(quick="--quick" in sys.argv)))


if __name__ == "__main__":
    main()
