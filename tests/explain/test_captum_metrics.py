"""Infidelity and sensitivity: by hand on a linear network, and what must hold for every preset."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from model.errors import ModelError, SettingsError
from model.explain import captum_metrics
from model.explain.attribution import METHODS, attribute
from model.explain.captum_metrics import RADIUS, infidelities, infidelity_of, no_sensitivity, sensitivity_of
from model.explain.network import run
from model.explain.target_logit import TargetLogit

IDS = np.random.default_rng(3).integers(1, 40, 23)
PERTURBED = ("saliency", "input_x_gradient", "integrated_gradients")


@pytest.fixture
def sets(monkeypatch):
    """Say which sets of tokens are removed, (N, T)."""
    return lambda rows: monkeypatch.setattr(captum_metrics, "_sets", lambda *_: np.array(rows, np.float64))


# -- infidelity ------------------------------------------------------------------------------------------------------


def test_the_exact_row_of_a_linear_network_foresees_everything(bag):
    # Token 3 adds 2 to the logit of class 0, token 2 adds 4, token 4 adds -9 + 4 = -5.
    assert infidelity_of(bag, [3, 2, 4], np.array([2.0, 4, -5]), target=0) == pytest.approx(0, abs=1e-9)
    assert infidelity_of(bag, [3, 2, 4], np.array([2.0, 4, 5]), target=0) > 0.1


def test_infidelity_by_hand(bag, sets):
    # Without the first token, the second, and both, the logit falls by 2, 4 and 6. A row (1, 1) says 1, 1, 2: best
    # times (2 + 4 + 12) / (1 + 1 + 4) = 3, it errs by 1, -1 and 0; a row of zeros errs by 2, 4 and 6: 2 / 56.
    sets([[1, 0], [0, 1], [1, 1]])
    assert infidelity_of(bag, [3, 2], np.array([1.0, 1]), target=0) == pytest.approx(2 / 56)
    # A row (1, 0) says 1, 0, 1: times 4 it errs by 2, -4 and -2.
    assert infidelity_of(bag, [3, 2], np.array([1.0, 0]), target=0) == pytest.approx(24 / 56)
    # A row (2, -1) says 2, -1, 1: times (4 - 4 + 6) / 6 = 1 it errs by 0, -5 and -5.
    assert infidelity_of(bag, [3, 2], np.array([2.0, -1]), target=0) == pytest.approx(50 / 56)
    assert infidelity_of(bag, [3, 2], np.zeros(2), target=0) == 1


def test_infidelity_has_no_scale(network):
    values = attribute(network, IDS, method="input_x_gradient", target=1).values
    plain = infidelity_of(network, IDS, values, target=1)
    assert 0 < plain < 1
    for scale in (1e-4, 7.0, 1e4, -1.0):
        assert infidelity_of(network, IDS, scale * values, target=1) == pytest.approx(plain, rel=1e-4)


def test_infidelity_of_every_preset_is_a_share(any_network):
    rows = [attribute(any_network, IDS, method=method, target=2).values for method in PERTURBED]
    found = infidelities(any_network, IDS, rows, target=2, seed=4)
    assert all(0 <= error <= 1 for error in found)
    assert found == pytest.approx([infidelity_of(any_network, IDS, row, target=2, seed=4) for row in rows], abs=1e-5)


def test_sets_have_any_number_of_tokens():
    sizes = captum_metrics._sets(4, np.random.default_rng(0)).sum(1)
    assert set(sizes.tolist()) == {1, 2, 3, 4}
    assert set(captum_metrics._sets(1, np.random.default_rng(0)).flatten().tolist()) == {1}


def test_where_infidelity_has_no_meaning(bag):
    assert infidelity_of(bag, [], np.zeros(0), target=0) is None
    assert infidelity_of(bag, [3], np.array([2.0]), target=0) is None
    assert infidelities(bag, [3, 2], [], target=0) == []
    exact = np.array([2.0, 4.0])
    found = infidelities(bag, [3, 2], [np.array([math.nan, 1]), exact, np.array([math.inf, 1])], target=0)
    assert found == [None, pytest.approx(0, abs=1e-9), None]  # one row's flaw is not another's
    assert infidelity_of(bag, [0, 0], exact, target=0) is None  # PAD's embedding is zero already
    bag.bias.data[0] = math.nan
    assert infidelity_of(bag, [3, 2], exact, target=0) is None


# -- sensitivity -----------------------------------------------------------------------------------------------------


def test_sensitivity_of_a_linear_network(bag):
    ids = [3, 2, 4]
    # Its gradient is the same everywhere; embedding times gradient moves as the embedding does.
    assert sensitivity_of(bag, ids, method="saliency", target=0) == pytest.approx(0, abs=1e-6)
    logit = TargetLogit.of(bag, [ids], [0], torch.device("cpu"))
    noise = captum_metrics._noise(logit, np.random.default_rng(5))
    reach = RADIUS * math.sqrt((4 + 1 + 0 + 1 + 9 + 1) / 6)  # the embeddings are (2, -1), (0, 1), (-3, 1)
    assert 0.8 * reach < float(noise.abs().max()) <= reach
    moved = (noise @ torch.tensor([3.0, 4])).norm(dim=1).max() / math.sqrt(2**2 + 4**2 + 5**2)
    for method in ("input_x_gradient", "integrated_gradients"):
        found = sensitivity_of(bag, ids, method=method, target=0, seed=5)
        assert found == pytest.approx(float(moved), rel=1e-3)


@pytest.mark.parametrize("method", PERTURBED)
def test_sensitivity_is_of_the_method_itself(any_network, method):
    logit = TargetLogit.of(any_network, [IDS], [1], torch.device("cpu"))
    values = captum_metrics._explanation(logit, method)(logit.embeddings.expand(2, -1, -1))
    own = attribute(any_network, IDS, method=method, target=1).values
    for row in values.numpy():
        assert row == pytest.approx(own, abs=1e-4 * float(np.abs(own).max()))
    assert 0 < sensitivity_of(any_network, IDS, method=method, target=1) < 10


def test_attention_moves_with_the_embeddings(any_network):
    found = sensitivity_of(any_network, IDS, method="attention", target=0)
    if run(any_network, IDS).attention is None:
        assert found is None
    else:
        assert 0 < found < 10


def test_a_smaller_radius_moves_less(network, monkeypatch):
    large = sensitivity_of(network, IDS, method="saliency", target=0)
    monkeypatch.setattr(captum_metrics, "RADIUS", RADIUS / 100)
    assert sensitivity_of(network, IDS, method="saliency", target=0) < large / 10


def test_where_sensitivity_has_no_meaning(bag):
    for method in METHODS:
        assert (no_sensitivity(method) is None) == (method in PERTURBED)
        if method not in PERTURBED:
            assert sensitivity_of(bag, [3, 2], method=method, target=0) is None
        assert sensitivity_of(bag, [], method=method, target=0) is None
    assert sensitivity_of(bag, [3], method="saliency", target=0) == pytest.approx(0, abs=1e-6)
    assert sensitivity_of(bag, [0, 0], method="input_x_gradient", target=0) is None  # all values are 0
    assert sensitivity_of(bag, [3, 2], method="attention", target=0) is None
    with pytest.raises(SettingsError, match=r"'magic'.*attention, saliency"):
        sensitivity_of(bag, [3, 2], method="magic", target=0)


# -- both ------------------------------------------------------------------------------------------------------------


def both(network, seed):
    values = attribute(network, IDS, method="saliency", target=1).values
    return [
        infidelity_of(network, IDS, values, target=1, seed=seed),
        *(sensitivity_of(network, IDS, method=method, target=1, seed=seed) for method in ("attention", *PERTURBED)),
    ]


def test_the_seed_decides(network):
    first = both(network, 1)
    assert both(network, 1) == first
    assert all(a != b for a, b in zip(first, both(network, 2), strict=True))


def test_threads_do_not_disturb_each_other(network):
    alone = [both(network, seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda seed: both(network, seed), range(4))) == alone


def test_nothing_shared_is_touched(network):
    network.train()
    torch.manual_seed(3)
    np.random.seed(3)
    before, legacy = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    both(network, 1)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], legacy)
    assert network.training and all(parameter.grad is None for parameter in network.parameters())


def test_a_target_that_is_none(bag):
    with pytest.raises(ModelError, match="class 2"):
        infidelity_of(bag, [3, 2], np.ones(2), target=2)
    with pytest.raises(ModelError, match="class 2"):
        sensitivity_of(bag, [3, 2], method="saliency", target=2)
