"""The tables of what other attention weights would have made of the same texts (Jain & Wallace 2019, section 4.2)."""

import math
from itertools import pairwise
from typing import Any

import numpy as np

from model.compare.trust_intervals import Figure, median, quartiles, share
from model.compare.trust_records import Records, dig, histogram

MATTERS = 0.05  # total variation of the probabilities that counts as a change, as adversaries are allowed at most
FAR = math.log(2) / 2  # divergence of weights that counts as far: half of what any two can differ by
PUBLISHED_FAR = 0.4  # the same in nats as Jain & Wallace's figures mark it
DIVERGENCE_BINS = 14  # of 0.05 nats, from 0 to 0.7: the most is ln 2
_WEIGHT_BINS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the largest weight, as in Jain & Wallace's figure 6


def permutation_table(read: Records) -> dict[str, Any] | None:
    """Median change of the probabilities (total variation) when weights are shuffled, by label and largest weight."""
    changes, largest = read.column("permutation", 0), read.column("permutation", 1)
    if not np.isfinite(changes).any():
        return None
    bins = np.searchsorted(_WEIGHT_BINS[1:-1], largest, side="right")  # (N,), meaningless where NaN
    table = _changes(read, changes)
    table["by_largest_weight"] = [
        {"from": low, "to": high} | median(changes, among=np.isfinite(largest) & (bins == place))
        for place, (low, high) in enumerate(pairwise(_WEIGHT_BINS))
    ]
    table["points"] = read.points(largest, changes)
    return table


def uniform_table(read: Records) -> dict[str, Any] | None:
    """Change of the probabilities (total variation) when the same network gets uniform weights."""
    changes = read.column("uniform")
    return _changes(read, changes) if np.isfinite(changes).any() else None


def adversary_table(read: Records) -> dict[str, Any] | None:
    """How far from the network's own weights are others that leave the answer (nearly) as it is, in nats.

    `far`: share of texts with such weights at half of ln 2 or more away; `proven_near`: share of which it is proved
    that there are none. What lies between was searched without finding any.
    """
    divergence, moved = read.column("adversary", 0), read.column("adversary", 1)
    known = np.isfinite(divergence)
    if not known.any():
        return None
    exact = read.column("adversary", 2) == 1
    n = int(known.sum())
    return {
        "divergence": read.resampling.mean(divergence, bounds=(0.0, math.log(2))),
        "quartiles": quartiles(divergence),
        "histogram": histogram(divergence, low=0.0, width=0.05, bins=DIVERGENCE_BINS),
        "above_0.4": share(int((divergence > PUBLISHED_FAR).sum()), n),
        "far": share(int((divergence >= FAR).sum()), n),
        "proven_near": share(int(((divergence < FAR) & exact).sum()), n),
        "exact": share(int((exact & known).sum()), n),
        "points": read.points(moved, divergence),
    }


def flip_distance_table(read: Records) -> dict[str, Any] | None:
    """How far weights must move (total variation) to change the prediction, and in how many texts none do.

    `proven_never`: no weights change it; `not_found`: none were found, by a search that cannot rule them out.
    """
    given = [dig(record, "flip_distance") for record in read.all]
    n = sum(entry is not None for entry in given)
    if not n:
        return None
    distance = read.column("flip_distance", 0)
    never = [entry for entry in given if entry is not None and entry[0] is None]
    proven = sum(bool(entry[1]) for entry in never)
    return {
        "flips": share(int(np.isfinite(distance).sum()), n),
        "proven_never": share(proven, n),
        "not_found": share(len(never) - proven, n),
        "exact": share(sum(bool(entry[1]) for entry in given if entry is not None), n),
        "distance": median(distance) | {"undefined": len(given) - n},
        "quartiles": quartiles(distance),
    }


def forced_table(read: Records) -> dict[str, Any] | None:
    """Change of the probabilities (total variation) under another run's weights, per run and as the mean over runs.

    `over_permutation` is paired: the mean over runs less the median over shuffles, of each text.
    """
    runs = read.keys("forced")
    columns = {run: read.column("forced", run, 0) for run in runs}
    if not any(np.isfinite(column).any() for column in columns.values()):
        return None
    mean = np.array([_mean(row) for row in np.array(list(columns.values())).T])  # (N,)
    return {
        "runs": {run: _changes(read, column) | {"flips": _flips(read, run)} for run, column in columns.items()},
        "all": _changes(read, mean),
        "over_permutation": read.resampling.mean(mean - read.column("permutation", 0)),
    }


def _changes(read: Records, changes: np.ndarray) -> dict[str, Any]:
    """Median, mean, quartiles and share above 0.05 of changes (N,), by label too."""
    known = np.isfinite(changes)
    return {
        "median": median(changes),
        "mean": read.resampling.mean(changes, bounds=(0.0, 1.0)),
        "quartiles": quartiles(changes),
        "matters": share(int((changes[known] > MATTERS).sum()), int(known.sum())),
        "by_label": {
            label: median(changes, among=read.label == label) for label in read.labels if (read.label == label).any()
        },
    }


def _flips(read: Records, run: str) -> Figure:
    changed = read.column("forced", run, 1)
    known = np.isfinite(changed)
    return share(int((changed[known] == 1).sum()), int(known.sum()))


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan
