"""Which words a table says are the reason: a column of character spans, or of 0 and 1 for each token."""

import json
from collections.abc import Sequence

from model.data.containers import open_source
from model.data.dataset import Spans
from model.data.readers import read_sheet
from model.data.tables import Table, clean_text
from model.errors import DataError
from model.text.segmentation import segment

Mark = Sequence[int] | Sequence[Sequence[int]]

_FORMS = "write a JSON list of [start, end], or 0 or 1 for each token"


def spans_of(text: str, mark: Mark, *, where: str) -> Spans:
    """Return the character spans [start, end), ascending, that a mark in one text stands for.

    `mark` is a list of such spans, merged where they overlap, or 0 or 1 for each token of the whole text.
    Raises DataError, beginning with `where`, for any other, for a span outside of the text, and for too many or too
    few tokens.
    """
    if any(isinstance(item, Sequence) and not isinstance(item, str) for item in mark):
        return _checked_spans(text, mark, where)
    if any(isinstance(item, bool) or item not in (0, 1) for item in mark):
        strange = next(item for item in mark if isinstance(item, bool) or item not in (0, 1))
        raise DataError(f"{where}: {strange!r} marks no token; {_FORMS}.")
    if len(mark) == 0:
        return []
    _, spans = segment(text)
    if len(mark) != len(spans):
        raise DataError(
            f"{where} marks {len(mark):,} tokens, but the text has {len(spans):,}, split into words as everywhere "
            f"here; mark each of them, or give character spans."
        )
    return [span for span, chosen in zip(spans, mark, strict=True) if chosen]


def read_rationales(source, table: Table, column: str) -> list[Spans | None]:
    """Return the spans of each text of a table that was read from `source`, from a column of it.

    A cell holds [[start, end], …] or 0 and 1, as "0 1 0" or [0, 1, 0] (all as text in Parquet and Excel); an empty
    one is no mark at all (None), and [] marks nothing. Spans count the characters of the text as it stands in the
    file; where several text columns are joined, those of the joined text. A text that stands there twice has the
    marks of its first row that has any.
    Raises DataError, with the row, for any other cell.
    """
    name = open_source(source).name
    if column in (*table.text_columns, table.label_column):
        what = "labels" if column == table.label_column else "texts"
        raise DataError(
            f"{name}: the column {column!r} is taken for the {what}; name the others (--text-column, --label-column)."
        )
    sheet = read_sheet(open_source(source), wanted={column, *table.text_columns})
    if column not in sheet.columns:
        listed = ", ".join(map(repr, sheet.columns[:20]))
        raise DataError(f"{name} has no column {column!r}; its columns are {listed}.")
    places, cell = [sheet.columns.index(text) for text in table.text_columns], sheet.columns.index(column)
    wanted, marked = set(table.texts), {}
    for number, row in enumerate(sheet.rows, start=1):
        if row is None or not row[cell].strip():
            continue
        raw = ". ".join(part for place in places if (part := clean_text(row[place])))
        text = raw if len(places) > 1 else clean_text(row[places[0]])
        if text in wanted and text not in marked:
            raw = raw if len(places) > 1 else row[places[0]]
            marked[text] = _cell_spans(row[cell], raw, text, f"{name}, row {number}, column {column!r}")
    return [marked.get(text) for text in table.texts]


def _cell_spans(cell: str, raw: str, text: str, where: str) -> Spans:
    mark = _parsed(cell, where)
    if mark and isinstance(mark[0], list):
        spans = _checked_spans(raw, mark, where)
        # What is read has no HTML entities and no space around it: the same characters stand elsewhere.
        moved = [(_moved(raw, start, text), _moved(raw, end, text)) for start, end in spans]
        return [(start, end) for start, end in moved if start < end]
    return spans_of(text, mark, where=where)


def _moved(raw: str, place: int, text: str) -> int:
    return min(len(clean_text(raw[:place] + "\0")) - 1, len(text))  # \0 keeps the space before it


def _parsed(cell: str, where: str) -> list:
    """The list in a cell; numbers may be typed as text, as tables of JSON give them."""
    try:
        mark = json.loads(cell) if cell.lstrip().startswith("[") else cell.split()
        if not isinstance(mark, list):
            raise ValueError
        return [list(map(_whole, item)) if isinstance(item, list) else _whole(item) for item in mark]
    except (ValueError, RecursionError):
        shown = cell if len(cell) <= 60 else cell[:60] + "…"
        raise DataError(f"{where}: {shown!r} marks nothing; {_FORMS}.") from None


def _whole(value) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(value)
    return int(value)


def _checked_spans(text: str, spans: Sequence, where: str) -> Spans:
    merged: Spans = []
    for span in spans:
        if not isinstance(span, Sequence) or len(span) != 2 or not all(type(place) is int for place in span):
            raise DataError(f"{where}: {span!r} is no span; {_FORMS}.")
        if not 0 <= span[0] < span[1] <= len(text):
            raise DataError(f"{where}: the span {list(span)} does not lie in a text of {len(text):,} characters.")
    for start, end in sorted(map(tuple, spans)):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
