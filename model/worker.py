"""What a training process runs: python -m model.worker RUN_DIR, started by the job queue."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence

from model.errors import LabError, RunError, Stopped
from model.runs.kinds import LANGUAGE_MODEL
from model.runs.launch import NICE
from model.runs.run import Run

POLL = 0.1  # seconds between two looks at the server and at the run's state
GRACE = 20.0  # seconds that a part which cannot stop in the middle (a baseline, a save) may still take
CLAIM_TIMEOUT = 30.0  # seconds for the last process of a resumed run to end


def main(arguments: Sequence[str] | None = None) -> int:
    """Train one run to its end, or until it is cancelled or the server is gone. Returns 0, or 1 when it failed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 1:
        print("use: python -m model.worker RUN_DIR", file=sys.stderr)
        return 2
    try:
        run = Run(arguments[0])
        watch = Watch(run)
        with run.claim(timeout=CLAIM_TIMEOUT):
            return _train(run, watch)
    except RunError as error:  # no such run, one that another process trains, or a disk that takes nothing
        _log(str(error))
        return 1


class Watch:
    """Knows when to stop, and why: "cancelled" by a person, or "interrupted" by the end of the server."""

    def __init__(self, run: Run) -> None:
        self._run = run
        server = os.environ.get("ATTENTION_LAB_SERVER")
        self._server = int(server) if server else None
        self._signalled = False
        self._enough = False
        self.reason: str | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        threading.Thread(target=self._poll, name="watch", daemon=True).start()

    def stop(self) -> str | None:
        """Why the training should stop now; None to go on."""
        return self.reason

    def enough(self) -> bool:
        """Whether a person wants the training to end now and to keep its best so far."""
        return self._enough

    def _on_signal(self, number: int, frame: object) -> None:
        self._signalled = True

    def _poll(self) -> None:
        while self.reason is None:
            # Cancelling writes the state before it sends a signal, so this order tells the two reasons apart.
            gone = self._signalled or (self._server is not None and os.getppid() != self._server)
            if self._run.state["state"] == "cancelled" or not self._run.folder.is_dir():
                self.reason = "cancelled"
            elif gone:
                self.reason = "interrupted"
            else:
                self._enough = self._run.stop_asked
                time.sleep(POLL)
        time.sleep(GRACE)
        # Nothing is lost: checkpoints and states are replaced whole, and the run goes on from the last one.
        try:
            _settle(self._run, self.reason)
        finally:
            os._exit(1)


def _train(run: Run, watch: Watch) -> int:
    if not run.set_state("starting"):
        return 0  # cancelled before it began
    os.nice(NICE)
    try:
        _training_of(run)(run, stop=watch.stop, enough=watch.enough)
    except Stopped as stopped:
        _settle(run, stopped.reason)
    except LabError as error:
        run.set_state("failed", message=str(error))
        _log(str(error))
        return 1
    except Exception as error:
        run.set_state("failed", message=_plain(error, run))
        _log(traceback.format_exc())
        return 1
    return 0


def _training_of(run: Run) -> Callable[..., object]:
    # Seconds of imports, during which a signal already counts; and a worker needs those of its own kind alone.
    if run.kind == LANGUAGE_MODEL:
        from model.studies.language_training import execute_language

        return execute_language
    from model.studies.training import execute

    return execute


def _log(story: str) -> None:
    with contextlib.suppress(OSError):  # the log is on the disk that may be full
        print(story.rstrip(), file=sys.stderr)


def _settle(run: Run, reason: str) -> None:
    message = "" if reason == "cancelled" else "The server ended; this goes on when it starts again."
    run.set_state(reason, message=message)


def _plain(error: Exception, run: Run) -> str:
    text = " ".join(str(error).split())[:300]
    if "No space left on device" in text or "Disk quota exceeded" in text:  # by whichever library was writing
        return f"There is no space left on the disk that holds {run.folder.parent}: free some, then resume."
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return f"Out of memory: choose a smaller batch_size, hidden_size or max_vocabulary. ({text})"
    return f"The training crashed ({type(error).__name__}: {text}). The whole story is in worker.log."


if __name__ == "__main__":
    sys.exit(main())
