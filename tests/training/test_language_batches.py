"""Streams hold a text in order, side by side, and every token but a few is predicted once an epoch."""

import numpy as np
import pytest

from model.errors import DataError
from model.training.language_batches import Streams


def _epoch(streams, seed=0):
    segments = streams.segments(np.random.default_rng(seed))
    inputs, targets = (np.concatenate([pair[side].numpy() for pair in segments], 1) for side in (0, 1))
    return segments, inputs, targets


def test_a_token_follows_the_one_before_it_in_its_stream():
    segments, inputs, targets = _epoch(Streams(np.arange(100), count=4, segment=10))
    assert [len(ids[0]) for ids, _ in segments] == [10, 10, 4]  # streams of 25 tokens: 24 predictions
    assert inputs.shape == (4, 24)
    assert ((inputs + 1) % 100 == targets).all()  # read round the end of the text
    assert ((inputs[:, :1] + np.arange(24)) % 100 == inputs).all()  # segments go on where the one before ended


def test_streams_part_the_text():
    _, inputs, targets = _epoch(Streams(np.arange(103), count=4, segment=7))
    read = np.concatenate([inputs[:, :1], targets], 1)
    assert len(set(read.ravel().tolist())) == 100  # of 103 the three that fill no stream are left out


def test_every_epoch_begins_elsewhere_and_its_seed_repeats_it():
    streams = Streams(np.arange(1000), count=5, segment=20)
    first, again, other = (_epoch(streams, seed)[1] for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).all()


def test_a_short_text_makes_fewer_streams():
    streams = Streams(np.arange(5), count=20, segment=35)
    assert (streams.count, streams.steps, streams.tokens) == (2, 1, 2)
    assert _epoch(streams)[1].shape == (2, 1)


def test_a_text_without_a_second_token_is_refused():
    with pytest.raises(DataError, match="has 1 tokens; at least 2"):
        Streams(np.arange(1), count=20, segment=35)
