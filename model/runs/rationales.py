"""The words that people marked as the reason: a line of JSON each, in one file beside the runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from model.errors import RunError
from model.runs import checks, files, shapes
from model.runs.strict import parse

FILE = "rationales.jsonl"
MAX_FILE = 64 << 20  # bytes: tens of thousands of marks, all read at once
MAX_TEXT = 100_000  # characters, as in a table of texts


_SHAPE = {
    "text": re.compile(rf".{{1,{MAX_TEXT}}}", re.DOTALL),
    "spans": [[int]],
    "label": (str, None),
    "data": (shapes.SHA256, None),
    "marked": shapes.timestamp,
}


class Rationale(NamedTuple):
    """One person's marks in one text: character `spans` [start, end) of it, ascending.

    `label` is the label that the marks speak for, None if none was named; `data` is the sha256 of the data set that
    the text stands in, None for a text of one's own; `marked` is the moment, ISO 8601 in UTC.
    """

    text: str
    spans: list[tuple[int, int]]
    label: str | None
    data: str | None
    marked: str


class Rationales(NamedTuple):
    """The newest marks of each text, in the order they were made, and how many damaged lines were passed over."""

    marks: list[Rationale]
    damaged: int


def keep_rationale(
    root: Path, *, text: str, spans: Sequence[tuple[int, int]], label: str | None, data: str | None
) -> Rationale:
    """Add a text's marks to the rationales of this library of runs; they count before older ones of the same text.

    Any number of processes may do so at once. Raises RunError for marks that are none, for a text that is too long,
    and for a full disk or file.
    """
    if len(text) > MAX_TEXT:
        raise RunError(f"the text has {len(text):,} characters; marks are kept for at most {MAX_TEXT:,}")
    record = {
        "text": text,
        "spans": sorted([int(start), int(end)] for start, end in spans),
        "label": label,
        "data": data,
        "marked": datetime.now(UTC).isoformat(timespec="microseconds"),
    }
    kept = _checked(record, "the rationale")
    path = root / FILE
    with files.plain_errors(root):
        root.mkdir(parents=True, exist_ok=True)
    # The append mends what a crash left half-written, which two processes must not do at once.
    with files.locked(root / "rationales.lock"):
        with files.plain_errors(path):
            size = path.stat().st_size if path.exists() else 0
        if size + len(files.to_json(record)) > MAX_FILE:
            raise RunError(f"{path} is full ({size:,} bytes); download it, then move it away to begin a new one")
        files.append_line(path, record)
    return kept


def rationales(root: Path, *, data: str | None = None) -> Rationales:
    """The newest marks of each text: all of them, or those of the data set with the sha256 `data`.

    Lines that are no rationale are counted and passed over. Raises RunError for a file that cannot be read.
    """
    newest: dict[tuple[str, str | None], Rationale] = {}
    damaged = 0
    for line in rationales_file(root).split(b"\n"):
        if not line.strip():
            continue
        try:
            mark = _checked(parse(line, FILE), FILE)
        except RunError:
            damaged += 1
            continue
        newest.pop((mark.text, mark.data), None)  # so that it comes last
        newest[mark.text, mark.data] = mark
    return Rationales([mark for mark in newest.values() if data in (None, mark.data)], damaged)


def rationales_file(root: Path) -> bytes:
    """The file as it stands, for a download; empty where nothing was marked yet. Raises RunError."""
    path = root / FILE
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); check that it is a file and yours") from error
    if len(content) > MAX_FILE:
        raise RunError(f"{path} has more than {MAX_FILE:,} bytes; move it away to begin a new one")
    return content


def _checked(value: Any, where: str) -> Rationale:
    checks.check(value, _SHAPE, where, extra=True)
    text, spans = value["text"], [tuple(span) for span in value["spans"]]
    end = 0
    for span in spans:
        if len(span) != 2 or not end <= span[0] < span[1] <= len(text):
            raise RunError(f"{where}: {span} is no span of a text of {len(text)} characters after position {end}")
        end = span[1]
    if not spans:
        raise RunError(f"{where} marks nothing; mark at least one word")
    return Rationale(text, spans, value["label"], value["data"], value["marked"])
