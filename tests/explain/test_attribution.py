import subprocess
import sys

import numpy as np
import pytest
import torch

from model.errors import ModelError, SettingsError
from model.explain.attribution import METHODS, attribute, convergence_delta
from model.explain.network import baseline_logits, run, shortened_logits

COMPLETE = {"integrated_gradients", "gradient_shap", "shapley_sampling", "kernel_shap"}  # their values add up
IDS = np.random.default_rng(3).integers(1, 40, 23)


def logits(network, ids):
    return run(network, ids).logits[0].numpy()


def test_every_method_by_hand(bag):
    # Token 3 has the embedding (2, -1), token 2 (0, 1); the weights to class 0 are (3, 4): they add 2 and 4.
    ids = [3, 2]
    for method in ("input_x_gradient", "integrated_gradients", "leave_one_out"):
        assert attribute(bag, ids, method=method, target=0).values.tolist() == pytest.approx([2, 4], abs=1e-5)
        assert attribute(bag, ids, method=method, target=1).values.tolist() == pytest.approx([-1, 1], abs=1e-5)
    assert attribute(bag, ids, method="saliency", target=0).values.tolist() == [5, 5]  # the norm of (3, 4)
    assert baseline_logits(bag, ids).tolist() == [0.5, -0.5]


def test_integrated_gradients_add_up(any_network):
    changes = logits(any_network, IDS) - baseline_logits(any_network, IDS)
    assert np.abs(changes).max() > 0.1
    for target, change in enumerate(changes.tolist()):
        result = attribute(any_network, IDS, method="integrated_gradients", target=target)
        assert result.values.sum() == pytest.approx(change, rel=0.01, abs=0.001)
        assert result.convergence_delta == pytest.approx(convergence_delta(result.values.sum(), change), abs=1e-5)
        assert result.convergence_delta <= 0.01


def test_integrated_gradients_are_a_plain_riemann_sum(network, monkeypatch):
    embeddings = network.embed(torch.tensor(IDS)[None]).detach()
    steps = 2000
    total = torch.zeros_like(embeddings)
    for chunk in ((torch.arange(steps) + 0.5) / steps).split(200):
        points = (chunk[:, None, None] * embeddings).requires_grad_()
        total += torch.autograd.grad(network.classify_embedded(points).logits[:, 1].sum(), points)[0].sum(0)
    expected = (embeddings * total / steps).sum(-1)[0].numpy()
    largest = float(np.abs(expected).max())
    values = attribute(network, IDS, method="integrated_gradients", target=1).values
    assert values == pytest.approx(expected, abs=0.01 * largest)
    monkeypatch.setattr("model.explain.integrated.IG_TOLERANCE", 1e-4)
    finer = attribute(network, IDS, method="integrated_gradients", target=1).values
    assert finer == pytest.approx(expected, abs=2e-4 * largest) and not np.array_equal(finer, values)


def test_integrated_gradients_look_closer_where_the_path_is_steep(build, monkeypatch):
    steep = build("lstm", roughness=6.0)
    result = attribute(steep, IDS, method="integrated_gradients", target=0)
    for name, value in {"IG_MOST_POINTS": 12, "SCAN_PARTS": 4, "SCAN_ROUNDS": 0, "LARGEST_BEND": -1.0}.items():
        monkeypatch.setattr(f"model.explain.integrated.{name}", value)
    unaided = attribute(steep, IDS, method="integrated_gradients", target=0)
    assert result.convergence_delta < 0.01 < 0.1 < unaided.convergence_delta


def test_integrated_gradients_look_no_closer_than_they_must(build, monkeypatch):
    network, points = build("gru", strength=0.1), []
    plain = network.classify_embedded

    def count(embeddings, **others):
        points.extend([1] * (len(embeddings) if embeddings.requires_grad else 0))
        return plain(embeddings, **others)

    monkeypatch.setattr(network, "classify_embedded", count)
    attribute(network, IDS, method="integrated_gradients", target=0)
    assert len(points) == 6  # two parts: the logit runs nearly straight
    steep = build("lstm", roughness=6.0)
    plain = steep.classify_embedded
    monkeypatch.setattr(steep, "classify_embedded", count)
    monkeypatch.setattr("model.explain.integrated.IG_TOLERANCE", 0.0)  # never met
    attribute(steep, IDS, method="integrated_gradients", target=0)
    assert 400 <= len(points) - 6 < 800


def test_leave_one_out_is_the_network_on_the_shorter_list(any_network):
    values = attribute(any_network, IDS, method="leave_one_out", target=2).values
    whole = logits(any_network, IDS)[2]
    expected = [whole - logits(any_network, np.delete(IDS, place))[2] for place in range(len(IDS))]
    assert values == pytest.approx(expected, abs=1e-4)


