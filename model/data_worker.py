"""What reads an upload: python -m model.data_worker FOLDER, started by `model.runs.intake`."""

from __future__ import annotations

import errno
import gc
import os
import re
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model.errors import LabError
from model.runs import files
from model.runs.data_process import WALL_SECONDS
from model.runs.launch import NICE

ADDRESS_SPACE = 3 << 30  # bytes
_EVERY = 0.25  # seconds between two words on how far it is
_OPTION = re.compile(r" \(--[a-z-]+\)")  # advice for the command line, which is not where this is read


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the upload in a folder, within bounds of time and memory. Returns 0, or 1 when it was refused."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 1:
        print("use: python -m model.data_worker FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    about = files.read_json(folder / "about.json")
    status = Status(folder)
    os.nice(NICE)
    gc.disable()  # millions of rows make no cycles, and looking for them takes as long as reading
    _limit()
    try:
        status.tell(0.0, 0, "Opening the file")
        if about.get("kind") == "corpus":
            _corpus(folder, about, status)
        elif about.get("builtin"):
            _builtin(folder, about["name"], status)
        else:
            _upload(folder, about["name"], status)
    except (Exception, _TooLong) as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if not isinstance(error, LabError | MemoryError | _TooLong):
            traceback.print_exc()
        _refuse(folder, status, error, about["name"])
        return 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    status.settle("ready", "")
    return 0


class Status:
    """status.json: how far the reading is, told a few times a second."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "status.json"
        self._next = 0.0
        self._last: dict[str, Any] = {"state": "reading", "share": 0.0, "rows": 0, "message": ""}

    def tell(self, share: float, rows: int, message: str) -> None:
        """Say how far it is; the share never falls, and is less than 1 until all is done."""
        share = min(0.999, max(share, self._last["share"]))
        new = message != self._last["message"]
        rows = max(rows, self._last["rows"])
        self._last = {"state": "reading", "share": round(share, 4), "rows": rows, "message": message}
        if new or time.monotonic() >= self._next:
            files.write_json(self._path, self._last)
            self._next = time.monotonic() + _EVERY

    def settle(self, state: str, message: str) -> None:
        """Say how it ended."""
        share = 1.0 if state == "ready" else self._last["share"]
        files.write_json(self._path, {**self._last, "state": state, "share": share, "message": message})


class _TooLong(BaseException):
    """The time is up: no error that a reader may catch on its way."""


def _limit() -> None:
    def too_long(number: int, frame: object) -> None:
        raise _TooLong

    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS, 5.0)  # again, should a destructor have swallowed it
    for kind, most in ((resource.RLIMIT_AS, ADDRESS_SPACE), (resource.RLIMIT_CPU, WALL_SECONDS + 60)):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _upload(folder: Path, name: str, status: Status) -> None:
    from model.data.columns import Columns
    from model.data.preview import preview

    source = folder / "source"
    if not (folder / "preview.json").exists():
        files.write_json(folder / "preview.json", preview(source, name=name))
    from model.data.ingest import ingest  # its libraries take their time, and people look at the preview meanwhile

    wanted = files.read_json(folder / "request.json")["columns"]
    columns = wanted and Columns(tuple(wanted["text"]), wanted["label"], wanted["split"])
    profile = ingest(source, folder / "data", name=name, columns=columns, progress=status.tell)
    files.write_json(folder / "profile.json", profile)


def _builtin(folder: Path, name: str, status: Status) -> None:
    from model.data.datasets import load_builtin
    from model.data.profile import profile_of

    status.tell(0.1, 0, "Loading the texts")
    dataset = load_builtin(name)
    status.tell(0.4, dataset.report["rows"], "Looking at the texts")
    files.write_json(folder / "profile.json", profile_of(dataset))


def _corpus(folder: Path, about: dict[str, Any], status: Status) -> None:
    from model.data.corpora import load_corpus_by_name, read_corpus, save_corpus
    from model.data.corpus_profile import corpus_profile

    if about.get("builtin"):
        status.tell(0.1, 0, "Loading the text")
        corpus = load_corpus_by_name(about["name"])
    else:
        _preview_of_table(folder, about["name"])
        wanted = files.read_json(folder / "request.json")["columns"]
        status.tell(0.05, 0, "Reading the text")
        corpus = read_corpus(
            folder / "source", name=about["name"], text_columns=wanted and wanted["text"], progress=status.tell
        )
        status.tell(0.92, corpus.report["rows"], "Writing the text")
        save_corpus(corpus, folder / "data")
    status.tell(0.97, corpus.report["rows"], "Counting its words")
    files.write_json(folder / "profile.json", corpus_profile(corpus))


def _preview_of_table(folder: Path, name: str) -> None:
    from model.data.containers import open_source
    from model.data.corpus_files import is_table
    from model.data.foreign import TEXT
    from model.data.preview import preview

    source = folder / "source"
    if not (folder / "preview.json").exists() and is_table(open_source(source, name=name, wanted=TEXT)):
        files.write_json(folder / "preview.json", preview(source, name=name))


def _refuse(folder: Path, status: Status, error: BaseException, name: str) -> None:
    from model.data.checks import ColumnsError

    shutil.rmtree(folder / "data", ignore_errors=True)
    (folder / "profile.json").unlink(missing_ok=True)
    if not isinstance(error, ColumnsError):  # no other columns would help: nothing of it is kept
        for left in ("source", "preview.json"):
            (folder / left).unlink(missing_ok=True)
    status.settle("refused", _sentence(error, name))


def _sentence(error: BaseException, name: str) -> str:
    if isinstance(error, _TooLong):
        return f"{name} takes longer than {WALL_SECONDS // 60} minutes to read; take a sample of it."
    if isinstance(error, LabError):
        return _OPTION.sub("", str(error))
    if isinstance(error, MemoryError) or "malloc" in str(error) or "emory" in str(error):
        return f"{name} needs more memory than {ADDRESS_SPACE >> 30} GB to read; split it or take a sample of it."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{name} could not be read: no space is left on the server's disk; free some, or try a smaller file."
    return f"{name} could not be read ({type(error).__name__}: {' '.join(str(error).split())[:200]}); save it anew."


if __name__ == "__main__":
    sys.exit(main())
