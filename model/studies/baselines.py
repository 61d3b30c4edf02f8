"""What needs no network, on the same test texts as a run; computed once per data set and kept beside the runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.compare.baselines import majority, tfidf_logistic_regression
from model.compare.metrics import classification_metrics
from model.data.splits import Dataset
from model.runs.files import read_json, write_json
from model.text.segmentation import iterate_keys, segment_keys

MOST_TOKENS = 10_000_000  # of training texts for TF-IDF: about 1 GB of memory; 120,000 headlines have half of it


def baselines_path(root: Path, sha256: str) -> Path:
    """Where the baselines of the data with this hash are kept."""
    return root / "baselines" / f"{sha256[:16]}.json"


def baselines(root: Path, dataset: Dataset) -> dict[str, Any]:
    """{"majority", "tfidf_logistic_regression": metrics on the test split, the latter with its "choice"}.

    Of more training texts than memory is sure to hold, TF-IDF learns from the first, a fair sample; its choice then
    says of how many "texts". Raises RunError when the result cannot be written.
    """
    path = baselines_path(root, dataset.sha256)
    kept = read_json(path)
    if kept is not None:
        return kept
    classes, splits = dataset.classes, (dataset.train, dataset.validation, dataset.test)
    labels = [np.searchsorted(classes, split.labels) for split in splits]
    train = _first_keys(dataset.train.texts)
    validation, test = (segment_keys(split.texts) for split in splits[1:])
    tfidf = tfidf_logistic_regression(
        train, labels[0][: len(train)], validation, labels[1], test, classes=len(classes)
    )
    choice = tfidf.choice if len(train) == len(labels[0]) else {**tfidf.choice, "texts": len(train)}
    shares = majority(labels[0], len(classes), documents=len(labels[2]))
    result = {
        "majority": classification_metrics(shares, labels[2]),
        "tfidf_logistic_regression": {**classification_metrics(tfidf.probabilities, labels[2]), "choice": choice},
    }
    path.parent.mkdir(exist_ok=True)
    write_json(path, result)
    return result


def _first_keys(texts: Sequence[str]) -> list[list[str]]:
    kept, tokens = [], 0
    for keys in iterate_keys(texts):
        tokens += len(keys)
        if kept and tokens > MOST_TOKENS:
            break
        kept.append(keys)
    return kept
