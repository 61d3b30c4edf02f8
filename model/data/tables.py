"""Any table of texts, read and checked: what was kept, and how many rows were not, by reason."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from model.data import columns as naming
from model.data.columns import Columns
from model.data.containers import open_source
from model.data.readers import read_sheet
from model.data.rows import LOOKED_AT, MAX_ROWS, MAX_TEXT, Rows, clean_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MAX_ROWS",
    "MAX_TEXT",
    "Table",
    "clean_text",
    "guess_columns",
    "iterate_texts",
    "read_columns",
    "read_frame",
    "read_table",
]


@dataclass(frozen=True)
class Table:
    """Texts with their labels as read from one file, and an account of every row that was left out."""

    texts: list[str]
    labels: list[str] | None  # None when read without labels
    splits: list[str] | None  # "train", "validation" or "test" per text, where a column says so
    columns: list[str]  # all columns of the file
    text_columns: tuple[str, ...]
    label_column: str | None
    split_column: str | None
    rows: int  # rows read: len(texts) + sum(dropped.values())
    dropped: dict[str, int]  # reason -> rows: "malformed", "empty", "over-long", "no label", "no split"
    encoding: str | None  # with a word on damaged characters, if there are any
    format: str
    rationales: list[list[tuple[int, int]]] | None = field(default=None)  # character spans per text


def read_table(
    source,
    *,
    name: str | None = None,
    text_columns: Sequence[str] | None = None,
    label_column: str | None = None,
    split_column: str | None = None,
    sheet: str | None = None,
    labelled: bool = True,
) -> Table:
    """Read a table of labelled texts from a path, bytes or a binary file object.

    Takes csv, tsv, jsonl, json, parquet and xlsx, each also as .gz or .zip. Columns not given are guessed; several
    text columns are joined by ". "; HTML entities are unescaped. `name` stands for the file in messages, `sheet`
    names one of an Excel file. With `labelled=False` no label is asked for and a plain list of texts will do.
    Raises DataError for anything that is not such a table.
    """
    given = _given(text_columns, label_column, split_column)
    rows = Rows(open_source(source, name=name), columns=given, sheet=sheet, labelled=labelled)
    kept = list(rows)
    return Table(
        texts=[row.text for row in kept],
        labels=[row.label for row in kept] if labelled else None,
        splits=[row.split for row in kept] if rows.chosen.split else None,
        columns=rows.columns,
        text_columns=rows.chosen.text,
        label_column=rows.chosen.label,
        split_column=rows.chosen.split,
        rows=rows.read,
        dropped=dict(sorted(rows.dropped.items())),
        encoding=rows.encoding,
        format=rows.format,
    )


def iterate_texts(
    source,
    *,
    name: str | None = None,
    text_columns: Sequence[str] | None = None,
    sheet: str | None = None,
    batch_rows: int = 1000,
) -> Iterator[list[str]]:
    """Yield the texts of a table in batches, one per row and none left out, in memory bounded by the batch.

    For predicting: an empty or malformed row comes as "". Raises DataError as read_table does.
    """
    given = _given(text_columns, None, None)
    texts = Rows(open_source(source, name=name), columns=given, sheet=sheet, labelled=False).texts()
    while batch := list(itertools.islice(texts, batch_rows)):
        yield batch


def read_columns(source, *, name: str | None = None, sheet: str | None = None) -> list[str]:
    """Return the names of a table's columns; raises DataError as read_table does."""
    return read_sheet(open_source(source, name=name), sheet=sheet).columns


def read_frame(
    source, *, name: str | None = None, sheet: str | None = None, rows: int | None = None, labelled: bool = True
) -> "pd.DataFrame":
    """Read a table, or its first `rows` rows, as a DataFrame of strings without the malformed rows: for a preview."""
    import pandas as pd

    page = read_sheet(open_source(source, name=name), sheet=sheet, one_column=not labelled)
    whole = ([clean_text(value) for value in row] for row in page.rows if row is not None)
    return pd.DataFrame(itertools.islice(whole, rows), columns=page.columns, dtype="str")


def guess_columns(frame: "pd.DataFrame", *, labelled: bool = True) -> Columns:
    """Guess which columns of a DataFrame of strings hold texts, labels and the split."""
    rows = frame.head(LOOKED_AT).to_numpy().tolist()
    return naming.guess_columns(list(frame.columns), rows, labelled=labelled)


def _given(text_columns, label_column, split_column) -> Columns:
    text = (text_columns,) if isinstance(text_columns, str) else tuple(text_columns or ())
    return Columns(text, label_column, split_column)
