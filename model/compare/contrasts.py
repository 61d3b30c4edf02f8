"""Sides and pairs of sides in figures: what several trainings of each made of the same test texts.

A side is all trainings that differ by their seed alone: probabilities (S, N, C) of S seeds, N texts and C classes. A
pair is two sides on the same texts. All differences are second minus first, all intervals are 95 %.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from model.compare.bootstrap import bootstrap_ends
from model.compare.metrics import confusion_matrix
from model.compare.scores import METRIC_NAMES, contributions
from model.compare.significance import (
    RESAMPLES,
    accuracy_interval,
    mcnemar_exact,
    mean_interval,
    texts_interval,
    unpaired_difference,
    wilson_interval,
)
from model.errors import DataError

CELLS = ("both right", "fixed", "broken", "both wrong")
TEXTS, SEEDS_AND_TEXTS = "texts", "texts and seeds"  # what an interval covers: others than those at hand
_BOUNDS = {"loss": (0.0, math.inf)}  # the least and the most of a metric; of the others 0 and 1

Figures = dict[str, Any]


class CurveBand(NamedTuple):
    """Mean, lowest and highest seed, and number of seeds still in training, of each epoch: four arrays (E,)."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray


def side_figures(probabilities: np.ndarray, labels: np.ndarray, *, resamples: int = RESAMPLES) -> dict[str, Figures]:
    """Each of METRIC_NAMES for one side, from probabilities (S, N, C) and labels (N,) of columns.

    {"estimate", "low", "high", "sd" (over seeds), "seeds_part" (share of the variance that stems from the seeds),
    "covers", "seeds" (the metric of each), "bootstrap" ([low, high])}. With several seeds the interval covers other
    seeds and other texts: `accuracy_interval`, and for the other metrics `mean_interval` on `contributions`. With one
    it covers other texts alone: Wilson's for accuracy, Student's t for the rest; "sd" and "seeds_part" are None. The
    bootstrap covers other texts alone, these trained models as they are: percentiles of the mean of `contributions`,
    exact for accuracy and loss, to first order for the rest; `resamples` = 0 leaves it out (None). Chance adds to a
    calibration error, the more the fewer the texts; the interval does not take that off.
    """
    scores = _scores(probabilities, labels)
    drawn = bootstrap_ends(scores, resamples=resamples) if resamples else dict.fromkeys(scores)
    return {
        name: side_interval(each > 0.5 if name == "accuracy" else each, bounds=_BOUNDS.get(name, (0.0, 1.0)))
        | {"seeds": each.mean(axis=1).tolist(), "bootstrap": drawn[name]}
        for name, each in scores.items()
    }


def pair_figures(
    first: np.ndarray, second: np.ndarray, labels: np.ndarray, *, paired: bool, resamples: int = RESAMPLES
) -> dict[str, Figures]:
    """How much higher each of METRIC_NAMES is for the second side than for the first, from probabilities (S, N, C).

    {"estimate", "low", "high", "seeds_part", "covers", "seeds" (the difference of each seed, None if not paired),
    "bootstrap"}. `paired`: the same seeds in the same order; then `mean_interval` on the differences seed by seed.
    Else `unpaired_difference`, with any numbers of seeds. With one seed on either side the interval covers other
    texts alone: Student's t on the difference of each text's means over the seeds. Bootstrap as in `side_figures`.
    Raises ValueError where paired sides have different numbers of seeds.
    """
    before, after = _scores(first, labels), _scores(second, labels)
    gaps = {name: (after[name].mean(axis=0) - before[name].mean(axis=0))[None] for name in METRIC_NAMES}
    drawn = bootstrap_ends(gaps, resamples=resamples) if resamples else dict.fromkeys(gaps)
    return {
        name: difference_interval(before[name], after[name], paired=paired, bounds=_of_difference(name))
        | {
            "seeds": (after[name].mean(axis=1) - before[name].mean(axis=1)).tolist() if paired else None,
            "bootstrap": drawn[name],
        }
        for name in METRIC_NAMES
    }


def side_interval(scores: np.ndarray, *, bounds: tuple[float, float] = (0.0, 1.0)) -> Figures:
    """Mean of scores (S, N) of one side: {"estimate", "low", "high", "sd", "seeds_part", "covers"}.

    Right or wrong (bool) or numbers; the ends stay within `bounds`, the least and the most that a mean can be. See
    `side_figures` for the intervals.
    """
    scores = np.asarray(scores)
    several, limits = len(scores) > 1, _finite(bounds, scores)
    if scores.dtype == bool:
        result = accuracy_interval(scores) if several else wilson_interval(int(scores.sum()), scores.size)
    else:
        result = mean_interval(scores, bounds=limits) if several else texts_interval(scores[0], bounds=limits)
    return {
        "estimate": result.estimate,
        "low": max(bounds[0], result.low),
        "high": min(bounds[1], result.high),
        "sd": result.seeds_sd if several else None,
        "seeds_part": result.seeds_part if several else None,
        "covers": SEEDS_AND_TEXTS if several else TEXTS,
    }


