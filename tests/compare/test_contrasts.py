import json

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from model.compare import bootstrap
from model.compare.contrasts import (
    CELLS,
    cells,
    curve_band,
    difference_interval,
    mcnemar_by_seed,
    mean_confusion,
    pair_figures,
    right,
    side_figures,
    side_interval,
    usually_right,
)
from model.compare.metrics import classification_metrics, confusion_matrix, expected_calibration_error
from model.compare.scores import METRIC_NAMES, contributions
from model.compare.significance import accuracy_interval, mean_interval, unpaired_difference
from model.errors import DataError

LABELS = np.random.default_rng(7).integers(0, 3, 200)


def side(seeds=4, *, seed=0, gain=1.5, labels=LABELS):
    """Probabilities (S, N, 3): the seeds agree on most texts."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 1, (1, len(labels), 3)) + rng.normal(0, 0.5, (seeds, len(labels), 3))
    scores[:, np.arange(len(labels)), labels] += gain
    return np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)


def stacked(probabilities, name):
    return np.array([contributions(seed, LABELS)[name] for seed in probabilities])


def predicting(*rows):
    """Probabilities (S, N, 2) of seeds with these predictions."""
    return np.eye(2)[np.array(rows)] * 0.8 + 0.1


def test_a_side_of_several_seeds():
    probabilities = side()
    figures = side_figures(probabilities, LABELS, resamples=500)
    assert tuple(figures) == METRIC_NAMES
    for name, figure in figures.items():
        scores = stacked(probabilities, name)
        result = accuracy_interval(scores == 1) if name == "accuracy" else mean_interval(scores)
        assert figure["estimate"] == pytest.approx(result.estimate, abs=1e-12)
        assert (figure["low"], figure["high"]) == pytest.approx((result.low, result.high), abs=1e-12)
        assert (figure["sd"], figure["seeds_part"]) == pytest.approx((result.seeds_sd, result.seeds_part))
        assert figure["sd"] == pytest.approx(np.std(figure["seeds"], ddof=1))
        assert figure["covers"] == "texts and seeds"
    expected = [classification_metrics(seed, LABELS) for seed in probabilities]
    for name in ("accuracy", "macro_f1", "loss"):
        assert figures[name]["seeds"] == pytest.approx([each[name] for each in expected])
    errors = [expected_calibration_error(seed, LABELS) for seed in probabilities]
    assert figures["expected_calibration_error"]["seeds"] == pytest.approx(errors)
    json.dumps(figures, allow_nan=False)


def test_a_side_of_one_seed_is_statsmodels():
    probabilities = side(1)
    figures = side_figures(probabilities, LABELS, resamples=0)
    hits = int(right(probabilities, LABELS).sum())
    wilson = proportion_confint(hits, 200, method="wilson")
    assert (figures["accuracy"]["low"], figures["accuracy"]["high"]) == pytest.approx(wilson, abs=1e-9)
    for name in METRIC_NAMES[1:]:
        expected = DescrStatsW(stacked(probabilities, name)[0]).tconfint_mean()
        assert (figures[name]["low"], figures[name]["high"]) == pytest.approx(expected, abs=1e-9)
    for figure in figures.values():
        assert figure["sd"] is figure["seeds_part"] is figure["bootstrap"] is None
        assert figure["covers"] == "texts" and len(figure["seeds"]) == 1


def test_intervals_stay_where_the_metric_can_be():
    labels = np.zeros(60, int)
    nearly = np.ones((3, 60))
    nearly[0, 0] = 0.9  # scores that are not right or wrong: t reaches above 1
    assert mean_interval(nearly).high > 1.0 == side_interval(nearly)["high"]
    assert difference_interval(np.zeros((3, 60)), nearly, paired=True)["high"] == 1.0
    sure = np.tile([1.0 - 1e-12, 1e-12], (3, 60, 1))
    sure[0, 0] = 0.9, 0.1
    figures = side_figures(sure, labels, resamples=0)
    assert figures["loss"]["low"] == figures["expected_calibration_error"]["low"] == 0.0


def test_sides_without_any_variance_leave_doubt():
    labels = np.arange(50) % 2
    perfect = np.tile(np.eye(2)[labels] * 0.8 + 0.1, (3, 1, 1))
    low = stats.binomtest(50, 50).proportion_ci(method="exact").low
    figures = side_figures(perfect, labels)
    assert (figures["accuracy"]["low"], figures["accuracy"]["high"]) == pytest.approx((low, 1.0))
    assert (figures["macro_f1"]["low"], figures["macro_f1"]["high"]) == pytest.approx((low, 1.0))
    loss = -np.log(0.9)
    assert (figures["loss"]["low"], figures["loss"]["high"]) == pytest.approx((loss * low, loss + 1 - low))
    for paired, other in ((True, perfect), (False, perfect[:2]), (False, perfect[:1])):
        for figure in pair_figures(perfect, other, labels, paired=paired).values():
            assert (figure["estimate"], figure["low"], figure["high"]) == pytest.approx((0.0, low - 1, 1 - low))


def test_a_pair_with_the_same_seeds():
    first, second = side(seed=1), side(seed=2, gain=2.5)
    figures = pair_figures(first, second, LABELS, paired=True, resamples=500)
    for name, figure in figures.items():
        gaps = stacked(second, name) - stacked(first, name)
        result = mean_interval(gaps)
        assert (figure["low"], figure["high"]) == pytest.approx((result.low, result.high), abs=1e-12)
        assert figure["seeds"] == pytest.approx(gaps.mean(axis=1))
        assert figure["estimate"] == pytest.approx(np.mean(figure["seeds"]))
        assert figure["covers"] == "texts and seeds" and figure["seeds_part"] == result.seeds_part
    assert figures["accuracy"]["estimate"] > 0 > figures["loss"]["estimate"]  # second minus first
    json.dumps(figures, allow_nan=False)


def test_a_pair_with_seeds_of_their_own():
    first, second = side(3, seed=1), side(5, seed=2)
    for name, figure in pair_figures(first, second, LABELS, paired=False, resamples=0).items():
        result = unpaired_difference(stacked(first, name), stacked(second, name))
        assert (figure["low"], figure["high"]) == pytest.approx((result.low, result.high), abs=1e-12)
        assert figure["seeds"] is None and figure["covers"] == "texts and seeds"


def test_one_seed_on_a_side_covers_texts_alone():
    first, second = side(1, seed=1), side(3, seed=2)
    for name, figure in pair_figures(first, second, LABELS, paired=False, resamples=0).items():
        gaps = stacked(second, name).mean(axis=0) - stacked(first, name)[0]
        expected = stats.ttest_1samp(gaps, 0).confidence_interval()
        assert (figure["low"], figure["high"]) == pytest.approx((expected.low, expected.high), abs=1e-9)
        assert figure["covers"] == "texts" and figure["seeds_part"] is None
    alone = pair_figures(first, second[:1], LABELS, paired=True, resamples=0)["accuracy"]
    ours, theirs = right(first, LABELS)[0] * 1.0, right(second, LABELS)[0] * 1.0
    expected = stats.ttest_rel(theirs, ours).confidence_interval()
    assert (alone["low"], alone["high"]) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert alone["covers"] == "texts" and alone["seeds"] == [pytest.approx(alone["estimate"])]


def test_swapped_sides_swap_the_signs():
    first, second = side(3, seed=1), side(3, seed=2)
    for paired in (True, False):
        there = pair_figures(first, second, LABELS, paired=paired, resamples=0)
        back = pair_figures(second, first, LABELS, paired=paired, resamples=0)
        for name in METRIC_NAMES:
            expected = [-back[name][end] for end in ("estimate", "high", "low")]
            assert [there[name][end] for end in ("estimate", "low", "high")] == pytest.approx(expected)


def test_the_bootstrap_is_scipys_over_texts():
    first, second = side(seed=1), side(seed=2)
    pairs = pair_figures(first, second, LABELS, paired=True)
    sides = side_figures(first, LABELS)
    for name in METRIC_NAMES:
        ours = stacked(first, name).mean(axis=0)
        for values, found in ((ours, sides[name]), (stacked(second, name).mean(axis=0) - ours, pairs[name])):
            expected = stats.bootstrap((values,), np.mean, method="percentile", rng=2).confidence_interval
            width = expected.high - expected.low
            assert found["bootstrap"] == pytest.approx([expected.low, expected.high], abs=0.03 * width)
    assert sides == side_figures(first, LABELS)  # the same draws at every visit


def test_the_bootstrap_of_many_texts_draws_random_groups(monkeypatch):
    monkeypatch.setattr(bootstrap, "_DRAWN", 300)
    values = np.arange(2103) >= 700.0  # in order, as files often are: groups by place would all be alike
    ends = bootstrap.bootstrap_ends({"accuracy": values[None]}, resamples=4000)["accuracy"]
    reach = 1.96 * values.std(ddof=1) / np.sqrt(2103)
    assert ends == pytest.approx([values.mean() - reach, values.mean() + reach], abs=0.15 * reach)


def test_mcnemar_of_each_seed_is_statsmodels():
    first, second = side(3, seed=1), side(3, seed=2, gain=2.0)
    ours, theirs = right(first, LABELS), right(second, LABELS)
    found = mcnemar_by_seed(first, second, LABELS)
    for number, result in enumerate(found):
        fixed, broken = (~ours & theirs)[number].sum(), (ours & ~theirs)[number].sum()
        table = [[(ours & theirs)[number].sum(), broken], [fixed, (~ours & ~theirs)[number].sum()]]
        assert (result["fixed"], result["broken"]) == (fixed, broken)
        assert result["p_value"] == pytest.approx(mcnemar(table, exact=True).pvalue, abs=1e-9)
    assert len(found) == 3
    json.dumps(found)


def test_cells_are_what_most_seeds_say():
    labels = np.zeros(5, int)
    first = predicting([0, 0, 1, 1, 0], [0, 1, 1, 0, 1], [0, 1, 0, 1, 1])  # right: 3, 1, 1, 1, 1 of 3
    second = predicting(
        [1, 0, 1, 0, 1], [0, 0, 1, 0, 0], [1, 1, 1, 0, 1], [1, 0, 0, 0, 0]
    )  # right: 1, 3, 1, 4, 2 of 4
    assert usually_right(first, labels).tolist() == [True, False, False, False, False]
    assert usually_right(second, labels).tolist() == [False, True, False, True, False]  # half is not more than half
    found = cells(first, second, labels)
    assert found.dtype == np.int8
    assert [CELLS[place] for place in found] == ["broken", "fixed", "both wrong", "fixed", "both wrong"]
    assert [CELLS[place] for place in cells(first, first, labels)] == ["both right"] + ["both wrong"] * 4


def test_mean_confusion_by_hand():
    labels = np.array([0, 0, 1])
    found = mean_confusion(predicting([0, 0, 1], [0, 1, 1]), labels)
    assert found.tolist() == [[1.5, 0.5], [0.0, 1.0]]
    first = side()
    assert mean_confusion(first[:1], LABELS).tolist() == confusion_matrix(first[0], LABELS).tolist()


def test_a_seed_that_has_stopped_keeps_its_last_value():
    nan = np.nan
    band = curve_band(np.array([[0.5, 0.6, 0.7, 0.9], [0.3, 0.8, nan, nan], [nan, 0.1, nan, 0.2]]))
    assert band.n.tolist() == [2, 3, 1, 2]
    assert band.mean == pytest.approx([0.4, 0.5, 0.75, (0.9 + 0.8 + 0.2) / 3])
    assert band.low == pytest.approx([0.3, 0.1, 0.7, 0.2])
    assert band.high == pytest.approx([0.5, 0.8, 0.8, 0.9])
    empty = curve_band(np.array([[nan, 1.0], [nan, nan]]))
    assert np.isnan([empty.mean[0], empty.low[0], empty.high[0]]).all() and empty.n.tolist() == [0, 1]
    assert empty.mean[1] == empty.low[1] == empty.high[1] == 1.0


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match=r"\(S, N, C\)"):
        side_figures(side()[0], LABELS)
    with pytest.raises(ValueError, match=r"the same seeds and texts, not shapes \(3, 200\), \(4, 200\)"):
        pair_figures(side(3), side(4), LABELS, paired=True)
    with pytest.raises(ValueError, match=r"the same seeds and texts"):
        mcnemar_by_seed(side(3), side(4), LABELS)
    with pytest.raises(DataError, match="no texts"):
        side_figures(np.zeros((2, 0, 3)), np.zeros(0, int))
    with pytest.raises(DataError, match="no texts"):
        side_interval(np.zeros((2, 0), bool))
    with pytest.raises(DataError, match="no texts"):
        difference_interval(np.zeros((1, 0)), np.zeros((1, 0)), paired=True)
