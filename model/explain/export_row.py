"""One method's values as exports draw them: how strong each is, what it says in numbers, and when it says nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from model.explain.export_words import plain, signed
from model.explain.rows import FLAWS, problem

Kind = Literal["attention", "size", "signed"]


@dataclass(frozen=True, eq=False)
class Row:
    """One method's values (T,), one a token; `flaw` says why they cannot be drawn, and is empty where they can."""

    name: str
    title: str
    kind: Kind
    values: Sequence[float]
    figures: str = ""
    check: str = ""  # the method's own test of its values, where it has one

    @cached_property
    def flaw(self) -> str:
        """Why the values are hatched instead of coloured."""
        return FLAWS.get(problem(np.asarray(self.values)), "")

    @cached_property
    def scale(self) -> float:
        """The largest size of a value; 0 where nothing is drawn."""
        return 0.0 if self.flaw else max(map(abs, self.values), default=0.0)

    def shade(self, place: int) -> float:
        """A token's share of full strength, 0 to 1."""
        return abs(self.values[place]) / self.scale if self.scale else 0.0

    @cached_property
    def ranks(self) -> list[int]:
        """Each token's rank by size, 1 the largest."""
        order = sorted(range(len(self.values)), key=lambda place: -abs(self.values[place]))
        ranks = [0] * len(order)
        for rank, place in enumerate(order, start=1):
            ranks[place] = rank
        return ranks

    def describe(self, place: int, target: str) -> str:
        """A token's numbers, as "0.134 · 4.2 × uniform · rank 2 of 31"."""
        if self.flaw:
            return self.flaw
        value, count = self.values[place], len(self.values)
        rank = f"rank {self.ranks[place]} of {count}"
        if self.kind == "attention":
            return f"{plain(value)} · {value * count:.1f} × uniform · {rank}"
        if self.kind == "size":
            return f"{plain(value)} · {rank}"
        return f"{signed(value)} {'against' if value < 0 else 'for'} {target} · {rank} by size"

    def legend(self) -> tuple[str, str]:
        """The numbers at the two ends of the colour scale."""
        if self.kind == "signed":
            return signed(-self.scale), signed(self.scale)
        times = f" = {self.scale * len(self.values):.1f} × uniform" if self.kind == "attention" else ""
        return "0", plain(self.scale) + times

    @property
    def uniform(self) -> float | None:
        """The weight of each token if all had the same, where the row's values are weights."""
        return 1 / len(self.values) if self.kind == "attention" and self.values else None
