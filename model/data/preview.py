"""The first rows of a table, from the beginning of its file alone, however long that is."""

import dataclasses
import io
import itertools
from pathlib import Path

from model.data import columns as naming
from model.data.containers import Source, open_source
from model.data.readers import read_sheet
from model.data.tables import clean_text
from model.errors import DataError

ROWS = 8
_CELL = 300  # characters
_HEAD = 1 << 20  # bytes
_LOOKED_AT = 1000  # rows from which columns are guessed


def preview(source: str | Path, *, name: str) -> dict | None:
    """Return the columns of a table, which of them hold what, and its first rows; None where that takes all of it.

    {"columns": [name], "guessed": {"text": [name], "label", "split"}, "rows": [[cell]]}: 8 rows, cells cut at 300
    characters. Raises DataError for what is no table.
    """
    opened, cut = _beginning(open_source(source, name=name))
    rows: list[list[str]] = []
    try:
        page = read_sheet(opened, one_column=True)
        rows.extend(row for row in itertools.islice(page.rows, _LOOKED_AT) if row is not None)
    except DataError:
        if not cut:
            raise
        if not rows:  # what is cut off may be what it lacks
            return None
    rows = rows[:-1] if cut and len(rows) > 1 else rows
    guessed = naming.guess_columns(page.columns, rows)
    shown = [[_shown(cell) for cell in row] for row in rows[:ROWS]]
    about = {"text": list(guessed.text), "label": guessed.label, "split": guessed.split}
    return {"columns": page.columns, "guessed": about, "rows": shown}


def _beginning(source: Source) -> tuple[Source, bool]:
    if source.kind != "text":
        return source, False
    with source.open() as stream:
        head = stream.read(_HEAD + 1)
    if len(head) <= _HEAD:
        return source, False
    # To the end of a line; UTF-16 and UTF-32, whose line ends have zero bytes, at a whole character.
    end = _HEAD if b"\0" in head else head.rfind(b"\n") + 1
    return dataclasses.replace(source, open=lambda: io.BytesIO(head[: end or _HEAD])), True


def _shown(cell: str) -> str:
    text = clean_text(cell)
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"
