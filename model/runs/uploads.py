"""The folder of all uploads: what nobody asks for any more leaves it, and to make room an owner's oldest do."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from model.errors import RunError
from model.runs import data_process, files

MAX_UPLOADS = 2 << 30  # bytes of all uploads together
PER_OWNER = 20
UNUSED_SECONDS = 24 * 3600.0


def sweep(root: Path) -> None:
    """Forget uploads that nobody has asked for in a day."""
    for folder in _folders(root):
        if time.time() - _used(folder) > UNUSED_SECONDS:
            data_process.end(folder)
            shutil.rmtree(folder, ignore_errors=True)


def make_room(root: Path, owner: str | None, size: int, *, but: Path) -> None:
    """Remove the owner's oldest uploads until the new one has its place. Raises RunError where others fill it all."""
    kept = {folder: files.read_json(folder / "about.json") or {} for folder in _folders(root) if folder != but}
    # One without a name is still being received; built-in data is nobody's.
    whole = {folder: about for folder, about in kept.items() if "created" in about}
    own = [folder for folder, about in whole.items() if about.get("owner") == owner]
    own.sort(key=_used)
    while own and (len(own) >= PER_OWNER or size + sum(map(_bytes, kept)) > MAX_UPLOADS):
        oldest = own.pop(0)
        data_process.end(oldest)
        shutil.rmtree(oldest, ignore_errors=True)
        del kept[oldest]
    if size + sum(map(_bytes, kept)) > MAX_UPLOADS:
        raise RunError(
            f"the server holds {MAX_UPLOADS >> 30} GB of uploads already; try again later, or with a smaller file"
        )


def _folders(root: Path) -> list[Path]:
    try:
        with os.scandir(root / "uploads") as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _used(folder: Path) -> float:
    for path in (folder / "about.json", folder):
        try:
            return path.stat().st_mtime
        except OSError:
            continue
    return time.time()


def _bytes(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.rglob("*"))
    except OSError:
        return 0
