"""Other weights in place of a network's own: how they are made, how far apart they are, and what is then said."""

import math
import threading

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from model.errors import ModelError, SettingsError
from model.explain.interventions import (
    EncodedText,
    allowed,
    borrowed_weights,
    jensen_shannon,
    own_weights,
    predict_with,
    shuffled_weights,
    total_variation,
    uniform_weights,
    with_weight,
    with_weights,
)
from model.explain.network import run
from model.networks.presets import PRESETS
from tests.explain.hand_set import HandSet

IDS = [5, 9, 2, 30, 2, 17, 3, 8, 21]
WITH_ATTENTION = [name for name, preset in PRESETS.items() if preset.pooling not in ("last", "mean")]
OWN = np.array([[0.5, 0.3, 0.2, 0.0]])
# As dot attention in both directions has them: the last state of each direction can carry no weight.
DOT = np.array([[0.6, 0.4, 0.0], [0.0, 0.1, 0.9]])
DOT_ALLOWED = np.array([[True, True, False], [False, True, True]])


@pytest.fixture(params=WITH_ATTENTION)
def attending(request, build):
    hierarchical = PRESETS[request.param].pooling == "hierarchical"
    return build(request.param, **({"sentence_ends": (2,)} if hierarchical else {}))


def same(actual, expected, tolerance=1e-12):
    np.testing.assert_allclose(actual, expected, atol=tolerance, rtol=0)


# Making weights


def test_a_weight_is_set_and_the_others_share_the_rest_as_before():
    same(with_weight(OWN, 0, 0.0), [[0.0, 0.6, 0.4, 0.0]])
    same(with_weight(OWN, 3, 0.5), [[0.25, 0.15, 0.1, 0.5]])
    same(with_weight(OWN, 1, 1.0), [[0.0, 1.0, 0.0, 0.0]])
    same(with_weight(OWN, 2, 0.2), OWN)
    same(OWN, [[0.5, 0.3, 0.2, 0.0]])  # untouched


def test_where_the_others_have_no_weight_they_share_equally():
    same(with_weight(np.array([[0.0, 1.0, 0.0]]), 1, 0.4), [[0.3, 0.4, 0.3]])
    same(with_weight(np.array([[0.0, 1.0, 0.0]]), 1, 0.4, allowed=np.array([[False, True, True]])), [[0.0, 0.4, 0.6]])


