"""Attributions in steps: their errors, seeds, threads, and what is left behind by one who stops half-way."""

import math
import threading
from itertools import islice, pairwise

import numpy as np
import pytest
import torch

from model.errors import ModelError, SettingsError
from model.explain.attribution import METHODS, attribute, attribute_steps, convergence_delta
from model.explain.network import baseline_logits, run
from model.explain.rows import problem

IDS = np.random.default_rng(5).integers(1, 40, 8)
LONGER = np.random.default_rng(3).integers(1, 40, 23)
SAMPLED = ("gradient_shap", "shapley_sampling", "kernel_shap", "lime")
EXACT = tuple(method for method in METHODS if method not in SAMPLED)


@pytest.mark.parametrize("method", SAMPLED)
def test_the_sampling_error_is_the_spread_over_seeds(network, method):
    results = [attribute(network, LONGER, method=method, target=1, seed=seed) for seed in range(8)]
    values = np.array([result.values for result in results])
    spread = values.std(axis=0, ddof=1).mean() / np.abs(values.mean(0)).mean()
    assert np.mean([result.sampling_error for result in results]) == pytest.approx(spread, rel=0.4)
    assert spread > 0  # else nothing was drawn


@pytest.mark.parametrize("method", SAMPLED)
def test_steps_lead_to_the_result(network, method):
    steps = list(attribute_steps(network, LONGER, method=method, target=1, seed=3))
    whole = attribute(network, LONGER, method=method, target=1, seed=3)
    assert [step.done for step in steps] == pytest.approx([n / len(steps) for n in range(1, len(steps) + 1)])
    assert len(steps) > 1 and np.array_equal(steps[-1].values, whole.values)
    assert steps[-1].sampling_error == whole.sampling_error
    assert steps[0].sampling_error is None and all(step.sampling_error > 0 for step in steps[1:])
    assert all(a.seconds < b.seconds for a, b in pairwise(steps))
    one_by_one = [len(steps) * steps[-1].values - (len(steps) - 1) * steps[-2].values, steps[0].values]
    assert one_by_one[0] != pytest.approx(one_by_one[1], rel=1e-6)  # each repeat draws anew


@pytest.mark.parametrize("method", EXACT)
def test_exact_methods_take_one_step(network, method):
    [step] = attribute_steps(network, LONGER, method=method, target=1)
    assert step.done == 1 and step.sampling_error is None


@pytest.mark.parametrize("method", ("integrated_gradients", "gradient_shap", "shapley_sampling", "kernel_shap"))
def test_values_are_checked_against_the_change_of_the_logit(any_network, method):
    change = float(run(any_network, LONGER).logits[0, 2] - baseline_logits(any_network, LONGER)[2])
    result = attribute(any_network, LONGER, method=method, target=2)
    total = result.values.astype(np.float64).sum()
    assert result.convergence_delta == pytest.approx(convergence_delta(total, change), abs=1e-4)
    assert result.convergence_delta < (0.2 if method == "gradient_shap" else 0.01)


def _shared_states():
    kind, keys, *rest = np.random.get_state()
    return torch.get_rng_state().tolist(), kind, keys.tolist(), rest


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_alone_decides(network, method):
    torch.manual_seed(0)
    np.random.seed(0)  # Captum itself draws from these
    before = _shared_states()
    first = attribute(network, LONGER, method=method, target=1, seed=1).values
    assert _shared_states() == before
    torch.manual_seed(1)
    np.random.seed(1)
    attribute(network, IDS, method=method, target=0)
    assert np.array_equal(attribute(network, LONGER, method=method, target=1, seed=1).values, first)
    other = attribute(network, LONGER, method=method, target=1, seed=2**64 - 1).values  # as large as text_seed's
    assert np.array_equal(other, first) == (method in EXACT)


def test_threads_do_not_disturb_each_other(network):
    alone = {
        (m, seed): attribute(network, IDS, method=m, target=1, seed=seed).values for m in SAMPLED for seed in (0, 1)
    }
    found = {}

    def work(key):
        found[key] = attribute(network, IDS, method=key[0], target=1, seed=key[1]).values

    threads = [threading.Thread(target=work, args=(key,)) for key in alone]
    before = _shared_states()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _shared_states() == before
    assert all(np.array_equal(found[key], values) for key, values in alone.items()) and len(found) == len(alone)


@pytest.mark.parametrize("method", SAMPLED)
def test_stopping_half_way_leaves_nothing_behind(build, method):
    network = build("bilstm-additive", dropout=0.5).train()
    before, cudnn = _shared_states(), torch.backends.cudnn.enabled
    steps = attribute_steps(network, LONGER, method=method, target=1)
    [first, second] = islice(steps, 2)
    assert network.training and torch.backends.cudnn.enabled == cudnn  # between the steps, with the iterator alive
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    del steps
    assert _shared_states() == before and first.done < second.done < 1
    assert attribute(network, LONGER, method=method, target=1).done == 1  # no lock is held


@pytest.mark.parametrize("method", ("feature_ablation", "shapley_sampling", "kernel_shap", "lime", "leave_one_out"))
def test_one_text_at_a_time_gives_the_same(network, method, monkeypatch):
    values = attribute(network, IDS, method=method, target=2).values
    monkeypatch.setattr("model.explain.target_logit.TOKENS_AT_ONCE", 1)
    assert attribute(network, IDS, method=method, target=2).values == pytest.approx(values, abs=1e-4)


def test_long_texts_repeat_less_but_twice():
    for method in ("shapley_sampling", "kernel_shap", "lime"):
        repeats = [METHODS[method].repeats(tokens) for tokens in (10, 200, 400, 2000)]
        assert repeats == sorted(repeats, reverse=True) and repeats[-1] == 2 < repeats[0] == 20


def test_wrong_names_are_told_before_the_first_step(network):
    with pytest.raises(SettingsError, match="'deep_lift'"):
        attribute_steps(network, IDS, method="deep_lift", target=0)
    with pytest.raises(ModelError, match="class 7"):
        attribute_steps(network, IDS, method="lime", target=7)


def test_rows_that_say_nothing_are_named():
    assert problem(np.array([0.0, -0.0])) == "zero"
    assert problem(np.array([0.0, np.nan])) == problem(np.array([1.0, np.inf])) == "nan"
    assert problem(np.array([0.0, 1e-30])) is None and problem(np.zeros(0)) is None


@pytest.mark.parametrize("method", METHODS)
def test_a_broken_network_gives_a_row_that_is_flagged(build, method):
    network = build("lstm")
    network.head.bias.data[1] = math.nan
    result = attribute(network, IDS, method=method, target=1)
    assert problem(result.values) == (None if METHODS[method].backward else "nan")  # a bias has no gradient
    assert result.convergence_delta is None or math.isnan(result.convergence_delta)
