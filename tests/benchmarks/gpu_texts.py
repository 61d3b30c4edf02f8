"""Random texts as many and as long as those of AG News, for a machine that has not got the data."""

from __future__ import annotations

import numpy as np
import torch

from model.training.batches import Documents

TEXTS = 120_000
WORDS, CLASSES = 50_000, 4

# Share of AG News texts, in per cent, that are at most so many tokens long (28,000 texts; mean 46).
_SHARES = (0, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 100)
_TOKENS = (16, 22, 27, 31, 35, 39, 42, 44, 47, 50, 54, 60, 71, 91, 101, 130, 253)


def made_texts(count: int, device: torch.device, *, seed: int = 13) -> Documents:
    """Random words by Zipf's law, with random labels, on the device."""
    generator = np.random.default_rng(seed)
    lengths = np.interp(100 * generator.random(count), _SHARES, _TOKENS).round().astype(np.int64)
    chances = 1 / np.arange(1, WORDS - 1)
    below = np.cumsum(chances / chances.sum())
    ids = np.searchsorted(below[:-1], generator.random(lengths.sum())).astype(np.int32) + 2
    labels = generator.integers(CLASSES, size=count)
    return Documents.of_flat(ids, lengths.cumsum() - lengths, lengths, labels, device=device)
