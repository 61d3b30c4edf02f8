"""Do the tokens that a row ranks first carry the prediction? Deleted, it should fall; kept alone, it should stay.

Comprehensiveness and sufficiency as DeYoung et al. (2020, equations 1 to 3) define them, averaged over the top 1, 5,
10, 20 and 50 % of the tokens. Nothing here knows a network: a function says how likely the target is when only some
of the tokens are kept.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

PERCENTAGES = (1, 5, 10, 20, 50)
RANDOM_RANKINGS = 20

# Positions that are kept, ascending, in each of N shortened token lists -> the target's probability in each, (N,).
ProbabilityOf = Callable[[Sequence[np.ndarray]], np.ndarray]


class Faithfulness(NamedTuple):
    """The drop of the target's probability without the top tokens (comprehensiveness: high is faithful), and with
    nothing but them (sufficiency: low is faithful)."""

    comprehensiveness: float
    sufficiency: float


class Spread(NamedTuple):
    """Mean, 5th and 95th percentile."""

    mean: float
    p5: float
    p95: float


class RandomBand(NamedTuple):
    """What random rankings of the same tokens reach: what a row must beat to say anything."""

    comprehensiveness: Spread
    sufficiency: Spread


def top_counts(tokens: int) -> list[int]:
    """How many of a text's tokens are the top 1, 5, 10, 20 and 50 %: rounded up, hence at least one."""
    return [-(-percentage * tokens // 100) for percentage in PERCENTAGES]  # whole numbers: 0.01 * 700 is above 7


def faithfulness(probability_of: ProbabilityOf, rankings: Sequence[np.ndarray]) -> list[Faithfulness]:
    """Comprehensiveness and sufficiency of each ranking (T,) of one text's positions, highest first.

    `probability_of` is called once, for all rankings together, and never twice for the same tokens. Raises ValueError
    for an empty text, which has no tokens to delete.
    """
    if not rankings:
        return []
    tokens = len(rankings[0])
    if tokens == 0:
        raise ValueError("an empty text has no tokens to delete: its faithfulness is undefined")
    kept: dict[bytes, np.ndarray] = {}  # every list of tokens once; short texts share most of them
    whole = _note(kept, np.arange(tokens))
    pairs = []  # per ranking and count: the tokens without the top ones, the top ones alone
    for order in rankings:
        if not np.array_equal(np.sort(order), np.arange(tokens)):
            raise ValueError(f"a ranking of {tokens} tokens must hold each position once: {order}")
        pairs.append([(_note(kept, order[k:]), _note(kept, order[:k])) for k in top_counts(tokens)])
    probabilities = np.asarray(probability_of(list(kept.values())), dtype=np.float64)  # (N,)
    of = dict(zip(kept, probabilities.tolist(), strict=True))
    results = []
    for keys in pairs:
        without = np.mean([of[rest] for rest, _ in keys])
        alone = np.mean([of[top] for _, top in keys])
        results.append(Faithfulness(float(of[whole] - without), float(of[whole] - alone)))
    return results


def random_rankings(tokens: int, *, seed: int, count: int = RANDOM_RANKINGS) -> list[np.ndarray]:
    """`count` random rankings of a text's positions, the same for the same seed."""
    # The second number keeps this stream apart from the one that breaks ties with the same seed.
    randomness = np.random.default_rng([seed, 1])
    return [randomness.permutation(tokens) for _ in range(count)]


def random_band(results: Sequence[Faithfulness]) -> RandomBand:
    """Mean, 5th and 95th percentile of what random rankings of one text reached."""
    if not results:
        raise ValueError("a band needs the results of at least one random ranking")
    return RandomBand(*(_spread(column) for column in zip(*results, strict=True)))


def _spread(values: Sequence[float]) -> Spread:
    low, high = np.percentile(values, (5, 95))
    return Spread(float(np.mean(values)), float(low), float(high))


def _note(kept: dict[bytes, np.ndarray], positions: np.ndarray) -> bytes:
    positions = np.sort(positions)  # in the order of the text
    key = positions.tobytes()
    kept.setdefault(key, positions)
    return key
