"""The smallest change of weights that changes the prediction: by hand, against linear programming, and when run."""

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from model.errors import ModelError
from model.explain.flip import Flip, smallest_flip
from model.explain.interventions import allowed, own_weights, predict_with, total_variation
from model.networks.presets import PRESETS
from tests.explain.hand_set import HandSet

WITH_ATTENTION = [name for name, preset in PRESETS.items() if preset.pooling not in ("last", "mean")]
IDS = [5, 9, 2, 30, 2, 17, 3, 8, 21]


def two_classes(own, gains, **options):
    """A network of which class 0 leads class 1 by the sum of weight x gain."""
    gains = np.asarray(gains, dtype=float)
    return HandSet(own, np.stack([gains, np.zeros_like(gains)], axis=-1), **options)


def verified(network, ids, flip):
    """What must hold of any flip, of any network."""
    own = own_weights(network, ids)
    before, after = predict_with(network, ids, own), predict_with(network, ids, flip.weights)
    assert after.argmax() == flip.label != before.argmax()
    assert (flip.weights >= 0.0).all()
    assert (flip.weights[~allowed(network, ids)] == 0.0).all()
    np.testing.assert_allclose(flip.weights.sum(axis=1), own.sum(axis=1), atol=1e-12)
    assert flip.distance == pytest.approx(float(total_variation(own, flip.weights).mean()))
    return flip


def programmed(own, slopes, bias, places):
    """The least distance by linear programming, None where no class can overtake the prediction."""
    logits = bias + np.einsum("kt,ktc->c", own, slopes)
    best, size = int(logits.argmax()), own.size
    least = []
    for rival in range(len(logits)):
        if rival == best:
            continue
        gains = (slopes[..., best] - slopes[..., rival]).ravel()
        sums = np.kron(np.eye(len(own)), np.ones(own.shape[1]))
        # Variables: the weights, and how far each is from the network's own, at least.
        result = linprog(
            np.concatenate([np.zeros(size), np.full(size, 0.5 / len(own))]),
            A_ub=np.block([[np.eye(size), -np.eye(size)], [-np.eye(size), -np.eye(size)], [gains, np.zeros(size)]]),
            b_ub=np.concatenate([own.ravel(), -own.ravel(), [bias[rival] - bias[best]]]),
            A_eq=np.block([sums, np.zeros_like(sums)]),
            b_eq=own.sum(axis=1),
            bounds=[(0.0, 1.0 if place else 0.0) for place in places.ravel()] + [(0.0, None)] * size,
        )
        if result.status == 0:
            least.append(result.fun)
    return min(least, default=None)


def test_a_flip_by_hand():
    # Class 0 leads by 0.5 x 4 + 0.3 x 1 - 0.2 x 2 = 1.9; from the first token to the last, a unit lowers that by 6.
    network = two_classes([[0.5, 0.3, 0.2]], [[4.0, 1.0, -2.0]])
    flip = verified(network, range(3), smallest_flip(network, range(3)))
    assert flip.exact
    assert flip.label == 1
    assert flip.distance == pytest.approx(1.9 / 6, abs=1e-5)
    np.testing.assert_allclose(flip.weights, [[0.5 - 1.9 / 6, 0.3, 0.2 + 1.9 / 6]], atol=1e-5)


def test_when_the_best_token_has_given_all_the_next_one_gives():
    # 0.5 x 2 + 0.5 x 1.5 + 0.5 (bias) = 2.25: the first gives 0.5 x 4 = 2, the second 0.25 / 3.5.
    network = two_classes([[0.5, 0.5, 0.0]], [[2.0, 1.5, -2.0]], bias=[0.5, 0.0])
    flip = verified(network, range(3), smallest_flip(network, range(3)))
    assert flip.distance == pytest.approx(0.5 + 0.25 / 3.5, abs=1e-5)
    assert flip.weights[0, 0] == 0.0


def test_heads_give_in_the_order_of_what_they_have_to_give():
    # Lead 1 + 1 = 2: the second head's first token gives 3 a unit, the first head's 2. Mean over two heads.
    network = two_classes([[1.0, 0.0], [1.0, 0.0]], [[1.0, -1.0], [1.0, -2.0]])
    flip = verified(network, range(2), smallest_flip(network, range(2)))
    assert flip.distance == pytest.approx(2 / 3 / 2, abs=1e-5)
    np.testing.assert_allclose(flip.weights, [[1.0, 0.0], [1 / 3, 2 / 3]], atol=1e-5)


def test_no_flip_where_even_all_weight_on_the_best_token_keeps_the_prediction():
    network = two_classes([[0.5, 0.5]], [[4.0, 0.1]])
    assert vars(smallest_flip(network, range(2))) == vars(Flip(None, None, None, exact=True))


def test_a_tie_is_no_flip_but_the_next_thing_to_it():
    network = two_classes([[0.5, 0.5]], [[1.0, -1.0]])  # as even as can be: the first class is predicted
    flip = verified(network, range(2), smallest_flip(network, range(2)))
    assert flip.distance < 1e-4
    assert vars(smallest_flip(two_classes([[0.5, 0.5]], [[0.0, 0.0]]), range(2)))["weights"] is None