def test_a_weight_is_set_in_every_head_that_can_carry_it():
    same(with_weight(DOT, 1, 0.5, allowed=DOT_ALLOWED), [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    same(with_weight(DOT, 2, 0.5, allowed=DOT_ALLOWED), [[0.6, 0.4, 0.0], [0.0, 0.5, 0.5]])


def test_the_only_token_keeps_all_weight_and_a_row_of_zeros_stays():
    same(with_weight(np.array([[1.0]]), 0, 0.0), [[1.0]])
    same(with_weight(np.array([[0.0]]), 0, 1.0), [[0.0]])
    same(with_weight(np.array([[1.0, 0.0]]), 0, 0.3, allowed=np.array([[True, False]])), [[1.0, 0.0]])
    same(with_weight(np.array([[1e-320, 1.0]]), 1, 0.5), [[0.5, 0.5]])  # so small a rest that 1 / rest is infinite


def test_several_weights_are_set_at_once():
    same(with_weights(OWN, {}), OWN)
    same(with_weights(OWN, {0: 0.1, 3: 0.4}), [[0.1, 0.3, 0.2, 0.4]])
    same(with_weights(OWN, {0: 0.0, 3: 0.5}), [[0.0, 0.3, 0.2, 0.5]])
    same(with_weights(OWN, {0: 0.75, 1: 0.25}), [[0.75, 0.25, 0.0, 0.0]])
    same(with_weights(OWN, {0: 0.2, 1: 0.2, 2: 0.0}), [[0.2, 0.2, 0.0, 0.6]])
    # Nothing is left to take the rest: values are shares of it, or say nothing.
    same(with_weights(np.array([[0.9, 0.1]]), {0: 0.1, 1: 0.3}), [[0.25, 0.75]])
    same(with_weights(np.array([[0.9, 0.1]]), {0: 0.0, 1: 0.0}), [[0.9, 0.1]])
    same(with_weights(DOT, {0: 0.2, 1: 0.2}, allowed=DOT_ALLOWED), [[0.5, 0.5, 0.0], [0.0, 0.2, 0.8]])
    same(with_weights(OWN, dict.fromkeys(range(3), 0.1) | {3: 0.7}), [[0.1, 0.1, 0.1, 0.7]])
    with pytest.raises(SettingsError, match=r"sum to 1\.1"):
        with_weights(OWN, {0: 0.6, 1: 0.5})


@pytest.mark.parametrize(("position", "value", "said"), [(4, 0.5, "0 to 3"), (-1, 0.5, "-1"), (0, 1.5, "1.5")])
def test_a_token_or_a_weight_out_of_range_is_refused(position, value, said):
    with pytest.raises(SettingsError, match=said):
        with_weight(OWN, position, value)
    with pytest.raises(SettingsError, match="nan"):
        with_weight(OWN, 0, math.nan)


def test_uniform_weights():
    same(uniform_weights(OWN), [[0.25] * 4])
    same(uniform_weights(DOT, allowed=DOT_ALLOWED), [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    same(uniform_weights(np.zeros((2, 1)), allowed=np.zeros((2, 1), bool)), np.zeros((2, 1)))
    assert uniform_weights(np.zeros((1, 0))).shape == (1, 0)


def test_shuffled_weights_are_the_same_numbers_on_other_tokens():
    own = np.random.default_rng(1).dirichlet(np.ones(30), size=2)
    shuffled = shuffled_weights(own, seed=13)
    same(np.sort(shuffled), np.sort(own))
    assert (shuffled != own).mean() > 0.8
    assert np.array_equal(shuffled, shuffled_weights(own, seed=13))
    assert not np.array_equal(shuffled, shuffled_weights(own, seed=14))
    for seed in range(5):
        assert (shuffled_weights(DOT, seed=seed, allowed=DOT_ALLOWED)[~DOT_ALLOWED] == 0.0).all()


def test_borrowed_weights_are_stretched_over_the_text():
    own = np.array([[0.25] * 4])
    same(borrowed_weights(own, np.array([[0.8, 0.2]])), [[0.4, 0.4, 0.1, 0.1]])
    same(borrowed_weights(own[:, :2], np.array([[0.1, 0.2, 0.3, 0.4]])), [[0.3, 0.7]])
    same(borrowed_weights(own[:, :2], np.array([[0.3, 0.6, 0.1]])), [[0.6, 0.4]])  # half of the middle to each
    same(borrowed_weights(own, OWN), OWN, 0)
    same(borrowed_weights(own, np.zeros((1, 0))), own)


def test_borrowed_weights_keep_off_forbidden_places():
    borrowed = borrowed_weights(DOT, np.array([[0.2, 0.3, 0.5], [0.0, 0.0, 0.0]]), allowed=DOT_ALLOWED)
    same(borrowed, [[0.4, 0.6, 0.0], [0.0, 0.5, 0.5]])


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"2 heads .* \(1, 4\)"):
        borrowed_weights(DOT, OWN)
    with pytest.raises(ValueError, match="one head"):
        uniform_weights(OWN[0])
    with pytest.raises(ValueError, match=r"bool of shape \(1, 4\)"):
        uniform_weights(OWN, allowed=DOT_ALLOWED)
    with pytest.raises(ValueError, match=r"\(1, 1, 3\).*\(1, 4\)"):
        predict_with(HandSet(OWN, np.ones((1, 4, 2))), range(4), np.ones((1, 3)))


# How far apart


def test_total_variation():
    assert total_variation([0.5, 0.5], [0.5, 0.5]) == 0.0
    assert total_variation([1.0, 0.0], [0.0, 1.0]) == 1.0
    same(total_variation([[0.7, 0.3], [0.2, 0.8]], [0.5, 0.5]), [0.2, 0.3])


def test_jensen_shannon_by_hand():
    assert jensen_shannon([0.3, 0.7], [0.3, 0.7]) == 0.0
    same(jensen_shannon([1.0, 0.0, 0.0], [0.0, 0.25, 0.75]), math.log(2))
    # m = (3/4, 1/4): KL((1, 0), m) = ln 4/3; KL((1/2, 1/2), m) = (ln 2/3 + ln 2) / 2
    same(jensen_shannon([1.0, 0.0], [0.5, 0.5]), (math.log(4 / 3) + 0.5 * math.log(2 / 3) + 0.5 * math.log(2)) / 2)
    assert jensen_shannon([0.0, 0.0], [0.0, 0.0]) == 0.0
    assert jensen_shannon(np.zeros((3, 2, 0)), np.zeros((2, 0))).shape == (3, 2)


def test_jensen_shannon_is_scipy_s():
    randomness = np.random.default_rng(5)
    p, q = randomness.dirichlet(np.full(20, 0.1), size=(2, 50))
    same(jensen_shannon(p, q), jensenshannon(p, q, axis=1) ** 2)
    near = p + 1e-9 * (q - p)
    assert (jensen_shannon(p, near) < 1e-8).all()


# Through a network


def test_given_weights_by_hand():
    network = HandSet([[0.5, 0.5]], [[[4.0, 0.0], [0.0, 2.0]]], bias=[1.0, 0.0])
    same(own_weights(network, [7, 7]), [[0.5, 0.5]])
    same(predict_with(network, [7, 7], np.array([[0.25, 0.75]])), [2.0, 1.5])
    many = np.array([[[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]])
    network.encoded = 0
    same(predict_with(network, [7, 7], many), [[5.0, 0.0], [1.0, 2.0], [1.0, 0.0]])
    assert network.encoded == 1
    same(EncodedText(network, [7, 7]).gradients(np.array([[0.5, 0.5]])), [[[4.0, 0.0]], [[0.0, 2.0]]])


@pytest.mark.parametrize("tokens", [0, 1, 2, 9])
def test_own_weights_say_what_the_network_says(attending, tokens):
    ids = IDS[:tokens]
    own = own_weights(attending, ids)
    output = run(attending, ids)
    assert own.dtype == np.float64
    assert own.shape == (attending.architecture.attention_rows, tokens)
    same(own.mean(axis=0), output.attention.weights[0].numpy(), 1e-6)
    same(predict_with(attending, ids, own), output.logits[0].numpy(), 2e-5)
    places = allowed(attending, ids)
    assert places.shape == own.shape
    assert (own[~places] == 0.0).all()
    same(own.sum(axis=1), places.any(axis=1))
    dot = attending.architecture.pooling == "dot"
    assert (~places).sum() == (len(own) if dot and tokens else 0)


@pytest.mark.parametrize("tokens", [1, 2, 9])
def test_whatever_is_done_to_weights_their_sums_stay(attending, tokens):
    text = EncodedText(attending, IDS[:tokens])
    own, places = text.own, text.allowed
    other = own_weights(attending, IDS[3:])
    edits = [
        uniform_weights(own, allowed=places),
        shuffled_weights(own, seed=3, allowed=places),
        borrowed_weights(own, other, allowed=places),
        *(with_weight(own, position, value, allowed=places) for position in range(tokens) for value in (0, 0.3, 1)),
    ]
    for weights in edits:
        same(weights.sum(axis=1), own.sum(axis=1))
        assert (weights >= 0.0).all()
        assert (weights[~places] == 0.0).all()
    logits = text.logits(np.stack(edits))
    assert np.isfinite(logits).all()
    for weights, row in zip(edits, logits, strict=True):
        same(predict_with(attending, IDS[:tokens], weights), row, 2e-5)


def test_uniform_weights_say_what_the_uniform_control_says(build):
    network, control = build("bilstm-dot"), build("bilstm-dot", attention_weights="uniform")
    control.load_state_dict(network.state_dict())
    uniform = uniform_weights(own_weights(network, IDS), allowed=allowed(network, IDS))
    same(uniform, own_weights(control, IDS), 1e-7)
    same(predict_with(network, IDS, uniform), run(control, IDS).logits[0].numpy(), 2e-5)


def test_gradients_are_the_slopes_between_logits(attending):
    text = EncodedText(attending, IDS)
    at = uniform_weights(text.own, allowed=text.allowed)
    step = 1e-3 * (text.own - at)
    rise = (text.logits((at + step)[None])[0] - text.logits((at - step)[None])[0]) / 2.0
    same((text.gradients(at) * step).sum(axis=(1, 2)), rise, 2e-2 * np.abs(rise).max() + 2e-5)


def test_the_network_stays_as_it_was(attending):
    attending.train()
    text = EncodedText(attending, IDS)
    text.gradients(text.own)
    assert attending.training
    assert all(parameter.grad is None for parameter in attending.parameters())


def test_threads_share_a_network(attending):
    expected = EncodedText(attending, IDS).gradients(own_weights(attending, IDS))
    found = []

    def work():
        text = EncodedText(attending, IDS)
        found.append(text.gradients(text.own))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for gradients in found:
        same(gradients, expected, 1e-6)


@pytest.mark.parametrize("preset", ["bilstm", "rnn-mean"])
def test_a_network_without_attention_is_refused_with_the_way_out(build, preset):
    with pytest.raises(ModelError, match=r"no attention.*bilstm-additive"):
        own_weights(build(preset), IDS)
