"""Do the intervals hold the truth? The simulation is that of `tests.benchmarks.benchmark_coverage`."""

import numpy as np
import pytest
from scipy import stats

from model.compare.significance import mcnemar_exact
from tests.benchmarks.benchmark_coverage import (
    ACCURACY,
    SHARES,
    SPREADS,
    TEXTS,
    coverage,
    margins,
    probabilities,
    told_apart,
)


def test_simulated_models_are_as_they_should_be():
    rng = np.random.default_rng(0)
    margin = margins(rng, texts=20_000, spread=0.015, seeds=40)
    seeds = (margin > 0).mean(axis=2)  # (2, 40)
    assert seeds.mean() == pytest.approx(ACCURACY, abs=0.01)
    assert seeds.std(axis=1) == pytest.approx([0.015, 0.015], rel=0.4)
    of_two = np.mean((margin[0, 0] > 0) != (margin[0, 1] > 0))
    assert 0.05 < of_two < 0.15  # as two seeds on AG News or SST-2: most texts are easy or hard for both
    made, labels = probabilities(rng, margin[:, :2])
    assert made.sum(axis=3) == pytest.approx(1, abs=1e-5)
    assert ((made.argmax(axis=3) == labels) == (margin[:, :2] > 0)).all()
    assert np.bincount(labels) / 20_000 == pytest.approx(SHARES, abs=0.02)


@pytest.mark.parametrize("spread", SPREADS)
def test_intervals_hold_the_truth(spread):
    found = coverage(texts=500, spread=spread, repeats=300, seed=3)
    found.pop("texts alone")  # holds too little by design where seeds differ
    assert min(found.values()) >= 0.92, found
    assert found["accuracy"] <= 0.99


def test_texts_alone_hold_too_little_where_seeds_differ():
    assert coverage(texts=7600, spread=0.015, repeats=40, seed=3)["texts alone"] < 0.6


def test_mcnemar_rarely_tells_equal_models_apart():
    assert 0.02 <= told_apart(texts=500, spread=0.0, repeats=2000, seed=4) <= 0.05


@pytest.mark.parametrize("differing", [6, 59, 898])  # the last two: as many as differ of 500 and of 7,600 texts here
def test_mcnemars_error_counted_out(differing):
    fixed = np.arange(differing + 1)
    places = np.arange(differing)
    found = [mcnemar_exact(places >= number, places < number).p_value <= 0.05 for number in fixed]
    assert 0.03 <= stats.binom.pmf(fixed, differing, 0.5)[found].sum() <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("texts", TEXTS)
@pytest.mark.parametrize("spread", SPREADS)
def test_intervals_hold_the_truth_at_full_size(texts, spread):
    found = coverage(texts=texts, spread=spread, repeats=2000, seed=1)
    for name in ("accuracy", "accuracy unpaired", "macro_f1", "loss", "expected_calibration_error", "side"):
        assert found[name] >= 0.92, (name, found)


@pytest.mark.slow
@pytest.mark.parametrize("texts", TEXTS)
def test_mcnemar_rarely_tells_equal_models_apart_at_full_size(texts):
    assert told_apart(texts=texts, spread=0.0, repeats=20_000, seed=2) <= 0.05