def test_leave_one_out_in_small_batches_is_the_same(network, monkeypatch):
    values = attribute(network, IDS, method="leave_one_out", target=2).values
    tokens, plain = [], network.classify_embedded
    monkeypatch.setattr("model.explain.deletions.TOKENS_AT_ONCE", 50)
    monkeypatch.setattr(
        network, "classify_embedded", lambda x, *others, **more: tokens.append(x[..., 0].numel()) or plain(x, **more)
    )
    assert attribute(network, IDS, method="leave_one_out", target=2).values == pytest.approx(values, abs=1e-5)
    assert max(tokens) <= 50


@pytest.mark.parametrize("method", ("integrated_gradients", "shapley_sampling"))
def test_a_text_longer_than_what_runs_at_once_runs_alone(network, monkeypatch, method):
    values = attribute(network, IDS, method=method, target=0).values
    monkeypatch.setattr("model.explain.target_logit.TOKENS_AT_ONCE", 5)
    assert attribute(network, IDS, method=method, target=0).values == pytest.approx(values, abs=1e-4)


def test_gradient_methods_against_plain_autograd(any_network):
    ids = torch.tensor(IDS)[None]
    embeddings = any_network.embed(ids).detach().requires_grad_()
    output = any_network.classify_embedded(embeddings, sentences=any_network.sentences(ids))
    [gradient] = torch.autograd.grad(output.logits[0, 1], embeddings)
    saliency = attribute(any_network, IDS, method="saliency", target=1).values
    product = attribute(any_network, IDS, method="input_x_gradient", target=1).values
    assert saliency == pytest.approx(gradient.norm(dim=-1)[0].numpy(), rel=1e-4, abs=1e-6)
    assert product == pytest.approx((gradient * embeddings).sum(-1)[0].detach().numpy(), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ids", [[], [5]])
def test_short_texts_have_defined_values(any_network, method, ids):
    result = attribute(any_network, ids, method=method, target=0)
    assert result.values.shape == (len(ids),) and np.isfinite(result.values).all()
    if method == "leave_one_out" and ids:
        assert result.values[0] == pytest.approx(logits(any_network, ids)[0] - logits(any_network, [])[0], abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_the_network_is_left_as_it_was(build, method):
    network = build("bilstm-additive", dropout=0.5, embedding_dropout=0.5, weight_drop=0.5)
    still = attribute(network, IDS, method=method, target=1)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.train()
    result = attribute(network, IDS, method=method, target=1)
    assert network.training and all(parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert np.array_equal(result.values, still.values)  # dropout was off
    assert result.values.dtype == np.float32 and result.seconds > 0
    assert (result.convergence_delta is not None) == (method in COMPLETE)


def test_shortened_lists_run_as_if_alone(any_network, monkeypatch):
    rng = np.random.default_rng(0)
    sizes = [0, 23, 1, 5, 5, 22, 0, 13]
    kept = [np.sort(rng.permutation(len(IDS))[:size]) for size in sizes]
    expected = [logits(any_network, IDS[positions]) for positions in kept]
    assert shortened_logits(any_network, IDS, kept) == pytest.approx(np.array(expected), abs=1e-4)
    monkeypatch.setattr("model.explain.network.TOKENS_AT_ONCE", 20)
    assert shortened_logits(any_network, IDS, kept) == pytest.approx(np.array(expected), abs=1e-4)


def test_batches_of_shortened_lists_are_bounded(bag, monkeypatch):
    monkeypatch.setattr("model.explain.network.TOKENS_AT_ONCE", 60)
    shapes, plain = [], bag.classify_embedded
    monkeypatch.setattr(bag, "classify_embedded", lambda x, *others: shapes.append(x.shape[:2]) or plain(x, *others))
    shortened_logits(bag, np.ones(100, int), [np.arange(size) for size in (1, 2, 3, 30, 30, 30, 90, 0)])
    assert [tuple(shape) for shape in shapes] == [(4, 3), (2, 30), (1, 30), (1, 90)]


def test_unknown_names_are_answered_with_the_known_ones(network):
    with pytest.raises(SettingsError, match=r"'gradcam'.*saliency, input_x_gradient"):
        attribute(network, IDS, method="gradcam", target=0)
    for target in (3, -1):
        with pytest.raises(ModelError, match=f"class {target}, but the network knows 3: choose 0 to 2"):
            attribute(network, IDS, method="saliency", target=target)


def test_importing_does_not_import_captum():
    code = "import sys, model.explain.explanation; sys.exit('captum' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_gives_the_same_values_in_eval_mode(any_network):
    here = {method: attribute(any_network, IDS, method=method, target=1).values for method in METHODS}
    any_network.cuda()
    for method, values in here.items():
        assert attribute(any_network, IDS, method=method, target=1).values == pytest.approx(
            values, rel=1e-3, abs=1e-3
        )
    assert torch.backends.cudnn.enabled
