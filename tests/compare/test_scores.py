import numpy as np
import pytest
from sklearn.metrics import f1_score

from model.compare.metrics import classification_metrics, expected_calibration_error
from model.compare.scores import METRIC_NAMES, contributions
from model.errors import DataError


def made_up(texts=400, classes=3, *, seed=0):
    """Probabilities and labels of unequal classes, about three of four right."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, texts, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    scores = rng.normal(0, 1, (texts, classes))
    scores[np.arange(texts), labels] += 1.6
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), labels


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_their_mean_is_the_metric(classes):
    probabilities, labels = made_up(classes=classes)
    expected = classification_metrics(probabilities, labels)
    expected["expected_calibration_error"] = expected_calibration_error(probabilities, labels)
    found = contributions(probabilities, labels)
    assert tuple(found) == METRIC_NAMES
    for name, values in found.items():
        assert values.dtype == np.float64 and values.shape == labels.shape
        assert values.mean() == pytest.approx(expected[name], abs=1e-12), name


def test_accuracy_and_loss_are_the_texts_own():
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]])
    found = contributions(probabilities, np.array([1, 1, 1]))
    assert found["accuracy"].tolist() == [0, 1, 0]  # the first of equal ones is predicted
    assert found["loss"] == pytest.approx([np.log(2), np.log(4 / 3), 708.396], abs=1e-3)


def test_macro_f1_by_hand():
    # Labels 0 0 1 1, predictions 0 0 0 1: F1_0 = 4 / 5, F1_1 = 2 / 3, of 5 and 3 marks; macro 11 / 15.
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])
    found = contributions(probabilities, np.array([0, 0, 1, 1]))["macro_f1"]
    hit_0 = 4 / 5 * (2 - 2 * 4 / 5) / 2  # 4 texts / 5 marks, a hit less two marks, half of a mean of two classes
    missed = (4 / 5 * -4 / 5 + 4 / 3 * -2 / 3) / 2
    hit_1 = 4 / 3 * (2 - 2 * 2 / 3) / 2
    assert found - 11 / 15 == pytest.approx([hit_0, hit_0, missed, hit_1])


def test_macro_f1_is_the_derivative_by_a_texts_weight():
    probabilities, labels = made_up(60)
    predicted, texts = probabilities.argmax(axis=1), 60
    found = contributions(probabilities, labels)["macro_f1"]

    def weighted(place, step):
        return f1_score(
            labels, predicted, average="macro", sample_weight=np.ones(texts) + step * (np.arange(texts) == place)
        )

    for place in range(0, texts, 7):
        slope = (weighted(place, 1e-4) - weighted(place, -1e-4)) / 2e-4
        assert found[place] - found.mean() == pytest.approx(texts * slope, abs=1e-5)


def test_classes_that_do_not_occur_do_not_count():
    probabilities, labels = made_up(50, 2)
    wider = np.concatenate([probabilities, np.zeros((50, 1))], axis=1)
    assert contributions(wider, labels)["macro_f1"] == pytest.approx(contributions(probabilities, labels)["macro_f1"])


def test_the_spread_of_macro_f1_is_that_of_a_bootstrap():
    probabilities, labels = made_up(500)
    predicted, rng = probabilities.argmax(axis=1), np.random.default_rng(1)
    drawn = []
    for _ in range(1500):
        places = rng.integers(0, 500, 500)
        pairs = np.bincount(labels[places] * 3 + predicted[places], minlength=9).reshape(3, 3)
        drawn.append(np.mean(2 * pairs.diagonal() / (pairs.sum(axis=0) + pairs.sum(axis=1))))
    error = contributions(probabilities, labels)["macro_f1"].std(ddof=1) / np.sqrt(500)
    assert error == pytest.approx(np.std(drawn), rel=0.06)  # the bootstrap's own error: 2 %


def test_calibration_error_by_hand():
    # Confidence 0.9 twice, one right: too sure by 0.4 each. Confidence 0.6 twice, both right: too little by 0.4.
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    found = contributions(probabilities, np.array([0, 1, 1, 1]))["expected_calibration_error"]
    assert found == pytest.approx([-0.1, 0.9, 0.4, 0.4])  # the sign of its bin's gap x (right - confidence)


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(DataError, match="no texts"):
        contributions(np.zeros((0, 2)), np.zeros(0, int))
    with pytest.raises(ValueError, match="columns of the probabilities"):
        contributions(np.array([[0.5, 0.5]]), np.array([2]))
