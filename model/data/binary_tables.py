"""Tables written as Parquet or as an Excel workbook."""

import itertools
import warnings
from collections import Counter
from collections.abc import Collection, Iterator

from model.data.containers import UNREADABLE, Source, too_large
from model.data.sheets import MAX_COLUMNS, Sheet, cell_text, names_of, sheet_of_rows
from model.errors import DataError

MAX_EXCEL_ROWS = 1 << 20  # as many as Excel itself allows
_BATCH = 4096
_MOST_COPIED = 1 << 30  # bytes
# What openpyxl and the XML parser below it raise on a damaged workbook (ParseError is a SyntaxError).
_BROKEN = (*UNREADABLE, LookupError, TypeError, AttributeError, ArithmeticError, SyntaxError)


def read_parquet(source: Source) -> Sheet:
    """Read the columns of a Parquet file that hold plain values; nested and binary ones are left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    broken = (pa.ArrowException, OSError, ValueError, LookupError)
    try:
        with source.open() as stream:
            about = pq.ParquetFile(stream)
            schema, expected, repetitive = about.schema_arrow, about.metadata.num_rows, _repetitive(about.metadata)
    except broken as error:
        raise _damaged(source, "Parquet", error) from None
    kept = [field for field in schema if not (pa.types.is_nested(field.type) or _is_bytes(field.type))]
    if not kept:
        raise DataError(f"{source.name} has no column of plain values; write texts and labels as strings.")
    names = [field.name for field in kept]
    # As a dictionary, a text that the file repeats a million times stays one string in memory. But the dictionary is
    # copied for each batch, so that one of texts that are all different would take the square of their number.
    strings = [field.name for field in kept if pa.types.is_string(field.type) or _is_large(field.type)]
    texts = [name for name in strings if name in repetitive]

    def rows() -> Iterator[list[str]]:
        try:
            with source.open() as stream:
                table = pq.ParquetFile(stream, read_dictionary=texts)
                for batch in table.iter_batches(batch_size=_BATCH, columns=names):
                    yield from map(list, zip(*map(_arrow_cells, batch.columns), strict=True))
        except MemoryError:  # PyArrow's own is one
            raise too_large(source.name) from None
        except broken as error:
            raise _damaged(source, "Parquet", error) from None

    return Sheet(names_of(names, source.name), "parquet", None, rows(), expected)


def read_excel(source: Source, *, sheet: str | None, wanted: Collection[str]) -> Sheet:
    """Read one sheet of a workbook: the one named, or the first with anything in it."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, on which no cell's text depends
            book = openpyxl.load_workbook(source.open(), read_only=True, data_only=True, keep_links=False)
            pages = {page.title: page for page in book.worksheets}
    except _BROKEN as error:
        raise _damaged(source, "Excel", error) from None
    if sheet is not None and sheet not in pages:
        raise DataError(f"{source.name} has no sheet {sheet!r}; it has {', '.join(map(repr, pages)) or 'none'}.")
    for title in pages if sheet is None else [sheet]:
        rows = _excel_rows(source, pages[title])
        if first := next(rows, None):
            break
    else:
        raise DataError(f"{source.name} is empty; choose a workbook with a row per text.")

    rows = itertools.chain([first], rows)
    return sheet_of_rows(rows, name=source.name, format="xlsx", encoding=None, wanted=wanted, width=len(first))


def _excel_rows(source: Source, page) -> Iterator[list[str]]:
    page.reset_dimensions()  # what a file says of its own size need not be true
    try:
        for place, row in enumerate(page.iter_rows(values_only=True)):
            if place >= MAX_EXCEL_ROWS:  # a row number in the file can be any; the rows before it come as empty
                raise too_large(source.name)
            if len(row) > MAX_COLUMNS:
                raise DataError(
                    f"{source.name} has {len(row):,} columns, more than {MAX_COLUMNS:,}; keep those that matter."
                )
            cells = [cell_text(value) for value in row]
            if any(cells):
                yield cells
    except _BROKEN as error:
        raise _damaged(source, "Excel", error) from None


def _repetitive(about) -> set[str]:
    """The columns to be read as dictionaries: those whose values, each once for each batch, are not too much."""
    copied: Counter[str] = Counter()
    for group in map(about.row_group, range(about.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            copied[column.path_in_schema] += column.total_uncompressed_size * (1 + group.num_rows // _BATCH)
    return {name for name, size in copied.items() if size <= _MOST_COPIED}


def _arrow_cells(column) -> list[str]:
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return [cell_text(value) for value in column.to_pylist()]
    used = column.indices.unique().drop_null()
    words = dict(zip(used.to_pylist(), map(cell_text, column.dictionary.take(used).to_pylist()), strict=True))
    return [words.get(index, "") for index in column.indices.to_pylist()]


def _is_bytes(kind) -> bool:
    import pyarrow as pa

    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _is_large(kind) -> bool:
    import pyarrow as pa

    return pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _damaged(source: Source, kind: str, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return DataError(f"{source.name} is a damaged {kind} file ({reason}); save it again.")
