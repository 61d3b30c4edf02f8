"""What the events of a short training tell of the seconds that each part of a long one takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from model.training.loop import Event


class Costs(NamedTuple):
    """Seconds: `update` for a training text, `validate` for a validation text, `checkpoint` for an epoch; and
    `warm_up`, by how much longer the first updates took, which are paid once."""

    update: float
    validate: float
    checkpoint: float
    warm_up: float


class Clock:
    """Takes the events of a training of `documents` and `validated` texts as they come.

    It is enough after `seconds`, if there is anything to reckon with by then, and after `most` seconds at any rate.
    """

    def __init__(
        self,
        *,
        documents: int,
        validated: int,
        seconds: float,
        most: float,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._documents, self._validated, self._seconds, self._most, self._now = (
            documents, validated, seconds, most, now,
        )  # fmt: skip
        self.booted = 0.0
        self._progress: list[Event] = []
        self._epochs: list[tuple[Event, float]] = []  # with the seconds since the boot

    def take(self, event: Event) -> None:
        """Note an event, the moment it happens."""
        if event["kind"] == "boot":
            self.booted = self._now()
        elif event["kind"] == "progress":
            self._progress.append(event)
        elif event["kind"] == "epoch":
            self._epochs.append((event, self._now() - self.booted))

    def enough(self) -> bool:
        """Whether the training has gone on long enough."""
        passed = self._now() - self.booted
        return passed >= self._most or (passed >= self._seconds and bool(self._epochs or len(self._progress) > 1))

    def costs(self) -> Costs:
        """What the training so far says; at least one epoch, whole or broken off, must have ended."""
        checkpoints = [max(0.0, passed - event["seconds"]) for event, passed in self._epochs]
        updates = [self._updating(event) for event, _ in self._epochs]  # seconds
        validating, before = 0.0, 0.0
        for (event, _), update, last in zip(self._epochs, updates, [0.0, *checkpoints], strict=False):
            validating += max(0.0, event["seconds"] - before - update - last)
            before = event["seconds"]
        update, warm_up = self._steady(updates)
        return Costs(
            update,
            validating / (self._validated * len(self._epochs)),
            sum(checkpoints) / len(checkpoints),
            warm_up,
        )

    def _steady(self, updates: list[float]) -> tuple[float, float]:
        """Seconds for a text once it runs, and how much longer the first of them took."""
        if len(updates) > 1:
            each = sum(updates[1:]) / (self._documents * (len(updates) - 1))
            return each, max(0.0, updates[0] - each * self._documents)
        end, passed = self._read(self._epochs[0][0]), updates[0]
        start = next((event for event in self._progress if self._read(event) < end), None)
        if start is None:
            return passed / end, 0.0
        each = (passed - self._updating(start)) / (end - self._read(start))
        return each, max(0.0, passed - each * end)

    def _read(self, event: Event) -> float:
        return event.get("share", 1.0) * self._documents

    def _updating(self, event: Event) -> float:
        return self._read(event) / event["documents_per_second"]
