"""What needs no network: the majority class, and TF-IDF with logistic regression. Small LSTMs often lose to it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from model.compare.metrics import classification_metrics
from model.errors import DataError

NGRAMS = (1, 2)  # words alone, and words with pairs
STRENGTHS = (1, 5, 10)  # C: the inverse of the regularisation's strength
MOST_TERMS = 100_000  # the most frequent ones: bounds memory, and costs no accuracy on AG News or SST-2

Keys = Sequence[Sequence[str]]


class TfidfBaseline(NamedTuple):
    """Probabilities (N, C) of the test texts, the choice that validation made, and all it could choose from.

    `choice` and each of `candidates`: {"ngrams": [1, 2], "C": 5, "terms", "validation_accuracy", "validation_loss"}.
    """

    probabilities: np.ndarray
    choice: dict[str, Any]
    candidates: list[dict[str, Any]]


def majority(train_labels: np.ndarray, classes: int, *, documents: int) -> np.ndarray:
    """The shares of the C classes in training, as the probabilities (documents, C) of every text.

    Its accuracy is that of the most frequent class, and its loss the least that any constant prediction has.
    Raises DataError without training labels.
    """
    counts = np.bincount(train_labels, minlength=classes)
    if counts.sum() == 0:
        raise DataError("there are no training labels, so no class is the majority")
    return np.tile(counts / counts.sum(), (documents, 1))


def tfidf_logistic_regression(
    train_keys: Keys,
    train_labels: np.ndarray,
    validation_keys: Keys,
    validation_labels: np.ndarray,
    test_keys: Keys,
    *,
    classes: int | None = None,
) -> TfidfBaseline:
    """Logistic regression on TF-IDF of 1- or 1-2-grams, the range and C chosen on validation, trained on train alone.

    Texts are lists of look-up keys, labels (N,) are columns from 0 to `classes` - 1 (by default as many as the labels
    of train and validation need). Term frequencies are sublinear, 1 + ln(count), and rows have length 1
    (scikit-learn's TfidfTransformer). The highest accuracy on validation wins, in a tie the lower loss. A class
    without training texts has probability 0. Raises DataError for training texts without words or of one class, and
    for an empty validation.
    """
    from sklearn.linear_model import LogisticRegression  # a second, which importing this file should not cost

    train_labels, validation_labels = np.asarray(train_labels), np.asarray(validation_labels)
    if not any(train_keys) or len(np.unique(train_labels)) < 2:
        raise DataError("the TF-IDF baseline needs training texts with words, from at least two classes")
    if len(validation_keys) == 0:
        raise DataError("the TF-IDF baseline needs validation texts to choose on, and there are none")
    classes = classes or int(max(train_labels.max(), validation_labels.max())) + 1
    candidates, probabilities = [], []
    for longest in NGRAMS:
        train, validation, test = _tfidf(longest, train_keys, validation_keys, test_keys or [[]])  # never no row
        for strength in STRENGTHS:
            # Converges to the optimum in a tenth of the time of lbfgs, whose stopping rule also ends a long way off.
            model = LogisticRegression(C=strength, solver="newton-cg").fit(train, train_labels)
            seen = classification_metrics(_probabilities(model, validation, classes), validation_labels)
            scores = {"validation_accuracy": seen["accuracy"], "validation_loss": seen["loss"]}
            candidates.append({"ngrams": [1, longest], "C": strength, "terms": train.shape[1], **scores})
            probabilities.append(_probabilities(model, test, classes))
    ranks = [(candidate["validation_accuracy"], -candidate["validation_loss"]) for candidate in candidates]
    best = ranks.index(max(ranks))
    return TfidfBaseline(probabilities[best][: len(test_keys)], candidates[best], candidates)


def _tfidf(longest: int, train_keys: Keys, *others: Keys) -> list[Any]:
    """Sparse matrices, (N, terms) each, with terms and weights from the first."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    counter = CountVectorizer(analyzer=_with_pairs if longest == 2 else list, max_features=MOST_TERMS)
    weigher = TfidfTransformer(sublinear_tf=True)
    return [
        weigher.fit_transform(counter.fit_transform(train_keys)),
        *(weigher.transform(counter.transform(keys)) for keys in others),
    ]


def _with_pairs(keys: Sequence[str]) -> list[str]:
    return [*keys, *map(" ".join, pairwise(keys))]  # no key holds a space: no two terms collide


def _probabilities(model: Any, matrix: Any, classes: int) -> np.ndarray:
    probabilities = np.zeros((matrix.shape[0], classes))
    probabilities[:, model.classes_] = model.predict_proba(matrix)
    return probabilities
