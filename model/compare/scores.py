"""Metrics as means over texts: one number per text, whose mean is the metric and whose spread is its uncertainty."""

import numpy as np

from model.compare.metrics import calibration_gaps, confusion_matrix, losses

METRIC_NAMES = ("accuracy", "macro_f1", "loss", "expected_calibration_error")


def contributions(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """What each of N texts adds to each metric of one model, (N,) float64; their mean is the metric of `metrics`.

    Probabilities are (N, C), labels (N,) columns. Accuracy: 1 or 0; loss: the text's own, nats. Macro F1 and the
    calibration error are no means of texts: theirs is the metric plus the text's influence on it (the infinitesimal
    jackknife, Jaeckel 1972; Efron 1982, chapter 6), so that their variance over texts / N is that of the metric to
    first order. Raises as `metrics.classification_metrics`.
    """
    counts = confusion_matrix(probabilities, labels)  # checks both
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    predicted = probabilities.argmax(axis=1)  # (N,)
    return {
        "accuracy": (predicted == labels).astype(np.float64),
        "macro_f1": _f1_of_cells(counts)[labels, predicted],
        "loss": losses(probabilities, labels),
        "expected_calibration_error": _signed_gaps(probabilities, labels),
    }


def _f1_of_cells(counts: np.ndarray) -> np.ndarray:
    """Macro F1 plus its derivative in the direction of one more text of each label and prediction, (C, C).

    With h_c hits of class c among a_c labels and b_c predictions, F1_c = 2 h_c / (a_c + b_c). A text of label l and
    prediction p moves it by (2 [l = p = c] - F1_c ([l = c] + [p = c])) N / (a_c + b_c). Summed over all N texts these
    are 0, as F1 does not change when every count is doubled.
    """
    marks = counts.sum(axis=0) + counts.sum(axis=1)  # (C,) labels and predictions of each class
    there = marks > 0
    per_mark = np.divide(counts.sum(), marks, out=np.zeros(len(marks)), where=there) / there.sum()
    f1 = np.divide(2 * counts.diagonal(), marks, out=np.zeros(len(marks)), where=there)
    lost = f1 * per_mark  # (C,) by one more label or prediction of a class
    return f1[there].mean() + np.diag(2 * per_mark) - lost[:, None] - lost


def _signed_gaps(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(right - confidence) with the sign of its bin's gap, (N,): the mean is the expected calibration error."""
    gaps, bins, of_bin = calibration_gaps(probabilities, labels)
    return gaps * np.sign(of_bin)[bins]
