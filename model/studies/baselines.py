"""What needs no network, on the same test texts as a run; computed once per data set and kept beside the runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from model.compare.baselines import majority, tfidf_logistic_regression
from model.compare.metrics import classification_metrics
from model.data.dataset import SPLIT_NAMES, Dataset
from model.data.tokenized import TokenizedData
from model.data.tokenizing import tokenize_dataset
from model.runs.files import read_json, write_json

MOST_TOKENS = 10_000_000  # of training texts for TF-IDF: about 1 GB of memory; 120,000 headlines have half of it


def baselines_path(root: Path, sha256: str) -> Path:
    """Where the baselines of the data with this hash are kept."""
    return root / "baselines" / f"{sha256[:16]}.json"


def baselines(root: Path, dataset: Dataset) -> dict[str, Any]:
    """`tokenized_baselines` of a data set that is in memory."""
    return tokenized_baselines(root, dataset.sha256, lambda: tokenize_dataset(dataset))


def tokenized_baselines(root: Path, sha256: str, load: Callable[[], TokenizedData]) -> dict[str, Any]:
    """{"majority", "tfidf_logistic_regression": metrics on the test split, the latter with its "choice"}.

    The data is asked for only if nothing is kept under its hash. Of more training texts than memory is sure to hold,
    TF-IDF learns from the first, a fair sample; its choice then says of how many "texts". Raises RunError when the
    result cannot be written.
    """
    path = baselines_path(root, sha256)
    kept = read_json(path)
    if kept is not None:
        return kept
    data = load()
    train = data.keys_of("train", most_tokens=MOST_TOKENS)
    labels = [np.array(data.labels[data.places(name)], np.int64) for name in SPLIT_NAMES]
    tfidf = tfidf_logistic_regression(
        train,
        labels[0][: len(train)],
        data.keys_of("validation"),
        labels[1],
        data.keys_of("test"),
        classes=len(data.classes),
    )
    choice = tfidf.choice if len(train) == len(labels[0]) else {**tfidf.choice, "texts": len(train)}
    shares = majority(labels[0], len(data.classes), documents=len(labels[2]))
    result = {
        "majority": classification_metrics(shares, labels[2]),
        "tfidf_logistic_regression": {**classification_metrics(tfidf.probabilities, labels[2]), "choice": choice},
    }
    path.parent.mkdir(exist_ok=True)
    write_json(path, result)
    return result
