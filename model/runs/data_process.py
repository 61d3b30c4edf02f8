"""The process that reads an upload: started, watched by a lock that ends with it, and bounded in all it may take."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from model.runs import files
from model.runs.launch import last_line, own_environment
from model.runs.run import REPOSITORY

WALL_SECONDS = 900
_MADE = (
    "data",
    ".data.work",
    "profile.json",
    "status.json",
    "worker.log",
)  # by a process; another request makes them anew
_children: dict[Path, subprocess.Popen] = {}  # of this server


def start(folder: Path) -> None:
    """Start `python -m model.data_worker FOLDER`; the lock that it holds while it lives is ours to hand over."""
    environment = {
        **own_environment(1),
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve address space, which is what is limited
        "MALLOC_ARENA_MAX": "2",
    }
    handle = os.open(folder / "claim.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with files.plain_errors(folder), open(folder / "worker.log", "ab") as log:
            _children[folder] = subprocess.Popen(
                [sys.executable, "-m", "model.data_worker", str(folder)],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(handle,),
            )
        Thread(target=_children[folder].wait, name="data process", daemon=True).start()  # or it stays as a zombie
        files.write_json(folder / "process.json", {"pid": _children[folder].pid})
    finally:
        os.close(handle)


def is_alive(folder: Path) -> bool:
    """Whether a process reads this upload, started by this server or by one before it."""
    return files.is_locked(folder / "claim.lock")


def process_of(folder: Path) -> subprocess.Popen | None:
    """The process that this server started last for an upload."""
    return _children.get(folder)


def end(folder: Path) -> None:
    """Kill the process that reads this upload, if there is one, and wait for its end."""
    if is_alive(folder):
        about = files.read_json(folder / "process.json")
        with suppress(OSError, TypeError, KeyError):
            os.kill(about["pid"], signal.SIGKILL)
        deadline = time.monotonic() + 5
        while is_alive(folder) and time.monotonic() < deadline:
            time.sleep(0.01)


def clear(folder: Path) -> None:
    """Remove what an earlier process made, but not what was received nor the preview."""
    for name in _MADE:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def obituary(folder: Path, name: str) -> str:
    """One sentence on a process that ended without a word."""
    code, child = None, _children.get(folder)
    if child:
        with suppress(subprocess.TimeoutExpired):
            code = child.wait(timeout=1)
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        return f"{name} takes longer than {WALL_SECONDS // 60} minutes to read; take a sample of it."
    if code is None or code in (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS):
        return f"{name} could not be read: its process was ended from outside, or memory ran out; take a sample."
    word = last_line(folder / "worker.log")
    return f"{name} could not be read: its process ended with code {code}" + (f" ({word})." if word else ".")