def test_of_several_classes_the_nearest_wins():
    # Class 0 leads class 1 by 2 and class 2 by 1; moving a unit lowers the first lead by 8, the second by 2.
    network = HandSet([[1.0, 0.0]], [[[2.0, 0.0, 1.0], [0.0, 6.0, 1.0]]])
    flip = verified(network, range(2), smallest_flip(network, range(2)))
    assert flip.label == 1
    assert flip.distance == pytest.approx(2 / 8, abs=1e-5)


@pytest.mark.parametrize("names", [None, ("layer 1 forward", "layer 1 backward")], ids=["heads", "dot"])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_distance_is_that_of_linear_programming(classes, names):
    randomness = np.random.default_rng(classes)
    flips = 0
    for _ in range(25):
        own = randomness.dirichlet(np.full(5, 0.5), size=2)
        places = np.ones(own.shape, bool)
        if names:
            places[0, -1] = places[1, 0] = False
            own = np.where(places, own, 0.0)
            own /= own.sum(axis=1, keepdims=True)
        slopes, bias = randomness.normal(size=(2, 5, classes)), randomness.normal(size=classes)
        pooling = "dot" if names else "multihead"
        network = HandSet(own, slopes, bias, pooling=pooling, names=names)
        flip, distance = smallest_flip(network, range(5)), programmed(own, slopes, bias, places)
        assert flip.exact
        assert flip.distance == pytest.approx(distance, abs=1e-4)
        if flip.weights is not None:
            verified(network, range(5), flip)
            flips += 1
    assert flips > 5


def test_a_search_finds_what_is_known_of_a_network_that_only_looks_bent():
    """Cubed logits are not affine, but the class that leads is the same: so is the nearest flip."""
    randomness = np.random.default_rng(3)
    for _ in range(10):
        own, slopes = randomness.dirichlet(np.ones(6), size=1), randomness.normal(size=(1, 6, 3))
        known = smallest_flip(HandSet(own, slopes), range(6))
        network = HandSet(own, slopes, bend=lambda logits: logits**3)
        flip = smallest_flip(network, range(6))
        assert not flip.exact
        if known.weights is None:
            assert flip.weights is None
        else:
            verified(network, range(6), flip)
            assert known.distance - 1e-4 <= flip.distance <= known.distance + 2e-2


def test_a_search_looks_at_single_tokens_where_the_gradient_is_flat():
    """No slope at the network's own weights, and a flip beyond: all weight on the last token, nearly."""

    def bend(logits):
        return torch.stack([logits[:, 0] - 0.5, 100.0 * (logits[:, 1] - 0.8).clamp(min=0.0)], dim=1)

    network = HandSet([[0.5, 0.4, 0.1]], [[[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]], bend=bend)
    flip = verified(network, range(3), smallest_flip(network, range(3)))
    assert flip.distance == pytest.approx(0.805 - 0.1, abs=2e-3)
    nothing = HandSet([[0.5, 0.4, 0.1]], np.zeros((1, 3, 2)), bend=lambda logits: logits.abs())
    assert vars(smallest_flip(nothing, range(3))) == vars(Flip(None, None, None, exact=False))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("preset", WITH_ATTENTION)
def test_flips_of_networks_hold_when_run(build, preset, classes):
    options = {"sentence_ends": (2,)} if PRESETS[preset].pooling == "hierarchical" else {}
    network = build(preset, classes=classes, **options)
    if network.second_reader is not None:
        for parameter in network.second_reader.parameters():  # untrained, it hardly listens
            parameter.data *= 8.0
    randomness = np.random.default_rng(11)
    found = 0
    for _ in range(8):
        ids = randomness.integers(2, 40, size=12)
        flip = smallest_flip(network, ids)
        assert flip.exact == network.linear_in_weights
        if flip.weights is not None:
            found += 1
            verified(network, ids, flip)
            # A little nearer, on the straight line, it is no flip: exact ones are the first on theirs.
            own = own_weights(network, ids)
            if flip.exact:
                nearer = predict_with(network, ids, own + 0.99 * (flip.weights - own))
                assert nearer.argmax() != flip.label
    assert found > 0


@pytest.mark.parametrize("tokens", [0, 1])
@pytest.mark.parametrize("preset", WITH_ATTENTION)
def test_weights_that_cannot_move_flip_nothing_and_that_is_certain(build, preset, tokens):
    assert vars(smallest_flip(build(preset), IDS[:tokens])) == vars(Flip(None, None, None, exact=True))


def test_two_tokens_of_dot_attention_cannot_move_either(build):
    assert smallest_flip(build("bilstm-dot"), IDS[:2]).exact
    assert smallest_flip(build("bilstm-dot"), IDS[:2]).weights is None


def test_a_network_without_attention_is_refused(build):
    with pytest.raises(ModelError, match="no attention"):
        smallest_flip(build("lstm"), IDS)
