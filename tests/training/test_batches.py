"""Batches hold every text once, whole, and as little padding as their lengths allow."""

import numpy as np
import pytest
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


def test_texts_lie_anywhere_in_one_array():
    flat = np.array([5, 6, 7, 8, 9], np.int32)
    documents = Documents.of_flat(flat, [3, 0, 1, 5], [2, 3, 1, 0], [1, 0, 1, 0])  # out of order, overlapping, cut
    ids, mask = documents.batch(np.array([0, 1, 2, 3]))
    assert ids.tolist() == [[8, 9, 0], [5, 6, 7], [6, 0, 0], [0, 0, 0]]
    assert mask.sum(1).tolist() == [2, 3, 1, 0] == documents.lengths.tolist()
    assert documents.labels.tolist() == [1, 0, 1, 0] and len(documents) == 4


def test_a_file_is_read_where_it_lies(tmp_path):
    np.arange(1, 101, dtype=np.int32).tofile(tmp_path / "ids")
    flat = np.memmap(tmp_path / "ids", np.int32, "r")  # read-only: torch would warn, which is an error here
    documents = Documents.of_flat(flat, np.arange(0, 100, 10), np.full(10, 7))
    assert documents._flat.data_ptr() == flat.ctypes.data
    del flat
    assert documents.batch(np.array([9, 2]))[0].tolist() == [[*range(91, 98)], [*range(21, 28)]]


@pytest.mark.parametrize(("starts", "lengths"), [([0, 4], [5, 2]), ([0, -1], [1, 1]), ([0, 3], [0, -1])])
def test_a_text_outside_the_array_is_refused(starts, lengths):
    with pytest.raises(ValueError, match=f"text 1 has {lengths[1]} ids from place {starts[1]}, but there are 5 ids"):
        Documents.of_flat(np.zeros(5, np.int32), starts, lengths)


def test_ids_past_the_words_are_the_unknown_word_and_the_array_stays():
    flat = np.array([2, 5, 6, 3, 7, 0], np.int32)
    documents = Documents.of_flat(flat, [0, 3], [3, 2], words=6)
    ids, mask = documents.batch(np.array([1, 0]))
    assert ids.tolist() == [[3, 1, 0], [2, 5, 1]] and mask is not None
    assert documents.epoch([np.array([0])])[0].ids.tolist() == [[2, 5, 1]]
    assert flat.tolist() == [2, 5, 6, 3, 7, 0]


def test_an_epoch_gives_the_batches_it_was_told_with_their_labels():
    documents = _documents([2, 0, 3, 2, 0], labels=[4, 3, 2, 1, 0])
    told = [np.array([0, 3]), np.array([2, 0, 1]), np.array([4])]
    epoch = documents.epoch(told)
    assert len(epoch) == len(list(epoch)) == 3
    for index, batch in zip(told, epoch, strict=True):
        ids, mask = documents.batch(index)
        assert batch.ids.equal(ids) and batch.ids.dtype == torch.int64
        assert batch.mask is mask is None or batch.mask.equal(mask)
        assert batch.labels.equal(documents.labels[index])
    assert epoch[1].ids.tolist() == [[10, 20, 30], [10, 20, 0], [0, 0, 0]]
    assert epoch[0].mask is None and epoch[-1].ids.shape == (1, 0)
    with pytest.raises(IndexError):
        epoch[3]


def test_an_epoch_of_nothing_and_one_without_labels():
    assert list(_documents([]).epoch([])) == list(_documents([3], labels=[0]).epoch([])) == []
    assert _documents([3]).epoch([np.array([0])])[0].labels is None


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


def test_neither_the_order_of_batches_nor_their_company_is_that_of_lengths():
    lengths = np.repeat([3, 5, 7], 200)
    longest = [int(lengths[batch].max()) for batch in training_batches(lengths, 32, np.random.default_rng(1))]
    assert longest != sorted(longest)
    alike, epochs = np.full(200, 7), [np.random.default_rng(seed) for seed in range(40)]
    meetings = [{0, 1} <= set(batch.tolist()) for chance in epochs for batch in training_batches(alike, 32, chance)]
    assert sum(meetings) < 20  # 6 of 40 by chance: neighbours in the data are not neighbours in every epoch


def test_inference_bounds_the_tokens_of_a_batch():
    lengths = np.array([5, 400, 3, 0, 400, 90_000])
    batches = list(inference_batches(lengths, tokens=800, texts=3))
    assert sorted(np.concatenate(batches).tolist()) == list(range(6))
    assert [batch.tolist() for batch in batches] == [[3, 2, 0], [1, 4], [5]]
    rising = inference_batches(np.arange(1, 41), tokens=80)
    assert max(len(batch) * (batch.max() + 1) for batch in rising) <= 80


def test_texts_of_a_common_length_come_first_and_by_themselves():
    lengths = np.array([2] * 3 + [5] * 134 + [6] * 3 + [7] * 64 + [8] * 63)[::-1]
    batches = list(inference_batches(lengths, tokens=10_000, texts=100))
    assert [len(batch) for batch in batches] == [64, 64, 64, 75]
    assert [sorted(set(lengths[batch].tolist())) for batch in batches] == [[5], [5], [7], [2, 5, 6, 8]]
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    long = list(inference_batches(np.full(65, 400), tokens=16_384))
    assert [len(batch) for batch in long] == [40, 24, 1]
    assert list(inference_batches(np.zeros(0, np.int64))) == []
