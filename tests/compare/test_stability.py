"""Stability over seeds, worked out by hand."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import kendalltau

from model.compare.stability import chance_distance, flips, jensen_shannon, measures, pairwise_tau, stability_tables


def test_tau_is_the_mean_over_all_pairs_of_seeds():
    values = np.array([[1, 2, 3], [1, 2, 3], [3, 2, 1]])  # taus 1, -1, -1
    assert pairwise_tau(values) == pytest.approx(-1 / 3)


def test_signs_do_not_count_and_an_even_row_has_no_order():
    assert pairwise_tau(np.array([[1.0, -2, 3], [-1, 2, -3]])) == 1.0
    assert pairwise_tau(np.array([[1.0, 2, 3], [1, 1, 1], [3, 2, 1]])) == -1.0  # the one pair that has a tau
    assert pairwise_tau(np.array([[1.0, 1, 1], [1, 2, 3]])) is None


@pytest.mark.parametrize("seed", range(3))
def test_tau_and_distance_are_scipys(seed):
    a, b = np.random.default_rng(seed).random((2, 30)).round(1)  # with ties
    assert pairwise_tau(np.array([a, b])) == pytest.approx(kendalltau(a, b).statistic, abs=1e-12)
    assert jensen_shannon(np.array([a, b])) == pytest.approx(jensenshannon(a, b, base=2), abs=1e-12)


def test_the_distance_is_1_without_a_token_in_common_and_0_for_the_same_shares():
    assert jensen_shannon(np.array([[1.0, 0], [0, 5]])) == 1.0
    assert jensen_shannon(np.array([[1.0, 3], [-2, 6]])) == pytest.approx(0.0, abs=1e-7)
    # (1, 0) and (1/2, 1/2): the middle is (3/4, 1/4)
    divergence = (math.log2(4 / 3) + 0.5 * math.log2(2 / 3) + 0.5 * math.log2(2)) / 2
    assert jensen_shannon(np.array([[1.0, 0], [0.5, 0.5]])) == pytest.approx(math.sqrt(divergence))


@pytest.mark.parametrize(
    "values", [np.ones((3, 1)), np.ones((3, 0)), np.ones((1, 4)), np.array([[1.0, 2], [np.nan, 1]])]
)
def test_what_has_no_meaning_is_none(values):
    assert measures(values, seed=1) == dict.fromkeys(("tau", "distance", "chance", "flipping"))


def test_a_row_that_is_not_finite_is_passed_over_and_one_of_zeros_has_no_shares():
    rows = np.array([[1.0, 2, 3], [3, 2, 1]])
    assert pairwise_tau(np.vstack([rows, [np.inf, 1, 1]])) == -1.0
    assert jensen_shannon(np.vstack([rows, [0, 0, 0]])) == jensen_shannon(rows)
    assert jensen_shannon(np.array([[1.0, 2], [0, 0]])) is None


def test_chance_is_the_distance_of_shuffled_rows():
    # Two rows with all weight on one of four tokens: shuffled, they meet in a quarter of cases and else are 1 apart.
    rows = np.zeros((8, 4))
    rows[:, 0] = 1.0
    assert jensen_shannon(rows) == 0.0
    assert chance_distance(rows, seed=1) == pytest.approx(0.75, abs=0.05)
    assert chance_distance(rows, seed=1) == chance_distance(rows, seed=1)
    assert chance_distance(np.ones((2, 4)), seed=1) == 0.0  # even rows are alike wherever they stand


def test_a_token_flips_from_the_top_tenth_to_the_lower_half():
    first = np.arange(20.0)  # tokens 18 and 19 are the top tenth, 0 to 9 the lower half
    second = first.copy()
    second[[3, 19]] = second[[19, 3]]
    assert np.flatnonzero(flips(np.array([first, second]))).tolist() == [3, 19]
    near = first.copy()
    near[[10, 19]] = near[[19, 10]]  # only to the upper half
    assert not flips(np.array([first, near])).any()
    assert not flips(np.array([first, first])).any()


def test_ties_neither_top_nor_low_are_no_flips():
    assert not flips(np.ones((3, 10))).any()
    sharp = np.eye(10)[0]  # one token is the top tenth; nine tie for the rest
    assert not flips(np.array([sharp, np.eye(10)[1]])).any()
    assert flips(np.array([[2.0, 1.0], [1.0, 2.0]])).all()  # of two tokens one is the top, the other the lower half


def test_tables_pair_attention_with_each_method_text_by_text():
    texts = []
    for shift in (0.0, 0.1, 0.2):
        attention = {"tau": 0.5 + shift, "distance": 0.2, "chance": 0.6, "flipping": 0.1}
        saliency = {"tau": 0.3 + shift, "distance": 0.3 + shift, "chance": 0.6, "flipping": None}
        texts.append({"attention": attention, "saliency": saliency})
    tables = stability_tables(texts, seed=13)
    assert tables["rows"]["attention"]["tau"]["mean"] == pytest.approx(0.6)
    assert tables["rows"]["saliency"]["flipping"] == {
        "mean": None, "low": None, "high": None, "se": None, "n": 0, "undefined": 3}  # fmt: skip
    against = tables["against"]["saliency"]
    assert against["tau"]["mean"] == pytest.approx(0.2)  # 0.2 in every text, though the taus themselves differ
    assert against["distance"]["mean"] == pytest.approx(-0.2)
    # Student's t over three texts: 4.3027 standard errors of 0.1 / sqrt(3)
    assert against["distance"]["low"] == pytest.approx(-0.2 - 4.30265 * 0.1 / math.sqrt(3), abs=1e-5)
    assert set(tables["against"]) == {"saliency"} and stability_tables([], seed=1) == {"rows": {}, "against": {}}
