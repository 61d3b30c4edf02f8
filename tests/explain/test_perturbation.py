"""Curves, the area over them and decision flips: every number worked out by hand."""

import numpy as np
import pytest

from model.explain.perturbation import (
    PERCENTAGES,
    Curves,
    aopc,
    counts,
    curves,
    flips,
    mean_curves,
    median_flip,
    remembered,
)


class Votes:
    """Each token has a share of the target's probability, and the decision is 1 while they sum to half or more."""

    def __init__(self, shares):
        self.shares = np.asarray(shares, dtype=float)
        self.calls = []

    def probability(self, kept):
        self.calls.append([tuple(positions.tolist()) for positions in kept])
        return np.array([self.shares[positions].sum() for positions in kept])

    def decision(self, kept):
        return (self.probability(kept) >= 0.5 - 1e-9).astype(int)


def test_counts_are_rounded_up():
    assert counts(10) == list(range(11))
    assert counts(3) == [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3]
    assert counts(100, (7,)) == [7]  # in floating point 0.07 * 100 rounds up to 8
    assert counts(1) == [0, *[1] * 10]


def test_curves_by_hand():
    # Half of the probability stands on the third token, a quarter on the first, the rest on the last two.
    votes = Votes([0.25, 0.0, 0.5, 0.125, 0.125])
    [curve] = curves(votes.probability, [np.array([2, 0, 3, 4, 1])])
    # 0 | 10, 20 -> one token | 30, 40 -> two | 50, 60 -> three | 70, 80 -> four | 90, 100 -> five
    assert curve.deletion.tolist() == [1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0, 0.0, 0.0, 0.0]
    assert curve.insertion.tolist() == [0.0, 0.5, 0.5, 0.75, 0.75, 0.875, 0.875, 1.0, 1.0, 1.0, 1.0]
    assert aopc(curve.deletion, 1.0) == pytest.approx((2 * (0.5 + 0.75 + 0.875) + 4) / 11)
    assert aopc(curve.insertion, 1.0) == pytest.approx((1 + 2 * (0.5 + 0.25 + 0.125)) / 11)


def test_curves_of_several_rankings_are_asked_for_at_once_and_in_the_order_of_the_text():
    votes = Votes([0.4, 0.3, 0.2, 0.1])
    best, worst = curves(votes.probability, [np.array([0, 1, 2, 3]), np.array([3, 2, 1, 0])])
    assert len(votes.calls) == 1
    assert all(list(positions) == sorted(positions) for positions in votes.calls[0])
    assert aopc(best.deletion, 1.0) > aopc(worst.deletion, 1.0)
    assert aopc(best.insertion, 1.0) < aopc(worst.insertion, 1.0)
    for curve in (best, worst):
        assert len(curve.deletion) == len(curve.insertion) == len(PERCENTAGES)
        assert curve.deletion[0] == curve.insertion[-1] == pytest.approx(1.0)
        assert curve.deletion[-1] == curve.insertion[0] == 0.0


def test_one_token_is_deleted_or_kept():
    [curve] = curves(Votes([0.7]).probability, [np.array([0])])
    assert curve.deletion.tolist() == [0.7, *[0.0] * 10]
    assert curve.insertion.tolist() == [0.0, *[0.7] * 10]


def test_the_mean_of_curves_is_point_by_point():
    mean = mean_curves([Curves(np.array([1.0, 0.0]), np.array([0.2, 1.0])), Curves(np.array([1, 0.5]), np.ones(2))])
    assert mean.deletion.tolist() == [1.0, 0.25]
    assert mean.insertion.tolist() == [0.6, 1.0]
    with pytest.raises(ValueError, match="at least one"):
        mean_curves([])


def test_flips_by_hand():
    votes = Votes([0.1, 0.4, 0.3, 0.2])
    rankings = [
        np.array([1, 2, 0, 3]),  # 1.0, 0.6, 0.3: the second removal changes it
        np.array([0, 3, 1, 2]),  # 1.0, 0.9, 0.7, 0.3: the third
        np.array([0, 3, 2, 1]),  # 1.0, 0.9, 0.7, 0.4
    ]
    assert flips(votes.decision, rankings) == [0.5, 0.75, 0.75]
    assert len(votes.calls) == 2


def test_the_first_flip_counts_even_if_the_decision_comes_back():
    # Of 20 tokens, the 7th removal changes the decision and the 8th changes it back: the tenths see neither.
    decision = lambda kept: np.array([int(len(positions) == 13) for positions in kept])  # noqa: E731
    assert flips(decision, [np.arange(20)]) == [7 / 20]


def test_a_decision_that_never_changes_has_no_flip():
    assert flips(lambda kept: np.zeros(len(kept), int), [np.arange(7), np.arange(7)]) == [None, None]
    assert flips(lambda kept: np.array([len(positions) for positions in kept]), [np.array([0])]) == [1.0]


def test_long_texts_lose_two_percent_at_a_time():
    asked = []

    def decision(kept):
        asked.extend(len(positions) for positions in kept)
        return np.array([int(len(positions) <= 200 - 5) for positions in kept])

    assert flips(decision, [np.arange(200)]) == [8 / 200]  # 4, then 8: the fifth falls between them
    assert len(asked) == 2 + 10 + 4  # the whole text twice, the tenths, and 2, 4, 6, 8 %


def test_flips_agree_with_taking_every_token_in_turn():
    randomness = np.random.default_rng(3)
    for tokens in (2, 9, 31, 50):
        votes = Votes(randomness.dirichlet(np.ones(tokens)) * 1.6 - 0.6 / tokens)
        rankings = [randomness.permutation(tokens) for _ in range(4)]
        for order, share in zip(rankings, flips(votes.decision, rankings), strict=True):
            left = [votes.shares[np.sort(order[count:])].sum() >= 0.5 - 1e-9 for count in range(tokens + 1)]
            changed = [count for count, still in enumerate(left) if still != left[0]]
            assert share == (changed[0] / tokens if changed else None)


def test_the_median_of_flips_counts_never_as_last():
    assert median_flip([0.5, None, 0.1]) == 0.5
    assert median_flip([0.5, None, None]) is None
    assert median_flip([None, 0.2, 0.9, 0.4, 0.3]) == 0.4
    with pytest.raises(ValueError, match="at least one"):
        median_flip([])


def test_what_is_remembered_is_not_asked_again():
    votes = Votes([0.5, 0.3, 0.2])
    ask = remembered(votes.probability)
    first = ask([np.array([0, 1]), np.array([2]), np.array([0, 1]), np.array([], int)])
    again = ask([np.array([2]), np.array([1])])
    np.testing.assert_allclose(first, [0.8, 0.2, 0.8, 0.0])
    np.testing.assert_allclose(again, [0.2, 0.3])
    assert votes.calls == [[(0, 1), (2,), ()], [(1,)]]
    ask([np.array([1])])
    assert len(votes.calls) == 2


def test_rankings_are_checked():
    votes = Votes([0.5, 0.5])
    for measure in (lambda rankings: curves(votes.probability, rankings), lambda r: flips(votes.decision, r)):
        assert measure([]) == []
        with pytest.raises(ValueError, match="empty text"):
            measure([np.array([], int)])
        with pytest.raises(ValueError, match="each position once"):
            measure([np.array([1, 1])])
