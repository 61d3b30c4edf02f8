"""The jobs that wait for their start: whose they are, in which order they go, and how many there may be."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from model.errors import RunError
from model.runs.fair_order import Waiting, fair_order
from model.runs.run import Run


class Line:
    """Waiting runs, in the fair order; `per_person` limits how many of one person run, the others how many wait.

    Not for several threads at once; the queue holds its lock.
    """

    def __init__(self, *, per_person: int | None, most: int, most_per_person: int) -> None:
        self.per_person, self.most, self.most_per_person = per_person, most, most_per_person
        self._runs: dict[str, tuple[Run, Waiting]] = {}
        self._not_before: dict[str, float] = {}  # run id -> time.monotonic()
        self._started: dict[str | None, int] = {}  # owner -> number of their latest start
        self._last_ticket = 0
        self._known: tuple[Counter[str | None], list[str]] | None = None  # the order, and who ran when it was made

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._runs

    def new_ticket(self) -> int:
        """A ticket above all before it, even when the clock was set back."""
        return max(time.time_ns() // 1000, self._last_ticket + 1)

    def check_room(self, run: Run) -> None:
        """Raise RunError when too many wait already, in all or of this run's owner."""
        own = sum(job.owner == run.spec["owner"] for _, job in self._runs.values())
        if own >= self.most_per_person:
            raise RunError(f"{own} of your trainings wait already; try again when some have ended, or cancel one")
        if len(self._runs) >= self.most:
            raise RunError(
                f"the queue is full ({self.most} trainings wait); try again when some have ended, or cancel one"
            )

    def add(self, run: Run, ticket: int) -> None:
        """Let a run wait, behind its owner's runs with lower tickets."""
        self._runs[run.id] = (run, Waiting(run.id, run.spec["owner"], ticket))
        self._last_ticket = max(self._last_ticket, ticket)
        self._known = None

    def remove(self, run_id: str) -> None:
        """Let a run wait no longer; harmless where it does not."""
        if self._runs.pop(run_id, None):
            self._not_before.pop(run_id, None)
            self._known = None

    def remove_deleted(self) -> None:
        """Let those wait no longer whose folders are gone."""
        for run_id, (run, _) in list(self._runs.items()):
            if not run.folder.is_dir():
                self.remove(run_id)

    def clear(self) -> None:
        """Nobody waits any more."""
        for run_id in list(self._runs):
            self.remove(run_id)

    def postpone(self, run: Run, seconds: float) -> None:
        """Leave a run that could not be started where it is, and pass it over for some seconds."""
        self._not_before[run.id] = time.monotonic() + seconds

    def start(self, run: Run) -> None:
        """Take a run out because it has its start now, which its owner's next runs are to bear in mind."""
        self.remove(run.id)
        self._started[run.spec["owner"]] = max(self._started.values(), default=0) + 1
        self._known = None

    def position(self, run_id: str, running: Counter[str | None]) -> int | None:
        """1 for the run that starts next, None for one that does not wait here; running: jobs that run, by owner."""
        return self._order(running).index(run_id) + 1 if run_id in self._runs else None

    def candidates(self, running: Counter[str | None]) -> Iterator[Run]:
        """The waiting runs in order, without those that were postponed or whose owner has enough running."""
        now = time.monotonic()
        for run_id in self._order(running):
            run, job = self._runs[run_id]
            enough = self.per_person is not None and running[job.owner] >= self.per_person
            if not enough and now >= self._not_before.get(run_id, 0.0):
                yield run

    def _order(self, running: Counter[str | None]) -> list[str]:
        if self._known is None or self._known[0] != running:
            waiting = (job for _, job in self._runs.values())
            self._known = (running, fair_order(waiting, running=running, started=self._started))
        return self._known[1]
