"""Intervals over seeds as well as texts: by hand, against other libraries, and in how many cases they hold."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from model.compare.significance import (
    accuracy_interval,
    mean_interval,
    mean_squares,
    paired_difference,
    unpaired_difference,
)


def test_mean_interval_by_hand():
    # Two seeds, three texts. Seeds' means 1 and 3, texts' means 1, 2, 3, grand mean 2.
    # MS_seeds = 3 x 2 = 6; MS_texts = 2 x 1 = 2; rest is +-1, 0, -+1: 4 / (1 x 2) = 2.
    scores = np.array([[1.0, 1.0, 1.0], [1.0, 3.0, 5.0]])
    result = mean_interval(scores)
    assert result.estimate == 2.0 and result.seeds_sd == pytest.approx(math.sqrt(2))
    assert result.standard_error == pytest.approx(1.0)  # sqrt(6 / 6): the texts add nothing beyond the rest
    assert result.seeds_part == 1.0 and result.degrees_of_freedom == 1.0
    assert result.high - 2.0 == pytest.approx(2.0 - result.low) == pytest.approx(stats.t.ppf(0.975, 1))


def test_mean_interval_with_both_sources_by_hand():
    # Score = seed + text, without a rest: MS_seeds = 3 x 2 = 6, MS_texts = 2 x 9 = 18, MS_rest = 0.
    scores = np.add.outer([0.0, 2.0], [0.0, 3.0, 6.0])
    result = mean_interval(scores, level=0.9)
    assert result.estimate == 4.0 and result.seeds_part == pytest.approx(1 / 4)
    assert result.standard_error == pytest.approx(2.0)  # sqrt(6 / 6 + 18 / 6)
    degrees = 4.0**2 / (1.0**2 / 1 + 3.0**2 / 2)
    assert result.degrees_of_freedom == pytest.approx(degrees)
    assert result.high == pytest.approx(4.0 + 2.0 * stats.t.ppf(0.95, degrees))


def test_seeds_that_agree_by_chance_leave_a_width():
    # Both seeds get one of two texts right, and not the same one: MS_seeds = MS_texts = 0, MS_rest = 1.
    result = mean_interval(np.array([[True, False], [False, True]]))
    assert result.estimate == 0.5 and result.standard_error == pytest.approx(math.sqrt(1 / 4 / 4))


def test_without_texts_variance_it_is_the_t_interval_over_seeds():
    seeds = np.array([0.81, 0.84, 0.80, 0.83, 0.86])
    result = mean_interval(np.repeat(seeds[:, None], 50, axis=1))
    expected = stats.t.interval(0.95, 4, seeds.mean(), stats.sem(seeds))
    assert (result.low, result.high) == pytest.approx(expected, abs=1e-9)


def test_without_seeds_variance_it_is_the_t_interval_over_texts():
    texts = np.random.default_rng(0).random(80)
    result = mean_interval(np.repeat(texts[None], 5, axis=0))
    expected = stats.t.interval(0.95, 79, texts.mean(), stats.sem(texts))
    assert (result.low, result.high) == pytest.approx(expected, abs=1e-9)


def test_scores_that_are_all_equal_still_leave_doubt():
    # All of 50 texts right: Clopper and Pearson's lower end for 50 of 50.
    low = stats.binomtest(50, 50).proportion_ci(method="exact").low
    right = mean_interval(np.ones((3, 50), bool))
    assert (right.estimate, right.low, right.high) == pytest.approx((1.0, low, 1.0), abs=1e-9)
    assert right.standard_error == right.seeds_sd == 0.0
    same = mean_interval(np.zeros((3, 50)))
    assert (same.estimate, same.low, same.high) == pytest.approx((0.0, low - 1, 1 - low), abs=1e-9)
    assert mean_interval(np.full((3, 50), 2.0), bounds=(0, 4)).high == pytest.approx(2 + 2 * (1 - low))
    answers = np.arange(50) < 30
    assert paired_difference(answers, answers, seed=0) == pytest.approx((0.0, low - 1, 1 - low), abs=1e-9)


def made_up(seeds, texts, *, seed, spread=0.3):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, texts) + rng.normal(0, spread, (seeds, 1)) + rng.normal(0, 0.5, (seeds, texts))


def anova(scores):
    """The two-way analysis of variance of statsmodels: mean squares of seeds, texts and the rest."""
    seeds, texts = np.indices(scores.shape)
    table = pd.DataFrame({"score": scores.ravel(), "seed": seeds.ravel(), "text": texts.ravel()})
    return anova_lm(ols("score ~ C(seed) + C(text)", table).fit())["mean_sq"].tolist()


@pytest.mark.parametrize("seeds, texts", [(2, 3), (5, 20), (3, 41)])
def test_mean_squares_are_statsmodels(seeds, texts):
    scores = made_up(seeds, texts, seed=seeds)
    expected = anova(scores)
    assert mean_squares(scores) == pytest.approx(expected, abs=1e-9)
    result = mean_interval(scores)
    of_seeds, of_texts, rest = expected
    parts = max(of_seeds, rest / 4) / scores.size, max(0.0, of_texts - rest) / scores.size
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (seeds - 1) + parts[1] ** 2 / (texts - 1))
    ends = stats.t.interval(0.95, degrees, scores.mean(), math.sqrt(sum(parts)))
    assert (result.low, result.high) == pytest.approx(ends, abs=1e-9)


@pytest.mark.parametrize("ours, theirs, texts", [(2, 2, 10), (5, 3, 40), (4, 6, 15)])
def test_unpaired_difference_is_put_together_from_statsmodels(ours, theirs, texts):
    first, second = made_up(ours, texts, seed=1), made_up(theirs, texts, seed=2) + 0.5
    (a, _, rest_a), (b, _, rest_b) = anova(first), anova(second)
    gaps = DescrStatsW(second.mean(axis=0) - first.mean(axis=0))
    parts = (
        max(a, rest_a / 4) / first.size,
        max(b, rest_b / 4) / second.size,
        max(0.0, gaps.std_mean**2 - (rest_a / ours + rest_b / theirs) / texts),
    )
    degrees = sum(parts) ** 2 / sum(
        part**2 / free for part, free in zip(parts, (ours - 1, theirs - 1, texts - 1), strict=True)
    )
    ends = stats.t.interval(0.95, degrees, gaps.mean, math.sqrt(sum(parts)))
    result = unpaired_difference(first, second)
    assert (result.low, result.high) == pytest.approx(ends, abs=1e-9)
    assert result.degrees_of_freedom == pytest.approx(degrees, abs=1e-9)


def test_unpaired_difference_by_hand():
    # First: seeds' means 1 and 3, MS 4, no rest. Second: seeds' means 5 and 7, MS 4, rest +-1, MS 4.
    # Differences of the texts' means 4 and 4: less than the rest alone would make, so the texts add nothing.
    result = unpaired_difference(np.array([[0, 2], [2, 4]]), np.array([[5, 5], [5, 9]]))
    assert result.estimate == 4.0 and result.standard_error == pytest.approx(math.sqrt(4 / 4 + 4 / 4))
    assert result.seeds_part == 1.0 and result.degrees_of_freedom == pytest.approx(2.0)
    assert result.seeds_sd == pytest.approx(2.0)  # sqrt(2 + 2)
    # Second: seeds' means 3 and 5, no rest; differences of the texts' means 0 and 4, variance 8, of two texts 4.
    result = unpaired_difference(np.array([[0, 2], [2, 4]]), np.array([[0, 6], [2, 8]]))
    assert result.estimate == 2.0 and result.standard_error == pytest.approx(math.sqrt(1 + 1 + 4))
    assert result.seeds_part == pytest.approx(2 / 6) and result.degrees_of_freedom == pytest.approx(36 / (1 + 1 + 16))
    assert result.high == pytest.approx(2.0 + math.sqrt(6) * stats.t.ppf(0.975, 2))


def test_without_texts_variance_unpaired_is_welchs_interval():
    ours, theirs = np.array([0.81, 0.84, 0.80, 0.83, 0.86]), np.array([0.85, 0.88, 0.84])
    result = unpaired_difference(np.repeat(ours[:, None], 30, axis=1), np.repeat(theirs[:, None], 30, axis=1))
    expected = stats.ttest_ind(theirs, ours, equal_var=False).confidence_interval()
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_without_seeds_variance_unpaired_is_the_paired_t_interval_over_texts():
    ours, theirs = np.random.default_rng(0).random((2, 80))
    result = unpaired_difference(np.repeat(ours[None], 4, axis=0), np.repeat(theirs[None], 2, axis=0))
    expected = stats.ttest_rel(theirs, ours).confidence_interval()
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_unpaired_seeds_that_agree_by_chance_leave_a_width():
    luck = np.array([[1.0, 0.0], [0.0, 1.0]])  # MS_seeds = 0, MS_rest = 1, on either side
    assert unpaired_difference(luck, luck).standard_error == pytest.approx(math.sqrt(2 * 1 / 4 / 4))


def test_unpaired_sides_without_any_variance_leave_doubt():
    texts = np.arange(50) < 30
    result = unpaired_difference(np.tile(texts, (3, 1)), np.tile(texts, (2, 1)))
    low = stats.binomtest(50, 50).proportion_ci(method="exact").low
    assert result[:3] == pytest.approx((0.0, low - 1, 1 - low), abs=1e-9)
    thirds = np.tile(np.random.default_rng(0).random(50) / 3, (3, 1))  # means of equal numbers are not always exact
    assert unpaired_difference(thirds, thirds[:2])[:3] == pytest.approx((0.0, low - 1, 1 - low), abs=1e-9)


def test_accuracy_interval_by_hand():
    # Seeds at 0.9 and 0.7 of ten texts; seven texts at 1, two at 1/2 and one at 0.
    correct = np.array([[1] * 9 + [0], [1] * 7 + [0] * 3], bool)
    plain, found = mean_interval(correct), accuracy_interval(correct)
    assert found.standard_error == plain.standard_error and found.estimate == pytest.approx(0.8)
    documents = 0.16 / plain.standard_error**2
    t = stats.t.ppf(0.975, plain.degrees_of_freedom)
    for end in (found.low, found.high):  # Wilson: the shares that lie t of their own standard errors away
        assert abs(end - 0.8) == pytest.approx(t * math.sqrt(end * (1 - end) / documents), abs=1e-9)
    assert 0 < found.low < found.high < 1 < plain.high


def test_accuracy_interval_of_seeds_that_agree_is_wilsons():
    correct = np.arange(20_000) < 19_900  # of so many texts t is z, and N - 1 is N
    found = accuracy_interval(np.tile(correct, (4, 1)))
    assert found[1:3] == pytest.approx(proportion_confint(19_900, 20_000, method="wilson"), abs=1e-6)
    assert accuracy_interval(np.ones((3, 50), bool)) == mean_interval(np.ones((3, 50), bool))


def test_accuracy_interval_holds_the_truth_near_one():
    rng, held = np.random.default_rng(0), []
    for _ in range(500):
        ease = stats.norm.ppf(0.99) + math.sqrt(0.8) * rng.standard_normal(500)
        result = accuracy_interval(ease + math.sqrt(0.2) * rng.standard_normal((5, 500)) > 0)
        held.append(result.low <= 0.99 <= result.high)
    assert np.mean(held) >= 0.92


def coverage(*, texts, spread, repeats, seed, seeds=5):
    """How often the interval holds 0 when two presets are equally good over all seeds and texts."""
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(repeats):
        ease = rng.beta(4, 1, texts)  # what makes a text easy, it makes easy for both presets

        def preset(ease=ease):
            leaning = rng.normal(0, 0.05, texts)  # and some texts suit one preset
            luck = rng.normal(0, spread, (seeds, 1))
            return (rng.random((seeds, texts)) < np.clip(ease + leaning + luck, 0, 1)).astype(float)

        result = mean_interval(preset() - preset())
        held += result.low <= 0 <= result.high
    return held / repeats


def test_mean_interval_covers_the_truth():
    assert 0.92 <= coverage(texts=300, spread=0.01, repeats=500, seed=1) <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("texts, repeats", [(500, 4000), (7600, 800)])
@pytest.mark.parametrize("spread", [0.0, 0.005, 0.015])
def test_mean_interval_covers_the_truth_at_full_size(texts, repeats, spread):
    for seeds in (2, 5):
        assert coverage(texts=texts, spread=spread, repeats=repeats, seed=2, seeds=seeds) >= 0.93
