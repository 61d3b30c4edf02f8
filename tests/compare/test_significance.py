import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from model.compare.significance import (
    McNemar,
    mcnemar_exact,
    mean_interval,
    paired_difference,
    texts_interval,
    unpaired_difference,
    wilson_interval,
)
from model.errors import DataError


def right_and_wrong(both, fixed, broken, neither):
    a = np.repeat([True, False, True, False], [both, fixed, broken, neither])
    b = np.repeat([True, True, False, False], [both, fixed, broken, neither])
    return a, b


def test_mcnemar_by_hand():
    # One fixed, five broken: twice the chance of at most one head in six throws, 2 x (1 + 6) / 64.
    assert mcnemar_exact(*right_and_wrong(10, 1, 5, 3)) == McNemar(1, 5, pytest.approx(14 / 64))
    assert mcnemar_exact(*right_and_wrong(10, 5, 1, 3)) == McNemar(5, 1, pytest.approx(14 / 64))
    assert mcnemar_exact(*right_and_wrong(4, 2, 2, 0)).p_value == 1.0
    assert mcnemar_exact(*right_and_wrong(4, 0, 0, 3)) == McNemar(0, 0, 1.0)  # the same answers


@pytest.mark.parametrize("fixed, broken", [(0, 1), (3, 3), (3, 12), (140, 97), (0, 50), (900, 1100)])
def test_mcnemar_is_scipys_binomial_test(fixed, broken):
    expected = stats.binomtest(fixed, fixed + broken, 0.5).pvalue
    assert mcnemar_exact(*right_and_wrong(50, fixed, broken, 7)).p_value == pytest.approx(expected, abs=1e-9)


def test_mcnemar_rarely_tells_equal_models_apart():
    rng = np.random.default_rng(0)
    found = [mcnemar_exact(*(rng.random((2, 400)) < 0.85)).p_value <= 0.05 for _ in range(400)]
    assert np.mean(found) <= 0.05


@pytest.mark.parametrize("correct, documents", [(0, 10), (1, 1), (9, 10), (411, 500), (7600, 7600)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_is_scipys(correct, documents, level):
    expected = stats.binomtest(correct, documents).proportion_ci(level, method="wilson")
    result = wilson_interval(correct, documents, level=level)
    assert result == pytest.approx((correct / documents, expected.low, expected.high), abs=1e-9)


def test_wilson_by_hand():
    # z = 1.96: (0.5 + z^2 / 20 +- z sqrt(0.025 + z^2 / 400)) / (1 + z^2 / 10)
    assert wilson_interval(5, 10) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)


def test_paired_difference_is_seeded_and_signed():
    a, b = right_and_wrong(60, 25, 5, 10)
    result = paired_difference(a, b, seed=3)
    assert result.estimate == pytest.approx(0.2)  # 25 fixed, 5 broken, of 100
    assert 0 < result.low < 0.2 < result.high
    assert result == paired_difference(a, b, seed=3)
    assert paired_difference(a, b, seed=3, resamples=50) != paired_difference(a, b, seed=4, resamples=50)
    other_way = paired_difference(b, a, seed=3)
    assert other_way == pytest.approx((-result.estimate, -result.high, -result.low))


def test_paired_difference_is_as_wide_as_theory_says():
    a, b = right_and_wrong(600, 250, 50, 100)
    error = (b.astype(float) - a).std() / math.sqrt(1000)
    result = paired_difference(a, b, seed=0)
    assert result.high - result.low == pytest.approx(2 * 1.96 * error, rel=0.03)
    narrow = paired_difference(a, b, seed=0, level=0.5)
    assert narrow.high - narrow.low == pytest.approx(2 * 0.6745 * error, rel=0.05)


def test_paired_difference_takes_any_scores_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    a, b = rng.exponential(1.0, (2, 50))
    whole = paired_difference(a, b, seed=1, resamples=5003)
    monkeypatch.setattr("model.compare.significance._DRAWS_AT_ONCE", 120)
    parts = paired_difference(a, b, seed=1, resamples=5003)
    assert parts == pytest.approx(whole, abs=0.05)  # other draws, the same question
    expected = stats.bootstrap(
        ((b - a),), np.mean, method="percentile", rng=2, n_resamples=20_000
    ).confidence_interval
    assert (whole.low, whole.high) == pytest.approx((expected.low, expected.high), abs=0.05)


def test_texts_interval_is_statsmodels():
    scores = np.random.default_rng(0).exponential(1.0, 60)
    result = texts_interval(scores, level=0.9)
    expected = DescrStatsW(scores).tconfint_mean(alpha=0.1)
    assert (result.low, result.high) == pytest.approx(expected, abs=1e-9) and result.estimate == scores.mean()
    low = stats.binomtest(60, 60).proportion_ci(method="exact").low
    assert texts_interval(np.ones(60), bounds=(0, 1)) == pytest.approx((1.0, low, 1.0), abs=1e-9)
    assert texts_interval(np.zeros(1)) == pytest.approx((0.0, -0.975, 0.975))  # one text says next to nothing


@pytest.mark.parametrize(
    "both, fixed, broken, neither", [(20, 3, 9, 4), (400, 60, 31, 9), (5, 0, 6, 0), (3, 2, 2, 0)]
)
def test_mcnemar_is_statsmodels(both, fixed, broken, neither):
    expected = mcnemar([[both, broken], [fixed, neither]], exact=True).pvalue
    result = mcnemar_exact(*right_and_wrong(both, fixed, broken, neither))
    assert result.p_value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("correct, documents", [(0, 10), (9, 10), (411, 500), (7600, 7600)])
def test_wilson_is_statsmodels(correct, documents):
    expected = proportion_confint(correct, documents, alpha=0.1, method="wilson")
    assert wilson_interval(correct, documents, level=0.9)[1:] == pytest.approx(expected, abs=1e-9)


def test_what_cannot_be_known_is_refused():
    nothing = np.zeros(0, bool)
    for compare in (mcnemar_exact, lambda a, b: paired_difference(a, b, seed=0)):
        with pytest.raises(DataError, match="no texts to compare"):
            compare(nothing, nothing)
        with pytest.raises(ValueError, match=r"\(1,\), \(2,\)"):
            compare(np.ones(1, bool), np.ones(2, bool))
    with pytest.raises(ValueError, match="True or False"):
        mcnemar_exact(np.array([0.2, 0.9]), np.array([1, 0]))
    with pytest.raises(DataError, match="3 of 0 texts"):
        wilson_interval(3, 0)
    with pytest.raises(DataError, match="two seeds and two texts"):
        mean_interval(np.ones((1, 50)))
    with pytest.raises(DataError, match="two seeds on each side"):
        unpaired_difference(np.ones((1, 50)), np.ones((3, 50)))
    with pytest.raises(ValueError, match=r"the same texts, not \(2, 50\), \(2, 40\)"):
        unpaired_difference(np.ones((2, 50)), np.ones((2, 40)))
    with pytest.raises(DataError, match="no texts"):
        texts_interval(nothing)
    with pytest.raises(ValueError, match="one score per text"):
        texts_interval(np.ones((2, 2)))
    with pytest.raises(ValueError, match="all scores are 2, which is not between their bounds -1 and 1"):
        mean_interval(np.full((5, 50), 2.0))
    with pytest.raises(ValueError, match="between 0 and 1, not 95"):
        wilson_interval(3, 4, level=95)
