"""From a file to a corpus: running text in any encoding, or the texts of a table one per line."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from model.data.columns import Columns
from model.data.containers import TABLE_ENDINGS, Source, open_source
from model.data.corpus import Corpus, make_corpus
from model.data.encodings import find_encoding, open_text
from model.data.foreign import TEXT
from model.data.rows import MAX_ROWS, Rows
from model.errors import DataError

MOST_CHARACTERS = 100_000_000
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1f\x7f\ufffd]")
_MOST_DAMAGED = 0.05  # share of characters that no text has
_SAMPLE = 1 << 20

Progress = Callable[[float, int, str], None]


def read_corpus(
    source,
    *,
    name: str | None = None,
    text_columns: Sequence[str] | None = None,
    validation=None,
    test=None,
    progress: Progress = lambda share, rows, stage: None,
) -> Corpus:
    """Read a text, or a table's texts, from a path, bytes or a binary file object, each also as .gz or .zip.

    A table (csv, tsv, jsonl, json, parquet, xlsx, or any text file with `text_columns`) gives one line per row; its
    column is guessed where not given, and line ends within a text become spaces. `validation` and `test` are further
    files; what is not given is cut off by position. `progress` is told the share done, the rows read and the stage.
    Raises DataError for what is no text, too long or too short.
    """
    read = _read(open_source(source, name=name, wanted=TEXT), text_columns, progress)
    further = {
        split: None if other is None else _read(open_source(other, wanted=TEXT), text_columns, progress).text
        for split, other in (("validation", validation), ("test", test))
    }
    progress(0.9, read.rows, "Splitting by position")
    return make_corpus(
        read.text, name=read.name, encoding=read.encoding, rows=read.rows, dropped=read.dropped, **further
    )


def is_table(source: Source) -> bool:
    """Tell whether a file holds a table of texts, by its bytes and its ending, rather than running text."""
    return source.kind != "text" or source.inner_name.lower().endswith(TABLE_ENDINGS)


class _Read(NamedTuple):
    name: str
    text: str
    encoding: str | None
    rows: int
    dropped: dict[str, int]


def _read(source: Source, text_columns: Sequence[str] | None, progress: Progress) -> _Read:
    return _table(source, text_columns or (), progress) if text_columns or is_table(source) else _running(source)


def _running(source: Source) -> _Read:
    encoding = find_encoding(source)
    with open_text(source, encoding) as stream:
        text = stream.read(MOST_CHARACTERS + 1)
    _check_length(len(text), source.name)
    damaged = len(_NO_TEXT.findall(text, 0, _SAMPLE))
    if damaged > _MOST_DAMAGED * min(len(text), _SAMPLE):
        raise DataError(
            f"{source.name} is no text: {damaged:,} of its first characters cannot be read; save it as UTF-8."
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _Read(source.name, text, encoding.label, 0, {})


def _table(source: Source, text_columns: Sequence[str], progress: Progress) -> _Read:
    rows = Rows(source, columns=Columns(tuple(text_columns), None, None), labelled=False)
    lines, size, read = [], 0, 0
    for read, text in enumerate(rows.texts(), 1):
        line = " ".join(filter(None, map(str.strip, text.splitlines())))
        if line:
            lines.append(line)
            size += len(line) + 1
        _check_length(size, source.name)
        if read > MAX_ROWS:
            raise DataError(f"{source.name} has more than {MAX_ROWS:,} rows; split it or take a sample of it.")
        if read % 1024 == 0:
            progress(0.9 * min(1.0, size / max(1, source.size)), read, "Reading the rows")
    dropped = {"empty": read - len(lines)} if read > len(lines) else {}
    return _Read(source.name, "".join(line + "\n" for line in lines), rows.encoding, read, dropped)


def _check_length(length: int, name: str) -> None:
    if length > MOST_CHARACTERS:
        raise DataError(f"{name} has more than {MOST_CHARACTERS:,} characters; take a part of it.")
