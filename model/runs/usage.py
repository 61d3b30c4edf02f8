"""How much of the disk the runs and their data take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from model.runs import shapes
from model.runs.finding import TRASH, subfolders


class DiskUse(NamedTuple):
    """Bytes: of each run by its id, of deleted runs, and of what runs share (texts, vectors, uploads, records)."""

    runs: dict[str, int]
    deleted: int
    shared: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.runs.values()) + self.deleted + self.shared


def disk_use(root: Path) -> DiskUse:
    """What is on the disk below a folder of runs; what vanishes meanwhile is not counted."""
    sizes = {folder.name: size_of(folder) for folder in subfolders(root)}
    runs = {name: sizes.pop(name) for name in list(sizes) if shapes.RUN_ID.fullmatch(name)}
    return DiskUse(runs, sizes.pop(TRASH, 0), sum(sizes.values()))


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder and those below it; links are not followed."""
    total, folders = 0, [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
