"""The queue of trainings: one dispatcher thread per server, one process per job, and the truth on disk."""

from __future__ import annotations

import atexit
import logging
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.errors import RunError
from model.runs import files
from model.runs.launch import Process, available_cores, launch, obituary
from model.runs.run import ACTIVE, Run
from model.runs.store import find_run, list_runs, runs_root

TICK = 0.2  # seconds between two looks at the processes
RETRY = 5.0  # seconds until a job that could not be started (the disk was full) has another go
STOP_GRACE = 30.0  # seconds a cancelled worker may take before it is killed
CLOSE_GRACE = 8.0  # the same when the server ends; service managers often kill after 10

_log = logging.getLogger(__name__)


@dataclass
class _Job:
    run: Run
    process: Process
    threads: int
    kill_at: float | None = None  # time.monotonic()


class JobQueue:
    """First come, first served: at most `running` jobs at a time, and never more threads than cores.

    Only one server at a time works on a folder of runs; another one shows them, and takes over when the first ends.
    Jobs that a server left unfinished return to the head of the queue, in their order, when the next one starts.
    """

    def __init__(
        self,
        root: Path,
        *,
        running: int | None = None,
        max_queued: int = 50,
        cores: int | None = None,
        launch: Callable[..., Process] = launch,
    ) -> None:
        self.root = Path(root).absolute()
        self.cores = cores or available_cores()
        self.running = running or self.cores
        self.max_queued = max_queued
        self._launch = launch
        self._lock = threading.RLock()
        self._waiting: list[Run] = []  # in the order of their tickets
        self._jobs: dict[str, _Job] = {}
        self._not_before: dict[str, float] = {}  # run id -> time.monotonic()
        self._last_ticket = 0
        self._ownership = files.Lock(self.root / "queue.lock")
        self._trouble: str | None = "the queue has not started"  # why this server starts no jobs, if so
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._tick()
        self._thread = threading.Thread(target=self._dispatch, name="job-dispatcher", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    # -- what pages ask ----------------------------------------------------------------------------------------

    def submit(self, run: Run) -> int:
        """Put a new run at the end of the queue and return its position.

        Raises RunError when the queue is full (the run is then marked cancelled, and can be resumed later) or when
        another server works on these runs.
        """
        with self._lock:
            if run.state["state"] != "queued" or self._knows(run.id):
                raise RunError(f"run {run.id} is {run.state['state']} already; resume it instead")
            try:
                return self._enqueue(run)
            except RunError as error:
                run.set_state("cancelled", message=f"Not started: {error}")
                raise

    def resume(self, run: Run) -> int:
        """Put a failed, cancelled or interrupted run back into the queue; it goes on from its last checkpoint."""
        with self._lock:
            state = run.state["state"]
            if run.read_only or state == "done":
                raise RunError(f"run {run.id} is finished; there is nothing to resume")
            if state == "queued" and self._knows(run.id):
                raise RunError(f"run {run.id} is in the queue already")
            if state in ACTIVE or run.claimed:
                raise RunError(f"run {run.id} is still being trained; wait until it has stopped")
            return self._enqueue(run)

    def cancel(self, run_id: str) -> bool:
        """Take a run out of the queue or stop its training; False when it had ended by then."""
        run = find_run(run_id, self.root)
        with self._lock:
            try:
                return run.set_state("cancelled")  # also a worker of another server sees this within a second
            finally:  # a full disk must not keep anybody from stopping what fills it
                self._waiting = [other for other in self._waiting if other.id != run_id]
                job = self._jobs.get(run_id)
                if job and job.kill_at is None and job.process.poll() is None:
                    job.kill_at = time.monotonic() + STOP_GRACE
                    job.process.terminate()

    def position(self, run_id: str) -> int | None:
        """1 for the job that starts next, 0 for one that is running, None for one this queue does not know."""
        with self._lock:
            if run_id in self._jobs:
                return 0
            return next((place for place, run in enumerate(self._waiting, 1) if run.id == run_id), None)

    @property
    def trouble(self) -> str | None:
        """Why this server starts no jobs, in one sentence; None when it does."""
        return self._trouble

    def close(self, *, grace: float = CLOSE_GRACE) -> None:
        """End the dispatcher and its workers; their runs are interrupted and go on when the next server starts."""
        atexit.unregister(self.close)
        self._closing.set()
        self._wake.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        with self._lock:
            for job in self._jobs.values():
                job.process.terminate()
            deadline = time.monotonic() + grace
            for job in self._jobs.values():
                try:
                    job.process.wait(timeout=max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    job.process.kill()
                    job.process.wait()
            self._reap()
            self._waiting.clear()
            self._trouble = "this server is closing"
            self._ownership.release()

    # -- the dispatcher ----------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        while not self._closing.is_set():
            try:
                self._tick()
            except Exception:  # a dead dispatcher would leave every job waiting for ever
                _log.exception("the job queue met an error and goes on")
            self._wake.wait(TICK)
            self._wake.clear()

    def _tick(self) -> None:
        with self._lock:
            if self._owns():
                self._reap()
                self._start_waiting()

    def _owns(self) -> bool:
        if self._trouble is None:
            return True
        try:
            with files.plain_errors(self.root):
                self.root.mkdir(parents=True, exist_ok=True)
            if not self._ownership.acquire():
                raise RunError(
                    f"another Attention Lab server works on {self.root}; use that one, or close it, or set"
                    " ATTENTION_LAB_RUNS to another folder"
                )
        except RunError as error:
            self._trouble = str(error)
            return False
        self._trouble = None
        self._recover()
        return True

    def _recover(self) -> None:
        """Queue again, in their old order, the jobs that the last server left unfinished."""
        left = [run for run in list_runs(self.root) if run.state["ticket"] is not None]
        self._waiting = sorted(left, key=lambda run: run.state["ticket"])
        self._last_ticket = max((run.state["ticket"] for run in left), default=0)
        for run in left:
            # A worker that outlived its server is about to stop, and says so itself.
            if run.state["state"] != "queued" and not run.claimed:
                try:
                    run.set_state("queued", message="The server was restarted; this goes on where it was.")
                except RunError as error:
                    _log.warning("%s", error)

    def _enqueue(self, run: Run) -> int:
        if self._trouble:
            raise RunError(self._trouble)
        if self._closing.is_set():
            raise RunError("the server is closing; start it again, then resume the run")
        if run.folder.parent != self.root:
            raise RunError(f"run {run.id} is in {run.folder.parent}, but this queue works on {self.root}")
        if len(self._waiting) >= self.max_queued:
            raise RunError(
                f"the queue is full ({self.max_queued} trainings wait); try again when some have ended, or cancel one"
            )
        # In order even when the clock is set back: a ticket is never below one given before.
        ticket = max(time.time_ns() // 1000, self._last_ticket + 1)
        if not run.set_state("queued", ticket=ticket):
            raise RunError(f"run {run.id} is {run.state['state']} and cannot be queued")
        self._last_ticket = ticket
        self._waiting.append(run)
        self._wake.set()
        return len(self._waiting)

    def _knows(self, run_id: str) -> bool:
        return self.position(run_id) is not None

    def _start_waiting(self) -> None:
        self._waiting = [run for run in self._waiting if run.folder.is_dir()]  # some may have been deleted
        for run in list(self._waiting):
            threads = min(run.threads, self.cores)
            busy = sum(job.threads for job in self._jobs.values())
            if len(self._jobs) >= self.running or busy + threads > self.cores:
                return  # in order: a small job does not overtake a large one, which would then never start
            if time.monotonic() < self._not_before.get(run.id, 0.0) or run.id in self._jobs or run.claimed:
                continue  # the last process of a resumed job is still ending
            try:
                self._start(run, threads)
            except RunError as error:
                _log.warning("run %s waits: %s", run.id, error)
                self._not_before[run.id] = time.monotonic() + RETRY
                continue
            self._waiting.remove(run)
            self._not_before.pop(run.id, None)

    def _start(self, run: Run, threads: int) -> None:
        if run.set_state("starting"):
            try:
                self._jobs[run.id] = _Job(run, self._launch(run, threads=threads), threads)
            except OSError as error:
                run.set_state("failed", message=f"The training process could not be started: {error.strerror}.")

    def _reap(self) -> None:
        now = time.monotonic()
        for job in list(self._jobs.values()):
            code = job.process.poll()
            if code is None:
                if job.kill_at is not None and now > job.kill_at:
                    job.process.kill()
            elif now >= self._not_before.get(job.run.id, 0.0) or self._closing.is_set():
                try:
                    self._settle(job, code)
                except RunError as error:
                    if job.run.folder.is_dir() and not self._closing.is_set():
                        _log.warning("what became of run %s waits to be written: %s", job.run.id, error)
                        self._not_before[job.run.id] = now + RETRY
                        continue
                del self._jobs[job.run.id]
                self._not_before.pop(job.run.id, None)

    def _settle(self, job: _Job, code: int) -> None:
        """Say what became of a job whose process ended without a word."""
        if job.run.state["state"] not in ACTIVE:
            return
        if job.kill_at is not None:
            job.run.set_state("cancelled")
        elif self._closing.is_set():
            job.run.set_state("interrupted", message="The server ended; this goes on when it starts again.")
        else:
            job.run.set_state("failed", message=obituary(job.run, code))


_queues: dict[Path, JobQueue] = {}
_queues_lock = threading.Lock()


def job_queue(root: Path | None = None) -> JobQueue:
    """The one queue of this server process for a folder of runs (default: `runs_root()`), started at first use."""
    root = Path(root or runs_root()).absolute()
    with _queues_lock:
        if root not in _queues:
            _queues[root] = JobQueue(root)
        return _queues[root]
