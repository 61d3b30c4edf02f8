"""Comma, tab, semicolon and bar separated text: which separator, which quoting, and the rows."""

import csv
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from model.data.containers import Source
from model.data.encodings import Encoding, lines, open_text
from model.data.sheets import check_width
from model.errors import DataError

SEPARATORS = ("\t", ",", ";", "|")
MAX_CELL = 1 << 24  # characters
_SAMPLE = 1 << 18  # characters looked at to find the separator
_TOO_MANY = 100_000  # separators in each line: no text that is kept has as many
_ALIKE = 0.7  # least share of rows with the commonest number of columns
_LONGEST_ROW = 1000  # lines; more mean a quotation mark that never closes

# name -> how the csv module spells it; "doubled" is strict, so that breaking it is noticed
_QUOTING = {
    "doubled": {"quoting": csv.QUOTE_MINIMAL, "doublequote": True, "strict": True},
    "escaped": {"quoting": csv.QUOTE_MINIMAL, "doublequote": False, "escapechar": "\\", "strict": False},
    "loose": {"quoting": csv.QUOTE_MINIMAL, "doublequote": True, "strict": False},
    "none": {"quoting": csv.QUOTE_NONE, "strict": False},
}


class Dialect(NamedTuple):
    """How a delimited file is written."""

    separator: str | None  # None: one column, a text per line
    quoting: str  # a key of _QUOTING
    width: int  # columns
    skip: int = 0  # lines before the first row (Excel's "sep=;")


def find_dialect(source: Source, encoding: Encoding, *, one_column: bool) -> Dialect:
    """Return the separator under which most rows have equally many columns, and the quoting that it keeps to.

    `one_column` allows a plain list of texts. Reads the source once more, in bounded memory, to be sure of the
    quoting; raises DataError where no separator fits.
    """
    sample, whole = _sample(source, encoding)
    if not any(line.strip() for line in sample):
        raise DataError(f"{source.name} is empty; choose a file with a row per text.")
    for separator in SEPARATORS:  # before anything takes such rows apart
        if (least := min(line.count(separator) for line in sample)) > _TOO_MANY:
            check_width(least + 1, source.name)
    skip = int(sample[0].lower().startswith("sep=") and len(sample[0].strip()) == 5)
    separators = (sample[0][4],) if skip else SEPARATORS
    sample = sample[skip:]
    scores = {
        (separator, quoting): _score(sample, separator, quoting, whole)
        for separator in separators
        for quoting in ("loose", "none")
    }
    (separator, _), (share, width) = max(scores.items(), key=lambda item: (item[1][0], item[1][1] > 1))
    if share < _ALIKE or (one_column and separator == "," and source.inner_name.lower().endswith(".txt")):
        if not one_column:
            raise _no_table(source, separator, share, width)
        return _single(source, encoding, sample, skip)
    if _keeps_to(source, encoding, Dialect(separator, "doubled", width, skip)):
        return Dialect(separator, "doubled", width, skip)
    # The csv module is not strict about escapes, so these have to be seen, and to do better than no quoting.
    candidates = ["none", "loose", *(["escaped"] if any('\\"' in line for line in sample) else [])]
    best = max(candidates, key=lambda quoting: _score(sample, separator, quoting, whole)[0])
    return Dialect(separator, best, width, skip)


def read_delimited(source: Source, encoding: Encoding, dialect: Dialect) -> Iterator[list[str]]:
    """Yield the cells of each row that is not blank, as many as it has.

    Raises DataError for a cell or a line beyond all measure and for a quotation mark that never closes.
    """
    with open_text(source, encoding) as stream:
        text = itertools.islice(lines(stream, source.name), dialect.skip, None)
        if dialect.separator is None:
            yield from ([line.rstrip("\r\n")] for line in text if line.strip())
            return
        reader = _reader(text, dialect.separator, dialect.quoting)
        line = 0
        try:
            for row in reader:
                if reader.line_num - line > _LONGEST_ROW:
                    raise DataError(
                        f"{source.name} is broken: a quotation mark opened in line {line + 1 + dialect.skip:,} "
                        f"does not close for {reader.line_num - line:,} lines; close it or double it."
                    )
                line = reader.line_num
                if len(row) > 1 or (row and row[0].strip()):
                    yield row
        except csv.Error as error:
            at = reader.line_num + dialect.skip
            raise DataError(f"{source.name} cannot be read near line {at:,}: {error}; mend that line.") from None


def _reader(text: Iterable[str], separator: str, quoting: str):
    csv.field_size_limit(MAX_CELL)  # the module's own limit, 131,072 characters, is less than a long document
    return csv.reader(text, delimiter=separator, quotechar='"', **_QUOTING[quoting])


def _sample(source: Source, encoding: Encoding) -> tuple[list[str], bool]:
    """The first lines, and whether they are all there are."""
    found, size = [], 0
    with open_text(source, encoding) as stream:
        for line in lines(stream, source.name):
            if size > _SAMPLE:
                return found, False
            found.append(line)
            size += len(line)
    return found, True


def _score(sample: list[str], separator: str, quoting: str, whole: bool) -> tuple[float, int]:
    """Share of rows with the commonest number of columns (two or more), and that number."""
    try:
        rows = [row for row in _reader(sample, separator, quoting) if len(row) > 1 or (row and row[0].strip())]
    except csv.Error:
        return 0.0, 0
    rows = rows if whole or len(rows) == 1 else rows[:-1]
    widths = Counter(map(len, rows))
    several = [(count, width) for width, count in widths.items() if width > 1]
    if not several:
        return 0.0, 1
    count, width = max(several)
    return count / len(rows), width


def _keeps_to(source: Source, encoding: Encoding, dialect: Dialect) -> bool:
    """Whether the whole file obeys a strict quoting, and most of its rows have one width."""
    counts: Counter[int] = Counter()
    try:
        with open_text(source, encoding) as stream:
            text = itertools.islice(lines(stream, source.name), dialect.skip, None)
            for row in _reader(text, dialect.separator, dialect.quoting):
                counts[len(row)] += 1
    except csv.Error:
        return False
    return counts[dialect.width] >= _ALIKE * (counts.total() - counts[0])


def _single(source: Source, encoding: Encoding, sample: list[str], skip: int) -> Dialect:
    quoted = Dialect(",", "doubled", 1, skip)
    if any(line.startswith('"') for line in sample) and _keeps_to(source, encoding, quoted):
        return quoted
    return Dialect(None, "none", 1, skip)


def _no_table(source: Source, separator: str, share: float, width: int) -> DataError:
    if width < 2:
        found = "no comma, tab, semicolon or bar separates columns in it"
    else:
        name = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}.get(separator, separator)
        found = f"at best, a {name} gives {share:.0%} of its rows {width} columns"
    return DataError(
        f"{source.name} is not a table of texts and labels: {found}; "
        "put a text and a label in each row, and quotation marks around texts that hold the separator."
    )
