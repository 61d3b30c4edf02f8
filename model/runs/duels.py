"""The records of duels on the disk: what was planned, which runs belong to it, and how far it has come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from model.errors import RunError
from model.runs import checks, files, shapes

FOLDER = "duels"  # below a folder of runs
SIDE = re.compile(r"[a-z0-9-]{1,40}(:uniform)?")
_VALUES = {str: (bool, float, str, None)}
_DATA = shapes.SPEC["data"]
SHAPE = {
    "id": shapes.RUN_ID,
    "created": shapes.timestamp,
    "title": shapes.TITLE,
    "owner": (str, None),
    "plan": {
        "presets": [SIDE],
        "seeds": int,
        "settings": _VALUES,
        "match": str,
        "search": int,
        "shares": [float],
    },
    "versions": {str: str},
    "probe": [shapes.PROBE_TEXT],
    # What each side differs in from the plan's settings, and its parameters without embeddings.
    "sides": [{"key": SIDE, "settings": _VALUES, "parameters": int}],
    # The texts of each training: all (share 1) first; "settings" make its updates as many as theirs.
    "parts": [{"share": float, "data": _DATA, "settings": _VALUES}],
    "stage": re.compile("search|training"),
    "ready": bool,  # whether the runs of this stage were all created
    "stopped": str,  # why it goes no further; "" while it may
    "runs": [{"id": shapes.RUN_ID, "side": SIDE, "seed": int, "share": float}],
    "search": (
        None,
        {
            "seed": int,
            "candidates": [_VALUES],
            "runs": [{"id": shapes.RUN_ID, "side": SIDE, "candidate": int}],  # none once the choice was made
            "results": [
                {"side": SIDE, "candidate": int, "loss": (float, None), "accuracy": (float, None), "problem": str}
            ],
            "chosen": {str: int},  # by side: the place of its candidate
        },
    ),
}


def path_of(root: Path, duel_id: str) -> Path:
    """Where a duel's record is; anything but an id raises RunError."""
    if not isinstance(duel_id, str) or not shapes.RUN_ID.fullmatch(duel_id):
        raise RunError(f"{str(duel_id)[:80]!r} is no duel's id; ids look like 20261121-101213-4f9c02")
    return root / FOLDER / f"{duel_id}.json"


def read(root: Path, duel_id: str) -> dict[str, Any]:
    """A duel's record. Raises RunError where there is none, or a damaged one."""
    path = path_of(root, duel_id)
    record = files.read_json(path)
    if record is None:
        missing = not path.exists()
        raise RunError(
            f"there is no duel {duel_id}; it may have been deleted" if missing else f"{path} is damaged; delete it"
        )
    checks.check(record, SHAPE, f"the record of duel {duel_id}", extra=True)
    if record["id"] != duel_id:
        raise RunError(f"the record of duel {duel_id} is of another duel; delete it")
    return record


def write(root: Path, record: dict[str, Any]) -> None:
    """Put a record in its place, whole. Raises RunError for one out of shape, or a full disk."""
    checks.check(record, SHAPE, "the duel's record", extra=True)
    path = path_of(root, record["id"])
    with files.plain_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    files.write_json(path, record)


def write_stop(root: Path, record: dict[str, Any], why: str) -> None:
    """Note that a duel goes no further; on a full disk too, since stopping must always be possible."""
    record["stopped"] = why
    try:
        write(root, record)
    except files.DiskFull:
        files.overwrite_json(path_of(root, record["id"]), record)


def remove(root: Path, duel_id: str) -> None:
    """Forget a record; harmless where there is none. Raises RunError where the folder cannot be written."""
    path = path_of(root, duel_id)
    with files.plain_errors(path):
        path.unlink(missing_ok=True)
        _lock_path(path).unlink(missing_ok=True)


def ids(root: Path) -> list[str]:
    """The ids of all duels, newest first."""
    try:
        names = [path.stem for path in (root / FOLDER).glob("*.json")]
    except OSError:
        return []
    return sorted((name for name in names if shapes.RUN_ID.fullmatch(name)), reverse=True)


def records(root: Path) -> list[dict[str, Any]]:
    """All records that can be read, newest first."""
    found = []
    for duel_id in ids(root):
        with suppress(RunError):
            found.append(read(root, duel_id))
    return found


def data_in_waiting(root: Path) -> set[str]:
    """The folders ("data/…") of texts on which runs are yet to be created: nobody may sweep them away."""
    return {
        folder
        for record in records(root)
        if record["stage"] == "search" or not record["ready"]
        for folder in (part["data"]["folder"] for part in record["parts"])
        if folder
    }


@contextmanager
def held(root: Path, duel_id: str, *, timeout: float = 30.0) -> Iterator[None]:
    """Be the only one who changes a duel. Raises RunError where there is none, or another process keeps it."""
    path = path_of(root, duel_id)
    if not path.exists():
        raise RunError(f"there is no duel {duel_id}; it may have been deleted")
    with files.locked(_lock_path(path), timeout=timeout, busy=f"duel {duel_id} is being changed"):
        yield


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")
