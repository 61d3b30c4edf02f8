"""Adversarial weights: the corners that are best by hand and by brute force, and what holds of every network."""

import itertools
import math

import numpy as np
import pytest
import torch

from model.errors import ModelError, SettingsError
from model.explain.adversary import adversary
from model.explain.adversary_corners import best_corner
from model.explain.interventions import allowed, jensen_shannon, own_weights, predict_with, total_variation
from model.explain.network import softmax
from model.networks.presets import PRESETS
from tests.explain.hand_set import HandSet

WITH_ATTENTION = [name for name, preset in PRESETS.items() if preset.pooling not in ("last", "mean")]
IDS = [5, 9, 2, 30, 2, 17, 3, 8, 21]


def two_classes(own, gains, **options):
    """A network of which class 1 leads class 0 by the sum of weight x gain."""
    gains = np.asarray(gains, dtype=float)
    return HandSet(own, np.stack([np.zeros_like(gains), gains], axis=-1), **options)


def verified(network, ids, found, epsilon=0.05):
    """What must hold of any adversarial weights, of any network."""
    own = own_weights(network, ids)
    before, after = (softmax(predict_with(network, ids, weights)[None])[0] for weights in (own, found.weights))
    assert found.total_variation == pytest.approx(float(total_variation(before, after)), abs=1e-9)
    assert found.total_variation <= epsilon
    assert found.divergence == pytest.approx(float(jensen_shannon(own, found.weights).mean()))
    assert 0.0 <= found.divergence <= math.log(2) + 1e-12
    assert (found.weights >= 0.0).all()
    assert (found.weights[~allowed(network, ids)] == 0.0).all()
    np.testing.assert_allclose(found.weights.sum(axis=1), own.sum(axis=1), atol=1e-6)
    return found


def grid(tokens, parts):
    """Every distribution over a few tokens in steps of 1 / parts."""
    cuts = itertools.combinations(range(parts + tokens - 1), tokens - 1)
    borders = np.array([(-1, *cut, parts + tokens - 1) for cut in cuts])
    return (np.diff(borders) - 1) / parts


def test_a_token_that_says_the_same_takes_all():
    network = two_classes([[0.9, 0.1, 0.0]], [[2.0, -1.0, 1.7]])  # lead 1.7
    found = verified(network, range(3), adversary(network, range(3)))
    assert found.exact
    np.testing.assert_allclose(found.weights, [[0.0, 0.0, 1.0]], atol=1e-6)
    assert found.divergence == pytest.approx(math.log(2))
    assert found.total_variation == pytest.approx(0.0, abs=1e-6)


def test_two_tokens_meet_the_end_of_the_range():
    # The lead is 0, the probability 1/2; with epsilon 0.1 the lead may be ln(0.6 / 0.4) to either side.
    network = two_classes([[0.5, 0.5]], [[1.0, -1.0]])
    found = verified(network, range(2), adversary(network, range(2), epsilon=0.1), 0.1)
    lead = math.log(0.6 / 0.4)
    assert np.sort(found.weights[0]) == pytest.approx([(1 - lead) / 2, (1 + lead) / 2], abs=1e-4)
    assert found.total_variation == pytest.approx(0.1, abs=1e-4)


def test_corners_beat_brute_force():
    randomness = np.random.default_rng(2)
    weights = grid(4, 40)
    for _ in range(40):
        own, gains = randomness.dirichlet(np.full(4, 0.5)), randomness.normal(size=4)
        low, high = np.sort(own @ gains + np.array([-1, 1]) * randomness.uniform(0.0, 0.5, size=2))
        best = best_corner(own, gains, low, high)
        assert best.sum() == pytest.approx(1.0)
        assert low - 1e-9 <= best @ gains <= high + 1e-9
        within = weights[(low <= weights @ gains) & (weights @ gains <= high)]
        divergence = float(jensen_shannon(own, best))
        assert np.count_nonzero(best) <= 2
        if len(within):
            brute = float(jensen_shannon(own, within).max())
            assert divergence >= brute - 1e-12
            assert divergence <= brute + 0.06  # the grid is coarse


def test_corners_are_cut_in_blocks_without_a_difference(monkeypatch):
    randomness = np.random.default_rng(4)
    own, gains = randomness.dirichlet(np.ones(60)), randomness.normal(size=60) + 3.0 * (np.arange(60) % 2)
    middle = own @ gains
    whole = best_corner(own, gains, middle - 0.01, middle + 0.01)
    monkeypatch.setattr("model.explain.adversary_corners._PAIRS_AT_ONCE", 50)
    np.testing.assert_array_equal(best_corner(own, gains, middle - 0.01, middle + 0.01), whole)


def test_with_an_epsilon_of_one_anything_goes():
    network = two_classes([[0.7, 0.2, 0.1]], [[5.0, -3.0, -9.0]])
    found = verified(network, range(3), adversary(network, range(3), epsilon=1.0), 1.0)
    np.testing.assert_allclose(found.weights, [[0.0, 0.0, 1.0]], atol=1e-6)  # where own has least


def test_a_tiny_epsilon_holds_in_float32():
    network = two_classes([[0.4, 0.35, 0.25]], [[5.0, -3.0, 2.0]])
    found = verified(network, range(3), adversary(network, range(3), epsilon=1e-7), 1e-7)
    assert found.divergence >= 0.0


@pytest.mark.parametrize("lead", [-60.0, 60.0, -800.0, 800.0])
def test_a_certain_network_leaves_the_choice_free_on_its_side(lead):
    network = two_classes([[0.5, 0.5, 0.0]], [[lead, lead, lead / 2]])
    found = verified(network, range(3), adversary(network, range(3)))
    assert found.divergence == pytest.approx(math.log(2))


