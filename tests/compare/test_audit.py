"""Where weight goes: shares, entropies and words, worked out by hand."""

import math

import numpy as np
import pytest
from scipy.stats import t

from model.compare.audit import entropies, group_shares, means_by_thing, ranks, tenths, times_uniform, tops

LENGTHS = np.array([2, 0, 3, 1])  # the last text has nothing to attend to
WEIGHTS = np.array([0.75, 0.25, 0.5, 0.25, 0.25, 0.0])


def test_times_uniform_is_the_weight_times_the_tokens_of_its_text():
    assert times_uniform(WEIGHTS, LENGTHS).tolist()[:5] == [1.5, 0.5, 1.5, 0.75, 0.75]
    assert np.isnan(times_uniform(WEIGHTS, LENGTHS)[5])


def test_tenths_are_by_the_middle_of_a_token():
    assert tenths(np.array([10])).tolist() == list(range(10))
    assert tenths(np.array([1, 0, 2])).tolist() == [5, 2, 7]
    assert tenths(np.array([20])).tolist() == np.repeat(np.arange(10), 2).tolist()


def test_a_groups_share_is_the_mean_over_texts_and_texts_without_weights_take_no_part():
    first = np.array([0, 1, 0, 1, -1, 0])
    rows = group_shares(WEIGHTS, LENGTHS, first, count=2)
    assert rows[0]["weight"] == (0.75 + 0.5) / 2 and rows[0]["uniform"] == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert rows[0]["times"] == pytest.approx(0.625 / (5 / 12))
    assert rows[1]["weight"] == 0.25
    assert [row["texts"] for row in rows] == [2, 2] and rows[0]["low"] is None  # of two texts
    only = group_shares(WEIGHTS, LENGTHS, first, count=2, among=np.array([False, False, True, True]))
    assert only[0]["weight"] == 0.5 and only[0]["texts"] == 1
    nothing = group_shares(WEIGHTS, LENGTHS, first, count=3)[2]
    assert nothing["times"] is None and nothing["texts"] == 0


def test_even_weights_are_one_times_uniform_without_doubt():
    lengths = np.array([2, 4, 5, 3, 6, 2])
    weights = np.repeat(1 / lengths, lengths)
    for row in group_shares(weights, lengths, np.arange(lengths.sum()) % 2, count=2):
        assert [row["times"], row["low"], row["high"]] == pytest.approx([1.0, 1.0, 1.0])


def test_the_interval_of_a_ratio_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        lengths = rng.integers(3, 15, 60)
        groups = (rng.random(lengths.sum()) < 0.3).astype(int)
        raw = rng.gamma(1.0, 1.0, lengths.sum()) * np.where(groups == 1, 2.0, 1.0)
        text = np.repeat(np.arange(60), lengths)
        row = group_shares(raw / np.bincount(text, raw)[text], lengths, groups, count=2)[1]
        covered += row["low"] <= _TRUTH <= row["high"]
    assert covered / 300 == pytest.approx(0.95, abs=0.03)


def _truth() -> float:
    """The same ratio over very many texts."""
    rng = np.random.default_rng(6)
    lengths = rng.integers(3, 15, 60_000)
    groups = (rng.random(lengths.sum()) < 0.3).astype(int)
    raw = rng.gamma(1.0, 1.0, lengths.sum()) * np.where(groups == 1, 2.0, 1.0)
    text = np.repeat(np.arange(60_000), lengths)
    return group_shares(raw / np.bincount(text, raw)[text], lengths, groups, count=2)[1]["times"]


_TRUTH = _truth()


def test_entropy_is_a_share_of_the_most_that_the_tokens_allow():
    nats, shares = entropies(WEIGHTS, LENGTHS)
    first = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert nats[0] == pytest.approx(first) and shares[0] == pytest.approx(first / math.log(2))
    assert shares[2] == pytest.approx(1.5 * math.log(2) / math.log(3))
    assert np.isnan(nats[[1, 3]]).all() and np.isnan(shares[[1, 3]]).all()
    one_token, even, sharp = entropies(np.array([1.0, 0.5, 0.5, 1.0, 0.0]), np.array([1, 2, 2]))[1]
    assert np.isnan(one_token) and even == 1.0 and sharp == 0.0


def test_a_word_counts_once_a_text():
    words = np.array([7, 7, 3, 7, 7])
    found = means_by_thing(words, np.array([1.0, 3.0, 9.0, 5.0, np.nan]), np.array([3, 1, 1]), count=8)
    assert found.texts[7] == 2 and found.count[7] == 3
    assert found.mean[7] == (2.0 + 5.0) / 2
    error = np.std([2.0, 5.0], ddof=1) / math.sqrt(2)
    assert found.high[7] == pytest.approx(3.5 + t.ppf(0.975, 1) * error)
    assert found.mean[3] == 9.0 and np.isnan(found.low[3])  # one text: no interval
    assert np.isnan(found.mean[0]) and found.texts[0] == 0


def test_tops_and_ranks_leave_out_what_stands_in_too_few_texts():
    figures, texts = np.array([3.0, 9.0, np.nan, 5.0]), np.array([5, 4, 9, 6])
    assert tops(figures, texts, most=9).tolist() == [3, 0] and tops(figures, texts, most=1).tolist() == [3]
    assert ranks(figures, texts).tolist() == [2, 0, 0, 1]
    assert tops(np.zeros(0), np.zeros(0), most=3).tolist() == []
