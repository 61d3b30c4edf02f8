"""What a study found in each text of a data set, a line of JSON each, so that nothing is computed twice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from model.runs import files
from model.runs.run import Run

FOLDER = "trust"
MOST_STUDIES = 20  # of one run: whoever tries many settings loses the records of those tried first
MOST_BYTES = 1 << 30  # of one study; beyond it records are still made, and no longer kept


class Records:
    """The records of one study of one run: `<root>/trust/<run id>/<key>/records.jsonl`.

    `about` is everything that a record depends on besides its text; it is saved as settings.json beside the records,
    and the key is its hash. The folder goes with the run (`forget_records`). Any number of processes may add to it.
    Raises RunError for a full disk or a folder that cannot be written.
    """

    def __init__(self, root: Path, run: Run, about: Mapping[str, Any]) -> None:
        settings = plain(dict(about))
        key = digest(settings)[:16]
        self.folder = root / FOLDER / run.id / key
        self._path = self.folder / "records.jsonl"
        with files.plain_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            os.utime(self.folder)
        if files.read_json(self.folder / "settings.json") != settings:
            files.write_json(self.folder / "settings.json", settings)
        _sweep(self.folder.parent)

    def read(self) -> dict[str, Any]:
        """The newest record under each name; what is damaged, in whatever way, is left out."""
        found = {}
        for line in files.read_lines(self._path)[0]:
            with suppress(TypeError, ValueError):
                name, check, record = line
                if isinstance(name, str) and check == _checksum(name, record):
                    found[name] = record
        return found

    def add(self, name: str, record: Any) -> None:
        """Keep a record, of `plain` JSON, under a name."""
        with files.locked(self.folder / "records.lock"):
            with suppress(FileNotFoundError):
                if self._path.stat().st_size > MOST_BYTES:
                    return
            files.append_line(self._path, [name, _checksum(name, record), record])


def plain(value: Any) -> Any:
    """A value as it will be read back from a file: in JSON a tuple is a list, and NaN is null."""
    return json.loads(files.to_json(value))


def digest(value: Any) -> str:
    """The SHA-256 (hex) of a value as JSON; the order of names in it does not matter."""
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()


def forget_records(root: Path, run_id: str) -> None:
    """Remove all that studies kept of a run; harmless where there is nothing."""
    shutil.rmtree(root / FOLDER / run_id, ignore_errors=True)


def _checksum(name: str, record: Any) -> int:
    return zlib.crc32(json.dumps([name, record], sort_keys=True).encode())


def _sweep(folder: Path) -> None:
    """Remove the studies of a run that were used least recently, beyond MOST_STUDIES."""
    ages = []
    for study in folder.iterdir():
        with suppress(OSError):  # another process sweeps too
            ages.append((study.stat().st_mtime, study))
    for _, study in sorted(ages, reverse=True)[MOST_STUDIES:]:
        shutil.rmtree(study, ignore_errors=True)
