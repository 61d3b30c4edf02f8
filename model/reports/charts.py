"""What charts of reports share: axes that end at round numbers."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from model.explain.export_words import plain


class Axis(NamedTuple):
    """From `low` to `high`, a line at each of `ticks`, written with so many `digits`, or as per cent."""

    title: str
    low: float
    high: float
    ticks: Sequence[float]
    digits: int = 1
    percent: bool = False

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value stands between two ends of the picture; beyond the axis, at its end."""
        share = (value - self.low) / (self.high - self.low)
        return start + min(max(share, 0.0), 1.0) * (end - start)

    def word(self, tick: float) -> str:
        """A tick in words."""
        return f"{100 * tick:.0f} %" if self.percent else plain(tick, self.digits)


def spanning(title: str, values: Sequence[float], *, most: int = 6) -> Axis:
    """An axis over all `values` between round numbers, in about `most` steps of 1, 2 or 5 x 10^k at most."""
    low, high = min(values), max(values)
    if high - low < 1e-9:  # one value alone stands in the middle
        reach = max(abs(low) / 20, 0.01)
        low, high = low - reach, high + reach
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(step * size for size in (1, 2, 5, 10, 20) if (high - low) / (step * size) <= most - 0.5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = [place * step for place in range(first, last + 1)]
    return Axis(title, ticks[0], ticks[-1], ticks, digits=digits)


def reaching(title: str, values: Sequence[float], *, least: float = 0.0, percent: bool = False) -> Axis:
    """An axis from `least`, or below it where values are, to a round number that no value exceeds."""
    low, high = min([least, *values]), max([least + 0.05, *values])
    step = next((step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5) if (high - low) / step <= 5), 1.0)
    first, last = int(low // step), -int(-high // step)
    ticks = [place * step for place in range(first, last + 1)]
    return Axis(title, ticks[0], ticks[-1], ticks, digits=2 if step < 0.1 or step == 0.25 else 1, percent=percent)
