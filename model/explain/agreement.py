"""Do two rows of numbers over the same tokens rank them alike?"""

import math
from typing import NamedTuple

import numpy as np

_PAIRS_AT_ONCE = 1 << 22  # pairs of tokens compared in one go, which bounds the memory


class Agreement(NamedTuple):
    """Of two rows over one text's tokens: Kendall's tau-b, and the share of their `top_k` tokens that both have.

    None where it has no meaning: fewer than two tokens, or a row whose numbers are all equal, or not all finite.
    """

    kendall_tau: float | None
    top_k: int
    top_k_overlap: float | None


def ranking(values: np.ndarray, *, seed: int) -> np.ndarray:
    """Positions (T,) of values (T,), highest first; ties in a random order that `seed` alone decides."""
    values = np.asarray(values)
    shuffled = np.random.default_rng(seed).permutation(len(values))
    return shuffled[np.argsort(-values[shuffled], kind="stable")]


def kendall_tau(a: np.ndarray, b: np.ndarray) -> float | None:
    """Kendall's tau-b of a and b, both (T,): from -1, opposite orders, over 0 to 1, the same order (Kendall 1945).

    None where it is undefined: fewer than two values, a row of equal values, or a value that is not finite.
    """
    a, b = _rows(a, b)
    if not _has_order(a) or not _has_order(b):
        return None
    concordant = untied_a = untied_b = 0
    block = max(1, _PAIRS_AT_ONCE // len(a))
    for start in range(0, len(a), block):
        order_a = _order(a[start : start + block], a)  # (block, T)
        order_b = _order(b[start : start + block], b)
        concordant += int((order_a * order_b).sum(dtype=np.int64))  # less the discordant pairs
        untied_a += int(np.count_nonzero(order_a))
        untied_b += int(np.count_nonzero(order_b))
    return concordant / math.sqrt(untied_a * untied_b)


def top_k_overlap(a: np.ndarray, b: np.ndarray, k: int, *, seed: int) -> float | None:
    """Share of the k highest of a (T,) that are among the k highest of b (T,), from 0 to 1; ties as in `ranking`.

    None where it is undefined: as `kendall_tau`, or k not below T, when any two rows share everything.
    """
    a, b = _rows(a, b)
    if not _has_order(a) or not _has_order(b) or k >= len(a):
        return None
    shared = np.intersect1d(ranking(a, seed=seed)[:k], ranking(b, seed=seed)[:k], assume_unique=True)
    return len(shared) / k


def agreement(a: np.ndarray, b: np.ndarray, *, seed: int) -> Agreement:
    """Agreement of two rows (T,) by absolute value: how much each token matters, for the target or against it."""
    a, b = _rows(a, b)
    a, b = np.abs(a), np.abs(b)
    top_k = max(1, -(-len(a) // 10))  # a tenth of the tokens, rounded up in whole numbers
    return Agreement(kendall_tau(a, b), top_k, top_k_overlap(a, b, top_k, seed=seed))


def _rows(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"two rankings of the same tokens are needed, not shapes {a.shape} and {b.shape}")
    return a, b


def _has_order(row: np.ndarray) -> bool:
    return len(row) > 1 and bool(np.isfinite(row).all()) and bool((row != row[0]).any())


def _order(block: np.ndarray, row: np.ndarray) -> np.ndarray:
    block = block[:, None]
    return (block > row).astype(np.int8) - (block < row).astype(np.int8)  # (block, T): 1, 0 for a tie, or -1
