"""Overlap with rationales: worked out by hand, checked against chance by counting, and against scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import auc, average_precision_score, precision_recall_curve

from model.explain.plausibility import (
    Overlap,
    auprc,
    average_precision,
    expected_f1,
    expected_iou,
    expected_plausibility,
    iou,
    plausibility,
    score,
    token_f1,
)


def test_f1_and_iou_by_hand():
    # One of two marked is among the three chosen: precision 1/3, recall 1/2, F1 2/5; 1 of 4 in either.
    assert token_f1({0, 1}, {1, 2, 3}) == pytest.approx(2 / 5)
    assert iou({0, 1}, {1, 2, 3}) == pytest.approx(1 / 4)
    assert token_f1({4}, {4}) == iou({4}, {4}) == 1.0
    assert token_f1({4}, set()) == iou({4}, set()) == 0.0
    assert token_f1([], []) is iou([], []) is None


def test_a_row_is_scored_by_as_many_tokens_as_were_marked():
    values = np.array([0.1, 0.4, 0.05, 0.3, 0.15])  # the top two are 1 and 3
    found = score({1, 4}, values, seed=0)
    assert (found.k, found.chosen) == (2, {1, 3})
    assert found.f1 == pytest.approx(1 / 2)  # one hit of two
    assert found.iou == pytest.approx(1 / 3)  # 1 of {1, 3, 4}
    assert found.random_f1 == pytest.approx(2 / 5)
    # Two of five against two: no hit 3 of 10 times, one 6 of 10 (iou 1/3), two 1 of 10 (iou 1).
    assert found.random_iou == pytest.approx(0.6 / 3 + 0.1)


def test_rows_rank_by_signed_value():
    assert score({0}, np.array([0.2, -5.0, 0.1]), seed=3).f1 == 1.0
    assert score({1}, np.array([0.2, -5.0, 0.1]), seed=3).f1 == 0.0


def test_ties_break_by_the_seed_alone():
    values = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    found = {score({0}, values, seed=seed).chosen for seed in range(40)}
    assert found == {frozenset({0}), frozenset({2}), frozenset({3})}
    assert score({0}, values, seed=7) == score({0}, values, seed=7)


@pytest.mark.parametrize(("k", "tokens"), [(1, 2), (1, 7), (2, 5), (3, 4), (4, 7), (5, 6)])
def test_chance_is_the_mean_over_all_choices(k, tokens):
    marked = set(range(k))
    choices = [set(choice) for choice in itertools.combinations(range(tokens), k)]
    assert expected_f1(k, tokens) == pytest.approx(np.mean([token_f1(marked, chosen) for chosen in choices]))
    assert expected_iou(k, tokens) == pytest.approx(np.mean([iou(marked, chosen) for chosen in choices]))


def test_chance_holds_in_long_texts():
    assert expected_iou(200, 5000) < expected_f1(200, 5000) == 0.04
    assert expected_iou(4999, 5000) == pytest.approx(1 / 5000 + 4999 / 5000 * 4998 / 5000)


@pytest.mark.parametrize(
    ("marked", "values", "by_chance"),
    [
        ([], [1.0, 2.0], None),
        ([0, 1], [1.0, 2.0], None),
        ([0], [1.0], None),
        ([], [], None),
        ([0], [0.5, 0.5], 0.5),
        ([0], [0.5, np.nan], 0.5),
    ],
)
def test_what_has_no_meaning_is_undefined_and_never_a_number(marked, values, by_chance):
    found = score(marked, np.array(values), seed=0)
    assert found == Overlap(len(marked), frozenset(), None, None, by_chance, found.random_iou)
    assert (found.random_iou is None) == (by_chance is None)
    assert average_precision(marked, np.array(values)) is auprc(marked, np.array(values)) is None


@pytest.mark.parametrize("measure", [average_precision, auprc, lambda m, v: score(m, v, seed=0)])
def test_positions_outside_the_text_are_refused(measure):
    with pytest.raises(ValueError, match="position 3 is marked, but there are 3 tokens"):
        measure([0, 3], np.array([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match="position -1"):
        measure([-1], np.array([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match=r"\(1, 2\)"):
        measure([0], np.array([[1.0, 2.0]]))


def test_average_precision_by_hand():
    # Ranked 3 0 1 2; marked 3 and 1: hits at places 1 and 3, precision 1 and 2/3, half the recall each.
    values = np.array([0.3, 0.2, 0.1, 0.4])
    assert average_precision([3, 1], values) == pytest.approx((1 + 2 / 3) / 2)
    # The same curve through its dots (0, 1) (1/2, 1) (1/2, 1/2) (1, 2/3) (1, 1/2).
    assert auprc([3, 1], values) == pytest.approx(0.5 + 0.5 * (1 / 2 + 2 / 3) / 2)


@pytest.mark.parametrize("levels", [2, 4, 10_000])
@pytest.mark.parametrize("tokens", [2, 5, 40, 300])
def test_both_areas_are_scikit_learns_with_and_without_ties(tokens, levels):
    rng = np.random.default_rng([tokens, levels])
    for _ in range(10):
        values = rng.integers(-levels, levels, tokens) / levels
        truth = np.zeros(tokens, bool)
        truth[rng.choice(tokens, rng.integers(1, tokens), replace=False)] = True
        marked = np.flatnonzero(truth).tolist()
        if len(set(values)) == 1:
            continue
        precision, recall, _ = precision_recall_curve(truth, values)
        assert average_precision(marked, values) == pytest.approx(average_precision_score(truth, values))
        assert auprc(marked, values) == pytest.approx(auc(recall, precision))


def test_all_measures_of_a_row_at_once():
    # Ranked 1, 3, 0, 2; marked 0 and 3: precision 0, 1/2, 2/3, 1/2 at recall 0, 1/2, 1, 1.
    row = plausibility({0, 3}, np.array([0.3, 0.9, 0.1, 0.5]), seed=0)
    area = 0.5 * (0 + 1 / 2) / 2 + 0.5 * (1 / 2 + 2 / 3) / 2
    assert row == pytest.approx((0.5, 1 / 3, area, 0.5 * 1 / 2 + 0.5 * 2 / 3, 0.0))
    assert plausibility({1}, np.array([0.3, 0.9, 0.1, 0.5]), seed=0) == (1.0, 1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("marked", "values"),
    [(set(), [1.0, 2.0]), ({0, 1}, [1.0, 2.0]), ({0}, [1.0, 1.0]), ({0}, [1.0, np.nan]), (set(), []), ({0}, [1.0])],
)
def test_no_measure_where_there_is_nothing_to_choose(marked, values):
    assert plausibility(marked, np.array(values), seed=0) == (None,) * 5


@pytest.mark.parametrize(("k", "tokens"), [(1, 2), (1, 3), (2, 3), (1, 6), (2, 6), (3, 6), (5, 6)])
def test_random_orders_reach_what_they_are_expected_to(k, tokens):
    orders = [np.array(order) for order in itertools.permutations(range(tokens))]
    rows = [plausibility(set(range(k)), order, seed=0) for order in orders]
    assert expected_plausibility(k, tokens) == pytest.approx(tuple(np.mean(rows, axis=0)))


def test_nothing_is_expected_where_nothing_is_measured():
    assert expected_plausibility(0, 4) == expected_plausibility(4, 4) == expected_plausibility(0, 0) == (None,) * 5