def difference_interval(
    first: np.ndarray, second: np.ndarray, *, paired: bool, bounds: tuple[float, float] = (-1.0, 1.0)
) -> Figures:
    """Mean of second (S2, N) minus first (S1, N): {"estimate", "low", "high", "seeds_part", "covers"}.

    `bounds`: the least and the most that the difference of two means can be. See `pair_figures` for the intervals.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if paired and first.shape != second.shape:
        raise ValueError(f"paired sides have the same seeds and texts, not shapes {first.shape}, {second.shape}")
    several = min(len(first), len(second)) > 1
    if not several:
        gaps = second.mean(axis=0) - first.mean(axis=0)
        result = texts_interval(gaps, bounds=_finite(bounds, gaps))
    elif paired:
        result = mean_interval(second - first, bounds=_finite(bounds, second - first))
    else:
        result = unpaired_difference(first, second, bounds=_finite(bounds, second[0] - first[0]))
    return {
        "estimate": result.estimate,
        "low": max(bounds[0], result.low),
        "high": min(bounds[1], result.high),
        "seeds_part": result.seeds_part if several else None,
        "covers": SEEDS_AND_TEXTS if several else TEXTS,
    }


def mcnemar_by_seed(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> list[dict[str, Any]]:
    """McNemar's exact test of each seed's two models, {"fixed", "broken", "p_value"}; paired sides (S, N, C) only.

    Each compares two trained models, not two ways of training: models that differ by their seed alone can be told
    apart as well.
    """
    before, after = right(first, labels), right(second, labels)
    if before.shape != after.shape:
        raise ValueError(f"paired sides have the same seeds and texts, not shapes {before.shape}, {after.shape}")
    return [mcnemar_exact(ours, theirs)._asdict() for ours, theirs in zip(before, after, strict=True)]


def right(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Whether each seed predicted each text's label, (S, N) bool."""
    return np.asarray(probabilities).argmax(axis=2) == np.asarray(labels)


def usually_right(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Whether more than half of the seeds predicted each text's label, (N,) bool."""
    return right(probabilities, labels).mean(axis=0) > 0.5


def cells(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The place in CELLS of each text, (N,) int8, by what most seeds of each side predicted (`usually_right`)."""
    before, after = usually_right(first, labels), usually_right(second, labels)
    return (~before).astype(np.int8) + 2 * (~after).astype(np.int8)  # in the order of CELLS


def mean_confusion(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Numbers of texts (C, C), mean over the seeds: a row for each label, a column for each predicted class."""
    return np.mean([confusion_matrix(seed, labels) for seed in probabilities], axis=0)


def curve_band(values: np.ndarray) -> CurveBand:
    """One learning curve per seed, (S, E), in one band; NaN after a seed's last epoch, which keeps its last value.

    If a seed that has stopped dropped out, the mean would jump though no training changed. `n` counts the seeds that
    had the epoch. A NaN within a curve is left out of its epoch; an epoch without any value is NaN.
    """
    values = np.array(values, np.float64)  # (S, E)
    known = ~np.isnan(values)
    for curve, there in zip(values, known, strict=True):
        if there.any():
            last = np.flatnonzero(there)[-1]
            curve[last + 1 :] = curve[last]
    filled = ~np.isnan(values)
    some = filled.any(axis=0)
    sums = np.where(filled, values, 0.0).sum(axis=0)
    return CurveBand(
        np.divide(sums, filled.sum(axis=0), out=np.full(len(some), np.nan), where=some),
        np.where(some, np.where(filled, values, np.inf).min(axis=0), np.nan),
        np.where(some, np.where(filled, values, -np.inf).max(axis=0), np.nan),
        known.sum(axis=0),
    )


def _scores(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """`contributions` of all seeds, {metric: (S, N)}."""
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 3 or len(probabilities) == 0:
        raise ValueError(f"probabilities of a side must be (S, N, C), not {probabilities.shape}")
    seeds = [contributions(seed, labels) for seed in probabilities]
    return {name: np.array([seed[name] for seed in seeds]) for name in METRIC_NAMES}


def _of_difference(name: str) -> tuple[float, float]:
    least, most = _BOUNDS.get(name, (0.0, 1.0))
    return least - most, most - least


def _finite(bounds: tuple[float, float], scores: np.ndarray) -> tuple[float, float]:
    """Bounds of single scores; of a loss, which has no most, other texts are taken to differ by at most 1 nat."""
    if scores.size == 0:
        raise DataError("there are no texts to compare on: a comparison needs at least one")
    least, most = bounds
    return (
        least if math.isfinite(least) else float(scores.min()) - 1,
        most if math.isfinite(most) else float(scores.max()) + 1,
    )