def test_heads_are_traded_against_each_other():
    """Each head's best token moves the lead by about 2, in opposite directions: together they change little."""
    network = two_classes([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0]], [[1.0, 0.0, 3.0], [1.0, 0.0, -1.1]])
    found = verified(network, range(3), adversary(network, range(3)))
    np.testing.assert_allclose(found.weights, [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]], atol=1e-6)
    assert found.exact  # no weights whatever could diverge more
    assert found.divergence == pytest.approx(math.log(2))


@pytest.mark.parametrize("heads", [2, 4])
def test_several_heads_beat_what_chance_finds(heads):
    randomness = np.random.default_rng(heads)
    for _ in range(5):
        own, gains = randomness.dirichlet(np.full(5, 0.5), size=heads), randomness.normal(size=(heads, 5))
        network = two_classes(own, gains)
        found = verified(network, range(5), adversary(network, range(5)))
        others = randomness.dirichlet(np.full(5, 0.1), size=(20_000, heads))
        lead = np.einsum("nkt,kt->n", others, gains)
        moved = np.abs(1 / (1 + np.exp(-lead)) - 1 / (1 + np.exp(-(own * gains).sum())))
        assert found.divergence >= 0.97 * jensen_shannon(own, others[moved <= 0.05]).mean(axis=1).max()


@pytest.mark.parametrize("classes", [3, 5])
def test_more_classes_beat_what_chance_finds(classes):
    randomness = np.random.default_rng(classes)
    for _ in range(3):
        own, slopes = randomness.dirichlet(np.full(6, 0.5), size=1), randomness.normal(size=(1, 6, classes))
        network = HandSet(own, slopes)
        found = verified(network, range(6), adversary(network, range(6)))
        others = randomness.dirichlet(np.full(6, 0.2), size=(20_000, 1))
        moved = total_variation(
            softmax(np.einsum("nkt,ktc->nc", others, slopes)), softmax(np.einsum("kt,ktc->c", own[0:1], slopes)[None])
        )
        within = jensen_shannon(own, others[moved <= 0.05]).mean(axis=1)
        assert found.divergence >= 0.97 * within.max(initial=0.0)


def test_ascent_comes_near_what_corners_prove():
    """A network that is affine but does not say so is climbed: never above the exact answer, and close to it."""
    randomness = np.random.default_rng(8)
    for _ in range(6):
        own, gains = randomness.dirichlet(np.ones(8), size=1), randomness.normal(size=(1, 8))
        exact = adversary(two_classes(own, gains), range(8))
        climbed = adversary(two_classes(own, gains, bend=lambda logits: logits + 0.0), range(8))
        assert exact.exact
        assert exact.divergence - 0.03 <= climbed.divergence <= exact.divergence + 1e-4


def test_a_single_token_that_nothing_can_exceed_ends_the_search(monkeypatch):
    network = two_classes([[0.6, 0.4, 0.0]], [[1.0, 1.0, 1.0]], bend=lambda logits: logits.sin())
    monkeypatch.setattr("model.explain.adversary_ascent._climb", None)
    found = verified(network, range(3), adversary(network, range(3)))
    assert found.exact
    np.testing.assert_array_equal(found.weights, [[0.0, 0.0, 1.0]])


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("preset", WITH_ATTENTION)
def test_adversaries_of_networks_hold_when_run(build, preset, classes):
    options = {"sentence_ends": (2,)} if PRESETS[preset].pooling == "hierarchical" else {}
    network = build(preset, classes=classes, **options)
    randomness = np.random.default_rng(11)
    for _ in range(2):
        ids = randomness.integers(2, 40, size=12)
        found = verified(network, ids, adversary(network, ids))
        one_head = network.architecture.attention_rows == 1
        assert found.exact or not (network.linear_in_weights and classes == 2 and one_head)
        assert found.divergence > 0.2
        again = adversary(network, ids)
        np.testing.assert_array_equal(found.weights, again.weights)


def test_where_nothing_says_the_same_the_own_weights_are_left():
    """Three classes, two tokens, and every change shows: the ascent leaves epsilon at once and comes back."""
    network = HandSet([[0.5, 0.5]], [[[90.0, 0.0, 0.0], [0.0, 90.0, 0.0]]])
    found = verified(network, range(2), adversary(network, range(2), epsilon=1e-6), 1e-6)
    assert found.divergence < 1e-3


@pytest.mark.parametrize("tokens", [0, 1])
@pytest.mark.parametrize("preset", WITH_ATTENTION)
def test_weights_that_cannot_move_are_their_own_adversary(build, preset, tokens):
    network = build(preset)
    found = adversary(network, IDS[:tokens])
    np.testing.assert_array_equal(found.weights, own_weights(network, IDS[:tokens]))
    assert (found.divergence, found.total_variation, found.exact) == (0.0, 0.0, True)


@pytest.mark.parametrize("preset", WITH_ATTENTION)
def test_two_tokens(build, preset):
    network = build(preset, classes=2)
    verified(network, IDS[:2], adversary(network, IDS[:2]))


def test_the_global_generator_is_left_alone(build):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    adversary(build("bilstm-multihead"), IDS)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("epsilon", [0.0, -0.1, 1.5, math.nan])
def test_an_epsilon_out_of_range_is_refused(build, epsilon):
    with pytest.raises(SettingsError, match=f"epsilon is {epsilon}"):
        adversary(build("bilstm-additive"), IDS, epsilon=epsilon)


def test_a_network_without_attention_is_refused(build):
    with pytest.raises(ModelError, match="no attention"):
        adversary(build("rnn-mean"), IDS)
