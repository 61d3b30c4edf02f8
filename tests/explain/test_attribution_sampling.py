"""The methods that take tokens away or draw at random, against sums written out here without Captum."""

import math

import numpy as np
import pytest
import torch
from lime.lime_text import LimeTextExplainer

from model.explain.attribution import METHODS, attribute, attribute_steps
from model.explain.network import run

IDS = np.random.default_rng(5).integers(1, 40, 8)  # 1 is the unknown word
LONGER = np.random.default_rng(3).integers(1, 40, 23)
SAMPLED = ("gradient_shap", "shapley_sampling", "kernel_shap", "lime")


def logits_with(network, ids, present, target):
    """The target's logit of each of present (N, T): the text with absent tokens' embeddings set to zero."""
    row = torch.tensor(ids)[None]
    with torch.no_grad():
        embeddings = torch.tensor(np.array(present), dtype=torch.float32)[:, :, None] * network.embed(row)
        sentences = network.sentences(row)
        sentences = None if sentences is None else sentences.expand(len(embeddings), -1)
        return network.classify_embedded(embeddings, sentences=sentences).logits[:, target].double().numpy()


def coalitions_of(tokens):
    return (np.arange(2**tokens)[:, None] >> np.arange(tokens)) & 1


def shapley_values(network, ids, target):
    """Shapley (1953): the gain of each token, averaged over every set of the others and its weight."""
    tokens = len(ids)
    gains = logits_with(network, ids, coalitions_of(tokens), target)
    values = np.zeros(tokens)
    for token in range(tokens):
        for code in range(2**tokens):
            if not code >> token & 1:
                weight = 1 / (tokens * math.comb(tokens - 1, code.bit_count()))
                values[token] += weight * (gains[code | 1 << token] - gains[code])
    return values


def lime_solution(network, ids, target, samples):
    """Weighted least squares over every set of tokens, as often as `samples` random ones and the text draw it."""
    tokens = len(ids)
    present = coalitions_of(tokens)
    sizes = present.sum(1)
    often = np.array([samples / tokens / math.comb(tokens, size) for size in range(tokens)] + [1.0])[sizes]
    weights = often * np.exp(-((1 - np.sqrt(sizes / tokens)) ** 2) / 0.125)
    inputs = np.column_stack([present, np.ones(len(present))]) * np.sqrt(weights)[:, None]
    outputs = logits_with(network, ids, present, target) * np.sqrt(weights)
    return np.linalg.lstsq(inputs, outputs, rcond=None)[0][:tokens]


def within_sampling_error(result, expected):
    """Whether values miss as much as their sampling error says: a normal error is 0.8 standard errors on average."""
    missed = np.abs(result.values - expected).mean() / np.abs(expected).mean()
    return missed < 2 * result.sampling_error


def test_sampling_methods_by_hand(bag):
    # A bag of words has no interactions: every estimate is what the token adds.
    for method in (*SAMPLED, "feature_ablation"):
        result = attribute(bag, [3, 2, 1], method=method, target=0)
        assert result.values.tolist() == pytest.approx([2, 4, 3], abs=1e-4), method
        assert result.sampling_error is None or result.sampling_error < 1e-5


def test_shapley_sampling_is_near_the_exact_values(any_network):
    result = attribute(any_network, IDS, method="shapley_sampling", target=1)
    assert within_sampling_error(result, shapley_values(any_network, IDS, 1))


def test_kernel_shap_of_a_short_text_is_exact(any_network):
    result = attribute(any_network, IDS, method="kernel_shap", target=1)
    expected = shapley_values(any_network, IDS, 1)
    assert result.values == pytest.approx(expected, abs=1e-4 * np.abs(expected).max())
    assert result.sampling_error is None and result.done == 1


def test_sampled_kernel_shap_is_near_the_exact_values(any_network, monkeypatch):
    monkeypatch.setattr("model.explain.perturbations.EXACT_TOKENS", 2)
    result = attribute(any_network, IDS, method="kernel_shap", target=1)
    assert within_sampling_error(result, shapley_values(any_network, IDS, 1))


