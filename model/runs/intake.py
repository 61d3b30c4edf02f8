"""Where uploaded tables and texts wait, are checked in a process of their own, and become data that runs share."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from model.data import corpora, datasets
from model.data.columns import Columns
from model.errors import RunError
from model.runs import data_process, files
from model.runs.store import keep_data
from model.runs.uploads import make_room, sweep

MAX_FILE = 200 << 20  # bytes of one upload
_ID = re.compile(r"[0-9a-f]{16}")
_BUILTIN = "attention lab profile 1"  # another number where a profile says something new
_BUILTIN_CORPUS = "attention lab corpus profile 1"


class Intake:
    """One table or text on its way in: what was received, and what its process has found out so far.

    Everything is read from the disk at every use, so that any session, and a server started again, sees the same.
    """

    def __init__(self, folder: Path) -> None:
        about = files.read_json(folder / "about.json")
        if not isinstance(about, dict) or not isinstance(about.get("name"), str):
            raise RunError(f"the upload {folder.name[:40]!r} is not there any more; choose the file again")
        self.folder = folder
        self.id: str = folder.name
        self.name: str = about["name"]
        self.owner: str | None = about.get("owner")
        self.builtin: bool = bool(about.get("builtin"))
        self.kind: str = "corpus" if about.get("kind") == "corpus" else "table"

    def __repr__(self) -> str:
        return f"Intake({str(self.folder)!r})"

    def begin(self, columns: Columns | None = None) -> None:
        """Have the table read, with these columns or, with None, with those guessed; harmless when that is done.

        Of the columns of a corpus its `text` alone counts, and running text has none.
        A `split` of None in `columns` means that there is none. Other columns than before end the old process first.
        A file that was refused and is not kept stays refused. Raises RunError for a full disk.
        """
        if self.builtin:
            columns = None
        request = {
            "columns": columns and {"text": list(columns.text), "label": columns.label, "split": columns.split}
        }
        with files.locked(self.folder / "begin.lock"):
            same = files.read_json(self.folder / "request.json") == request
            told = files.read_json(self.folder / "status.json")
            settled = isinstance(told, dict) and told.get("state") in ("ready", "refused")
            if same and (settled or data_process.is_alive(self.folder)):
                return
            data_process.end(self.folder)
            if not self.builtin and not (self.folder / "source").is_file():
                return  # refused, and the status says why
            data_process.clear(self.folder)
            files.write_json(self.folder / "request.json", request)
            data_process.start(self.folder)

    @property
    def status(self) -> dict[str, Any]:
        """{"state", "share" (0 to 1), "rows" (read so far), "message"}.

        state: waiting (not begun), reading, ready (there is a profile), refused (the message says why, in one
        sentence). While reading, the message says at what. A table that was refused for its columns still has a
        `preview` and can be begun again with others; of any other nothing is kept.
        """
        alive = data_process.is_alive(self.folder)  # before the status: a process writes its last one, then ends
        told = files.read_json(self.folder / "status.json")
        if not isinstance(told, dict):
            told = {"state": "waiting", "share": 0.0, "rows": 0, "message": ""}
            if not (self.folder / "request.json").exists():
                return told
        if told["state"] in ("ready", "refused") or alive:
            return told
        told |= {"state": "refused", "message": data_process.obituary(self.folder, self.name)}
        data_process.clear(self.folder)
        files.write_json(self.folder / "status.json", told)
        return told

    @property
    def preview(self) -> dict[str, Any] | None:
        """{"columns", "guessed": {"text", "label", "split"}, "rows"}: 8 rows, their cells cut at 300 characters.

        None until it is there, and of running text.
        """
        return _record(self.folder / "preview.json")

    @property
    def profile(self) -> dict[str, Any] | None:
        """What `model.data.profile`, or `corpus_profile` of a corpus, says of the data, once the status is ready."""
        return _record(self.folder / "profile.json")

    def remove(self) -> None:
        """End its process and forget the upload; data that runs already share stays with them."""
        data_process.end(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)


def receive(
    root: Path, *, name: str, owner: str | None, chunks: Iterable[bytes], kind: Literal["table", "corpus"] = "table"
) -> Intake:
    """Write an upload straight to the disk, chunk by chunk; a "corpus" is for language models.

    `owner` is the hash that stands for a visitor. The oldest uploads of the same owner make room for it. Raises
    RunError for more than 200 MB, an empty file or a full disk, and leaves nothing of it behind.
    """
    sweep(root)
    name = clean_name(name)
    folder = root / "uploads" / secrets.token_hex(8)
    with files.plain_errors(folder):
        folder.mkdir(parents=True, mode=0o700)
    try:
        with files.plain_errors(folder):
            size = _write(folder / "source", name, chunks)
        with files.locked(root / "uploads" / "uploads.lock"):
            make_room(root, owner, size, but=folder)
        about = {"name": name, "owner": owner, "bytes": size, "created": time.time(), "kind": kind}
        files.write_json(folder / "about.json", about)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Intake(folder)


def of_builtin(root: Path, name: str) -> Intake:
    """The intake of a built-in or generated data set, which only makes its profile, once for everybody."""
    if not datasets.is_builtin(name):
        raise RunError(f"there is no built-in data set {name[:80]!r}; choose one of the list")
    version = datasets.DATASETS[name].sha256 if name in datasets.DATASETS else ""
    return _of_builtin(root, name, f"{_BUILTIN}\n{name}\n{version}", "table")


def of_builtin_corpus(root: Path, name: str) -> Intake:
    """The intake of a built-in or generated text, which only makes its profile, once for everybody."""
    if not corpora.is_builtin_corpus(name):
        raise RunError(f"there is no built-in text {name[:80]!r}; choose one of the list")
    version = corpora.CORPORA[name].sha256 if name in corpora.CORPORA else ""
    return _of_builtin(root, name, f"{_BUILTIN_CORPUS}\n{name}\n{version}", "corpus")


def _of_builtin(root: Path, name: str, version: str, kind: str) -> Intake:
    digest = hashlib.sha256(version.encode()).hexdigest()
    folder = root / "uploads" / digest[:16]
    with files.plain_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "about.json").exists():
            files.write_json(folder / "about.json", {"name": name, "owner": None, "builtin": True, "kind": kind})
        os.utime(folder / "about.json")
    return Intake(folder)


def find_intake(root: Path, intake_id: str) -> Intake:
    """The upload with this id, which may come from an URL. Raises RunError where there is none (any more)."""
    if not isinstance(intake_id, str) or not _ID.fullmatch(intake_id):
        raise RunError(f"{str(intake_id)[:80]!r} is no upload's id; choose the file again")
    intake = Intake(root / "uploads" / intake_id)
    with files.plain_errors(intake.folder):
        os.utime(intake.folder / "about.json")  # in use
    return intake


def data_entry(root: Path, intake: Intake) -> dict[str, Any]:
    """{"name", "sha256", "folder", "report"}: what a run's spec says of its data, which is now kept below `root`.

    Raises RunError unless the intake is ready, and for a full disk.
    """
    profile = intake.profile
    if profile is None:
        raise RunError(f"{intake.name} is not read yet; wait until it is, then train")
    entry = {"name": profile["name"], "sha256": profile["sha256"], "folder": None, "report": profile["report"]}
    if not intake.builtin:
        entry["folder"] = keep_data(root, entry["sha256"], lambda folder: _copy(intake.folder / "data", folder))
    return entry


def clean_name(name: str) -> str:
    """A file's name as it may be shown: without folders and control characters, at most 120 characters."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[-120:] or "table"


def _write(path: Path, name: str, chunks: Iterable[bytes]) -> int:
    size = 0
    with open(path, "xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_FILE:
                raise RunError(f"{name} has more than {MAX_FILE >> 20} MB; pack it as .gz, or take a sample of it")
            file.write(chunk)
    if not size:
        raise RunError(f"{name} is empty; choose a file with a row per text")
    return size


def _copy(source: Path, target: Path) -> None:
    for name in ("data.parquet", "data.json"):
        try:
            os.link(source / name, target / name)  # neither is ever written to again
        except OSError:
            shutil.copyfile(source / name, target / name)


def _record(path: Path) -> dict[str, Any] | None:
    value = files.read_json(path)
    return value if isinstance(value, dict) else None
