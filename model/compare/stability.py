"""Do S trained models, alike but for their seed, put the same weight on the same tokens? Plain arrays (S, T).

Rows are values of one text's T tokens in each of S models, and count by their absolute value: how much each token
matters, for the target or against it. A row that is not finite says nothing and is passed over. What has no meaning
is None: fewer than two tokens, or fewer than two rows that say something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from model.compare.trust_intervals import Figure, Resampling
from model.explain.agreement import kendall_tau

MEASURES = ("tau", "distance", "chance", "flipping")
_BOUNDS = {"tau": (-1.0, 1.0), "distance": (0.0, 1.0), "chance": (0.0, 1.0), "flipping": (0.0, 1.0)}
_SHUFFLES = 20  # of each row, for the distance that chance gives


def pairwise_tau(values: np.ndarray) -> float | None:
    """Mean of Kendall's tau-b over all pairs of the rows of values (S, T): 1, the same order; 0, unrelated ones.

    Pairs with a row of equal values have no tau and do not count.
    """
    rows = _usable(values)
    taus = [kendall_tau(a, b) for a, b in combinations(rows, 2)]
    return _mean([tau for tau in taus if tau is not None])


def jensen_shannon(values: np.ndarray) -> float | None:
    """Mean Jensen-Shannon distance over all pairs of the rows of values (S, T), each as shares of its sum.

    The square root of the divergence with logarithms to base 2 (Lin 1991; Endres & Schindelin 2003): 0, the same
    shares; 1, no token in common. A row of zeros has no shares. Two rows that spread evenly are near each other
    whatever they rank first: see `chance_distance`.
    """
    rows = _shares(values)
    return _mean([float(_distance(a, b)) for a, b in combinations(rows, 2)]) if len(rows) > 1 else None


def chance_distance(values: np.ndarray, *, seed: int) -> float | None:
    """The distance of `jensen_shannon` had each row put the same shares on tokens drawn at random.

    The mean over 20 shuffles of one row of each pair, drawn from `seed`. A distance as large as this says that the
    rows have their evenness in common, and no tokens.
    """
    rows = _shares(values)
    if len(rows) < 2:
        return None
    rng = np.random.default_rng(seed)
    found = []
    for a, b in combinations(rows, 2):
        shuffled = rng.permuted(np.tile(b, (_SHUFFLES, 1)), axis=1)  # (20, T)
        found.append(float(_distance(a[None], shuffled).mean()))
    return _mean(found)


def flips(values: np.ndarray) -> np.ndarray | None:
    """Which tokens are among the top tenth of one row of values (S, T) and in the lower half of another, (T,) bool.

    The top tenth is one token at least. Ties count as where they are certain: a token is at the top if no more than
    that tenth are as high as it or higher, in the lower half if no more than half are as low or lower.
    """
    rows = _usable(values)
    if len(rows) < 2:
        return None
    tokens = rows.shape[1]
    ordered = np.sort(rows, axis=1)
    at_least = np.stack([tokens - np.searchsorted(row, own, "left") for row, own in zip(ordered, rows, strict=True)])
    at_most = np.stack([np.searchsorted(row, own, "right") for row, own in zip(ordered, rows, strict=True)])
    top, low = at_least <= -(-tokens // 10), at_most <= tokens // 2  # (S, T) each
    return top.any(axis=0) & low.any(axis=0)


def measures(values: np.ndarray, *, seed: int) -> dict[str, float | None]:
    """The `MEASURES` of one text's values (S, T): "flipping" is the share of tokens that flip."""
    flipping = flips(values)
    return {
        "tau": pairwise_tau(values),
        "distance": jensen_shannon(values),
        "chance": chance_distance(values, seed=seed),
        "flipping": None if flipping is None else float(flipping.mean()),
    }


def stability_tables(texts: Sequence[Mapping[str, Mapping[str, float | None]]], *, seed: int) -> dict[str, Any]:
    """Mean and 95 % interval over N texts of the measures of each row: {"rows", "against"}.

    `texts` has for each text {row: `measures`}; the first row is the one that the others are held against, by the
    text: "against" has for each other row the paired difference of "tau", "distance" and "flipping", the first
    row's minus its own. Intervals are over other texts (`Resampling.means`), with these same models.
    """
    names = list(texts[0]) if texts else []
    resampling = Resampling(len(texts), seed=seed)
    columns = {name: {measure: _column(texts, name, measure) for measure in MEASURES} for name in names}  # (N,) each
    rows = {
        name: {measure: resampling.mean(values, bounds=_BOUNDS[measure]) for measure, values in found.items()}
        for name, found in columns.items()
    }
    against: dict[str, dict[str, Figure]] = {}
    for name in names[1:]:
        against[name] = {}
        for measure in ("tau", "distance", "flipping"):
            low, high = _BOUNDS[measure]
            difference = columns[names[0]][measure] - columns[name][measure]
            against[name][measure] = resampling.mean(difference, bounds=(low - high, high - low))
    return {"rows": rows, "against": against}


def _column(texts: Sequence[Mapping[str, Mapping[str, float | None]]], name: str, measure: str) -> np.ndarray:
    return np.array([text[name][measure] for text in texts], np.float64)  # None is NaN


def _usable(values: np.ndarray) -> np.ndarray:
    """Absolute values of the finite rows, (S or fewer, T); no rows for fewer than two tokens."""
    rows = np.abs(np.asarray(values, np.float64))
    if rows.ndim != 2:
        raise ValueError(f"values of one text in several models have the shape (S, T), not {rows.shape}")
    return rows[np.isfinite(rows).all(axis=1)] if rows.shape[1] > 1 else rows[:0]


def _shares(values: np.ndarray) -> np.ndarray:
    rows = _usable(values)
    sums = rows.sum(axis=1)
    return rows[sums > 0] / sums[sums > 0, None]


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Jensen-Shannon distances of distributions (..., T)."""
    middle = (a + b) / 2
    divergence = (_relative_entropy(a, middle) + _relative_entropy(b, middle)) / 2
    return np.sqrt(np.clip(divergence, 0.0, 1.0))


def _relative_entropy(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """In bits; what p never does costs nothing."""
    ratio = np.divide(p, q, out=np.ones(np.broadcast_shapes(p.shape, q.shape)), where=p > 0)
    return (p * np.log2(ratio)).sum(axis=-1)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
