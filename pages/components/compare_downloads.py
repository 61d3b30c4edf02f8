"""A comparison to take along: a page of its own, and its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model.runs.run import Run

if TYPE_CHECKING:
    from model.studies.duel import Duel


def downloads(runs: list[Run], document: dict[str, Any], duel: Duel | None) -> None:
    """Draw the card."""
