"""What this process takes of the memory, in megabytes (10^6 bytes) of resident pages."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc/self")


def resident_megabytes() -> float:
    """Now; where the system does not tell, the most so far."""
    try:
        return int((_PROC / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return _most_ever()


def watch_peak() -> None:
    """Forget the peak so far, where the system lets it be forgotten."""
    with suppress(OSError):
        (_PROC / "clear_refs").write_text("5")


def peak_megabytes() -> float:
    """The most since `watch_peak`, or since the start of the process."""
    with suppress(OSError):
        for line in (_PROC / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return _most_ever()


def release() -> None:
    """Give back what is free, so that what is measured next is not served from it."""
    gc.collect()
    with suppress(OSError, AttributeError):  # not every C library knows it
        ctypes.CDLL(None).malloc_trim(0)


def _most_ever() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
