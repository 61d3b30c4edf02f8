"""Starting the process of one job, and what can be learned from its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from model.errors import RunError
from model.runs.run import REPOSITORY, Run

NICE = 10  # of every process beside the server: the pages come first, since they answer people


class Process(Protocol):
    """What the queue asks of a running job; `subprocess.Popen` has it."""

    def poll(self) -> int | None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def wait(self, timeout: float | None = None) -> int: ...


def launch(run: Run, *, threads: int, gpu: str | None = None) -> Process:
    """Start the training of a run in a process of its own, which sees of all GPUs only `gpu` (None: as this one).

    Another engine would take the place of this function. Raises OSError when there can be no more processes.
    """
    # The worker ends itself when this process is gone.
    environment = {**own_environment(threads), "ATTENTION_LAB_SERVER": str(os.getpid())}
    if gpu is not None:
        environment["CUDA_VISIBLE_DEVICES"] = gpu
    with open(run.folder / "worker.log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "model.worker", str(run.folder)],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the server's terminal is for the server
        )


def own_environment(threads: int) -> dict[str, str]:
    """The environment of a Python process beside this one, which finds the code and keeps to so many threads."""
    return {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        # A thread that spins while it waits steals the core of another job; one that sleeps at once wakes too late,
        # so that two are slower than one: they spin for a moment (tests/benchmarks/NOTES.md).
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "1000",
        "TOKENIZERS_PARALLELISM": "false" if threads == 1 else "true",
        "RAYON_NUM_THREADS": str(threads),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH")))),
        "PYTHONUNBUFFERED": "1",
    }


def available_cores() -> int:
    """Cores that this process may use, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def environment_limit(name: str) -> int | None:
    """A limit set in the environment. Raises RunError unless it is a whole number of at least 1."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise RunError(f"{name} is {value!r}; set it to a whole number of at least 1, or remove it")
    return int(value)


def obituary(run: Run, code: int) -> str:
    """What to tell about a process that ended without a word: the cause by its exit code, and its last words."""
    if code == -signal.SIGKILL:
        cause = "was killed from outside, as systems do when memory runs out (then choose a smaller batch_size)"
    elif code < 0:
        cause = f"was ended by signal {-code} ({signal.strsignal(-code)})"
    else:
        cause = f"ended unexpectedly with exit code {code}"
    last = last_line(run.folder / "worker.log")
    return f"The training process {cause}. It can be resumed." + (f" Last words: {last}" if last else "")


def last_line(log: Path) -> str:
    """The last line with anything on it in a log file, at most 500 characters; empty without one."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip()[:500] for line in reversed(lines) if line.strip()), "")
