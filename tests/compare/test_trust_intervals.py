import math

import numpy as np
import pytest
from scipy import stats

from model.compare.trust_intervals import EXACT_TAU, Resampling, critical_tau, median, share


def swapped(tokens, inversions):
    """An order of so many tokens with exactly so many inversions."""
    order, left = list(range(tokens)), inversions
    result = []
    while order:
        take = min(left, len(order) - 1)
        result.append(order.pop(take))
        left -= take
    return result


@pytest.mark.parametrize("tokens", range(5, EXACT_TAU + 1))
def test_the_critical_tau_is_scipys(tokens):
    critical, pairs = critical_tau(tokens), tokens * (tokens - 1) / 2
    inversions = round((1 - critical) / 2 * pairs)
    for more, significant in ((0, True), (1, False)):
        order = swapped(tokens, inversions + more)
        tau, p = stats.kendalltau(range(tokens), order, method="exact")
        assert bool(tau >= critical - 1e-9) is significant
        assert bool(p <= 0.05) is significant
    mirrored = stats.kendalltau(range(tokens), swapped(tokens, int(pairs) - inversions), method="exact")
    assert mirrored.statistic == pytest.approx(-critical)
    assert mirrored.pvalue <= 0.05


def test_four_tokens_have_no_critical_tau():
    assert critical_tau(4) is None
    assert stats.kendalltau(range(4), range(4), method="exact").pvalue > 0.05


def test_the_critical_tau_of_long_texts_goes_on_where_the_exact_one_ends():
    # Exact for 60 tokens by scipy above; the normal distribution's for 61 is a little smaller still.
    assert critical_tau(EXACT_TAU + 1) == pytest.approx(critical_tau(EXACT_TAU), rel=0.02)
    assert critical_tau(100) == pytest.approx(1.96 * math.sqrt(2 * 205 / (9 * 100 * 99)), rel=1e-4)


def test_a_bootstrapped_mean_is_near_scipys():
    values = np.random.default_rng(5).gamma(2, 0.1, 200)
    figure = Resampling(200, seed=1).mean(values)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=9999, method="percentile", rng=np.random.default_rng(0))
    assert figure["mean"] == pytest.approx(values.mean())
    assert figure["se"] == pytest.approx(stats.sem(values))
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert figure["low"] == pytest.approx(theirs.confidence_interval.low, abs=0.06 * width)
    assert figure["high"] == pytest.approx(theirs.confidence_interval.high, abs=0.06 * width)


def test_the_mean_of_few_texts_has_students_interval():
    values = np.array([0.1, 0.4, 0.2, 0.3])
    figure = Resampling(4, seed=1).mean(values)
    expected = stats.t.interval(0.95, 3, loc=0.25, scale=stats.sem(values))
    assert (figure["low"], figure["high"]) == pytest.approx(expected)
    assert Resampling(2, seed=1).mean(np.array([0.0, 1.0]))["high"] == 1.0  # not beyond what a value can be


@pytest.mark.parametrize(
    "draw, texts",
    [("normal", 5), ("normal", 20), ("normal", 100), ("skewed", 20), ("skewed", 100), ("half nothing", 20),
     ("half nothing", 100)],
)  # fmt: skip
def test_intervals_hold_the_truth(draw, texts):
    rng, held, rounds, resampling = np.random.default_rng(11), 0, 600, Resampling(texts, seed=0)
    for _ in range(rounds):
        if draw == "normal":
            values, truth = rng.normal(0.3, 0.2, texts), 0.3
        elif draw == "skewed":
            values, truth = rng.beta(1, 4, texts), 0.2
        else:
            values, truth = np.where(rng.random(texts) < 0.5, 0.0, rng.random(texts)), 0.25
        figure = resampling.mean(values, bounds=(-1.0, 2.0))
        held += figure["low"] <= truth <= figure["high"]
    assert held / rounds >= 0.92


def test_undefined_values_are_counted_and_left_out():
    values = np.concatenate([np.full(30, np.nan), np.random.default_rng(0).random(40)])
    figure = Resampling(70, seed=3).mean(values)
    assert (figure["n"], figure["undefined"]) == (40, 30)
    assert figure["mean"] == pytest.approx(np.nanmean(values))
    assert figure["low"] > 0.3  # with zeros in their place, the mean itself would be there
    among = np.arange(70) < 35
    part = Resampling(70, seed=3).mean(values, among=among)
    assert (part["n"], part["undefined"]) == (5, 30)


def test_equal_values_still_have_an_interval():
    figure = Resampling(50, seed=0).mean(np.full(50, 0.5), bounds=(0.0, 1.0))
    differ = 1 - 0.025 ** (1 / 50)  # of other texts
    assert (figure["low"], figure["high"]) == pytest.approx((0.5 - 0.5 * differ, 0.5 + 0.5 * differ))
    assert figure["se"] == 0.0


def test_a_median_by_hand():
    # Of 10 values, P(at most 1 of 10 below the median) = 11 / 1024, two-sided 0.021; with 2 it would be 0.109.
    figure = median(np.array([9.0, 1, 2, 3, 4, 5, 6, 7, 8, 10]))
    assert (figure["median"], figure["low"], figure["high"]) == (5.5, 2.0, 9.0)
    assert median(np.arange(5.0))["low"] is None  # 2 / 32 is above 5 %
    assert median(np.arange(6.0))["low"] == 0.0
    assert median(np.array([]))["median"] is None


def test_the_median_of_values_that_never_come_is_never():
    figure = median(np.array([0.1, np.inf, np.inf, np.nan]))
    assert figure["median"] == math.inf
    assert (figure["n"], figure["undefined"]) == (3, 1)


def test_median_intervals_hold_the_truth():
    rng = np.random.default_rng(2)
    figures = [median(rng.exponential(1.0, 40)) for _ in range(400)]
    assert np.mean([figure["low"] <= math.log(2) <= figure["high"] for figure in figures]) >= 0.92


def test_a_share_of_nothing_is_undefined():
    assert share(0, 0)["share"] is None
    assert share(3, 10)["share"] == 0.3
