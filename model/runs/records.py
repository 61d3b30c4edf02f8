"""What a study found in each text of a data set, a line of JSON each, so that nothing is computed twice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from model.errors import RunError
from model.runs import files
from model.runs.run import Run

FOLDER = "trust"
_SEVERAL, _RUNS = "several-", "runs.json"
MOST_STUDIES = (
    20  # of one run, or of the same several: whoever tries many settings loses the records of those tried first
)
MOST_BYTES = 1 << 30  # of one study; beyond it records are still made, and no longer kept


class Records:
    """The records of one study of one run, or of several: `<root>/trust/<run id>/<key>/records.jsonl`.

    `about` is everything that a record depends on besides its text; it is saved as settings.json beside the records,
    and the key is its hash. In the place of the id of several runs, whatever their order, stands "several-<hash>",
    whose runs.json names them. The folder goes with the run, with the first of several (`forget_records`). Any number
    of processes may add to it. Raises RunError for a full disk or a folder that cannot be written.
    """

    def __init__(self, root: Path, runs: Run | Sequence[Run], about: Mapping[str, Any]) -> None:
        settings = plain(dict(about))
        key = digest(settings)[:16]
        ids = [runs.id] if isinstance(runs, Run) else sorted({run.id for run in runs})
        of_runs = root / FOLDER / (ids[0] if len(ids) == 1 else f"{_SEVERAL}{digest(ids)[:16]}")
        self.folder = of_runs / key
        self._path = self.folder / "records.jsonl"
        with files.plain_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            os.utime(self.folder)
        if len(ids) > 1 and files.read_json(of_runs / _RUNS) != ids:
            files.write_json(of_runs / _RUNS, ids)
        if files.read_json(self.folder / "settings.json") != settings:
            files.write_json(self.folder / "settings.json", settings)
        _sweep(of_runs)

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


def model_hash(run: Run) -> str:
    """The SHA-256 (hex) of a run's model, on which all depends that a study finds in it. Raises RunError."""
    found = hashlib.sha256()
    for name in ("vocabulary.json", "model.safetensors"):
        try:
            with open(run.folder / name, "rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise RunError(
                f"run {run.id} has no model to test (it is {run.state['state']}): {name} cannot be read "
                f"({error.strerror or error})"
            ) from error
    return found.hexdigest()


def forget_records(root: Path, run_id: str) -> None:
    """Remove all that studies kept of a run, alone or with others; harmless where there is nothing."""
    shutil.rmtree(root / FOLDER / run_id, ignore_errors=True)
    for folder in (root / FOLDER).glob(f"{_SEVERAL}*"):
        ids = files.read_json(folder / _RUNS)
        if isinstance(ids, list) and run_id in ids:  # without its names, a folder was only just made
            shutil.rmtree(folder, ignore_errors=True)


def _checksum(name: str, record: Any) -> int:
    return zlib.crc32(json.dumps([name, record], sort_keys=True).encode())


def _sweep(folder: Path) -> None:
    """Remove the studies of a run that were used least recently, beyond MOST_STUDIES."""
    ages = []
    for study in folder.iterdir():
        with suppress(OSError):  # another process sweeps too
            if study.is_dir():
                ages.append((study.stat().st_mtime, study))
    for _, study in sorted(ages, reverse=True)[MOST_STUDIES:]:
        shutil.rmtree(study, ignore_errors=True)
