"""The store of runs: creating, finding, listing, renaming and deleting them, and the data they share."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.errors import RunError
from model.runs import checks, files, shapes
from model.runs.records import forget_records
from model.runs.run import REPOSITORY, Run

_SWEEP_SECONDS = 3600.0  # data that no run refers to may belong to one about to be created; later it goes


def runs_root() -> Path:
    """Where runs live: the environment's ATTENTION_LAB_RUNS, or `runs` beside the code."""
    return Path(os.environ.get("ATTENTION_LAB_RUNS") or REPOSITORY / "runs").absolute()


def new_id() -> str:
    """An id such as 20261121-101213-4f9c02: in order of time (UTC) when sorted, and safe in a path or an URL."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def create_run(
    root: Path,
    *,
    data: dict[str, Any],
    settings: dict[str, Any],
    versions: dict[str, str],
    title: str = "",
    owner: str | None = None,
    probe: Sequence[str] = (),
) -> Run:
    """A new queued run with a frozen spec; it appears in `root` whole or not at all.

    data: {"name", "sha256", "folder" ("data/…" below root, from `keep_data`, or None for built-in data), "report"}.
    settings: all of `Settings.to_dict()`. probe: texts whose outputs are told after every epoch, at most 12 of 2,000
    characters. Raises RunError for a value out of shape, missing data or a full disk.
    """
    spec = {
        "id": new_id(),
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
        "title": clean_title(title) or f"{settings['preset']} on {data['name']}, seed {settings['seed']}"[:200],
        "preset": settings["preset"],
        "seed": settings["seed"],
        "settings": settings,
        "data": data,
        "versions": versions,
        "owner": owner,
    }
    if probe:
        spec["probe"] = list(probe)
    spec = json.loads(files.to_json(spec))  # as it will be read back, whatever kind of str or dict was given
    checks.check(spec, shapes.SPEC, "the new run")
    state = {"state": "queued", "since": time.time(), "pid": None, "ticket": None, "message": ""}
    with files.plain_errors(root):
        root.mkdir(parents=True, exist_ok=True)
    with files.locked(root / "store.lock"):
        if data["folder"] and not (root / data["folder"]).is_dir():
            raise RunError(f"the data {data['name']!r} is not in {root / data['folder']} any more; choose it again")
        draft = root / f".{spec['id']}.new"
        with files.plain_errors(root):
            try:
                draft.mkdir()
                files.write_json(draft / "spec.json", spec)
                files.write_json(draft / "state.json", state)
                draft.rename(root / spec["id"])
                files.sync_folder(root)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
    return Run(root / spec["id"])


def keep_data(root: Path, sha256: str, write: Callable[[Path], None]) -> str:
    """Have `write` fill the folder of the data with this hash, unless it is there; return its place below `root`.

    Raises RunError for a full disk. Data that no run refers to an hour later may be swept away.
    """
    folder = root / "data" / sha256[:16]
    with files.plain_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    with files.locked(root / "store.lock", timeout=120.0), files.plain_errors(folder):
        if not folder.exists():
            draft = folder.with_name(f".{folder.name}.new")
            shutil.rmtree(draft, ignore_errors=True)  # of a crash: under the lock nobody else can be at it
            try:
                draft.mkdir()
                write(draft)
                draft.rename(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        os.utime(folder)  # fresh again: a deletion elsewhere leaves it to the run about to be created
    return f"data/{folder.name}"


def find_run(run_id: str, *roots: Path) -> Run:
    """The run with this id, which may come from an URL: anything but an id is refused. Raises RunError."""
    if not isinstance(run_id, str) or not shapes.RUN_ID.fullmatch(run_id):
        raise RunError(f"{str(run_id)[:80]!r} is no run id; ids look like 20261121-101213-4f9c02")
    for root in roots:
        if (root / run_id / "spec.json").is_file():
            return Run(root / run_id)
    raise RunError(f"there is no run {run_id}; it may have been deleted")


def list_runs(*roots: Path) -> list[Run]:
    """All runs in these folders, newest first; half-written, damaged and foreign folders are passed over."""
    runs = []
    for root in roots:
        for folder in _subfolders(root):
            if shapes.RUN_ID.fullmatch(folder.name):
                with suppress(RunError):
                    runs.append(Run(folder))
    return sorted(runs, key=lambda run: (shapes.timestamp(run.spec["created"]), run.id), reverse=True)


def rename_run(run: Run, *, title: str | None = None, notes: str | None = None) -> None:
    """Change what people call a run, or their notes on it. Raises RunError for a demo run or a text too long."""
    _refuse_demo(run, "renamed")
    meta = run.meta
    if title is not None:
        meta["title"] = clean_title(title) or run.spec["title"]
    if notes is not None:
        meta["notes"] = notes
    checks.check(meta, shapes.META, "the run's title and notes")
    files.write_json(run.folder / "meta.json", meta)


def delete_run(run: Run) -> None:
    """Remove a run, what studies kept of it, and its data unless another run needs it.

    Raises RunError for a demo run or one in training.
    """
    _refuse_demo(run, "deleted")
    root, data = run.folder.parent, run.spec["data"]
    with files.locked(root / "store.lock"):
        if run.claimed or (run.state["state"] == "starting" and _alive(run.state["pid"])):
            raise RunError(f"run {run.id} is being trained; cancel it, then delete it")
        _remove(run.folder)
        forget_records(root, run.id)
        others = [other.spec["data"] for other in list_runs(root)]
        if data["sha256"] not in {other["sha256"] for other in others}:
            (root / "baselines" / f"{data['sha256'][:16]}.json").unlink(missing_ok=True)
        kept = {other["folder"] for other in others}
        for folder in _subfolders(root / "data"):
            own = f"data/{folder.name}" == data["folder"]
            if f"data/{folder.name}" not in kept and (own or _age(folder) > _SWEEP_SECONDS):
                _remove(folder)
        for folder in _subfolders(root):  # drafts and deletions that a crash cut short
            if folder.name.startswith(".") and _age(folder) > _SWEEP_SECONDS:
                _remove(folder)


def clean_title(title: str) -> str:
    """A title on one line, without control characters, at most 200 characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in title).split())[:200]


def _refuse_demo(run: Run, what: str) -> None:
    if run.read_only:
        raise RunError(f"run {run.id} comes with Attention Lab and cannot be {what}; train your own to change it")


def _remove(folder: Path) -> None:
    # Gone for everybody at once, by a rename; then file by file.
    gone = folder.with_name(f".{folder.name.strip('.')}.{secrets.token_hex(4)}.old")
    with files.plain_errors(folder):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


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
