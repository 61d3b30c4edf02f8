"""From a file of any format to named columns and rows of strings."""

from collections.abc import Collection

from model.data.binary_tables import read_excel, read_parquet
from model.data.containers import Source
from model.data.delimited import find_dialect, read_delimited
from model.data.encodings import find_encoding
from model.data.json_tables import json_form, read_json, read_json_lines
from model.data.sheets import Sheet, sheet_of_rows
from model.errors import DataError


def read_sheet(
    source: Source, *, sheet: str | None = None, wanted: Collection[str] = (), one_column: bool = False
) -> Sheet:
    """Open the table in a source; `sheet` names one of an Excel file, `wanted` are column names to expect.

    `one_column` allows a plain list of texts. Raises DataError, here or while the rows are read.
    """
    if sheet is not None and source.kind != "xlsx":
        raise DataError(f"{source.name} is no Excel workbook, so it has no sheet {sheet!r}; leave the sheet out.")
    if source.kind == "xlsx":
        return read_excel(source, sheet=sheet, wanted=wanted)
    if source.kind == "parquet":
        return read_parquet(source)
    encoding = find_encoding(source)
    form = json_form(source, encoding)
    if form is not None:
        return (read_json_lines if form == "jsonl" else read_json)(source, encoding)
    dialect = find_dialect(source, encoding, one_column=one_column)
    return sheet_of_rows(
        read_delimited(source, encoding, dialect),
        name=source.name,
        format={"\t": "tsv", None: "txt"}.get(dialect.separator, "csv"),
        encoding=encoding.label,
        wanted=wanted,
        width=dialect.width,
    )
