"""Where two sides differ: accuracy by length, by class, by unknown words and by the distance between cue words."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from model.compare.contrasts import difference_interval, side_interval

FEWEST = 20  # texts that a slice should have: where one has fewer, it is put together with a neighbour
FEWEST_FOR_INTERVAL = 5
_QUANTILES = (0.2, 0.4, 0.6, 0.8)
_ROUND = np.array(
    [step * 10**power for power in range(7) for step in (1, 1.2, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9)]
)
_ROUND = _ROUND[_ROUND % 1 == 0]  # 1 2 3 … 9 10 12 15 20 25 30 35 …
_UNKNOWN = (0.0, 0.05, 0.1, 0.2)

Title = Callable[[float | None, float | None], str]  # above the one, up to the other


class Slice(NamedTuple):
    """Some of the N texts: what they have in common, and which they are, (N,) bool."""

    title: str
    places: np.ndarray


def by_length(tokens: np.ndarray) -> list[Slice]:
    """Up to five slices of about as many texts by their numbers of tokens (N,), cut at round numbers."""
    return _by_number(np.asarray(tokens, np.float64), "")


def by_distance(distance: np.ndarray) -> list[Slice]:
    """Up to five slices of about as many texts by the tokens between their cue words (N,); NaN is in none of them."""
    return _by_number(np.asarray(distance, np.float64), " apart")


def by_class(labels: np.ndarray, names: Sequence[str]) -> list[Slice]:
    """The texts of each class, from labels (N,) of columns and the names of the classes; none without texts."""
    labels = np.asarray(labels)
    found = (Slice(str(name), labels == column) for column, name in enumerate(names))
    return [each for each in found if each.places.any()]


def by_unknown(share: np.ndarray) -> list[Slice]:
    """Texts by the share (N,) of their tokens that are unknown: none, up to 5 %, 10 %, 20 %, more.

    NaN, of a text without tokens, is in none of them.
    """

    def title(above: float | None, up_to: float | None) -> str:
        if up_to is None:
            return "any share" if above is None else f"more than {100 * above:g} %" if above else "some"
        if not above:
            return f"up to {100 * up_to:g} %" if up_to else "none"
        return f"{100 * above:g} to {100 * up_to:g} %"

    return _cut(np.asarray(share, np.float64), _UNKNOWN, title)


def slice_table(
    first: np.ndarray, second: np.ndarray, slices: Sequence[Slice], *, paired: bool
) -> list[dict[str, Any]]:
    """Accuracy of both sides on each slice, and their difference, from right or wrong (S, N) bool of each.

    Rows {"title", "texts", "first", "second", "difference", "note"}: the sides as {"estimate", "low", "high"}, the
    difference with "covers" as well; intervals as in `contrasts`. With fewer than 5 texts the ends are None, and
    "note" says so (else None).
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    rows = []
    for title, places in slices:
        texts = int(places.sum())
        if not texts:
            continue
        before, after = first[:, places], second[:, places]
        if texts < FEWEST_FOR_INTERVAL:
            means = float(before.mean()), float(after.mean())
            none = {"low": None, "high": None}
            figures = [{"estimate": mean} | none for mean in (*means, means[1] - means[0])]
            figures[2]["covers"] = None
        else:
            ends = ("estimate", "low", "high")
            difference = difference_interval(before, after, paired=paired)
            sides = [side_interval(each) for each in (before, after)]
            figures = [
                *({name: side[name] for name in ends} for side in sides),
                {name: difference[name] for name in (*ends, "covers")},
            ]
        note = f"fewer than {FEWEST_FOR_INTERVAL} texts have no interval" if texts < FEWEST_FOR_INTERVAL else None
        row = dict(zip(("first", "second", "difference"), figures, strict=True))
        rows.append({"title": title, "texts": texts} | row | {"note": note})
    return rows


def _by_number(values: np.ndarray, ending: str) -> list[Slice]:
    known = values[~np.isnan(values)]
    if not len(known):
        return []

    def title(above: float | None, up_to: float | None) -> str:
        if above is None and up_to is not None:
            return f"up to {_tokens(up_to)}{ending}"
        if above is not None and up_to is None:
            return f"more than {_tokens(above)}{ending}"
        least, most = (known.min(), known.max()) if above is None else (above + 1, up_to)
        return f"{_tokens(most)}{ending}" if least == most else f"{least:,.0f} to {_tokens(most)}{ending}"

    quantiles = np.maximum(np.quantile(known, _QUANTILES), 1)
    nearest = np.abs(np.log(_ROUND / quantiles[:, None])).argmin(axis=1)
    edges = sorted({edge for edge in _ROUND[nearest].tolist() if known.min() <= edge < known.max()})
    return _cut(values, edges, title)


def _tokens(number: float) -> str:
    return f"{number:,.0f} {'token' if number == 1 else 'tokens'}"


def _cut(values: np.ndarray, edges: Sequence[float], title: Title) -> list[Slice]:
    """Slices up to and including each edge, and above the last; an edge beside too few texts is taken away."""
    unknown = np.isnan(values)
    while True:
        bins = np.where(unknown, -1, np.searchsorted(edges, values))  # (N,)
        counts = np.bincount(bins[~unknown], minlength=len(edges) + 1)
        few = np.flatnonzero((counts > 0) & (counts < FEWEST))
        if not edges or not len(few):
            break
        least = int(few[counts[few].argmin()])
        sides = [place for place in (least - 1, least) if 0 <= place < len(edges)]  # the edges around it
        away = min(sides, key=lambda place: counts[place] + counts[place + 1])
        edges = [*edges[:away], *edges[away + 1 :]]
    ends = pairwise([None, *edges, None])
    return [
        Slice(title(above, up_to), bins == number) for number, (above, up_to) in enumerate(ends) if counts[number]
    ]
