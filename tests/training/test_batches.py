"""Batches hold every text once, whole, and as little padding as their lengths allow."""

import numpy as np
import torch

from model.training.batches import Documents, inference_batches, training_batches


def _documents(lengths, labels=None):
    return Documents([np.arange(1, length + 1, dtype=np.int32) * 10 for length in lengths], labels)


def test_a_batch_pads_to_its_longest_text():
    ids, mask = _documents([2, 0, 3]).batch(np.array([2, 0, 1]))
    assert ids.tolist() == [[10, 20, 30], [10, 20, 0], [0, 0, 0]]
    assert mask.tolist() == [[True] * 3, [True, True, False], [False] * 3]
    assert ids.dtype == torch.int64


def test_a_batch_of_one_length_has_no_mask():
    ids, mask = _documents([2, 5, 2]).batch(np.array([0, 2]))
    assert ids.tolist() == [[10, 20], [10, 20]]
    assert mask is None


def test_texts_without_tokens():
    ids, mask = _documents([0, 0]).batch(np.array([0, 1]))
    assert ids.shape == (2, 0)
    assert mask is None


def test_an_epoch_has_every_text_once_in_batches_of_nearly_one_length():
    lengths = np.random.default_rng(0).integers(1, 60, size=1000)
    batches = training_batches(lengths, 32, np.random.default_rng(1))
    assert sorted(np.concatenate(batches).tolist()) == list(range(1000))
    assert max(map(len, batches)) <= 32
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert padded < 1.05 * lengths.sum()


def test_epochs_differ_and_their_seed_repeats_them():
    lengths = np.full(200, 7)
    first, again, other = (training_batches(lengths, 32, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert np.concatenate(first).tolist() != np.concatenate(other).tolist()


def test_inference_bounds_the_tokens_of_a_batch():
    lengths = np.array([5, 400, 3, 0, 400, 90_000])
    batches = list(inference_batches(lengths, tokens=800, texts=3))
    assert sorted(np.concatenate(batches).tolist()) == list(range(6))
    assert [batch.tolist() for batch in batches] == [[3, 2, 0], [1, 4], [5]]
