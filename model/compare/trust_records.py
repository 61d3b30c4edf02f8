"""The records of the tests of single texts, as columns: one value a text, NaN where a text has none."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from model.compare.trust_intervals import Figure, Resampling

Record = Mapping[str, Any]

MOST_POINTS = 500  # texts of which a chart shows each as a point


def dig(value: Any, *path: str | int) -> Any:
    """What stands at a path of keys and places in a record; None where the path breaks off."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


class Records:
    """N records with what all tables need of them: columns, labels, lengths, and one set of bootstrap samples."""

    def __init__(self, records: Iterable[Record], *, labels: Sequence[Any], seed: int) -> None:
        self.all = list(records)
        self.resampling = Resampling(len(self.all), seed=seed)
        self.label = np.array([str(record["label"]) for record in self.all], object)  # (N,)
        self.labels = list(dict.fromkeys([*map(str, labels), *self.label]))  # those given first, in their order
        self.tokens = np.array([record["tokens"] for record in self.all], np.int64)  # (N,)

    def column(self, *path: str | int) -> np.ndarray:
        """The numbers at a path, (N,); NaN where there is none, or none that is finite."""
        return self.values(lambda record: dig(record, *path))

    def values(self, of: Callable[[Record], Any]) -> np.ndarray:
        """What a function makes of each record, (N,); NaN for None and for what is not finite."""
        found = [of(record) for record in self.all]
        return np.array([float(value) if _is_number(value) else math.nan for value in found])

    def keys(self, *path: str | int) -> list[str]:
        """The keys that any record has at a path, in the order in which they appear."""
        found = (dig(record, *path) for record in self.all)
        return list(dict.fromkeys(chain.from_iterable(entry for entry in found if isinstance(entry, Mapping))))

    @cached_property
    def methods(self) -> list[str]:
        """The methods that any record knows, attention first, the others in the order of the pairs."""
        paired = chain.from_iterable(pair.split("|") for pair in self.keys("agreement"))
        others = (self.keys(name) for name in ("faithfulness", "curves", "flips"))
        names = dict.fromkeys([*paired, *chain.from_iterable(others)])
        return sorted((name for name in names if name != "random"), key=lambda name: name != "attention")

    def by_label(self, values: np.ndarray, *, bounds: tuple[float, float] = (-1.0, 1.0)) -> dict[str, Figure]:
        """The mean of values (N,) for each label that any text has."""
        return {
            label: self.resampling.mean(values, bounds=bounds, among=self.label == label)
            for label in self.labels
            if (self.label == label).any()
        }

    def by_length(self, values: np.ndarray) -> list[Figure]:
        """The mean of values (N,) in each quarter of the texts by their number of tokens, shortest first.

        Texts of one length stay together, so that there may be fewer than four.
        """
        if not len(self.tokens):
            return []
        edges = np.quantile(self.tokens, (0.25, 0.5, 0.75))
        quarter = np.searchsorted(edges, self.tokens)  # (N,): 0 up to the first edge, and so on
        rows = []
        for place in np.unique(quarter):
            among = quarter == place
            span = {"from": int(self.tokens[among].min()), "to": int(self.tokens[among].max())}
            rows.append(span | self.resampling.mean(values, among=among))
        return rows

    def points(self, x: np.ndarray, y: np.ndarray) -> list[list[Any]]:
        """[x, y, label] of texts that have both, at most 500, evenly over the records, for a chart."""
        places = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if len(places) > MOST_POINTS:
            places = places[np.linspace(0, len(places) - 1, MOST_POINTS).round().astype(int)]
        return [[round(float(x[place]), 4), round(float(y[place]), 4), self.label[place]] for place in places]


def histogram(values: np.ndarray, *, low: float, width: float, bins: int) -> list[int]:
    """How many of the defined values fall into each bin [low + i width, low + (i + 1) width), the last one closed."""
    known = values[np.isfinite(values)]
    places = np.floor((known - low) / width + 1e-9).astype(int).clip(0, bins - 1)
    return np.bincount(places, minlength=bins).tolist()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)  # True and False count as 1 and 0
