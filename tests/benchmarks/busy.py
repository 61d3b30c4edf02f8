"""How much slower a training gets beside one process that never rests: ours as the app starts it, and a plain script.

Ours has the app's environment (`own_environment`) and priority (NICE); the plain loop has what a shell gives. Rates
are by the clock here, since waiting is what is measured. Alone and beside take turns.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from model.runs.launch import NICE, available_cores
from tests.benchmarks.corpora import Corpora
from tests.benchmarks.networks import BENCHES, Bench
from tests.benchmarks.side import Side
from tests.benchmarks.sides import PLAIN_BATCH, Work
from tests.benchmarks.table import Goal, Row

BENCH = BENCHES["b"]
LONGEST = 60.0  # seconds by the clock that a turn beside the busy process is allowed to take, by its first steps
_FIRST = 2  # steps


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """Times slower beside the busy process, with one thread and with one a core."""
    data, cores = next(iter(corpora)).name, available_cores()
    seconds, repeats = (0.3, 1) if quick else (1.5, 3)
    rows = []
    for threads in (1,) if quick else sorted({1, min(cores, 2)}):
        ours = _slow_down("ours", BENCH, corpora.folder, data, threads, seconds, repeats, nice=NICE)
        plain = _slow_down(
            "plain", BENCH.sized(batch=PLAIN_BATCH), corpora.folder, data, threads, seconds, repeats, nice=0
        )
        what = f"training b beside a busy process on {cores} cores, {threads} thread{'s' * (threads > 1)}"
        rows.append(Row("busy", what, "times slower", ours, plain, goals=(Goal(2.5),)))
    if hasattr(os, "sched_setaffinity") and not quick:
        one = (min(os.sched_getaffinity(0)),)
        for nice, rank in ((0, "equal priority"), (NICE, f"the app's priority (nice {NICE})")):
            found = _slow_down("ours", BENCH, corpora.folder, data, 1, seconds, repeats, nice=nice, cores=one)
            what = f"training b and a busy process on the same core, {rank}"
            rows.append(Row("busy", what, "times slower", found, goals=() if nice else (Goal(2.5),)))
    return rows


def _slow_down(
    kind: str,
    bench: Bench,
    folder: Path,
    data: str,
    threads: int,
    seconds: float,
    repeats: int,
    *,
    nice: int,
    cores: Sequence[int] | None = None,
) -> tuple[float, ...]:
    """Clock time of the same steps beside the busy process, in times of that alone."""
    found = []
    with Side(kind, folder, threads=threads, nice=nice, cores=cores) as side:
        side.train(bench, data, steps=_FIRST)
        warm = side.train(bench, data, steps=2 * _FIRST)
        steps = max(_FIRST, round(2 * _FIRST * seconds / warm.seconds))
        for _ in range(repeats):
            alone = side.train(bench, data, steps=steps)
            with busy_process(cores):
                first = side.train(bench, data, steps=_FIRST)
                left = max(_FIRST, min(steps, int(LONGEST / first.seconds * _FIRST / repeats)))
                beside = side.train(bench, data, steps=left)
            found.append(_pace(beside) / _pace(alone))
    return tuple(found)


@contextmanager
def busy_process(cores: Sequence[int] | None = None) -> Iterator[None]:
    """A process beside this one that computes without a rest, on these cores (None: on any)."""
    process = subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
    try:
        if cores is not None:
            os.sched_setaffinity(process.pid, cores)
        yield
    finally:
        process.kill()
        process.wait()


def _pace(work: Work) -> float:
    """Clock seconds a token."""
    return work.seconds / work.tokens
