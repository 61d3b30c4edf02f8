"""A table while it is read: named columns, and rows of strings that come one by one."""

import itertools
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time

from model.data.columns import has_header, name_columns
from model.errors import DataError

MAX_COLUMNS = 1000
_PEEKED = 200  # rows looked at before the first is given out


@dataclass
class Sheet:
    """A table being read: `rows` yields as many cells as there are `columns`, or None for a malformed row."""

    columns: list[str]
    format: str  # csv, tsv, txt, jsonl, json, parquet or xlsx
    encoding: str | None  # None where the format fixes it
    rows: Iterator[list[str] | None]  # an empty cell is ""
    expected: int | None = None  # rows, where the file says how many


def cell_text(value) -> str:
    """Return a cell as it would be typed: nothing as '', 1.0 as '1', a list of words as one text."""
    if isinstance(value, str):
        return value
    if value is None or value != value:  # NaN alone differs from itself
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # whole numbers with a gap among them become floats in pandas and in Excel
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return " ".join(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def check_width(columns: int, name: str) -> None:
    """Raise DataError for more columns than a table of texts has."""
    if columns > MAX_COLUMNS:
        raise DataError(f"{name} has {columns:,} columns, more than {MAX_COLUMNS:,}; keep those that matter.")


def names_of(cells: Sequence[str], name: str) -> list[str]:
    """Return column names for a header's cells; raises DataError for more than a table of texts has."""
    check_width(len(cells), name)
    return name_columns(cells)


def sheet_of_rows(
    rows: Iterator[list[str]],
    *,
    name: str,
    format: str,
    encoding: str | None,
    wanted: Collection[str],
    width: int,
) -> Sheet:
    """Return rows as a Sheet, the first one as its header if it looks like one or holds a `wanted` name.

    Short rows are filled with empty cells; a row with cells beyond the last column is malformed.
    """
    peeked = list(itertools.islice(rows, _PEEKED))
    check_width(max([width, *map(len, peeked[:1])]), name)
    if not peeked:
        raise DataError(f"{name} is empty; choose a file with a row per text.")
    if has_header(peeked, wanted=wanted):
        columns = names_of(peeked.pop(0), name)
    else:
        columns = names_of([""] * max(width, len(peeked[0])), name)

    def fitted() -> Iterator[list[str] | None]:
        for row in itertools.chain(peeked, rows):
            missing = len(columns) - len(row)
            yield None if missing < 0 and any(row[missing:]) else row[: len(columns)] + [""] * missing

    return Sheet(columns, format, encoding, fitted())
