"""A bounded memory that all sessions share, and values in it that grow."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any


class Memory:
    """The `size` values used last, by key, shared by all sessions; each is made once, however many ask at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    def known(self, key: Hashable) -> Any:
        """The value of `key`, None where there is none."""
        return self._values.get(key)

    def recall(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of `key`, from `make` where it is not known (any more); an error of `make` is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._values:  # another session made it while this one waited
                    return self._values[key]
            try:
                value = make()
                with self._lock:
                    self._values[key] = value
                    while len(self._values) > self.size:
                        self._values.popitem(last=False)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value


class Growing:
    """A value that comes in steps, each better than the one before; whoever asks for the next takes it for all.

    `finished` says whether a step is the last one.
    """

    def __init__(self, steps: Iterator[Any], *, finished: Callable[[Any], bool]) -> None:
        self.latest: Any = None
        self.finished = False
        self._steps = steps
        self._is_finished = finished
        self._lock = threading.Lock()

    def advance(self) -> None:
        """Wait for the next step, or find that there is none."""
        with self._lock:
            try:
                self.latest = next(self._steps)
                self.finished = self._is_finished(self.latest)
            except StopIteration:
                self.finished = True
