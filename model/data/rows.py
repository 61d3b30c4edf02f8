"""The rows of a table one by one: text, label and split of each that can be used, and an account of the others."""

import html
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from model.data import columns as naming
from model.data.checks import ColumnsError
from model.data.columns import SPLITS, Columns
from model.data.containers import MAX_BYTES, Source, too_large
from model.data.readers import read_sheet
from model.data.sheets import Sheet
from model.errors import DataError

MAX_TEXT = 100_000  # characters: about forty pages, more than any model here reads
MAX_ROWS = 10_000_000
LOOKED_AT = 1000  # rows from which columns are guessed
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LOST_AMPERSAND = re.compile(r" (#\d{2,4};)")  # AG News has " #39;" for "&#39;"


class Row(NamedTuple):
    """One row to use; label and split are None where no column says them."""

    text: str
    label: str | None
    split: str | None  # "train", "validation" or "test"


class Rows:
    """The usable rows of a table, to be gone through once; what is left out is counted on the way.

    Afterwards `read` rows were read, `dropped` of them by reason. Raises DataError for what is no table.
    """

    def __init__(
        self,
        source: Source,
        *,
        columns: Columns,
        guess: bool = True,
        sheet: str | None = None,
        labelled: bool = True,
    ) -> None:
        self.name = source.name
        wanted = {*columns.text, columns.label, columns.split} - {None}
        self._page = read_sheet(source, sheet=sheet, wanted=wanted, one_column=not labelled)
        self.chosen, self._rest = _choose(self._page, columns, source.name, labelled=labelled, guess=guess)
        self.columns, self.encoding, self.format = self._page.columns, self._page.encoding, self._page.format
        self.expected = self._page.expected
        self.read = 0
        self.dropped: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Row]:
        size = 0
        for text, label, split in self._cells():
            size += len(text or "")
            self.read += 1
            if size > MAX_BYTES:
                raise too_large(self.name)
            if self.read > MAX_ROWS:
                raise DataError(f"{self.name} has more than {MAX_ROWS:,} rows; split it or take a sample of it.")
            reason = _reason(text, label, split)
            if reason:
                self.dropped[reason] += 1
            else:
                yield Row(text, label, _split_name(split, self.chosen.split, self.name))
        self._check_kept()

    def texts(self) -> Iterator[str]:
        """The text of every row, "" where it is empty or cannot be made out."""
        return (text or "" for text, _, _ in self._cells())

    def _cells(self) -> Iterator[tuple[str | None, str | None, str | None]]:
        """Text, label and split of each row: the text None of a malformed row, the others where not chosen."""
        names, chosen = self.columns, self.chosen
        places = [names.index(column) for column in chosen.text]
        label = None if chosen.label is None else names.index(chosen.label)
        split = None if chosen.split is None else names.index(chosen.split)
        for row in self._rest:
            if row is None:
                yield None, None, None
                continue
            if len(places) == 1:
                text = clean_text(row[places[0]])
            else:
                text = ". ".join(part for place in places if (part := clean_text(row[place])))
            yield text, None if label is None else row[label].strip(), None if split is None else row[split].strip()

    def _check_kept(self) -> None:
        if self.dropped["malformed"] > self.read / 2:
            raise ColumnsError(
                f"{self.name} is broken: {self.dropped['malformed']:,} of {self.read:,} rows cannot be made out; "
                "check its quoting."
            )
        if self.read == self.dropped.total():
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.dropped.items() if count)
            raise ColumnsError(
                f"{self.name} has no row to use ({reasons or 'no row at all'}); fill in texts and labels."
            )


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


def _choose(
    page: Sheet, given: Columns, name: str, *, labelled: bool, guess: bool
) -> tuple[Columns, Iterator[list[str] | None]]:
    """Settle which columns to read, and give back the rows looked at for that along with the rest."""
    chosen = Columns(
        tuple(_find(column, page.columns, name) for column in given.text),
        given.label and _find(given.label, page.columns, name),
        given.split and _find(given.split, page.columns, name),
    )
    rows = page.rows
    if guess:
        looked_at = list(itertools.islice(page.rows, LOOKED_AT))
        whole = [row for row in looked_at if row is not None]
        chosen = naming.guess_columns(page.columns, whole, labelled=labelled, given=chosen)
        rows = itertools.chain(looked_at, page.rows)
    listed = ", ".join(map(repr, page.columns[:20]))
    if chosen.label in chosen.text:
        raise ColumnsError(
            f"{name}: the column {chosen.label!r} is named for both texts and labels; name two columns."
        )
    if not chosen.text:
        raise ColumnsError(f"{name} has no column of texts among {listed}; name one (--text-column).")
    if labelled and chosen.label is None:
        raise ColumnsError(f"{name} has no column of labels among {listed}; name one (--label-column).")
    return chosen._replace(label=chosen.label if labelled else None), rows


def _find(wanted: str, columns: Sequence[str], name: str) -> str:
    if wanted in columns:
        return wanted
    alike = [column for column in columns if column.lower() == wanted.strip().lower()]
    if len(alike) != 1:
        listed = ", ".join(map(repr, columns[:20]))
        raise ColumnsError(f"{name} has no column {wanted!r}; its columns are {listed}.")
    return alike[0]


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
        shown = split if len(split) <= 60 else split[:59] + "…"
        raise ColumnsError(f"{name}: {shown!r} in column {column!r} is no split; write train, validation or test.")
    return known
