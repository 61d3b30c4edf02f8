"""What a benchmark found: raw measurements in rows, their medians and spreads, and one table of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from scipy import stats

HEADINGS = ("what", "unit", "ours", "plain", "times plain", "floor", "goal", "")


class Spread(NamedTuple):
    """The median of some measurements, the lowest and the highest."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Goal:
    """What the median is to reach: of ours, or of the ratio, at most or at least `value`."""

    value: float
    of: str = "ours"
    at_most: bool = True

    def __post_init__(self) -> None:
        if self.of not in ("ours", "ratio"):
            raise ValueError(f"a goal is of 'ours' or of the 'ratio', not of {self.of!r}")

    def met(self, row: Row) -> bool | None:
        """Whether the row reaches it; None where the row has no such figure."""
        spread = row.ratio if self.of == "ratio" else row.spread
        if spread is None:
            return None
        return spread.median <= self.value if self.at_most else spread.median >= self.value

    def words(self) -> str:
        """The goal as the table has it: "≤ 120", "≥ 10 x"."""
        return f"{'≤' if self.at_most else '≥'} {number(self.value)}{' x' if self.of == 'ratio' else ''}"


@dataclass(frozen=True)
class Row:
    """One figure: ours[i] and plain[i] were measured one right after the other; plain may be shorter, or empty.

    `higher` says that more is better (a rate), else less is (a time). `floor` is what the machine could reach at
    most, in the same unit. A row with no measurement says in `note` why. A point of a curve has its name and its `x`.
    """

    section: str
    what: str
    unit: str
    ours: tuple[float, ...]
    plain: tuple[float, ...] = ()
    higher: bool = False
    floor: float | None = None
    goals: tuple[Goal, ...] = ()
    device: str = "cpu"
    note: str = ""
    curve: str = ""
    x: float | None = None

    @property
    def spread(self) -> Spread | None:
        """Of our measurements."""
        return spread(self.ours)

    @property
    def ratio(self) -> Spread | None:
        """How many times better than the plain way, pair by pair."""
        pairs = zip(self.ours, self.plain, strict=False)
        return spread([mine / theirs if self.higher else theirs / mine for mine, theirs in pairs])

    @property
    def met(self) -> bool | None:
        """Whether all goals are; None where there is none, or nothing was measured."""
        found = [goal.met(self) for goal in self.goals]
        return None if not found or None in found else all(found)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Row:
        """The row that `to_dict` wrote, also after JSON made lists of its tuples."""
        goals = tuple(Goal(**goal) for goal in fields["goals"])
        return cls(**{**fields, "ours": tuple(fields["ours"]), "plain": tuple(fields["plain"]), "goals": goals})


def spread(values: Sequence[float]) -> Spread | None:
    """Median, lowest and highest; None of nothing."""
    return Spread(statistics.median(values), min(values), max(values)) if len(values) else None


def paired_interval(differences: Sequence[float]) -> tuple[float, float, float]:
    """Mean of paired differences and its 95 % t interval; ValueError of fewer than two."""
    if len(differences) < 2:
        raise ValueError(f"an interval needs two differences, here are {len(differences)}")
    mean = statistics.fmean(differences)
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    half = float(stats.t.ppf(0.975, len(differences) - 1)) * error
    return mean, mean - half, mean + half


def number(value: float) -> str:
    """Three digits that count, or all before the point: 1,234 · 12.3 · 0.0123 · 1.4e-06."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) < 1e-3:
        return f"{value:.1e}"
    digits = max(0, 2 - math.floor(math.log10(abs(value)) + 1e-9))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(rows: Iterable[Row]) -> str:
    """All rows as a Markdown table that also reads well as it is."""
    lines = [HEADINGS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    ruler = tuple("-" * width for width in widths)
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in (lines[0], ruler, *lines[1:])
    )


def _cells(row: Row) -> tuple[str, ...]:
    what = f"{row.what} ({row.device})" if row.device != "cpu" else row.what
    verdict = {None: "", True: "met", False: "missed"}[row.met]
    ours = row.note if row.spread is None else _with_spread(row.spread)
    plain, ratio = (_with_spread(found) if found else "" for found in (spread(row.plain), row.ratio))
    goal = ", ".join(goal.words() for goal in row.goals)
    return what, row.unit, ours, plain, ratio, _floor(row), goal, verdict


def _with_spread(found: Spread) -> str:
    if found.low == found.high:
        return number(found.median)
    return f"{number(found.median)} ({number(found.low)}–{number(found.high)})"


def _floor(row: Row) -> str:
    """The floor, and how much of it is reached."""
    if row.floor is None or row.spread is None:
        return ""
    reached = row.spread.median / row.floor if row.higher else row.floor / row.spread.median
    return f"{number(row.floor)}, {reached:.0%} reached"
