"""Perplexity and its kin, worked out by hand."""

import math

import numpy as np
import pytest

from model.compare.language_metrics import language_metrics, perplexity
from model.errors import DataError
from model.text.vocabulary import UNK


def test_figures_of_a_stream_worked_out_by_hand():
    losses = np.log([2, 8, 4, 4])  # probabilities 1/2, 1/8, 1/4, 1/4: bits 1, 3, 2, 2
    found = language_metrics(np.array([UNK, 5, UNK, 7, 5]), losses, characters=16)
    assert found["loss"] == pytest.approx(math.log(4))
    assert found["perplexity"] == pytest.approx(4)
    assert found["bits_per_token"] == pytest.approx(2)
    assert found["bits_per_character"] == pytest.approx(8 / 16)
    assert (found["tokens"], found["unknown"]) == (4, 0.25)


def test_single_precision_losses_lose_nothing_over_a_long_stream():
    losses = np.full(2_000_000, 0.1, np.float32)
    assert language_metrics(np.full(2_000_001, 2), losses, characters=1)["loss"] == pytest.approx(0.1, rel=1e-7)


def test_a_loss_too_large_for_a_perplexity():
    assert perplexity(math.log(3)) == pytest.approx(3)
    assert perplexity(1e6) == math.inf


def test_nothing_predicted_has_no_perplexity():
    with pytest.raises(DataError, match="fewer than two tokens"):
        language_metrics(np.array([5]), np.zeros(0), characters=1)
