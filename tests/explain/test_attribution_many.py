"""Many texts attributed at once: each has the values that it has alone."""

import time

import numpy as np
import pytest

from model.errors import ModelError, SettingsError
from model.explain.attribution import METHODS, attribute, attribute_many
from model.explain.network import TOKENS_AT_ONCE, as_rows, similar_lengths

TOGETHER = [name for name, method in METHODS.items() if method.longer is not None]
LENGTHS = (12, 0, 13, 12, 1, 30, 12, 13, 2, 1, 31)
TEXTS = [np.random.default_rng(place).integers(1, 40, length) for place, length in enumerate(LENGTHS)]
TARGETS = [place % 3 for place in range(len(TEXTS))]


def same(found, alone):
    scale = max(float(np.abs(alone.values).max(initial=0.0)), 1e-3)
    assert found.values == pytest.approx(alone.values, rel=1e-5, abs=1e-5 * scale)
    assert found.values.shape == alone.values.shape and found.values.dtype == np.float32
    assert found.convergence_delta == pytest.approx(alone.convergence_delta, abs=1e-4)
    assert found.done == 1 and found.sampling_error is None


@pytest.mark.parametrize("method", TOGETHER)
def test_values_are_those_of_each_text_alone(any_network, method):
    found = attribute_many(any_network, TEXTS, method=method, targets=TARGETS)
    for ids, target, attribution in zip(TEXTS, TARGETS, found, strict=True):
        same(attribution, attribute(any_network, ids, method=method, target=target))


@pytest.mark.parametrize("method", TOGETHER)
def test_texts_of_one_length_run_in_fewer_batches(network, method, monkeypatch):
    texts = [np.random.default_rng(place).integers(1, 40, 9) for place in range(6)]
    rows, plain = [], network.classify_embedded
    monkeypatch.setattr(
        network, "classify_embedded", lambda x, *others, **more: rows.append(len(x)) or plain(x, *others, **more)
    )
    attribute_many(network, texts, method=method, targets=[0] * 6)
    together = len(rows)
    rows.clear()
    for ids in texts:
        attribute(network, ids, method=method, target=0)
    assert together < len(rows) / 2


@pytest.mark.parametrize("method", ("gradient_shap", "lime"))
def test_methods_that_sample_go_text_by_text_with_the_same_seed(network, method):
    found = attribute_many(network, TEXTS[:3], method=method, targets=TARGETS[:3], seed=5)
    for ids, target, attribution in zip(TEXTS, TARGETS, found, strict=False):
        alone = attribute(network, ids, method=method, target=target, seed=5)
        assert np.array_equal(attribution.values, alone.values)
        assert attribution.sampling_error == alone.sampling_error


def test_points_on_a_path_are_each_text_s_own(build, monkeypatch):
    monkeypatch.setattr("model.explain.integrated.IG_TOLERANCE", 0.0)
    monkeypatch.setattr("model.explain.integrated.IG_MOST_POINTS", 40)
    network, texts = build("lstm", roughness=6.0), [ids for ids in TEXTS if len(ids) == 12]
    found = attribute_many(network, texts, method="integrated_gradients", targets=[0] * len(texts))
    for ids, attribution in zip(texts, found, strict=True):
        alone = attribute(network, ids, method="integrated_gradients", target=0)
        assert attribution.values == pytest.approx(alone.values, abs=1e-4)


def test_the_seconds_of_texts_are_shares_of_the_whole(network):
    texts = [TEXTS[0]] * 8
    attribute_many(network, texts, method="saliency", targets=[0] * 8)  # pays for imports
    start = time.perf_counter()
    found = attribute_many(network, texts, method="saliency", targets=[0] * 8)
    assert sum(attribution.seconds for attribution in found) <= time.perf_counter() - start


def test_wrong_names_are_told_before_the_first_text(network):
    with pytest.raises(SettingsError, match="'gradcam'"):
        attribute_many(network, TEXTS, method="gradcam", targets=TARGETS)
    with pytest.raises(ModelError, match="class 3"):
        attribute_many(network, TEXTS, method="saliency", targets=[*TARGETS[:-1], 3])
    assert attribute_many(network, [], method="saliency", targets=[]) == []


def test_texts_are_grouped_by_length():
    assert [group.tolist() for group in similar_lengths([5, 9, 5, 0, 10, 5], longer=0.0)] == [
        [3],
        [0, 2, 5],
        [1],
        [4],
    ]
    assert [group.tolist() for group in similar_lengths([5, 9, 5, 0, 10, 5], longer=0.15)] == [
        [3], [0, 2, 5], [1, 4]
    ]  # fmt: skip
    chain = similar_lengths([10, 11, 12, 13], longer=0.15)  # each is like the one before it
    assert [group.tolist() for group in chain] == [[0, 1], [2, 3]]
    long = TOKENS_AT_ONCE // 3
    assert [len(group) for group in similar_lengths([long] * 7 + [2 * TOKENS_AT_ONCE], longer=1.0)] == [3, 3, 1, 1]
    assert list(similar_lengths([], longer=0.0)) == []


def test_a_batch_of_texts_has_a_mask_only_where_it_needs_one():
    ids, mask = as_rows([[4, 5], [6, 7]], "cpu")
    assert ids.tolist() == [[4, 5], [6, 7]] and mask is None
    ids, mask = as_rows([[4, 5], [6]], "cpu")
    assert ids.tolist() == [[4, 5], [6, 0]] and mask.tolist() == [[True, True], [True, False]]
