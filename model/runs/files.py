"""Files that survive a crash and a second process: replaced whole, appended by the line, locked by the kernel."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import math
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from model.errors import RunError


class DiskFull(RunError):
    """Nothing more fits on the disk."""


@contextlib.contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn an OSError met while changing `path` into a RunError that says what to mend."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"no space left on the disk that holds {path}; free some and try again") from error
        reason = error.strerror or type(error).__name__
        raise RunError(f"{path} cannot be written ({reason}); check that the folder exists and is yours") from error


def to_json(value: Any, *, indent: int | None = None) -> bytes:
    """Strict JSON in UTF-8; numbers that are not finite become null, since JSON knows none."""
    text = json.dumps(_finite(value), ensure_ascii=False, indent=indent, allow_nan=False)
    # Half a surrogate pair cannot be UTF-8; its backslash form happens to be JSON's own escape.
    return text.encode("utf-8", errors="backslashreplace")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def write_json(path: Path, value: Any) -> None:
    """Replace `path` whole: whoever reads it, and whenever the power goes, finds the old file or the new one."""
    replace_file(path, lambda draft: draft.write_bytes(to_json(value, indent=1) + b"\n"))


def overwrite_json(path: Path, value: Any) -> None:
    """Put a value of at most some hundred bytes into the blocks that `path` has already: the way left on a full disk.

    One write, which no other process sees half done. Raises DiskFull where the file system wants new blocks for it.
    """
    with plain_errors(path):
        handle = os.open(path, os.O_WRONLY)
        try:
            # Blanks up to the old end: JSON does not mind them, and nobody finds the rest of the old value.
            os.pwrite(handle, to_json(value).ljust(os.fstat(handle).st_size - 1) + b"\n", 0)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.utime(path.parent)  # as a file replaced there does: who looks for changes looks at the folder


def replace_file(path: Path, write: Callable[[Path], Any]) -> None:
    """Have `write` fill a draft beside `path`, then put it in its place; a failure leaves the old file alone."""
    with plain_errors(path):
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            write(draft)
            with open(draft, "rb") as file:
                os.fsync(file.fileno())
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk, where the file system can: a rename is only lasting after that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_json(path: Path) -> Any:
    """The value in a JSON file, or None where there is no file or no JSON in it."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def append_line(path: Path, value: Any) -> None:
    """Add one line of JSON; what a crash left of a half-written last line is cut off first."""
    line = to_json(value) + b"\n"
    with plain_errors(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            _cut_torn_line(handle)
            written = os.write(handle, line)
            if written < len(line):  # the disk filled up in mid-line; the next append cuts it off
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)


def _cut_torn_line(handle: int) -> None:
    end = size = os.fstat(handle).st_size
    while end > 0:
        start = max(0, end - 65_536)
        chunk = os.pread(handle, end - start, start)
        if end == size and chunk.endswith(b"\n"):
            return
        newline = chunk.rfind(b"\n")
        if newline >= 0:
            os.ftruncate(handle, start + newline + 1)
            return
        end = start
    os.ftruncate(handle, 0)


def read_lines(path: Path, offset: int = 0) -> tuple[list[Any], int]:
    """The JSON values of the whole lines from byte `offset` on, and the offset to go on from.

    A line still being written is left for the next call; a line that is no JSON is passed over.
    """
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read()
    except OSError:
        return [], offset
    whole = data[: data.rfind(b"\n") + 1]
    values = []
    for line in whole.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            values.append(json.loads(line))
    return values, offset + len(whole)


class Lock:
    """An exclusive lock on a file, which the kernel drops when its holder ends, however that comes about."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self, *, timeout: float = 0.0) -> bool:
        """Whether the lock is now ours, after waiting for it at most `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with plain_errors(self.path):
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(handle)
                    return False
                time.sleep(0.02)
            else:
                self._handle = handle
                return True

    def release(self) -> None:
        """Give the lock up; harmless where it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


@contextlib.contextmanager
def locked(path: Path, *, timeout: float = 30.0, busy: str | None = None) -> Iterator[None]:
    """Hold the lock on `path` for a short piece of work. Raises RunError when another process keeps it too long.

    `busy` is what the error says is going on, by default that the folder of `path` is in use.
    """
    lock = Lock(path)
    if not lock.acquire(timeout=timeout):
        raise RunError(f"{busy or f'{path.parent} is in use'} by another process; try again in a moment")
    try:
        yield
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Whether some process, this one included, holds the lock on `path`."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
