import numpy as np
import pytest
from scipy.stats import kendalltau

import model.explain.agreement as room
from model.explain.agreement import Agreement, agreement, kendall_tau, ranking, top_k_overlap


def test_tau_by_hand():
    # Pairs (1,2) (1,3) (2,3): two concordant, one discordant, no ties.
    assert kendall_tau([1, 2, 3], [1, 3, 2]) == pytest.approx(1 / 3)
    # With a tie in b: two concordant of three pairs, of which b ties one: 2 / sqrt(3 * 2).
    assert kendall_tau([1, 2, 3], [1, 2, 2]) == pytest.approx(2 / np.sqrt(6))
    assert kendall_tau([1, 2, 3, 4], [4, 3, 2, 1]) == -1.0


@pytest.mark.parametrize("tokens", [2, 3, 17, 300])
@pytest.mark.parametrize("levels", [2, 5, 10_000])
def test_tau_is_scipys_with_and_without_ties(tokens, levels):
    rng = np.random.default_rng(tokens * levels)
    for _ in range(10):
        a, b = rng.integers(0, levels, (2, tokens)) / levels
        tau = kendall_tau(a, b)
        if len(set(a)) == 1 or len(set(b)) == 1:
            assert tau is None
        else:
            assert tau == pytest.approx(kendalltau(a, b, variant="b").statistic, abs=1e-12)


def test_tau_in_blocks_is_the_same(monkeypatch):
    a, b = np.random.default_rng(0).integers(0, 20, (2, 101))
    whole = kendall_tau(a, b)
    monkeypatch.setattr(room, "_PAIRS_AT_ONCE", 700)
    assert kendall_tau(a, b) == whole


@pytest.mark.parametrize("a, b", [([], []), ([1.0], [2.0]), ([1, 1, 1], [1, 2, 3]), ([1, 2, np.nan], [1, 2, 3])])
def test_what_has_no_order_has_no_agreement(a, b):
    top_k = 1
    assert agreement(a, b, seed=0) == agreement(b, a, seed=0) == Agreement(None, top_k, None)


def test_rows_of_different_length_are_refused():
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        kendall_tau([1, 2], [1, 2, 3])


def test_ranking_is_highest_first_and_breaks_ties_by_seed_alone():
    values = np.array([0.5, -2.0, 0.5, 3.0, 0.5])
    orders = {tuple(ranking(values, seed=seed)) for seed in range(60)}
    assert {order[0] for order in orders} == {3} and {order[-1] for order in orders} == {1}
    assert len(orders) == 6  # all orders of the three that tie
    assert ranking(values, seed=5).tolist() == ranking(values + 1, seed=5).tolist()


def test_overlap_by_hand():
    a, b = np.array([9, 8, 7, 1, 2, 3]), np.array([9, 1, 8, 7, 2, 3])
    assert top_k_overlap(a, b, 1, seed=0) == 1.0
    assert top_k_overlap(a, b, 2, seed=0) == 0.5  # {0, 1} and {0, 2}
    assert top_k_overlap(a, b, 3, seed=0) == pytest.approx(2 / 3)  # {0, 1, 2} and {0, 2, 3}
    assert top_k_overlap(a, b, 6, seed=0) is None


def test_agreement_goes_by_absolute_value():
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    values = np.array([0.1, -0.2, 0.3, -0.4])
    assert agreement(weights, values, seed=0) == Agreement(1.0, 1, 1.0)


@pytest.mark.parametrize("tokens, top_k", [(2, 1), (10, 1), (11, 2), (30, 3), (700, 70)])
def test_top_k_is_a_tenth_rounded_up(tokens, top_k):
    row = np.arange(tokens)
    assert agreement(row, row, seed=0) == Agreement(1.0, top_k, 1.0)
