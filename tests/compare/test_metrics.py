import math
import warnings

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from model.compare.metrics import (
    METRICS,
    classification_metrics,
    confusion_matrix,
    expected_calibration_error,
    per_class,
)
from model.errors import DataError, ModelError

# Four texts of three classes: predicted 0, 0, 1, 1, and nobody ever says or is class 2.
PROBABILITIES = np.array([[0.5, 0.25, 0.25], [0.75, 0.25, 0.0], [0.125, 0.75, 0.125], [0.25, 0.5, 0.25]])
LABELS = np.array([0, 1, 1, 1])


def random_predictions(documents, classes, seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(classes, 0.7), documents)
    return probabilities, rng.integers(0, classes, documents)


def test_metrics_by_hand():
    result = classification_metrics(PROBABILITIES, LABELS)
    assert result["accuracy"] == 0.75 and result["documents"] == 4
    # Class 0: 2 x 1 / (2 predicted + 1 text); class 1: 2 x 2 / (2 + 3); class 2 does not occur.
    assert result["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    # The labels' probabilities are 1/2, 1/4, 3/4, 1/2.
    assert result["loss"] == pytest.approx(-math.log(1 / 2 * 1 / 4 * 3 / 4 * 1 / 2) / 4)


def test_per_class_by_hand_and_undefined_where_there_is_nothing():
    assert per_class(PROBABILITIES, LABELS) == [
        {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1},
        {"precision": 1.0, "recall": pytest.approx(2 / 3), "f1": pytest.approx(4 / 5), "support": 3},
        {"precision": None, "recall": None, "f1": None, "support": 0},
    ]
    [missed, _] = per_class([[0.2, 0.8]], np.array([0]))
    assert missed == {"precision": None, "recall": 0.0, "f1": 0.0, "support": 1}


def test_confusion_matrix_by_hand():
    assert confusion_matrix(PROBABILITIES, LABELS).tolist() == [[1, 0, 0], [1, 2, 0], [0, 0, 0]]


@pytest.mark.parametrize("documents, classes", [(1, 2), (7, 5), (200, 2), (500, 12)])
def test_metrics_are_scikit_learns(documents, classes):
    probabilities, labels = random_predictions(documents, classes, documents)
    predictions = probabilities.argmax(1)
    result = classification_metrics(probabilities, labels)
    columns = list(range(classes))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about classes that do not occur
        assert result["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(labels, predictions))
        assert result["macro_f1"] == pytest.approx(sklearn_metrics.f1_score(labels, predictions, average="macro"))
        assert result["loss"] == pytest.approx(sklearn_metrics.log_loss(labels, probabilities, labels=columns))
        rows = zip(*sklearn_metrics.precision_recall_fscore_support(labels, predictions, labels=columns), strict=True)
    for row, expected in zip(per_class(probabilities, labels), rows, strict=True):
        assert [value or 0 for value in row.values()] == pytest.approx(list(expected))
    table = sklearn_metrics.confusion_matrix(labels, predictions, labels=columns)
    assert np.array_equal(confusion_matrix(probabilities, labels), table)


def test_calibration_by_hand():
    # Confidences 0.75, 0.75 (bin 11/15 to 12/15: half of them right) and 0.95 (last bin: wrong).
    probabilities = np.array([[0.75, 0.25], [0.75, 0.25], [0.05, 0.95]])
    labels = np.array([0, 1, 0])
    expected = (2 * abs(0.5 - 0.75) + 1 * abs(0 - 0.95)) / 3
    assert expected_calibration_error(probabilities, labels) == pytest.approx(expected)


def test_calibration_extremes():
    assert expected_calibration_error([[1.0, 0.0]] * 3, np.array([0, 0, 0])) == 0.0
    assert expected_calibration_error([[1.0, 0.0]] * 3, np.array([1, 1, 1])) == 1.0
    # A confidence on an edge belongs to the bin below it: 0.6 = 9/15 and 0.61 are not mixed.
    probabilities = np.array([[0.6, 0.4], [0.61, 0.39]])
    assert expected_calibration_error(probabilities, np.array([0, 1])) == pytest.approx((0.4 + 0.61) / 2)


def test_calibration_is_the_plain_sum_over_bins():
    probabilities, labels = random_predictions(300, 3, 1)
    confidence, correct = probabilities.max(1), probabilities.argmax(1) == labels
    total = 0.0
    for number in range(15):
        members = (confidence > number / 15) & (confidence <= (number + 1) / 15)
        if members.any():
            total += members.sum() / 300 * abs(correct[members].mean() - confidence[members].mean())
    assert expected_calibration_error(probabilities, labels) == pytest.approx(total)


def test_a_certain_mistake_costs_708_nats_and_not_infinity():
    assert classification_metrics([[1.0, 0.0]], np.array([1]))["loss"] == pytest.approx(708.4, abs=0.1)


@pytest.mark.parametrize("metric", [classification_metrics, per_class, confusion_matrix, expected_calibration_error])
def test_no_metric_falls_back_to_a_number(metric):
    with pytest.raises(DataError, match="no texts to score"):
        metric(np.zeros((0, 2)), np.zeros(0, int))
    with pytest.raises(ModelError, match="not numbers"):
        metric([[np.nan, np.nan]], np.array([0]))
    with pytest.raises(ValueError, match="0 to 1"):
        metric([[0.5, 0.5]], np.array([2]))
    with pytest.raises(ValueError, match="logits"):
        metric([[2.0, -1.0]], np.array([0]))
    with pytest.raises(ValueError, match=r"\(1, 2\), \(2,\)"):
        metric([[0.5, 0.5]], np.array([0, 1]))


def test_every_figure_declares_how_to_read_it():
    figures = {*classification_metrics(PROBABILITIES, LABELS), "expected_calibration_error"} - {"documents"}
    assert figures <= METRICS.keys()
    assert {metric.direction for metric in METRICS.values()} == {"higher", "lower"}
    perfect = classification_metrics([[1.0, 0.0], [0.0, 1.0]], np.array([0, 1]))
    assert all(perfect[name] == METRICS[name].best for name in perfect.keys() & METRICS.keys())
