"""What a network says while a text's tokens go one after another: curves, the area over them, and decision flips.

Nothing here knows a network: a function says how likely the target is, or which class is predicted, when only some of
the tokens are kept, as in `faithfulness`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from model.explain.faithfulness import ProbabilityOf

PERCENTAGES = tuple(range(0, 101, 10))
FLIP_PERCENTAGES = tuple(range(2, 101, 2))  # up to 50 tokens these are all counts; longer texts lose 2 % at a time

# Positions that are kept, ascending, in each of N shortened token lists -> something of each, (N, ...).
Asking = Callable[[Sequence[np.ndarray]], np.ndarray]
DecisionOf = Asking  # the predicted class, (N,)


class Curves(NamedTuple):
    """The target's probability at 0, 10 ... 100 % of the tokens, `PERCENTAGES`, (11,) each.

    `deletion`: without the top tokens, from the whole text to the empty one (a faithful ranking falls fast).
    `insertion`: with nothing but the top tokens, from the empty text to the whole one (a faithful one rises fast).
    """

    deletion: np.ndarray
    insertion: np.ndarray


def counts(tokens: int, percentages: Iterable[int] = PERCENTAGES) -> list[int]:
    """How many of a text's tokens these percentages are, rounded up."""
    return [-(-percentage * tokens // 100) for percentage in percentages]  # whole numbers: 0.07 * 100 is above 7


def curves(probability_of: ProbabilityOf, rankings: Sequence[np.ndarray]) -> list[Curves]:
    """Deletion and insertion curves of each ranking (T,) of a text's positions, highest first (Petsiuk et al. 2018).

    `probability_of` is called once for all; whether a list of tokens that stands in several curves runs more than
    once is left to it (see `remembered`). Raises ValueError for an empty text, which has no tokens to delete.
    """
    if not rankings:
        return []
    steps = counts(_tokens(rankings))
    kept = [np.sort(order[count:]) for order in rankings for count in steps]
    kept += [np.sort(order[:count]) for order in rankings for count in steps]
    probabilities = np.asarray(probability_of(kept), dtype=np.float64).reshape(2, len(rankings), len(steps))
    return [Curves(deletion, insertion) for deletion, insertion in zip(*probabilities, strict=True)]


def mean_curves(several: Sequence[Curves]) -> Curves:
    """The mean of several rankings' curves, point by point. Raises ValueError for none."""
    if not several:
        raise ValueError("a mean needs at least one curve")
    return Curves(*(np.mean(column, axis=0) for column in zip(*several, strict=True)))


def aopc(curve: Sequence[float], whole: float) -> float:
    """Area over the perturbation curve: the mean over all its points of what is missing to `whole`.

    `whole` is the probability for the whole text, the first point of a deletion curve and the last of an insertion
    curve (Samek et al. 2017, "AOPC"). Of a deletion curve high is faithful, of an insertion curve low.
    """
    return float(np.mean(whole - np.asarray(curve, dtype=np.float64)))


def flips(decision_of: DecisionOf, rankings: Sequence[np.ndarray]) -> list[float | None]:
    """The share of tokens, the top of each ranking (T,) first, whose removal first changes the predicted class.

    None where it never changes, not even for the empty text. Serrano & Smith (2019) take attention weights away in
    this manner; here the tokens themselves are deleted, so that any ranking can be asked. They go one by one, and in
    a text of more than 50 of them by 2 % at a time. `decision_of` is called twice: for every tenth first, then for
    what lies before the first of these that changed. Raises ValueError for an empty text.
    """
    if not rankings:
        return []
    tokens = _tokens(rankings)
    tenths = counts(tokens)[1:]
    ends = _first_changes(decision_of, rankings, [tenths] * len(rankings))
    between = [count for count in dict.fromkeys(counts(tokens, FLIP_PERCENTAGES)) if count not in tenths]
    starts = [[count for count in between if end is None or count < end] for end in ends]
    firsts = _first_changes(decision_of, rankings, starts)
    found = [end if first is None else first for first, end in zip(firsts, ends, strict=True)]
    return [None if count is None else count / tokens for count in found]


def median_flip(shares: Sequence[float | None]) -> float | None:
    """The median of shares as `flips` gives them, None counting as later than all; of an even number, the later."""
    if not shares:
        raise ValueError("a median needs at least one share")
    ordered = sorted(shares, key=lambda share: np.inf if share is None else share)
    return ordered[len(ordered) // 2]


def remembered(function: Asking) -> Asking:
    """The same function of lists of kept positions, asked only for those that it was never asked for."""
    known: dict[bytes, np.ndarray] = {}

    def ask(kept: Sequence[np.ndarray]) -> np.ndarray:
        keys = [np.asarray(positions, np.int64).tobytes() for positions in kept]
        new = {key: positions for key, positions in zip(keys, kept, strict=True) if key not in known}
        if new:
            known.update(zip(new, function(list(new.values())), strict=True))
        return np.array([known[key] for key in keys])

    return ask


def _first_changes(
    decision_of: DecisionOf, rankings: Sequence[np.ndarray], steps: Sequence[Sequence[int]]
) -> list[int | None]:
    """For each ranking the first of its own counts, ascending, at which the decision is not the whole text's."""
    whole = np.arange(len(rankings[0]))
    kept = [np.sort(order[count:]) for order, own in zip(rankings, steps, strict=True) for count in own]
    decisions = np.asarray(decision_of([whole, *kept]))
    changed = iter((decisions[1:] != decisions[0]).tolist())
    found = [[count for count in own if next(changed)] for own in steps]
    return [changes[0] if changes else None for changes in found]


def _tokens(rankings: Sequence[np.ndarray]) -> int:
    tokens = len(rankings[0])
    if tokens == 0:
        raise ValueError("an empty text has no tokens to delete: it has no curves and no flips")
    for order in rankings:
        if not np.array_equal(np.sort(order), np.arange(tokens)):
            raise ValueError(f"a ranking of {tokens} tokens must hold each position once: {order}")
    return tokens
