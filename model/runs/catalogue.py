"""What a library shows of each run, read again only where something changed: hundreds of runs in milliseconds."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from model.compare.significance import Interval, wilson_interval
from model.errors import LabError, RunError
from model.runs import shapes
from model.runs.finding import subfolders
from model.runs.kinds import CLASSIFIER, LANGUAGE_MODEL
from model.runs.run import Run
from model.runs.usage import size_of

# A folder's time of change moves with every file replaced in it, in ticks of a few milliseconds: what changed so
# lately could change again within the same tick.
_SETTLED_SECONDS = 2.0


@dataclass(frozen=True)
class Entry:
    """One run as it was when its folder last changed; `created` in Unix seconds.

    Once it is done, a classifier has an `accuracy` and a language model a `perplexity`, both on the test split.
    """

    run: Run
    title: str
    notes: str
    tags: tuple[str, ...]
    state: str
    message: str
    created: float
    bytes: int
    accuracy: Interval | None
    perplexity: float | None

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id


_known: dict[Path, tuple[int, Entry]] = {}
_lock = threading.Lock()


def entries(*roots: Path) -> list[Entry]:
    """All runs in these folders, newest first; half-written, damaged and foreign folders are passed over."""
    found = []
    for root in roots:
        folders = [folder for folder in subfolders(root) if shapes.RUN_ID.fullmatch(folder.name)]
        for folder in folders:
            with contextlib.suppress(LabError, OSError):
                found.append(_entry(folder))
        _forget(root, set(folders))
    return sorted(found, key=lambda entry: (entry.created, entry.id), reverse=True)


def _entry(folder: Path) -> Entry:
    changed = folder.stat().st_mtime_ns
    known = _known.get(folder)
    if known is not None and known[0] == changed:
        return known[1]
    entry = _read(folder)
    if time.time() - changed / 1e9 > _SETTLED_SECONDS:
        with _lock:
            _known[folder] = (changed, entry)
    return entry


def _read(folder: Path) -> Entry:
    run = Run(folder)
    meta, state = run.meta, run.state
    report = run.report if state["state"] == "done" else None
    return Entry(
        run=run,
        title=meta["title"],
        notes=meta["notes"],
        tags=tuple(meta["tags"]),
        state=state["state"],
        message=state["message"],
        created=shapes.timestamp(run.spec["created"]).timestamp(),
        bytes=size_of(folder),
        accuracy=_accuracy(report) if run.kind == CLASSIFIER else None,
        perplexity=_perplexity(report) if run.kind == LANGUAGE_MODEL else None,
    )


def _accuracy(report: dict | None) -> Interval | None:
    """Test accuracy with its 95 % interval (Wilson); None for a report that lacks it."""
    try:
        documents = report["test"]["documents"]
        return wilson_interval(round(report["test"]["accuracy"] * documents), documents)
    except (TypeError, KeyError, ValueError, RunError, LabError):
        return None


def _perplexity(report: dict | None) -> float | None:
    """Test perplexity; None for a report that lacks it."""
    try:
        perplexity = float(report["test"]["perplexity"])
    except (TypeError, KeyError, ValueError):
        return None
    return perplexity if math.isfinite(perplexity) else None


def _forget(root: Path, present: set[Path]) -> None:
    with _lock:
        for folder in [folder for folder in _known if folder.parent == root and folder not in present]:
            del _known[folder]
