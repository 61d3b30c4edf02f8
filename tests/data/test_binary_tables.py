import datetime
import io
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.data import rows as module
from model.data.tables import read_columns, read_table
from model.errors import DataError

TEXTS = ["good film", "bad film", "", "fine", None]


def parquet(columns: dict, **options) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


def workbook(sheets: dict[str, list[list]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def edited(data: bytes, member: str, edit) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, edit(old.read(name)) if member in name else old.read(name))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_parquet_is_read_whatever_its_strings_are(kind):
    data = parquet({"text": pa.array(TEXTS, pa.string()).cast(kind), "label": [1, 0, 1, None, 1]})
    table = read_table(data, name="t.parquet")
    assert (table.texts, table.labels) == (["good film", "bad film"], ["1", "0"])
    assert table.dropped == {"empty": 2, "no label": 1}
    assert read_table(data, name="wrong.csv") == table


def test_whole_numbers_have_no_point_whatever_column_holds_them():
    assert read_table(parquet({"text": ["a", "b"], "label": [1.0, 2.0]}), name="t").labels == ["1", "2"]
    assert read_table(parquet({"text": ["a", "b"], "label": [1.5, 2.0]}), name="t").labels == ["1.5", "2"]
    assert read_table(parquet({"text": ["a", "b"], "label": [True, False]}), name="t").labels == ["true", "false"]


def test_nested_and_binary_columns_are_left_out():
    data = parquet({"text": ["a", "b"], "label": [1, 0], "embedding": [[1.0], [2.0]], "image": [b"x", b"y"]})
    assert read_columns(data) == ["text", "label"]
    with pytest.raises(DataError, match="no column of plain values"):
        read_table(parquet({"image": [b"x"]}), name="t")


def test_a_repeated_giant_in_parquet_stays_one_string_until_the_bound_is_reached(monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 10_000_000)
    giant = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), pa.array(["x" * 90_000]))
    data = parquet({"text": giant, "label": ["a", "b"] * 2500}, compression="zstd")
    assert len(data) < 10_000
    with pytest.raises(DataError, match="larger than"):
        read_table(data, name="t.parquet")


def test_more_rows_than_allowed_are_refused_even_if_all_are_empty(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 1000)
    nothing = pa.nulls(5000, pa.string())
    with pytest.raises(DataError, match="more than 1,000 rows"):
        read_table(parquet({"text": nothing, "label": nothing}), name="t.parquet")


def test_damaged_parquet_is_refused():
    data = parquet({"text": [str(i) * 50 for i in range(2000)], "label": ["a", "b"] * 1000}, compression="none")
    for broken in (b"PAR1", b"PAR1" + b"x" * 100 + b"PAR1", data[:-100], data[: len(data) // 2]):
        with pytest.raises(DataError, match="damaged Parquet"):
            read_table(broken, name="t.parquet")
    hit = bytearray(data)
    for place in range(10, len(data) - 10, 23):
        hit[place] ^= 0x5A
    with pytest.raises(DataError, match="damaged Parquet"):
        read_table(bytes(hit), name="t.parquet")


def test_a_workbook_is_read_from_its_first_sheet_with_anything_in_it():
    data = workbook({"notes": [], "data": [[], ["text", "label"], ["good", 1], [None, 2], ["bad", 2.0]]})
    table = read_table(data, name="t.xlsx")
    assert (table.texts, table.labels, table.dropped, table.format) == (
        ["good", "bad"],
        ["1", "2"],
        {"empty": 1},
        "xlsx",
    )


def test_a_sheet_can_be_named():
    data = workbook({"a": [["text", "label"], ["x", 1]], "b": [["text", "label"], ["y", 2]]})
    assert read_table(data, name="t.xlsx", sheet="b").texts == ["y"]
    with pytest.raises(DataError, match="no sheet 'c'; it has 'a', 'b'"):
        read_table(data, name="t.xlsx", sheet="c")
    with pytest.raises(DataError, match="no Excel workbook"):
        read_table(b"text,label\nx,1\n", name="t.csv", sheet="a")


def test_cells_of_a_workbook_become_text_and_a_missing_header_is_noticed():
    day = datetime.date(2024, 5, 1)
    rows = [["a long enough sentence for a text", day], ["and another one of that kind, as it is", day]]
    table = read_table(workbook({"a": rows * 3}), name="t.xlsx")
    assert table.columns == ["column 1", "column 2"]
    assert table.labels[0].startswith("2024-05-01")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'<row r="2"', b'<row r="999999999"', "larger than"),  # a billion empty rows before it
        (b'r="B2"', b'r="ZZZ2"', "columns, more than 1,000"),
        (b"</sheetData>", b"", "damaged Excel"),
    ],
)
def test_a_workbook_that_lies_is_refused(old, new, words):
    data = workbook({"a": [["text", "label"], ["x", 1], ["y", 2]]})
    with pytest.raises(DataError, match=words):
        read_table(edited(data, "sheet1", lambda xml: xml.replace(old, new)), name="t.xlsx")


def test_entities_that_grow_without_end_are_refused():
    entities = b"".join(b'<!ENTITY e%d "%s">' % (i, b"&e%d;" % (i - 1) * 10) for i in range(1, 9))
    bomb = b'<!DOCTYPE x [<!ENTITY e0 "ha">' + entities + b"]>"
    data = workbook({"a": [["text", "label"], ["needle", 1], ["y", 2]]})
    grown = edited(data, "sheet1", lambda xml: bomb + xml.split(b"?>")[-1].replace(b"needle", b"&e8;"))
    with pytest.raises(DataError, match="damaged Excel"):
        read_table(grown, name="t.xlsx")
