"""The processes of the jobs that run: where there is room for one more, and what becomes of those that end."""

from __future__ import annotations

import logging
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model.errors import RunError
from model.runs.gpus import needs_whole_gpu, wants_gpu
from model.runs.launch import Process, obituary
from model.runs.run import ACTIVE, Run

RETRY = 5.0  # seconds until what could not be written (the disk was full) has another go
STOP_GRACE = 30.0  # seconds a cancelled worker may take before it is killed

_log = logging.getLogger(__name__)


@dataclass
class _Job:
    run: Run
    process: Process
    threads: int
    gpu: str | None
    kill_at: float | None = None  # time.monotonic(), here and below
    settle_at: float = 0.0


class Crew:
    """The jobs that run: at most `places`, never more threads than cores, nor more jobs on a GPU than `per_gpu`.

    A training that could need more than its part of a GPU's memory has one for itself.
    Not for several threads at once; the queue holds its lock.
    """

    def __init__(
        self, *, places: int, cores: int, gpus: Sequence[str], per_gpu: int, launch: Callable[..., Process]
    ) -> None:
        self.places, self.cores, self.gpus, self.per_gpu = places, cores, tuple(gpus), per_gpu
        self._launch = launch
        self._jobs: dict[str, _Job] = {}

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._jobs

    def by_owner(self) -> Counter[str | None]:
        """How many jobs each person has running."""
        return Counter(job.run.spec["owner"] for job in self._jobs.values())

    def has_place(self, run: Run) -> bool:
        """Whether there is a place and cores enough for this run."""
        busy = sum(job.threads for job in self._jobs.values())
        return len(self._jobs) < self.places and busy + self._threads(run) <= self.cores

    def has_gpu(self, run: Run) -> bool:
        """Whether a GPU has room for this run, or it would not go to one."""
        if not self.goes_to_gpu(run):
            return True
        return self._gpu_load(self._idlest_gpu()) + self._parts_of_gpu(run) <= self.per_gpu

    def goes_to_gpu(self, run: Run) -> bool:
        """Whether there is a GPU and this run is for one."""
        return bool(self.gpus) and wants_gpu(run.spec["settings"])

    def start(self, run: Run) -> None:
        """Start the process of a run, unless it was cancelled. Raises RunError when its state cannot be written."""
        threads = self._threads(run)
        gpu = self._idlest_gpu() if self.goes_to_gpu(run) else None
        if run.set_state("starting"):
            try:
                self._jobs[run.id] = _Job(run, self._launch(run, threads=threads, gpu=gpu), threads, gpu)
            except OSError as error:
                run.set_state("failed", message=f"The training process could not be started: {error.strerror}.")

    def terminate(self, run_id: str) -> None:
        """Ask a process to end; some seconds later it is killed."""
        job = self._jobs.get(run_id)
        if job and job.kill_at is None and job.process.poll() is None:
            job.kill_at = time.monotonic() + STOP_GRACE
            job.process.terminate()

    def reap(self, *, closing: bool = False) -> None:
        """Let those go whose process has ended, and say what became of them."""
        now = time.monotonic()
        for job in list(self._jobs.values()):
            code = job.process.poll()
            if code is None:
                if job.kill_at is not None and now > job.kill_at:
                    job.process.kill()
            elif now >= job.settle_at or closing:
                try:
                    _settle(job, code, closing)
                except RunError as error:
                    if job.run.folder.is_dir() and not closing:
                        _log.warning("what became of run %s waits to be written: %s", job.run.id, error)
                        job.settle_at = now + RETRY
                        continue
                del self._jobs[job.run.id]

    def close(self, *, grace: float) -> None:
        """End all processes, by force after `grace` seconds; their runs are interrupted."""
        for job in self._jobs.values():
            job.process.terminate()
        deadline = time.monotonic() + grace
        for job in self._jobs.values():
            try:
                job.process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                job.process.kill()
                job.process.wait()
        self.reap(closing=True)

    def _threads(self, run: Run) -> int:
        return min(run.threads, self.cores)

    def _parts_of_gpu(self, run: Run) -> int:
        return self.per_gpu if needs_whole_gpu(run.spec["settings"]) else 1

    def _gpu_load(self, gpu: str) -> int:
        return sum(self._parts_of_gpu(job.run) for job in self._jobs.values() if job.gpu == gpu)

    def _idlest_gpu(self) -> str:
        return min(self.gpus, key=self._gpu_load)


def _settle(job: _Job, code: int, closing: bool) -> None:
    """Say what became of a job whose process ended without a word."""
    if job.run.state["state"] not in ACTIVE:
        return
    if job.kill_at is not None:
        job.run.set_state("cancelled")
    elif closing:
        job.run.set_state("interrupted", message="The server ended; this goes on when it starts again.")
    else:
        job.run.set_state("failed", message=obituary(job.run, code))
