"""Any table of texts, read and checked: what was kept, and how many rows were not, by reason."""

import html
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from model.data import columns as naming
from model.data.columns import SPLITS, Columns
from model.data.containers import MAX_BYTES, open_source, too_large
from model.data.readers import read_sheet
from model.data.sheets import Sheet
from model.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MAX_TEXT = 100_000  # characters: about forty pages, more than any model here reads
MAX_ROWS = 10_000_000
_LOOKED_AT = 1000  # rows from which columns are guessed
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LOST_AMPERSAND = re.compile(r" (#\d{2,4};)")  # AG News has " #39;" for "&#39;"


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
    opened = open_source(source, name=name)
    given = _given(text_columns, label_column, split_column)
    page = read_sheet(opened, sheet=sheet, wanted=_names(given), one_column=not labelled)
    chosen, rows = _choose(page, given, opened.name, labelled)
    texts: list[str] = []
    labels: list[str] = []
    splits: list[str] = []
    dropped: Counter[str] = Counter()
    size = read = 0
    for text, label, split in _cells(page, chosen, rows):
        size += len(text or "")
        read += 1
        if size > MAX_BYTES:
            raise too_large(opened.name)
        if read > MAX_ROWS:
            raise DataError(f"{opened.name} has more than {MAX_ROWS:,} rows; split it or take a sample of it.")
        reason = _reason(text, label, split)
        if reason:
            dropped[reason] += 1
            continue
        texts.append(text)
        labels.append(label)
        splits.append(_split_name(split, chosen.split, opened.name))
    _check_kept(opened.name, len(texts), dropped)
    return Table(
        texts=texts,
        labels=labels if labelled else None,
        splits=splits if chosen.split else None,
        columns=page.columns,
        text_columns=chosen.text,
        label_column=chosen.label,
        split_column=chosen.split,
        rows=len(texts) + dropped.total(),
        dropped=dict(sorted(dropped.items())),
        encoding=page.encoding,
        format=page.format,
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
    opened = open_source(source, name=name)
    given = _given(text_columns, None, None)
    page = read_sheet(opened, sheet=sheet, wanted=_names(given), one_column=True)
    chosen, rows = _choose(page, given, opened.name, False)
    texts = (text or "" for text, _, _ in _cells(page, chosen, rows))
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
    rows = frame.head(_LOOKED_AT).to_numpy().tolist()
    return naming.guess_columns(list(frame.columns), rows, labelled=labelled)


def clean_text(text: str) -> str:
    """Return a text with HTML entities as the characters they stand for, and no space around it."""
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    if " #" in text:
        text = _LOST_AMPERSAND.sub(lambda match: html.unescape("&" + match[1]), text)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can spell and nothing can store
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.strip()


def _given(text_columns, label_column, split_column) -> Columns:
    text = (text_columns,) if isinstance(text_columns, str) else tuple(text_columns or ())
    return Columns(text, label_column, split_column)


def _names(given: Columns) -> set[str]:
    return {*given.text, given.label, given.split} - {None}


def _choose(page: Sheet, given: Columns, name: str, labelled: bool) -> tuple[Columns, Iterator[list[str] | None]]:
    """Settle which columns to read, and give back the rows looked at for that along with the rest."""
    given = Columns(
        tuple(_find(column, page.columns, name) for column in given.text),
        given.label and _find(given.label, page.columns, name),
        given.split and _find(given.split, page.columns, name),
    )
    looked_at = list(itertools.islice(page.rows, _LOOKED_AT))
    whole = [row for row in looked_at if row is not None]
    chosen = naming.guess_columns(page.columns, whole, labelled=labelled, given=given)
    listed = ", ".join(map(repr, page.columns[:20]))
    if chosen.label in chosen.text:
        raise DataError(f"{name}: the column {chosen.label!r} is named for both texts and labels; name two columns.")
    if not chosen.text:
        raise DataError(f"{name} has no column of texts among {listed}; name one (--text-column).")
    if labelled and chosen.label is None:
        raise DataError(f"{name} has no column of labels among {listed}; name one (--label-column).")
    return chosen._replace(label=chosen.label if labelled else None), itertools.chain(looked_at, page.rows)


def _find(wanted: str, columns: Sequence[str], name: str) -> str:
    if wanted in columns:
        return wanted
    alike = [column for column in columns if column.lower() == wanted.strip().lower()]
    if len(alike) != 1:
        listed = ", ".join(map(repr, columns[:20]))
        raise DataError(f"{name} has no column {wanted!r}; its columns are {listed}.")
    return alike[0]


def _cells(page: Sheet, chosen: Columns, rows: Iterator[list[str] | None]) -> Iterator[tuple]:
    """Yield text, label and split of each row: the text None of a malformed row, the others where not chosen."""
    places = [page.columns.index(column) for column in chosen.text]
    label = None if chosen.label is None else page.columns.index(chosen.label)
    split = None if chosen.split is None else page.columns.index(chosen.split)
    for row in rows:
        if row is None:
            yield None, None, None
            continue
        if len(places) == 1:
            text = clean_text(row[places[0]])
        else:
            text = ". ".join(part for place in places if (part := clean_text(row[place])))
        yield text, None if label is None else row[label].strip(), None if split is None else row[split].strip()


def _reason(text: str | None, label: str | None, split: str | None) -> str | None:
    if text is None:
        return "malformed"
    if not text:
        return "empty"
    if len(text) > MAX_TEXT:
        return "over-long"
    if label == "":
        return "no label"
    return "no split" if split == "" else None


def _split_name(split: str | None, column: str | None, name: str) -> str | None:
    if split is None:
        return None
    known = SPLITS.get(split.lower())
    if known is None:
        raise DataError(f"{name}: {split!r} in column {column!r} is no split; write train, validation or test.")
    return known


def _check_kept(name: str, kept: int, dropped: Counter[str]) -> None:
    rows = kept + dropped.total()
    if dropped["malformed"] > rows / 2:
        raise DataError(
            f"{name} is broken: {dropped['malformed']:,} of {rows:,} rows cannot be made out; check its quoting."
        )
    if not kept:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items())
        raise DataError(f"{name} has no row to use ({reasons or 'no row at all'}); fill in texts and labels.")
