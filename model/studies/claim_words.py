"""Differences and shares in words: points of accuracy, intervals, and what an interval decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Figure = Mapping[str, Any]  # at least "estimate", "low" and "high"


def decided(figure: Figure) -> Literal["higher", "lower"] | None:
    """Which way a difference goes, where its whole interval lies on one side of zero; else None."""
    if figure["low"] > 0:
        return "higher"
    return "lower" if figure["high"] < 0 else None


def percent(share: float) -> str:
    """0.8625 -> 86.2 %."""
    return f"{100 * share:.1f} %"


def ends(figure: Figure) -> str:
    """The ends of an interval of shares: 82.6 to 89.3 %."""
    return f"{100 * figure['low']:.1f} to {percent(figure['high'])}"


def size(figure: Figure) -> str:
    """How large a difference is, whichever way it goes: 2.9."""
    return f"{100 * abs(figure['estimate']):.{_digits(figure)}f}"


def signed(figure: Figure) -> str:
    """A difference with its sign, a true minus: −0.3."""
    return _signed(figure["estimate"], _digits(figure))


def interval(figure: Figure) -> str:
    """The interval of a difference in points: 0.8 to 5.1; with signs unless all of it is above zero."""
    digits = _digits(figure)
    if decided(figure) == "higher":
        return f"{100 * figure['low']:.{digits}f} to {100 * figure['high']:.{digits}f}"
    return f"{_signed(figure['low'], digits)} to {_signed(figure['high'], digits)}"


def apart(first: Figure, second: Figure) -> Figure:
    """second - first of two figures of which only the intervals are known (MOVER; Zou & Donner 2008).

    As if they were independent: of two figures on the same texts, which tend to err together, that is too wide if
    anything, so that a difference it finds is one.
    """
    estimate = second["estimate"] - first["estimate"]
    below = math.hypot(second["estimate"] - second["low"], first["high"] - first["estimate"])
    above = math.hypot(second["high"] - second["estimate"], first["estimate"] - first["low"])
    return {"estimate": estimate, "low": estimate - below, "high": estimate + above}


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def option_value(value: Any, *, unset: str = "default") -> str:
    """The value of an option: of a file its name, and `unset` where there is none."""
    if value is None:
        return unset
    return f"{value:g}" if isinstance(value, float) else str(value).rpartition("/")[2]


def _digits(figure: Figure) -> int:
    """One decimal of points; more where the interval leaves zero out by less than that shows."""
    if decided(figure) is None:
        return 1
    nearest = 100 * min(abs(figure["low"]), abs(figure["high"]))
    return next((digits for digits in (1, 2, 3) if round(nearest, digits) > 0), 4)


def _signed(value: float, digits: int) -> str:
    rounded = round(100 * value, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"
