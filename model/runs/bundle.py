"""A run as one file: everything to reload or reproduce it, written the same each time and unpacked with suspicion."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from model.data.corpora import is_builtin_corpus
from model.data.datasets import is_builtin
from model.errors import LabError, RunError
from model.runs import files
from model.runs.archive import read_archive, write_archive
from model.runs.contents import check_json, check_results
from model.runs.kinds import LANGUAGE_MODEL, kind_of
from model.runs.parquet import check_corpus, check_data
from model.runs.run import DEMO_ROOT, Run
from model.runs.store import keep_data, new_id

_MB = 1024 * 1024
LIMITS = {  # what a bundle may hold, and how many bytes of each
    "spec.json": 1 * _MB,
    "state.json": 64 * 1024,
    "meta.json": 64 * 1024,
    "report.json": 4 * _MB,
    "events.jsonl": 64 * _MB,
    "vocabulary.json": 128 * _MB,
    "model.safetensors": 1024 * _MB,
    "predictions.parquet": 512 * _MB,
    "data/data.json": 1 * _MB,
    "data/data.parquet": 1024 * _MB,
}
_DATA = {name for name in LIMITS if name.startswith("data/")}
_OPTIONAL = {"meta.json", *_DATA}


def bundle(run_folder: str | Path, path: str | Path) -> Path:
    """Pack a finished run into a zip file at `path` and return the path.

    Uploaded data goes along; built-in data goes by its name and hash, which this program has too. The same run gives
    the same bytes. Raises RunError for a run that is not finished, or files that are missing or cannot be written.
    """
    run, path = Run(run_folder), Path(path)
    data, state = run.spec["data"], run.state
    if state["state"] != "done":
        raise RunError(f"run {run.id} is {state['state']}; only a finished run can be bundled")
    by_name = run.data_folder is None or _is_builtin(run.kind, data["name"], data["sha256"])
    # Whose the run is, and its place in a queue, concern the server it was trained on.
    spec = {**run.spec, "owner": None}
    if by_name:
        spec["data"] = {**data, "folder": None}
    members: dict[str, Path | bytes] = {name: run.folder / name for name in LIMITS if name not in _DATA}
    if not by_name:
        members |= {name: run.folder.parent / data["folder"] / Path(name).name for name in sorted(_DATA)}
    for name, source in members.items():
        if name != "meta.json" and not source.is_file():
            raise RunError(f"run {run.id} cannot be bundled: {source} is missing; train it again")
    if not (run.folder / "meta.json").is_file():
        del members["meta.json"]
    members["spec.json"] = files.to_json(spec, indent=1)
    members["state.json"] = files.to_json({**state, "pid": None, "ticket": None}, indent=1)
    write_archive(path, members)
    return path


def unbundle(source: str | Path | bytes | BinaryIO, root: Path, *, owner: str | None = None) -> Run:
    """Unpack a bundle (a path, its bytes, or an open file that can seek) into a new run of `owner` below `root`.

    Everything is checked before anything can be seen: names, sizes, hashes, every key and type of the JSON, the shape
    and finiteness of every weight, the tables. Whatever is unknown raises RunError and leaves nothing behind. If the
    id is taken, the run gets a new one.
    """
    root = Path(root).absolute()
    draft = root / f".{new_id()}.new"
    with files.plain_errors(root):
        draft.mkdir(parents=True)
    try:
        with _opened(source) as file:
            spec = _unpack(file, draft)
        return _settle(draft, {**spec, "owner": owner}, root)
    except LabError as error:
        reason = str(error).replace(f"{draft}/", "")
        raise RunError(f"this bundle is refused: {reason}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _opened(source: str | Path | bytes | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, str | Path):
        try:
            with open(source, "rb") as file:
                yield file
        except OSError as error:
            raise RunError(f"{source} cannot be read ({error.strerror})") from error
    elif isinstance(source, bytes):
        yield io.BytesIO(source)
    else:
        yield source


def _unpack(source: BinaryIO, draft: Path) -> dict[str, Any]:
    """Unpack into `draft`, check every file, and return the spec."""
    names = read_archive(source, draft, LIMITS)
    missing = sorted(LIMITS.keys() - _OPTIONAL - names)
    if missing:
        raise RunError(f"it has no {missing[0]}")
    spec = check_json(draft)
    data = spec["data"]
    with_data = names & _DATA
    kind = kind_of(spec)
    if data["folder"] is None:
        if with_data or not _is_builtin(kind, data["name"]):
            raise RunError(f"its data {data['name'][:80]!r} is neither with it nor built in")
    elif data["folder"] != f"data/{data['sha256'][:16]}" or with_data != _DATA:
        raise RunError(f"its data {data['name'][:80]!r} is not with it, or not where its hash says")
    run = Run(draft)
    run.save_predictions(check_results(draft, spec, run.report))
    if with_data:
        (check_corpus if kind == LANGUAGE_MODEL else check_data)(draft / "data", data)
    return spec


def _is_builtin(kind: str, name: str, sha256: str | None = None) -> bool:
    if kind == LANGUAGE_MODEL:
        return is_builtin_corpus(name, sha256=sha256)
    return is_builtin(name, sha256=sha256)


def _settle(draft: Path, spec: dict[str, Any], root: Path) -> Run:
    """Move a checked run, and its data, to where they belong."""
    if spec["data"]["folder"]:
        keep_data(
            root, spec["data"]["sha256"], lambda folder: shutil.copytree(draft / "data", folder, dirs_exist_ok=True)
        )
        shutil.rmtree(draft / "data")
    state = files.read_json(draft / "state.json")
    with files.locked(root / "store.lock"), files.plain_errors(root):
        run_id = spec["id"]
        while (root / run_id).exists() or (DEMO_ROOT / run_id).exists():
            run_id = new_id()
        files.write_json(draft / "spec.json", {**spec, "id": run_id})
        files.write_json(draft / "state.json", {**state, "pid": None, "ticket": None})
        draft.rename(root / run_id)
        files.sync_folder(root)
    return Run(root / run_id)
