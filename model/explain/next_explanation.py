"""The prediction of one next token explained, as one record: what was read before it, and what the figures say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.explain.explanation import Explanation, Label


@dataclass(frozen=True, kw_only=True, eq=False)
class NextExplanation(Explanation):
    """One next token explained: `tokens` are those before it, `labels` (V,) the vocabulary as it is shown.

    `position` is the place of the explained token in the text's tokens, None for the one after the text.
    `truncated_at` is the offset in the text before which nothing was read, None if all was. `likeliest` are the
    tokens most probable to follow, in that order; nothing unknown is among them.
    """

    position: int | None
    likeliest: Mapping[Label, float]

    @property
    def prediction(self) -> Label:
        """The likeliest token."""
        return next(iter(self.likeliest))

    @property
    def probabilities(self) -> dict[Label, float]:
        """The probability of each of the likeliest tokens and of the target: those of all would fill pages."""
        target = float(self.figures.prediction.probabilities[self.figures.target])
        return {**self.likeliest, self.target: target}

    def to_dict(self) -> dict[str, Any]:
        """As an Explanation's, with the position."""
        return {**super().to_dict(), "position": self.position}
