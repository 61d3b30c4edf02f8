"""Where runs are, and finding them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from model.errors import RunError
from model.runs import shapes
from model.runs.run import REPOSITORY, Run

TRASH = ".trash"  # below a folder of runs: those deleted lately
TOKENS = "tokens"  # beside them: the texts of each data set as numbers of their words, which can be made again


def runs_root() -> Path:
    """Where runs live: the environment's ATTENTION_LAB_RUNS, or `runs` beside the code."""
    return Path(os.environ.get("ATTENTION_LAB_RUNS") or REPOSITORY / "runs").absolute()


def tokens_folder(root: Path, sha256: str) -> Path:
    """Where the numbers of the data with this hash are kept; they go with its last run."""
    return root / TOKENS / sha256[:16]


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
        for folder in subfolders(root):
            if shapes.RUN_ID.fullmatch(folder.name):
                with suppress(RunError):
                    runs.append(Run(folder))
    return sorted(runs, key=lambda run: (shapes.timestamp(run.spec["created"]), run.id), reverse=True)


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, in no order; none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
