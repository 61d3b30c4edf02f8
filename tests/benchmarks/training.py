"""Steps of training: ours against the plain loop, each in a process of its own, taking turns."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from model.training.device import recurrence_dtype
from tests.benchmarks.corpora import Corpora
from tests.benchmarks.floors import rate
from tests.benchmarks.networks import BENCHES, Bench
from tests.benchmarks.side import Side
from tests.benchmarks.sides import PLAIN_BATCH, Work
from tests.benchmarks.table import Goal, Row

GOALS = {("a", "ag-news"): 10, ("a", "imdb"): 8, ("b", "ag-news"): 4, ("b", "imdb"): 8}  # times the plain loop
THOROUGH = {"seconds": 2.5, "repeats": 5, "warm_up": 4}
QUICK = {"seconds": 0.2, "repeats": 1, "warm_up": 2}


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """Documents a second of both networks on both data sets; seconds are those of the processor."""
    rows = []
    with Side("ours", corpora.folder) as ours, Side("plain", corpora.folder) as plain:
        for corpus in corpora:
            for bench in BENCHES.values():
                pair = (ours, bench), (plain, bench.sized(batch=PLAIN_BATCH))
                found = alternate(pair, corpus.name, **(QUICK if quick else THOROUGH))
                dtype = recurrence_dtype("auto", torch.device("cpu")) or torch.float32
                rows.append(
                    Row(
                        "training",
                        f"training {bench.name}, {corpus.title}",
                        "documents/s",
                        *map(rates, found),
                        higher=True,
                        floor=max(rate(bench, round(corpus.mean_tokens), dtype, turn) for turn in range(3)),
                        goals=(Goal(GOALS[bench.name, corpus.name], of="ratio", at_most=False),),
                    )
                )
    return rows


def alternate(
    sides: Sequence[tuple[Side, Bench]], data: str, *, seconds: float, repeats: int, warm_up: int
) -> tuple[list[Work], ...]:
    """What each side did in its turns: a fixed number of steps, of about so many seconds, after some to warm up."""
    steps = []
    for side, bench in sides:
        side.train(bench, data, steps=warm_up)
        warm = side.train(bench, data, steps=warm_up)
        steps.append(max(warm_up, round(warm_up * seconds / warm.processor)))
    found = tuple([] for _ in sides)
    for _ in range(repeats):
        for (side, bench), count, work in zip(sides, steps, found, strict=True):
            work.append(side.train(bench, data, steps=count))
    return found


def rates(found: Sequence[Work]) -> tuple[float, ...]:
    """Documents per second of processor time."""
    return tuple(work.documents / work.processor for work in found)
