"""The clock of the benchmarks: processor time, which other processes disturb less than they do the wall's."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What `work()` returns, and the seconds of the processor that it took."""
    started = time.process_time()
    result = work()
    return result, time.process_time() - started
