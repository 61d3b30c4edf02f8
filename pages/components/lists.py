"""Many texts from a text box or a file: taken apart, counted, and never more than a page can show."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from model.data.columns import Columns
from model.errors import DataError

if TYPE_CHECKING:
    from model.data.containers import Source
    from model.data.sheets import Sheet

MOST_TEXTS = 10_000
MOST_CHARACTERS = 20_000_000  # of all texts together, for they stay in memory while the visit lasts
_PREVIEW_ROWS = 200


class TextList(NamedTuple):
    """Texts in the order they came, each with its label ("" for none) where there is a column of labels."""

    name: str
    texts: tuple[str, ...]
    labels: tuple[str, ...] | None
    left_out: int  # rows without a text, or that cannot be made out


class Preview(NamedTuple):
    """The columns of a table, and which of them seem to hold texts and labels."""

    columns: list[str]
    guessed: Columns


def pasted(typed: str, *, by_blank_lines: bool, run_id: str) -> TextList:
    """The texts in what was typed: one a line, or several lines each and blank lines between. Raises DataError."""
    lines = re.split(r"\r\n|\r|\n", typed)
    if by_blank_lines:
        groups = itertools.groupby(lines, key=lambda line: bool(line.strip()))
        texts = ["\n".join(group).strip() for worded, group in groups if worded]
    else:
        texts = [line.strip() for line in lines if line.strip()]
    return _checked("The box", texts, None, left_out=0, run_id=run_id)


def preview(file: Any) -> Preview | None:
    """What a table holds; None for a plain list of texts, which has no columns. Raises DataError."""
    from model.data.columns import guess_columns

    source = _opened(file)
    if _is_plain(source):
        return None
    sheet = _sheet(source)
    rows = [row for row in itertools.islice(sheet.rows, _PREVIEW_ROWS) if row is not None]
    return Preview(sheet.columns, guess_columns(sheet.columns, rows, labelled=False))


def from_file(file: Any, columns: Columns | None, *, run_id: str) -> TextList:
    """The texts of a file, and labels where a column of them is named; None for a plain list. Raises DataError."""
    from model.data.tables import clean_text

    source = _opened(file)
    if columns is None:
        texts = [clean_text(line) for line in _lines(source)]
        return _checked(file.name, [text for text in texts if text], None, left_out=texts.count(""), run_id=run_id)
    sheet = _sheet(source)
    places = [sheet.columns.index(name) for name in columns.text]
    label = None if columns.label is None else sheet.columns.index(columns.label)
    texts, labels, left_out = [], [], 0
    for row in itertools.islice(sheet.rows, MOST_TEXTS + 1):
        text = "" if row is None else ". ".join(part for place in places if (part := clean_text(row[place])))
        if not text:
            left_out += 1
            continue
        texts.append(text)
        labels.append("" if label is None else _storable(row[label].strip()))
    return _checked(file.name, texts, labels if columns.label else None, left_out=left_out, run_id=run_id)


def _opened(file: Any) -> Source:
    from model.data.containers import open_source

    file.seek(0)
    return open_source(file, name=file.name)


def _is_plain(source: Source) -> bool:
    return source.kind == "text" and source.inner_name.lower().endswith(".txt")


def _lines(source: Source) -> list[str]:
    from model.data.encodings import find_encoding, lines, open_text

    with open_text(source, find_encoding(source)) as stream:
        return list(itertools.islice(lines(stream, source.name), MOST_TEXTS + 1))


def _sheet(source: Source) -> Sheet:
    from model.data.readers import read_sheet

    sheet = read_sheet(source, one_column=True)
    for name in sheet.columns:
        if name != _storable(name):
            raise DataError(f"{source.name} has a column whose name is damaged: {_storable(name)[:60]!r}; rename it.")
    return sheet


def _storable(text: str) -> str:
    """A text without halves of surrogate pairs, which JSON can spell and no page can be sent."""
    return text.encode("utf-8", "replace").decode()


def _checked(
    name: str, texts: Sequence[str], labels: Sequence[str] | None, *, left_out: int, run_id: str
) -> TextList:
    size = sum(map(len, texts))
    if len(texts) + left_out > MOST_TEXTS or size > MOST_CHARACTERS:
        much = f"{MOST_TEXTS:,} texts" if len(texts) + left_out > MOST_TEXTS else f"{MOST_CHARACTERS:,} characters"
        raise DataError(
            f"{name} has more than {much}, too many for a page; predict them all from a shell:"
            f" python -m model predict {run_id} FILE --out predictions.csv"
        )
    return TextList(name, tuple(texts), None if labels is None else tuple(labels), left_out)
