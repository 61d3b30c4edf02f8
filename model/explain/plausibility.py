"""Does a row rank first what a person marked as the reason? Overlap with rationales (DeYoung et al. 2020, section 4).

Nothing here knows words: a rationale is a set of token positions, a row is one value a token. Rows rank by their
signed values, highest first, as in faithfulness: what speaks for the target comes before what speaks against it.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from model.explain.agreement import ranking


class Plausibility(NamedTuple):
    """How well a row finds the marked tokens, by five measures from 0 to 1, each None where it has no meaning.

    `f1` and `iou` of as many top tokens as are marked, `auprc` and `average_precision` over all thresholds, and the
    pointing game: 1 if the top token is a marked one, 0 if not.
    """

    f1: float | None
    iou: float | None
    auprc: float | None
    average_precision: float | None
    pointing: float | None


class Overlap(NamedTuple):
    """How far the k tokens that a row ranks first are the k that were marked, beside k tokens drawn at random.

    `f1` and `iou` are None where they have no meaning: no token marked, or all of them; a row whose values are all
    equal, or not all finite. `chosen` are the row's top k positions, empty in these cases. `random_f1` and
    `random_iou` are what k random tokens reach on average, None where nothing or everything is marked.
    """

    k: int
    chosen: frozenset[int]
    f1: float | None
    iou: float | None
    random_f1: float | None
    random_iou: float | None


def plausibility(marked: Collection[int], values: np.ndarray, *, seed: int) -> Plausibility:
    """All measures of values (T,) for the marked positions; None, and ValueError, as in `score`."""
    overlap = score(marked, values, seed=seed)
    if overlap.f1 is None:
        return Plausibility(None, None, None, None, None)
    top = int(ranking(np.asarray(values), seed=seed)[0])
    areas = auprc(marked, values), average_precision(marked, values)
    return Plausibility(overlap.f1, overlap.iou, *areas, float(top in set(marked)))


def expected_plausibility(k: int, tokens: int) -> Plausibility:
    """What a random order of the tokens reaches on average, k of them marked; None unless 0 < k < tokens."""
    if not 0 < k < tokens:
        return Plausibility(None, None, None, None, None)
    average = expected_average_precision(k, tokens)
    # A trapezoid that ends at a hit has the precision there on one side and, on the other, that of the ranks before
    # it: 1 for the first rank, else (k - 1) / (tokens - 1) on average. Over all hits that is k / tokens.
    area = (average + k / tokens) / 2
    return Plausibility(expected_f1(k, tokens), expected_iou(k, tokens), area, average, k / tokens)


def token_f1(marked: Collection[int], chosen: Collection[int]) -> float | None:
    """F1 of chosen token positions against marked ones: 2 |both| / (|marked| + |chosen|); None if both are empty."""
    marked, chosen = set(marked), set(chosen)
    return 2 * len(marked & chosen) / (len(marked) + len(chosen)) if marked or chosen else None


def iou(marked: Collection[int], chosen: Collection[int]) -> float | None:
    """Intersection over union of two sets of token positions; None if both are empty."""
    marked, chosen = set(marked), set(chosen)
    return len(marked & chosen) / len(marked | chosen) if marked or chosen else None


def score(marked: Collection[int], values: np.ndarray, *, seed: int) -> Overlap:
    """Overlap of the marked positions with the top k of values (T,), k being their number; ties as in `ranking`.

    Raises ValueError for a position that is not a token.
    """
    values, truth = _checked(marked, values)
    k, tokens = int(truth.sum()), len(values)
    if not 0 < k < tokens:
        return Overlap(k, frozenset(), None, None, None, None)
    by_chance = expected_f1(k, tokens), expected_iou(k, tokens)
    if not _has_order(values):
        return Overlap(k, frozenset(), None, None, *by_chance)
    chosen = frozenset(ranking(values, seed=seed)[:k].tolist())
    own = set(np.flatnonzero(truth).tolist())
    return Overlap(k, chosen, token_f1(own, chosen), iou(own, chosen), *by_chance)


def expected_f1(k: int, tokens: int) -> float:
    """Mean F1 of k random ones of the tokens against k marked ones: k / tokens.

    Both sets have k members, so that F1 is the share of hits, and each of the k drawn is a hit k times in `tokens`.
    """
    return k / tokens


def expected_iou(k: int, tokens: int) -> float:
    """Mean intersection over union of k random ones of the tokens with k marked ones, 0 < k <= tokens.

    The hits h are hypergeometric, and h hits give h / (2 k - h).
    """
    hits = np.arange(max(0, 2 * k - tokens), k + 1)  # (H,)
    before = hits[:-1].astype(np.float64)
    growth = np.log((k - before) ** 2 / ((before + 1) * (tokens - 2 * k + before + 1)))  # of the chance, h to h + 1
    logs = np.concatenate([[0.0], growth.cumsum()])
    chances = np.exp(logs - logs.max())
    return float((chances * hits / (2 * k - hits)).sum() / chances.sum())


def expected_average_precision(k: int, tokens: int) -> float:
    """Mean average precision of a random order of the tokens without ties, k of them marked, 0 < k <= tokens.

    Given a hit at rank r, each of the r - 1 ranks before it is one with chance (k - 1) / (tokens - 1), so that the
    precision is (1 + (r - 1) (k - 1) / (tokens - 1)) / r on average; any rank is a hit alike (Bestgen 2015).
    """
    ranks = np.arange(1, tokens + 1)
    return float(np.mean((1 + (ranks - 1) * (k - 1) / max(tokens - 1, 1)) / ranks))


def average_precision(marked: Collection[int], values: np.ndarray) -> float | None:
    """Average precision of values (T,) for the marked positions: the sum of precision x gain in recall per threshold.

    Equal values share a threshold, so that no order among them is made up. None as in `Overlap`.
    """
    curve = _precision_and_recall(marked, values)
    if curve is None:
        return None
    precision, recall = curve
    return float(np.sum(precision * np.diff(recall, prepend=0.0)))


def auprc(marked: Collection[int], values: np.ndarray) -> float | None:
    """Area under the precision-recall curve by trapezoids, as ERASER reports it for soft scores; None as `Overlap`.

    It begins at precision 1 and recall 0 and lies a little above `average_precision`, which joins no dots.
    """
    curve = _precision_and_recall(marked, values)
    if curve is None:
        return None
    precision, recall = curve
    return float(np.trapezoid(np.concatenate([[1.0], precision]), np.concatenate([[0.0], recall])))


def _precision_and_recall(marked: Collection[int], values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Precision and recall (D,) of "value >= threshold", for the D different values from the highest down."""
    values, truth = _checked(marked, values)
    if not 0 < truth.sum() < len(values) or not _has_order(values):
        return None
    order = np.argsort(-values, kind="stable")
    hits, values = truth[order].cumsum(), values[order]
    last = np.flatnonzero(np.append(values[1:] != values[:-1], True))  # the last place of each run of equal values
    return hits[last] / (last + 1), hits[last] / hits[-1]


def _checked(marked: Collection[int], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(values)
    if values.ndim != 1:
        raise ValueError(f"a row has one value a token, not the shape {values.shape}")
    strangers = [place for place in marked if not 0 <= place < len(values)]
    if strangers:
        raise ValueError(f"position {strangers[0]} is marked, but there are {len(values)} tokens")
    truth = np.zeros(len(values), bool)
    truth[list(marked)] = True
    return values, truth


def _has_order(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all()) and bool((values != values[0]).any())
