"""Perplexities of a stream: intervals over its segments, differences token by token, and kinds of token."""

import math

import numpy as np
import pytest
from scipy import stats

from model.compare.language_scores import (
    by_distance,
    by_frequency,
    change_figures,
    mean_figures,
    perplexity_figures,
    since_last,
    slice_rows,
    too_few,
)
from model.compare.significance import mean_interval
from model.compare.slices import Slice
from model.errors import DataError, ModelError


@pytest.fixture(scope="module")
def losses():
    """Two sides of three seeds on 9,000 tokens, whose stretches of 600 are harder here and easier there."""
    rng = np.random.default_rng(5)
    hard = np.repeat(rng.normal(0, 0.5, 15), 600)
    first = 4 + hard + rng.normal(0, 1, 9000) + rng.normal(0, 0.02, (3, 1)) + rng.normal(0, 0.1, (3, 9000))
    return first, first - 0.1 + rng.normal(0, 0.02, (3, 1)) + rng.normal(0, 0.1, (3, 9000))


def _means(row):
    """The mean loss of each of 15 segments."""
    return row.reshape(15, -1).mean(axis=1)


# -- one side ----------------------------------------------------------------------------------------------------


def test_one_seed_has_the_t_interval_of_scipy_over_segments(losses):
    found = perplexity_figures(losses[0][:1])
    segments = _means(losses[0][0])
    low, high = stats.ttest_1samp(segments, 0).confidence_interval(0.95)
    assert found["estimate"] == pytest.approx(math.exp(losses[0][0].mean()), rel=1e-12)
    assert (found["low"], found["high"]) == pytest.approx((math.exp(low), math.exp(high)), rel=1e-9)
    assert found["covers"] == "texts" and found["sd"] is None and found["seeds"] == [pytest.approx(found["estimate"])]


def test_seeds_are_crossed_with_segments_and_told_as_their_spread(losses):
    found = perplexity_figures(losses[0])
    crossed = mean_interval(np.array([_means(row) for row in losses[0]]), bounds=(0.0, 10.0))
    assert (found["low"], found["high"]) == pytest.approx((math.exp(crossed.low), math.exp(crossed.high)), rel=1e-9)
    each = np.exp(losses[0].mean(axis=1))
    assert found["seeds"] == pytest.approx(each.tolist()) and found["sd"] == pytest.approx(each.std(ddof=1))
    assert found["covers"] == "texts and seeds"


def test_seeds_are_no_further_text(losses):
    """The same training thrice says no more of other text than once: the interval must not shrink."""
    once, thrice = perplexity_figures(losses[0][:1]), perplexity_figures(np.repeat(losses[0][:1], 3, axis=0))
    assert thrice["high"] - thrice["low"] == pytest.approx(once["high"] - once["low"], rel=1e-6)


def test_tokens_of_a_hard_page_do_not_count_one_by_one(losses):
    one = losses[0][0]
    found = perplexity_figures(one[None])
    naive = math.exp(one.mean() + 1.96 * one.std() / math.sqrt(len(one))) - found["estimate"]
    assert found["high"] - found["estimate"] > 5 * naive


def test_worked_by_hand():
    losses = np.repeat([1.0, 2.0, 3.0, 2.0, 2.0], 600)[None]  # five segments: mean 2, sd sqrt(1/2)
    found = perplexity_figures(losses)
    reach = 2.776445 * math.sqrt(0.5) / math.sqrt(5)
    assert found["estimate"] == pytest.approx(math.exp(2))
    assert (found["low"], found["high"]) == pytest.approx((math.exp(2 - reach), math.exp(2 + reach)), rel=1e-6)


def test_a_short_stream_has_a_perplexity_and_no_interval():
    found = perplexity_figures(np.full((2, 2999), 2.0))
    assert found["estimate"] == pytest.approx(math.exp(2)) and found["low"] is None and found["covers"] is None
    assert perplexity_figures(np.full((2, 3000), 2.0))["low"] is not None


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(DataError, match="two tokens or more"):
        perplexity_figures(np.zeros((2, 0)))
    with pytest.raises(ModelError, match="not numbers"):
        perplexity_figures(np.array([[1.0, np.inf]]))
    with pytest.raises(ValueError, match="seeds, tokens"):
        perplexity_figures(np.zeros(5))
    with pytest.raises(ValueError, match="same tokens"):
        change_figures(np.ones((1, 5)), np.ones((1, 6)), paired=True)


# -- two sides ---------------------------------------------------------------------------------------------------


def test_a_change_is_the_ratio_of_perplexities_and_paired_token_by_token(losses):
    first, second = (each[:1] for each in losses)
    found = change_figures(first, second, paired=True)
    low, high = stats.ttest_rel(_means(second[0]), _means(first[0])).confidence_interval(0.95)
    ratio = perplexity_figures(second)["estimate"] / perplexity_figures(first)["estimate"]
    assert found["estimate"] == pytest.approx(ratio - 1, rel=1e-9)
    assert (found["low"], found["high"]) == pytest.approx((math.expm1(low), math.expm1(high)), rel=1e-9)
    assert found["text"] == pytest.approx([found["low"], found["high"]])
    sides = [perplexity_figures(each) for each in (first, second)]
    widest = max((each["high"] - each["low"]) / each["estimate"] for each in sides)
    assert found["high"] - found["low"] < widest / 20  # hard pages are hard for both


