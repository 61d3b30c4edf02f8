import json

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from model.compare.significance import mean_interval
from model.compare.slices import FEWEST, Slice, by_class, by_distance, by_length, by_unknown, slice_table


def titles_and_sizes(slices):
    return [(title, int(places.sum())) for title, places in slices]


def shuffled(values, *, seed=0):
    return np.random.default_rng(seed).permutation(values)


@pytest.mark.parametrize("most, texts", [(8, 300), (30, 500), (52, 7600), (3000, 25000), (60, 45)])
def test_slices_by_length_hold_every_text_once(most, texts):
    tokens = np.random.default_rng(0).integers(0, most, texts)
    slices = by_length(tokens)
    assert (np.sum([places for _, places in slices], axis=0) == 1).all()
    assert min(places.sum() for _, places in slices) >= FEWEST
    assert len(slices) <= 5


def test_slices_by_length_are_cut_at_round_numbers():
    tokens = shuffled(np.arange(1, 101))
    slices = by_length(tokens)
    assert titles_and_sizes(slices) == [
        ("up to 20 tokens", 20),
        ("21 to 40 tokens", 20),
        ("41 to 60 tokens", 20),
        ("61 to 80 tokens", 20),
        ("more than 80 tokens", 20),
    ]
    assert sorted(tokens[slices[1].places]) == list(range(21, 41))
    assert titles_and_sizes(by_length(np.repeat([1, 2, 3], 40))) == [
        ("up to 1 token", 40),
        ("2 tokens", 40),
        ("more than 2 tokens", 40),
    ]
    assert [title for title, _ in by_length(shuffled(np.arange(20000)))][2:] == [
        "8,001 to 12,000 tokens",
        "12,001 to 15,000 tokens",
        "more than 15,000 tokens",
    ]


def test_few_texts_are_put_together():
    assert titles_and_sizes(by_length(np.arange(3, 42))) == [("3 to 41 tokens", 39)]
    assert titles_and_sizes(by_length(np.full(90, 7))) == [("7 tokens", 90)]
    assert titles_and_sizes(by_length(np.array([4, 4, 9]))) == [("4 to 9 tokens", 3)]
    assert by_length(np.zeros(0)) == []
    # Ten long texts have no slice of their own: they join their neighbours.
    tokens = np.concatenate([np.full(50, 5), np.full(45, 10), np.full(10, 400)])
    assert titles_and_sizes(by_length(tokens)) == [("up to 5 tokens", 50), ("more than 5 tokens", 55)]


def test_slices_by_class():
    slices = by_class(np.array([0, 2, 2, 0, 2]), ["World", "Sports", "Business"])
    assert titles_and_sizes(slices) == [("World", 2), ("Business", 3)]  # no text is about sports
    assert slices[1].places.tolist() == [False, True, True, False, True]


def test_slices_by_unknown_words():
    share = np.concatenate(
        [np.zeros(30), np.full(30, 0.05), np.full(30, 0.06), np.full(30, 0.2), np.full(30, 1.0), [np.nan]]
    )
    slices = by_unknown(share)
    assert titles_and_sizes(slices) == [
        ("none", 30),
        ("up to 5 %", 30),
        ("5 to 10 %", 30),
        ("10 to 20 %", 30),
        ("more than 20 %", 30),
    ]
    assert not any(places[-1] for _, places in slices)  # a text without tokens
    few = np.concatenate([np.zeros(5), np.full(30, 0.03), np.full(30, 0.3)])
    assert titles_and_sizes(by_unknown(few)) == [("up to 5 %", 35), ("more than 20 %", 30)]
    assert titles_and_sizes(by_unknown(np.repeat([0.0, 0.5, 0.04], [30, 18, 4]))) == [("none", 30), ("some", 22)]
    assert titles_and_sizes(by_unknown(np.zeros(3))) == [("any share", 3)]
    assert by_unknown(np.array([np.nan])) == []


def test_slices_by_distance_leave_out_texts_without_cues():
    distance = np.concatenate([np.full(10, np.nan), shuffled(np.arange(101))])
    slices = by_distance(distance)
    assert slices[0].title == "up to 20 tokens apart" and slices[-1].title == "more than 80 tokens apart"
    assert sum(places.sum() for _, places in slices) == 101 and not any(places[:10].any() for _, places in slices)
    assert by_distance(np.full(5, np.nan)) == []
    assert by_distance(np.full(5, 1.0))[0].title == "1 token apart"


def test_the_table_of_one_seed_is_statsmodels():
    rng = np.random.default_rng(0)
    first, second, places = rng.random((1, 90)) < 0.8, rng.random((1, 90)) < 0.9, np.arange(90) < 60
    (row,) = slice_table(first, second, [Slice("short", places)], paired=True)
    assert (row["title"], row["texts"], row["note"]) == ("short", 60, None)
    for name, right in (("first", first), ("second", second)):
        wilson = proportion_confint(right[0, :60].sum(), 60, method="wilson")
        expected = (right[0, :60].mean(), *wilson)
        assert tuple(row[name][end] for end in ("estimate", "low", "high")) == pytest.approx(expected, abs=1e-9)
    expected = stats.ttest_rel(second[0, :60] * 1.0, first[0, :60] * 1.0).confidence_interval()
    assert (row["difference"]["low"], row["difference"]["high"]) == pytest.approx(
        (expected.low, expected.high), abs=1e-9
    )
    assert row["difference"]["covers"] == "texts"


def test_the_table_of_several_seeds():
    rng = np.random.default_rng(0)
    first, second = rng.random((3, 50)) < 0.8, rng.random((3, 50)) < 0.9
    places = [np.arange(50) < 30, np.arange(50) < 4, np.zeros(50, bool)]
    slices = [Slice(*pair) for pair in zip(("many", "few", "none"), places, strict=True)]
    many, few = slice_table(first, second, slices, paired=True)
    result = mean_interval(second[:, :30] * 1.0 - first[:, :30])
    assert many["difference"] == {
        "estimate": pytest.approx(result.estimate),
        "low": pytest.approx(result.low),
        "high": pytest.approx(result.high),
        "covers": "texts and seeds",
    }
    assert set(many["first"]) == {"estimate", "low", "high"}
    assert few["title"] == "few" and few["note"] == "fewer than 5 texts have no interval"
    assert few["first"] == {"estimate": pytest.approx(first[:, :4].mean()), "low": None, "high": None}
    assert few["difference"]["estimate"] == pytest.approx(second[:, :4].mean() - first[:, :4].mean())
    assert few["difference"]["low"] is few["difference"]["high"] is few["difference"]["covers"] is None
    json.dumps([many, few], allow_nan=False)
    unpaired = slice_table(first, second[:2], slices, paired=False)
    assert unpaired[0]["difference"]["covers"] == "texts and seeds"
    assert slice_table(first[:1], second, slices, paired=False)[0]["difference"]["covers"] == "texts"
