"""A bootstrap over texts that draws the same texts for all models and metrics of a comparison."""

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

_DRAWN = 8_000  # texts drawn one by one; of more, groups of texts, as the draws of all of them take 80 MB
_SEED = 13  # the same figures at every visit


def bootstrap_ends(scores: Mapping[str, np.ndarray], *, resamples: int) -> dict[str, list[float]]:
    """The ends [low, high] of a 95 % percentile bootstrap over the texts (Efron 1979), of the mean of scores (S, N).

    The seeds stay as they are: each text is drawn with its scores of all seeds. Of more than 8,000 texts, random
    groups of equal size are drawn, whose means vary as those of their texts do.
    """
    columns = np.array([each.mean(axis=0) for each in scores.values()]).T  # (N, M)
    texts, means = len(columns), columns.mean(axis=0)
    centred = columns - means
    if texts > _DRAWN:
        groups = math.ceil(texts / math.ceil(texts / _DRAWN))
        group = np.random.default_rng(_SEED).permutation(texts) % groups
        centred = np.array([np.bincount(group, column, minlength=groups) for column in centred.T]).T
    counts, centred = _draws(len(centred), resamples), centred.astype(np.float32)
    sums = [counts[start : start + 64].astype(np.float32) @ centred for start in range(0, resamples, 64)]
    ends = means + np.quantile(np.concatenate(sums) / texts, (0.025, 0.975), axis=0)  # (2, M)
    return {name: column.tolist() for name, column in zip(scores, ends.T, strict=True)}


@lru_cache(maxsize=1)
def _draws(texts: int, resamples: int) -> np.ndarray:
    """How often each text is in each resample, (R, N) uint8: one set for all sides and pairs of a comparison."""
    randomness = np.random.default_rng(_SEED)
    counts = np.empty((resamples, texts), np.uint8)
    for row in counts:
        row[:] = np.bincount(randomness.integers(0, texts, texts, np.uint16), minlength=texts)
    return counts