def test_several_seeds_widen_the_interval_by_their_chance(losses):
    found = change_figures(*losses, paired=True)
    gaps = losses[1] - losses[0]
    crossed = mean_interval(np.array([_means(row) for row in gaps]), bounds=(-10.0, 10.0))
    assert (found["low"], found["high"]) == pytest.approx((math.expm1(crossed.low), math.expm1(crossed.high)))
    low, high = stats.ttest_1samp(_means(gaps.mean(axis=0)), 0).confidence_interval(0.95)
    assert found["text"] == pytest.approx([math.expm1(low), math.expm1(high)])
    assert found["high"] - found["low"] > 2 * (found["text"][1] - found["text"][0])
    assert found["seeds"] == pytest.approx(np.expm1(gaps.mean(axis=1)).tolist())


def test_unpaired_seeds_may_be_of_any_number(losses):
    found = change_figures(losses[0], losses[1][:2], paired=False)
    gap = losses[1][:2].mean() - losses[0].mean()
    assert found["estimate"] == pytest.approx(math.expm1(gap)) and found["seeds"] is None
    assert found["covers"] == "texts and seeds"
    assert change_figures(losses[0], losses[1][:1], paired=False)["covers"] == "texts"


# -- kinds of token ----------------------------------------------------------------------------------------------


def test_a_slice_of_everything_is_everything(losses):
    (row,) = slice_rows(*losses, [Slice("all", np.ones(9000, bool))], paired=True)
    change, whole = change_figures(*losses, paired=True), perplexity_figures(losses[0])
    assert {name: row["change"][name] for name in ("estimate", "low", "high")} == {
        name: change[name] for name in ("estimate", "low", "high")
    }
    assert row["first"] == {name: whole[name] for name in ("estimate", "low", "high")}
    assert (row["tokens"], row["share"], row["note"]) == (9000, 1.0, None)


def test_a_slice_with_uneven_segments_is_a_ratio_worked_by_hand():
    """Of five segments of 600 tokens, 100, 100, 150, 150 and 200 are of the slice, with mean losses 1, 2, 3, 2, 2."""
    counts, means = np.array([100, 100, 150, 150, 200]), np.array([1.0, 2.0, 3.0, 2.0, 2.0])
    places, losses = np.arange(600) < counts[:, None], np.where(np.arange(600) < counts[:, None], means[:, None], 9.0)
    found = mean_figures(losses.reshape(1, -1), places.ravel(), bounds=(0.0, math.inf))
    mean = 1450 / 700
    residuals = counts * (means - mean) / 140  # how far each segment moves the mean
    reach = 2.776445 * math.sqrt((residuals**2).sum() / 4 / 5)
    assert (found["estimate"], found["low"], found["high"]) == pytest.approx((mean, mean - reach, mean + reach))
    equal = np.array([1.0, 2.0, 3.0, 2.0, 2.0]).mean()
    assert found["estimate"] != pytest.approx(equal, abs=0.01)  # larger parts weigh more


def test_a_slice_that_is_nearly_all_in_one_segment_has_no_interval():
    places = np.arange(600) < np.array([20, 20, 20, 20, 300])[:, None]  # 380^2 / (4 * 20^2 + 300^2) = 1.6 segments
    assert "few stretches" in too_few(places.ravel())
    assert mean_figures(np.ones((1, 3000)), places.ravel(), bounds=(0.0, math.inf))["low"] is None


def test_small_slices_say_so_and_claim_nothing(losses):
    few, clustered, none = np.zeros(9000, bool), np.zeros(9000, bool), np.zeros(9000, bool)
    few[::91], clustered[1000:1300] = True, True
    rows = slice_rows(*losses, [Slice("few", few), Slice("clustered", clustered), Slice("none", none)], paired=True)
    assert [row["title"] for row in rows] == ["few", "clustered"]
    assert rows[0]["note"] == "fewer than 100 tokens have no interval" and rows[0]["tokens"] == 99
    assert "few stretches" in rows[1]["note"]
    for row, places in zip(rows, (few, clustered), strict=True):
        assert row["change"]["low"] is None and row["first"]["high"] is None and row["change"]["covers"] is None
        assert row["second"]["estimate"] == pytest.approx(math.exp(losses[1][:, places].mean()))
    assert too_few(np.ones(9000, bool)) is None


def test_how_long_ago_a_token_was_said():
    assert since_last(np.array([7, 3, 7, 7, 5, 3])).tolist() == [math.inf, math.inf, 2, 1, math.inf, 4]
    assert since_last(np.zeros(0, int)).tolist() == []


def test_slices_by_distance_and_frequency_share_out_all_that_is_known():
    distance = np.array([1, 10, 11, 50, 51, 200, 201, 1000, 1001, math.inf, np.nan])
    found = {title: np.flatnonzero(places).tolist() for title, places in by_distance(distance)}
    assert found == {
        "1 to 10 tokens ago": [0, 1], "11 to 50": [2, 3], "51 to 200": [4, 5], "201 to 1,000": [6, 7],
        "more than 1,000": [8], "not before": [9],
    }  # fmt: skip
    counts = np.array([2, 9, 10, 99, 100, 10_000, np.nan])
    assert [(title, np.flatnonzero(places).tolist()) for title, places in by_frequency(counts)] == [
        ("fewer than 10 times", [0, 1]),
        ("10 to 99 times", [2, 3]),
        ("100 to 999 times", [4]),
        ("10,000 and more", [5]),
    ]
