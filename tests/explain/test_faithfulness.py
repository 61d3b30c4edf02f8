import numpy as np
import pytest

from model.explain.faithfulness import (
    Faithfulness,
    RandomBand,
    faithfulness,
    random_band,
    random_rankings,
    top_counts,
)


class Additive:
    """A target whose probability is the sum of the kept tokens' shares; it notes what it was asked."""

    def __init__(self, shares):
        self.shares = np.asarray(shares)
        self.calls = []

    def __call__(self, kept):
        self.calls.append([tuple(positions.tolist()) for positions in kept])
        return np.array([self.shares[positions].sum() for positions in kept])


def test_counts_are_rounded_up_and_never_nothing():
    assert top_counts(1) == [1, 1, 1, 1, 1]
    assert top_counts(20) == [1, 1, 2, 4, 10]
    assert top_counts(101) == [2, 6, 11, 21, 51]
    assert top_counts(700) == [7, 35, 70, 140, 350]  # in floating point 0.01 * 700 rounds up to 8


def test_both_measures_by_hand():
    # Ten tokens: the top 1, 5 and 10 % are one token, 20 % two, 50 % five.
    shares = [0.30, 0.05, 0.20, 0.05, 0.10, 0.05, 0.05, 0.05, 0.05, 0.05]
    order = np.array([0, 2, 4, 1, 3, 5, 6, 7, 8, 9])
    top = [0.30, 0.30, 0.30, 0.50, 0.70]  # what the top tokens hold
    probability = 0.95
    [result] = faithfulness(Additive(shares), [order])
    assert result.comprehensiveness == pytest.approx(np.mean(top))
    assert result.sufficiency == pytest.approx(probability - np.mean(top))


def test_one_token_is_deleted_or_kept():
    probability_of = lambda kept: np.array([0.9 if len(positions) else 0.4 for positions in kept])  # noqa: E731
    assert faithfulness(probability_of, [np.array([0])]) == [Faithfulness(0.5, 0.0)]


def test_tokens_stay_in_the_order_of_the_text_and_nothing_is_asked_twice():
    probability_of = Additive(np.full(10, 0.1))
    faithfulness(probability_of, [np.array([3, 1, 2, 0, 4, 5, 6, 7, 8, 9]), np.array([3, 1, 0, 2, 4, 5, 6, 7, 8, 9])])
    [asked] = probability_of.calls
    assert len(asked) == len(set(asked))
    assert all(list(positions) == sorted(positions) for positions in asked)
    assert set(asked) == {
        tuple(range(10)),
        (3,), (0, 1, 2, 4, 5, 6, 7, 8, 9),
        (1, 3), (0, 2, 4, 5, 6, 7, 8, 9),
        (0, 1, 2, 3, 4), (5, 6, 7, 8, 9),
    }  # fmt: skip


def test_the_best_order_beats_the_worst():
    shares = np.linspace(0.0, 0.1, 20)
    best, worst = faithfulness(Additive(shares), [np.argsort(-shares), np.argsort(shares)])
    assert best.comprehensiveness > worst.comprehensiveness
    assert best.sufficiency < worst.sufficiency


def test_random_rankings_depend_on_the_seed_alone():
    first, again, other = (random_rankings(9, seed=seed) for seed in (4, 4, 5))
    assert len(first) >= 20
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert all(sorted(order) == list(range(9)) for order in first)


def test_band_by_hand():
    results = [Faithfulness(value / 20, -value / 10) for value in range(21)]
    band = random_band(results)
    assert band.comprehensiveness == pytest.approx((0.5, 0.05, 0.95))
    assert band.sufficiency == pytest.approx((-1.0, -1.9, -0.1))


def test_undefined_cases_are_refused():
    with pytest.raises(ValueError, match="empty text"):
        faithfulness(Additive([]), [np.array([], int)])
    with pytest.raises(ValueError, match="each position once"):
        faithfulness(Additive([0.5, 0.5]), [np.array([1, 1])])
    with pytest.raises(ValueError, match="at least one"):
        random_band([])
    assert faithfulness(Additive([]), []) == []
    assert RandomBand._fields == Faithfulness._fields
