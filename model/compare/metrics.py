"""How good predictions are, from probabilities (N, C) and labels (N,), where a label is a column.

The predicted class is the one with the highest probability, the first of them in a tie.
"""

from typing import NamedTuple

import numpy as np

from model.errors import DataError, ModelError

CALIBRATION_BINS = 15
# A probability of 0 for the right class would make the mean loss of any number of texts infinite; it counts as the
# smallest normal number instead, a loss of 708 nats.
_SMALLEST = np.finfo(np.float64).tiny


class Metric(NamedTuple):
    """How to read a figure: `direction` is "higher" or "lower", whichever is better, and `best` the best value."""

    title: str
    direction: str
    best: float
    meaning: str


METRICS = {
    "accuracy": Metric("Accuracy", "higher", 1.0, "share of texts whose predicted class is the label"),
    "macro_f1": Metric("Macro F1", "higher", 1.0, "mean over classes of the harmonic mean of precision and recall"),
    "loss": Metric("Loss", "lower", 0.0, "mean cross-entropy in nats, unweighted and unsmoothed"),
    "expected_calibration_error": Metric(
        "Calibration error", "lower", 0.0, "mean distance of confidence from accuracy, in 15 bins of equal width"
    ),
    "comprehensiveness": Metric(
        "Comprehensiveness", "higher", 1.0, "drop of the target's probability when the top tokens are deleted"
    ),
    "sufficiency": Metric(
        "Sufficiency", "lower", 0.0, "drop of the target's probability when only the top tokens are kept"
    ),
}


def classification_metrics(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float | int]:
    """Accuracy, macro_f1, loss (cross-entropy, nats) and the number of documents.

    Macro F1 is the mean over the classes that occur among labels or predictions, as in scikit-learn. Raises DataError
    without documents, ModelError where probabilities are not numbers.
    """
    probabilities, labels = _checked(probabilities, labels)
    scores = [row["f1"] for row in _per_class(probabilities, labels) if row["f1"] is not None]
    return {
        "accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
        "macro_f1": float(np.mean(scores)),
        "loss": float(losses(probabilities, labels).mean()),
        "documents": len(labels),
    }


def per_class(probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, float | int | None]]:
    """Precision, recall, f1 and support (texts with that label) of each of the C classes.

    None where there is nothing to divide by: precision of a class never predicted, recall of a class without texts,
    f1 of a class with neither.
    """
    return _per_class(*_checked(probabilities, labels))


def confusion_matrix(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Numbers of texts, (C, C): a row for each label, a column for each predicted class."""
    return _confusion(*_checked(probabilities, labels))


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean over texts of |accuracy - confidence| of the text's bin (Naeini et al. 2015; Guo et al. 2017, equation 3).

    Confidence is the predicted class's probability; the 15 bins have equal width, (0, 1/15], (1/15, 2/15] and so on.
    """
    probabilities, labels = _checked(probabilities, labels)
    _, _, of_bin = calibration_gaps(probabilities, labels)
    return float(np.abs(of_bin).sum() / len(labels))


def losses(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The cross-entropy of each text in nats, (N,), of probabilities and labels that were checked."""
    own = probabilities[np.arange(len(labels)), labels]  # (N,)
    return -np.log(np.maximum(own, _SMALLEST))


def calibration_gaps(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right (1 or 0) less confidence of each text, (N,), its bin, (N,), and the sum of each bin, (15,).

    Of probabilities and labels that were checked; the bins are those of `expected_calibration_error`.
    """
    confidence = probabilities.max(axis=1)  # (N,)
    gaps = (probabilities.argmax(axis=1) == labels) - confidence
    edges = np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS
    bins = np.digitize(confidence, edges, right=True)
    return gaps, bins, np.bincount(bins, gaps, minlength=CALIBRATION_BINS)


def _per_class(probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, float | int | None]]:
    counts = _confusion(probabilities, labels)
    right, support, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    return [
        {
            "precision": _share(hits, chosen),
            "recall": _share(hits, texts),
            "f1": _share(2 * hits, chosen + texts),
            "support": texts,
        }
        for hits, texts, chosen in zip(right.tolist(), support.tolist(), predicted.tolist(), strict=True)
    ]


def _confusion(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    classes = probabilities.shape[1]
    pairs = labels * classes + probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _checked(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    probabilities, labels = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise ValueError(f"probabilities must be (N, C) and labels (N,), not {probabilities.shape}, {labels.shape}")
    documents, classes = probabilities.shape
    if documents == 0:
        raise DataError("there are no texts to score: metrics need at least one labelled text")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be columns of the probabilities, 0 to {classes - 1}: {np.unique(labels)[:10]}")
    if not np.isfinite(probabilities).all():
        raise ModelError(
            "the model's probabilities are not numbers, its weights have grown without bound: "
            "train again with a lower learning_rate, or with clip"
        )
    if probabilities.min() < 0 or not np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-3):
        raise ValueError("each text's probabilities must be at least 0 and sum to 1: these look like logits")
    return probabilities, labels