def test_lime_is_near_weighted_least_squares_over_all_sets(any_network):
    result = attribute(any_network, IDS, method="lime", target=1)
    assert within_sampling_error(result, lime_solution(any_network, IDS, 1, samples=128))


def test_lime_agrees_with_its_authors_package(network):
    words = [f"w{place}" for place in range(len(IDS))]

    def classify(texts):
        present = [[word in text.split() for word in words] for text in texts]
        logit = logits_with(network, IDS, present, 1)
        return np.column_stack([-logit, logit])

    explainer = LimeTextExplainer(random_state=1, split_expression=r"\s+", feature_selection="none")
    theirs = dict(explainer.explain_instance(" ".join(words), classify, num_samples=5000).as_list())
    expected = np.array([theirs[word] for word in words])
    result = attribute(network, IDS, method="lime", target=1)
    assert result.values == pytest.approx(expected, abs=0.05 * np.abs(expected).max())


def test_gradient_shap_is_the_gradient_at_one_random_point_of_each_part(any_network, monkeypatch):
    monkeypatch.setattr("model.explain.gradients.SHAP_HALVINGS", 0)
    first = next(attribute_steps(any_network, LONGER, method="gradient_shap", target=2, seed=11))
    shares = (np.arange(16) + np.random.default_rng(11).random(16)) / 16
    row = torch.tensor(LONGER)[None]
    embeddings = any_network.embed(row).detach()
    expected = np.zeros(len(LONGER))
    for share in shares.tolist():
        point = (share * embeddings).requires_grad_()
        logit = any_network.classify_embedded(point, sentences=any_network.sentences(row)).logits[0, 2]
        expected += (torch.autograd.grad(logit, point)[0] * embeddings).sum(-1)[0].numpy() / 16
    assert first.values == pytest.approx(expected, rel=1e-3, abs=1e-4 * np.abs(expected).max())


def test_gradient_shap_is_integrated_gradients_on_average(network, monkeypatch):
    monkeypatch.setattr("model.explain.gradients.SHAP_REPEATS", 200)
    monkeypatch.setattr("model.explain.integrated.IG_TOLERANCE", 1e-4)
    expected = attribute(network, IDS, method="integrated_gradients", target=1).values
    assert within_sampling_error(attribute(network, IDS, method="gradient_shap", target=1), expected)


def test_gradient_shap_draws_more_where_the_path_is_steep(build, monkeypatch):
    steep = build("lstm", roughness=6.0)
    deltas = []
    for halvings in (12, 0):
        monkeypatch.setattr("model.explain.gradients.SHAP_HALVINGS", halvings)
        results = [attribute(steep, LONGER, method="gradient_shap", target=target) for target in range(3)]
        deltas.append([result.convergence_delta for result in results])
    assert max(deltas[0]) < 0.2 < min(deltas[1])


def test_feature_ablation_is_the_logit_without_each_embedding(any_network):
    tokens = len(LONGER)
    present = np.concatenate([np.ones((1, tokens)), 1 - np.eye(tokens)])
    whole, *without = logits_with(any_network, LONGER, present, 0)
    values = attribute(any_network, LONGER, method="feature_ablation", target=0).values
    assert values == pytest.approx(whole - np.array(without), abs=1e-4)


def test_sentences_are_known_to_every_method(build, monkeypatch):
    network = build("han", sentence_ends=(5, 9))
    ids = [3, 7, 5, 8, 2, 9, 4]
    assert network.sentences(torch.tensor([ids])).unique().numel() > 1
    with_ends = {method: attribute(network, ids, method=method, target=1).values for method in METHODS}
    exact = shapley_values(network, ids, 1)
    assert with_ends["kernel_shap"] == pytest.approx(exact, abs=1e-4 * np.abs(exact).max())
    whole = run(network, ids).logits[0, 1].item()
    shorter = [run(network, np.delete(ids, place)).logits[0, 1].item() for place in range(len(ids))]
    assert with_ends["leave_one_out"] == pytest.approx(whole - np.array(shorter), abs=1e-4)
    monkeypatch.setattr(network, "sentences", lambda ids: torch.zeros_like(ids))
    for method, values in with_ends.items():
        assert attribute(network, ids, method=method, target=1).values != pytest.approx(values, abs=1e-3), method
