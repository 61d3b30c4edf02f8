"""Deleting with a way back: a deleted run waits in the trash for a day before it is gone for good."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from pathlib import Path
from typing import NamedTuple

from model.errors import RunError
from model.runs import files
from model.runs.duels import data_in_waiting
from model.runs.finding import TOKENS, TRASH, find_run, list_runs, subfolders, tokens_folder
from model.runs.owners import KEEPER, By, check_may_change, may_change
from model.runs.records import forget_records
from model.runs.run import ENDED, Run
from model.runs.usage import size_of

KEPT_SECONDS = 86_400.0  # how long a deleted run can be brought back
_SWEEP_SECONDS = 3600.0  # data that no run refers to may belong to one about to be created; later it goes


class Deleted(NamedTuple):
    """A run in the trash: its id, what it was called, when it was deleted (Unix seconds), its size and its owner."""

    id: str
    title: str
    deleted_at: float
    bytes: int
    owner: str | None


def delete_run(run: Run, *, by: By = KEEPER, for_good: bool = False) -> None:
    """Move a run to the trash, from where `restore_run` brings it back for a day; with `for_good`, remove it now.

    Its data, and what studies kept of it, stay until it is gone for good. Raises RunError for a demo run, somebody
    else's, or one in training.
    """
    check_may_change(run, by, "deleted")
    root = run.folder.parent
    with files.locked(root / "store.lock"):
        if run.claimed or (run.state["state"] == "starting" and _alive(run.state["pid"])):
            raise RunError(f"run {run.id} is being trained; cancel it, then delete it")
        if for_good:
            _remove_runs(root, [run])
        else:
            with files.plain_errors(run.folder):
                (root / TRASH).mkdir(exist_ok=True)
                os.utime(run.folder)  # a deleted run is as old as its folder: on a full disk nothing can be written
                run.folder.rename(root / TRASH / run.id)
        _sweep(root, by=KEEPER, older_than=KEPT_SECONDS)


def deleted_runs(root: Path) -> list[Deleted]:
    """What is in the trash, deleted last first."""
    found = []
    for run in list_runs(root / TRASH):
        try:
            deleted_at = run.folder.stat().st_mtime
        except OSError:
            continue  # gone for good meanwhile
        found.append(Deleted(run.id, run.title, deleted_at, size_of(run.folder), run.spec["owner"]))
    return sorted(found, key=lambda deleted: (deleted.deleted_at, deleted.id), reverse=True)


def restore_run(root: Path, run_id: str, *, by: By = KEEPER) -> Run:
    """Bring a deleted run back, and return it; one that had waited for its training is cancelled, and may be resumed.

    Raises RunError when it is gone for good, or somebody else's.
    """
    with files.locked(root / "store.lock"):
        try:
            run = find_run(run_id, root / TRASH)
        except RunError as error:
            raise RunError(f"run {run_id!s:.80} cannot be brought back: it is not among the deleted ones") from error
        check_may_change(run, by, "brought back")
        if run.state["state"] not in ENDED:
            run.set_state("cancelled", message="It was deleted while it waited, and brought back.")
        if (root / run_id).exists():
            raise RunError(f"run {run_id} is there already")
        with files.plain_errors(root / run_id):
            run.folder.rename(root / run_id)
    return Run(root / run_id)


def empty_trash(root: Path, *, by: By = KEEPER, older_than: float = KEPT_SECONDS) -> None:
    """Remove for good what `by` may change and was deleted more than `older_than` seconds ago."""
    if (root / TRASH).is_dir():
        with files.locked(root / "store.lock"):
            _sweep(root, by=by, older_than=older_than)


def _sweep(root: Path, *, by: By, older_than: float) -> None:
    old = []
    for run in list_runs(root / TRASH):
        age = _age(run.folder)
        if age < 0:  # the clock was set back since: the run waits its time from now on
            with files.plain_errors(run.folder):
                os.utime(run.folder)
        if may_change(run, by) and max(0.0, age) >= older_than:
            old.append(run)
    _remove_runs(root, old)
    needed = [run.spec["data"] for run in list_runs(root, root / TRASH)]
    kept = {data["folder"] for data in needed} | data_in_waiting(root)
    kept |= {f"{TOKENS}/{tokens_folder(root, data['sha256']).name}" for data in needed}
    for folder in subfolders(root / "data") + subfolders(root / TOKENS):
        if f"{folder.parent.name}/{folder.name}" not in kept and _age(folder) > _SWEEP_SECONDS:
            _remove(folder)
    for folder in subfolders(root) + subfolders(root / TRASH):  # drafts and deletions that a crash cut short
        if folder.name.startswith(".") and folder.name != TRASH and _age(folder) > _SWEEP_SECONDS:
            _remove(folder)


def _remove_runs(root: Path, runs: list[Run]) -> None:
    """Remove runs for good, what studies kept of them, and their data unless another run needs it."""
    for run in runs:
        _remove(run.folder)
        forget_records(root, run.id)
    needed = [run.spec["data"] for run in list_runs(root, root / TRASH)] if runs else []
    kept = {data["sha256"] for data in needed}
    folders = {data["folder"] for data in needed} | data_in_waiting(root)
    for data in (run.spec["data"] for run in runs):
        if data["sha256"] not in kept:
            for baseline in (root / "baselines").glob(f"{data['sha256'][:16]}*.json"):
                baseline.unlink(missing_ok=True)
            if tokens_folder(root, data["sha256"]).is_dir():
                _remove(tokens_folder(root, data["sha256"]))
        if data["folder"] and data["folder"] not in folders and (root / data["folder"]).is_dir():
            _remove(root / data["folder"])


def _remove(folder: Path) -> None:
    # Gone for everybody at once, by a rename; then file by file.
    gone = folder.with_name(f".{folder.name.strip('.')}.{secrets.token_hex(4)}.old")
    with files.plain_errors(folder):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return 0.0


def _alive(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid is not None
