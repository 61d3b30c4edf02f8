"""The store of runs: creating them, the data they share, and what people call them; finding and deleting, too."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.errors import RunError
from model.runs import checks, files, kinds, shapes
from model.runs.finding import find_run, list_runs, runs_root
from model.runs.owners import KEEPER, By, check_may_change
from model.runs.run import MOST_TAGS, Run
from model.runs.trash import Deleted, delete_run, deleted_runs, empty_trash, restore_run
from model.runs.usage import DiskUse, disk_use

__all__ = [
    "Deleted",
    "DiskUse",
    "clean_tags",
    "clean_title",
    "create_run",
    "delete_run",
    "deleted_runs",
    "disk_use",
    "empty_trash",
    "find_run",
    "keep_data",
    "list_runs",
    "new_id",
    "rename_run",
    "restore_run",
    "runs_root",
]

LONGEST_TAG = 40  # characters, as `shapes.TAG` has it


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
    run_id: str | None = None,
    kind: str = kinds.CLASSIFIER,
) -> Run:
    """A new queued run with a frozen spec; it appears in `root` whole or not at all.

    data: {"name", "sha256", "folder" ("data/…" below root, from `keep_data`, or None for built-in data), "report"}.
    settings: all of `Settings.to_dict()`, or of `LanguageSettings.to_dict()` for the kind "language-model". probe:
    texts whose outputs a classifier tells after every epoch, at most 12 of 2,000 characters. run_id: one of `new_id`
    that was promised to it. Raises RunError for a value out of shape, missing data or a full disk.
    """
    spec = {
        "id": run_id or new_id(),
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
        "title": clean_title(title) or f"{settings['preset']} on {data['name']}, seed {settings['seed']}"[:200],
        "preset": settings["preset"],
        "seed": settings["seed"],
        "settings": settings,
        "data": data,
        "versions": versions,
        "owner": owner,
    }
    if kind != kinds.CLASSIFIER:
        spec["kind"] = kind
    if probe:
        spec["probe"] = list(probe)
    spec = json.loads(files.to_json(spec))  # as it will be read back, whatever kind of str or dict was given
    checks.check(spec, kinds.KINDS[kinds.kind_of(spec)].spec, "the new run")
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


def rename_run(
    run: Run,
    *,
    title: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    by: By = KEEPER,
) -> None:
    """Change what people call a run, their notes on it, or its tags (at most 20 of 40 characters).

    Raises RunError for a demo run, somebody else's, or a text too long.
    """
    check_may_change(run, by, "renamed" if title is not None else "changed")
    meta = run.meta
    if title is not None:
        meta["title"] = clean_title(title) or run.spec["title"]
    if notes is not None:
        meta["notes"] = notes
    if tags is not None:
        meta["tags"] = clean_tags(tags)
    checks.check(meta, shapes.META, "the run's title, notes and tags")
    files.write_json(run.folder / "meta.json", meta)


def clean_title(title: str) -> str:
    """A title on one line, without control characters, at most 200 characters."""
    return _one_line(title)[:200]


def clean_tags(tags: Sequence[str]) -> list[str]:
    """Tags on one line each, none empty or twice, whatever the capitals. Raises RunError for too many or too long."""
    cleaned: dict[str, str] = {}
    for tag in map(_one_line, tags):
        if len(tag) > LONGEST_TAG:
            raise RunError(f"the tag {tag[:60]!r} is {len(tag)} characters long; {LONGEST_TAG} are the most")
        if tag:
            cleaned.setdefault(tag.casefold(), tag)
    if len(cleaned) > MOST_TAGS:
        raise RunError(f"{len(cleaned)} tags are too many; a run may have {MOST_TAGS}")
    return list(cleaned.values())


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
