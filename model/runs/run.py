"""A run: one training's folder, in which the truth is on the disk for every process to see."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import RunError
from model.runs import checks, files, kinds, shapes

if TYPE_CHECKING:  # pages import this module for their first paint, which must not wait for pandas
    import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[2]
DEMO_ROOT = REPOSITORY / "assets" / "models"

MOST_TAGS = 20  # that one run may have
ACTIVE = ("starting", "running")
ENDED = ("done", "failed", "cancelled")
STATES = ("queued", *ACTIVE, "interrupted", *ENDED)
# A worker that has not yet heard of a cancellation must not undo it, and nothing undoes a finished run.
_MAY_FOLLOW = {
    "done": (),
    "cancelled": ("queued", "done"),
    "failed": tuple(state for state in STATES if state != "cancelled"),
}


class Run:
    """One training and all it left: settings, state, events, model, predictions, report.

    Raises RunError unless `folder` holds a readable spec.json. What changes while a run is trained (state, events,
    report, meta) is read from the disk at every use.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).absolute()
        spec = files.read_json(self.folder / "spec.json")
        if spec is None:
            raise RunError(f"{self.folder} is not a run: it has no readable spec.json")
        self.kind: str = kinds.kind_of(spec)  # "classifier" or "language-model"
        checks.check(spec, kinds.KINDS[self.kind].spec, f"spec.json of {self.folder.name}", extra=True)
        self.spec: dict[str, Any] = spec

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    @property
    def id(self) -> str:
        return self.folder.name

    @cached_property
    def read_only(self) -> bool:
        """Whether this is one of the demo runs that come with the code: they are never renamed or deleted."""
        return self.folder.parent.resolve() == DEMO_ROOT.resolve()

    @property
    def data_folder(self) -> Path | None:
        """Where the run's texts are; None for built-in data, which goes by name."""
        folder = self.spec["data"]["folder"]
        return self.folder.parent / folder if folder else None

    @property
    def threads(self) -> int:
        """CPU threads that its training uses."""
        threads = self.spec["settings"].get("threads")
        return max(1, threads) if isinstance(threads, int) else 1

    # -- state -------------------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[str, Any]:
        """{"state", "since" (Unix seconds), "pid", "ticket" (place in the queue), "message"}."""
        state = files.read_json(self.folder / "state.json")
        try:
            checks.check(state, shapes.STATE, "state.json", extra=True)
        except RunError:
            gone = "its state.json is missing or unreadable" if self.folder.is_dir() else "it was deleted"
            return {"state": "failed", "since": 0.0, "pid": None, "ticket": None, "message": gone}
        return state

    def set_state(self, state: str, *, message: str = "", ticket: int | None = None) -> bool:
        """Move to another state, and say whether that was still possible.

        A done run stays done, and a cancelled one cancelled until it is queued again. The ticket is kept while the
        run is unfinished. Raises RunError when the disk is full or the folder cannot be written.
        """
        if state not in STATES:
            raise RunError(f"{state!r} is no state of a run; known are {', '.join(STATES)}")
        with files.locked(self.folder / "state.lock"):
            before = self.state
            if state not in _MAY_FOLLOW.get(before["state"], STATES):
                return False
            after = {
                "state": state,
                "since": time.time(),
                "pid": os.getpid() if state in ACTIVE else None,
                "ticket": None if state in ENDED else ticket or before["ticket"],
                "message": message[:1000],
            }
            path = self.folder / "state.json"
            try:
                files.write_json(path, after)
            except files.DiskFull:  # what became of a run is told all the same
                files.overwrite_json(path, {**after, "message": message[:300]})
        return True

    def ask_to_stop(self) -> None:
        """Have the training end now and keep its best so far, wherever it runs. Raises RunError."""
        with files.plain_errors(self.folder):
            (self.folder / "stop").touch()

    @property
    def stop_asked(self) -> bool:
        """Whether the training was asked to end and keep its best."""
        return (self.folder / "stop").exists()

    def forget_stop(self) -> None:
        """Let the next training of this run go to its end, whatever was asked of the last. Raises RunError."""
        with files.plain_errors(self.folder):
            (self.folder / "stop").unlink(missing_ok=True)

    @contextmanager
    def claim(self, *, timeout: float = 1.0) -> Iterator[None]:
        """Be the only process that trains this run. Raises RunError when another one still does after `timeout` s."""
        lock = files.Lock(self.folder / "claim.lock")
        if not lock.acquire(timeout=timeout):
            raise RunError(f"run {self.id} is being trained by another process; cancel that one first, or wait")
        try:
            self._clear_drafts()
            yield
        finally:
            self._clear_drafts()
            lock.release()

    def _clear_drafts(self) -> None:
        # What a killed process left half written; but others, too, write the state and what people call the run.
        for draft in self.folder.glob("*.tmp"):
            with suppress(OSError):
                if not draft.name.startswith((".state.json.", ".meta.json.")) or _age(draft) > 3600.0:
                    draft.unlink()

    @property
    def claimed(self) -> bool:
        """Whether a living process trains this run, whatever its state says."""
        return files.is_locked(self.folder / "claim.lock")

    # -- what a training leaves --------------------------------------------------------------------------------

    def append_event(self, event: dict[str, Any]) -> None:
        """Add an event, stamped with the time "t" (Unix seconds), to events.jsonl. Raises RunError.

        From one process's events durations can be read: a clock that is changed meanwhile does not change them.
        """
        files.append_line(self.folder / "events.jsonl", {"t": round(_steady_time(), 3), **event})

    def events(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Events written since `offset` (0: the start), and the offset to ask with next time."""
        events, offset = files.read_lines(self.folder / "events.jsonl", offset)
        return [event for event in events if isinstance(event, dict) and "kind" in event], offset

    @property
    def report(self) -> dict[str, Any] | None:
        """What came out: metrics, baselines, speed; None until the training is done."""
        report = files.read_json(self.folder / "report.json")
        return report if isinstance(report, dict) else None

    def save_report(self, report: dict[str, Any]) -> None:
        """Write report.json whole. Raises RunError."""
        files.write_json(self.folder / "report.json", report)

    def predictions(self) -> pd.DataFrame | None:
        """What came out for the test split; None until there is anything.

        A classifier's has a row per text: index, label, prediction, and p_<class> for each class; a language model's
        a row per predicted token: its id (int32) and the loss (float32, nats).
        """
        import pandas as pd

        path = self.folder / "predictions.parquet"
        try:
            return pd.read_parquet(path) if path.exists() else None
        except (OSError, ValueError) as error:
            raise RunError(f"{path} cannot be read ({error}); train the run again") from error

    def save_predictions(self, predictions: pd.DataFrame) -> None:
        """Write predictions.parquet whole. Raises RunError."""
        files.replace_file(
            self.folder / "predictions.parquet", lambda draft: predictions.to_parquet(draft, index=False)
        )

    # -- what people add ---------------------------------------------------------------------------------------

    @property
    def meta(self) -> dict[str, Any]:
        """{"title", "notes", "tags": [str]} as people changed them; the title is the spec's until then."""
        meta = files.read_json(self.folder / "meta.json")
        try:
            checks.check(meta, shapes.META, "meta.json", extra=True)
        except RunError:
            meta = {}
        return {
            "title": meta.get("title") or self.spec["title"],
            "notes": meta.get("notes", ""),
            "tags": meta.get("tags", [])[:MOST_TAGS],
        }

    @property
    def title(self) -> str:
        """What people call this run."""
        return self.meta["title"]


@cache
def _clock_at_first_use() -> float:
    return time.time() - time.monotonic()


def _steady_time() -> float:
    return _clock_at_first_use() + time.monotonic()


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
