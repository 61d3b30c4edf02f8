"""What a server does beside its trainings, again and again: cheap, and never in the way of a training."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

EVERY = 1.0  # seconds between two calls of a duty
RETRY = 30.0  # seconds for which one that failed is left alone

_log = logging.getLogger(__name__)


class Duties:
    """Calls by name, and when each is due; any thread may add one, one thread does them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[str, tuple[Callable[[], None], float]] = {}  # with time.monotonic()

    def add(self, name: str, duty: Callable[[], None]) -> None:
        """Have `duty` called from now on; of two with one name the first stays."""
        with self._lock:
            self._due.setdefault(name, (duty, 0.0))

    def do(self) -> None:
        """Call those that are due; an error is logged and goes no further."""
        with self._lock:
            due = [(name, duty) for name, (duty, moment) in self._due.items() if time.monotonic() >= moment]
        for name, duty in due:
            wait = EVERY
            try:
                duty()
            except Exception:  # one that fails must not keep trainings from starting
                _log.exception("the server's duty %r met an error and is left for a while", name)
                wait = RETRY
            with self._lock:
                self._due[name] = (duty, time.monotonic() + wait)
