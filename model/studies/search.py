"""A search of equal size for every side of a duel: the same candidates, judged on the validation texts alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from model.training.settings import Settings

SEARCH_SEED = 12  # of the candidates' trainings: a duel's own seeds begin at 13
_DRAWN_BY = 20_161_123  # which combinations are tried, for all duels the same
TABLE = {
    "learning_rate": (5e-4, 1e-3, 2e-3, 4e-3),
    "dropout": (0.3, 0.5, 0.7),
    "embedding_dropout": (0.1, 0.3, 0.5),
    "word_dropout": (0.0, 0.1, 0.2),
}


def candidates(count: int, settings: Settings) -> list[dict[str, Any]]:
    """`count` different candidates, each a value for every option of TABLE; the first is the settings as they are.

    The others are drawn from TABLE's 108 combinations, always in the same order: more candidates begin with the same.
    """
    own = {name: getattr(settings, name) for name in TABLE}
    combinations = [dict(zip(TABLE, values, strict=True)) for values in itertools.product(*TABLE.values())]
    order = np.random.default_rng(_DRAWN_BY).permutation(len(combinations))
    drawn = [combinations[place] for place in order if combinations[place] != own]
    return [own, *drawn][:count]


def best(results: Sequence[dict[str, Any]]) -> int | None:
    """The "candidate" with the lowest validation "loss", of equals the more accurate, then the first.

    Those without a loss did not finish; None where none did. A loss is finer than an accuracy, and what decides
    between epochs decides between candidates.
    """
    finished = [result for result in results if result["loss"] is not None]
    if not finished:
        return None
    return min(finished, key=lambda result: (result["loss"], -result["accuracy"], result["candidate"]))["candidate"]
