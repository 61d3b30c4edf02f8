"""Asking, from a page that polls, how long trainings would take; a process of its own measures it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from model.errors import RunError
from model.runs.launch import own_environment
from model.runs.run import REPOSITORY

_SECONDS = 60.0  # for the data
_SECONDS_EACH = 30.0  # for each of the settings


class Estimate:
    """A measurement under way: `results` grows by one for each of the settings, in their order, until it is `done`.

    A result: {"seconds", "start", "per_epoch", "rest", "baselines", "megabytes"}; "seconds" is at most, to the end of
    all epochs, the report included. `error`: None, or why there will be no more results. Closing ends the process, as
    does letting go of the object.
    """

    def __init__(self, process: subprocess.Popen, request: bytes, *, wanted: int) -> None:
        self.results: list[dict[str, float]] = []
        self.error: str | None = None
        self.done = False
        self._process = process
        self._end = weakref.finalize(self, _kill, process)
        state = weakref.ref(self)
        threading.Thread(target=_read, args=(state, process, request, wanted), name="estimate", daemon=True).start()
        limit = threading.Timer(_SECONDS + _SECONDS_EACH * wanted, _kill, args=(process,))
        limit.daemon = True
        limit.start()

    def close(self) -> None:
        """End the process, if it still runs; the results so far stay."""
        self._end()

    def _finish(self, error: str | None) -> None:
        if self._end.alive:  # closed, it ended as it was told to
            self.error = error
        self.done = True


def begin(root: Path, data: dict[str, Any], settings: Sequence[dict[str, Any]]) -> Estimate:
    """Begin to measure trainings with each of the settings on data as a run's spec names it; returns at once.

    settings: options and values, those left out at their defaults. Raises RunError when no process can be started.
    """
    threads = max((options.get("threads", 1) for options in settings), default=1)
    request = json.dumps({"root": str(root), "data": data, "settings": list(settings)}).encode()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "model.calibrate"],
            cwd=REPOSITORY,
            env=own_environment(threads),  # as of a worker: what is measured must be what is estimated
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise RunError(f"no process could be started to measure with ({error.strerror})") from error
    return Estimate(process, request, wanted=len(settings))


def _read(state: weakref.ref[Estimate], process: subprocess.Popen, request: bytes, wanted: int) -> None:
    """Take the answers as they come; holds nothing that would keep the estimate alive."""
    last_words: list[bytes] = []
    listener = threading.Thread(target=_listen, args=(process.stderr, last_words), daemon=True)
    listener.start()
    with suppress(OSError), process.stdin:  # an error: it ended before it listened, and says why
        process.stdin.write(request)
    with process.stdout:
        for line in process.stdout:
            estimate = state()
            if estimate is not None:
                estimate.results.append(json.loads(line))
            del estimate
    listener.join()
    code = process.wait()
    estimate = state()
    if estimate is not None:
        estimate._finish(_why(code, b"".join(last_words)) if len(estimate.results) < wanted else None)


def _listen(stream: IO[bytes], words: list[bytes]) -> None:
    with stream:
        for line in stream:
            words[:] = [*words[-20:], line]


def _why(code: int, words: bytes) -> str:
    lines = words.decode("utf-8", errors="replace").strip().splitlines()
    if code == 2 and lines:
        return lines[-1]
    if code < 0:
        return f"the measurement was ended by signal {-code}; it took too long, or the memory ran out"
    return f"the measurement ended unexpectedly (exit code {code}){': ' + lines[-1][:300] if lines else ''}"


def _kill(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.kill()
