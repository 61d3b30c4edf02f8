"""Tables that are none, made here byte by byte: what each is, the name it comes under, and its bytes."""

import gzip
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

CSV = "text,label\n" + "".join(f"film number {i} was long,{'np'[i % 2]}\n" for i in range(40))
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'spreadsheetml.sheet.main+xml"/></Types>'
)


def zipped(members: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def with_claimed_size(data: bytes, size: int) -> bytes:
    """A zip whose directory claims another size for its one member."""
    forged = bytearray(data)
    struct.pack_into("<L", forged, forged.rindex(b"PK\x01\x02") + 24, size)
    return bytes(forged)


def locked(data: bytes) -> bytes:
    forged = bytearray(data)
    forged[6] |= 1
    forged[forged.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(forged)


def parquet(**columns) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def repeated_text() -> bytes:
    """One text of a million characters, to which two thousand rows refer."""
    buffer, places = io.BytesIO(), np.zeros(2000, np.int32)
    text = pa.DictionaryArray.from_arrays(places, ["x" * 1_000_000])
    table = pa.table({"text": text, "label": pa.array(["a", "b"] * 1000)})
    pq.write_table(table, buffer, store_schema=False, compression="zstd")
    return buffer.getvalue()


def cut_in_the_middle(data: bytes) -> bytes:
    return data[: len(data) // 3] + b"\xff" * 200 + data[len(data) // 3 + 200 :]


def workbook(*rows) -> bytes:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def with_member(data: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """A workbook with one of its files changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    return zipped(members | {name: change(members[name].decode())})


def laughs(xml: str) -> str:
    """Ten entities, each ten times the one before: ten thousand million laughs."""
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 11))
    head, rest = xml.split("?>", 1) if xml.startswith("<?xml") else ('<?xml version="1.0"', xml)
    return f"{head}?><!DOCTYPE x [{entities}]>" + rest.replace("<v>", "<v>&a10;", 1)


def rows(count: int, text="film number {}", label="p") -> str:
    return "text,label\n" + "".join(f"{text.format(i)},{label.format(i)}\n" for i in range(count))


def billion_commas() -> bytes:
    return gzip.compress(b"," * (1 << 26)) * 15  # members one behind the other are one file


FORMULAS = [("text", "label"), *((f"=HYPERLINK(A{i})", "=1+1") for i in range(30))]
BOMB = b"a,b\n" * (10 << 20)

# what it is: (name, bytes, whether the message ends in words of a library, which change with its versions)
TABLES: dict[str, tuple[str, Callable[[], bytes], bool]] = {
    "nothing but spaces": ("t.csv", lambda: b" \n \n", False),
    "a gzip of nothing": ("t.csv.gz", lambda: gzip.compress(b""), False),
    "a zip without a file": ("t.zip", lambda: zipped({}), False),
    "a gzip bomb, 40 MiB from 40 KiB": ("bomb.csv.gz", lambda: gzip.compress(BOMB), False),
    "a zip bomb, 40 MiB from 40 KiB": ("bomb.zip", lambda: zipped({"t.csv": BOMB}), False),
    "a zip bomb that claims to be small": (
        "bomb.zip", lambda: with_claimed_size(zipped({"t.csv": BOMB}), 1000), True),
    "a zip in a zip": ("t.zip", lambda: zipped({"t.zip": zipped({"t.csv": CSV})}), False),
    "10,001 files in a zip": ("t.zip", lambda: zipped({f"{i}.csv": b"" for i in range(10_001)}), False),
    "two tables in a zip": ("t.zip", lambda: zipped({"a.csv": CSV, "b.csv": CSV}), False),
    "a zip with a password": ("t.zip", lambda: locked(zipped({"t.csv": CSV})), False),
    "path traversal in a zip": ("t.zip", lambda: zipped({"../../../etc/cron.d/t.csv": CSV}), False),
    "an absolute path in a zip": ("t.zip", lambda: zipped({"/etc/passwd.csv": CSV}), False),
    "a path with a drive in a zip": ("t.zip", lambda: zipped({"C:\\Windows\\t.csv": CSV}), False),
    "a damaged zip": ("t.zip", lambda: b"PK\x03\x04" + b"junk" * 100, True),
    "half a gzip": ("t.csv.gz", lambda: gzip.compress(np.random.default_rng(1).bytes(9999))[:4000], True),
    "a tar archive": ("t.csv", lambda: b"t.csv".ljust(257, b"\0") + b"ustar\x0000" + bytes(300), False),
    "a billion columns, packed": ("t.csv.gz", billion_commas, False),
    "ten million columns": ("t.csv", lambda: b"," * 10_000_000 + b"\n" + b"," * 10_000_000, False),
    "one line of twenty million characters": ("t.csv", lambda: b"a,b\n" + b"x" * 20_000_000, False),
    "columns by the thousand": ("t.csv", lambda: (",".join(f"c{i}" for i in range(1500)) + "\n").encode() * 3, False),
    "a workbook of formulas without values": ("t.xlsx", lambda: workbook(*FORMULAS), False),
    "a workbook with a row number of a thousand million": (
        "t.xlsx", lambda: with_member(workbook(*[("text", "label")] * 3), "xl/worksheets/sheet1.xml",
                                      lambda xml: xml.replace('r="3"', 'r="1000000000"')), False),
    "a billion laughs in a workbook": (
        "t.xlsx", lambda: with_member(workbook((1, 2), (3, 4)), "xl/worksheets/sheet1.xml", laughs), True),
    "a bomb in a workbook": (
        "t.xlsx", lambda: zipped({"[Content_Types].xml": CONTENT_TYPES, "xl/a.xml": b" " * (40 << 20)}), False),
    "a damaged workbook": ("t.xlsx", lambda: zipped({"[Content_Types].xml": CONTENT_TYPES, "xl/a": b""}), True),
    "a Word document": ("t.xlsx", lambda: zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), False),
    "an old Excel file": ("t.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), False),
    "a table inside HTML, called .xls": (
        "t.xls", lambda: b"<html><body><table><tr><td>text<td>label</table>", False),
    "a table inside HTML, called .csv": ("t.csv", lambda: b"<!DOCTYPE html>\n<table><tr><td>a</table>", False),
    "XML": ("t.csv", lambda: b'<?xml version="1.0"?><rows><row text="a"/></rows>', False),
    "a PDF called .csv": ("t.csv", lambda: b"%PDF-1.7\n" + bytes(99), False),
    "a picture called .csv": ("t.csv", lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), False),
    "a program called .csv": ("t.csv", lambda: b"\x7fELF" + bytes(99), False),
    "a pickle called .csv": ("t.csv", lambda: pickle.dumps({"text": ["a"], "label": [1]}), False),
    "an old pickle, in letters": ("t.csv", lambda: b"cos\nsystem\n(S'echo hi'\ntR.", False),
    "a database": ("t.csv", lambda: b"SQLite format 3\0" + bytes(99), False),
    "an Arrow file called .parquet": ("t.parquet", lambda: b"ARROW1\0\0" + bytes(99), False),
    "a NumPy array called .csv": ("t.csv", lambda: b"\x93NUMPY\x01\0" + bytes(99), False),
    "zero bytes": ("t.csv", lambda: CSV.encode() + bytes(1000), False),
    "a Parquet file without its end": ("t.parquet", lambda: parquet(text=["a"] * 99, label=["b"] * 99)[:-8], True),
    "a Parquet file overwritten in its middle": (
        "t.parquet",
        lambda: cut_in_the_middle(parquet(text=[f"{i * 7919 % 10007}" for i in range(9999)], label=["b"] * 9999)),
        True,
    ),
    "a Parquet file whose end claims 2 GB": (
        "t.parquet", lambda: b"PAR1" + bytes(99) + b"\xff\xff\xff\x7fPAR1", True),
    "a Parquet file of bytes alone": ("t.parquet", lambda: parquet(text=[b"a"] * 9, label=[b"b"] * 9), False),
    "a Parquet file of 2 KB with 2,000 million characters": ("t.parquet", repeated_text, False),
    "JSON that is cut": ("t.json", lambda: json.dumps([{"text": "a", "label": "b"}] * 9).encode()[:-30], True),
    "JSON a hundred thousand lists deep": ("t.json", lambda: b"[" * 100_000, False),
    "JSON without a table": ("t.json", lambda: b'{"text": "a", "label": 1}', False),
    "JSON lines that are none": ("t.jsonl", lambda: b"[1, 2]\n[3, 4]\n", False),
    "prose": ("t.csv", lambda: b"Once upon a time there was a lab\nwhere nobody wrote tables.\n" * 9, False),
    "texts without labels": (
        "t.csv", lambda: "".join(f"a text of several words {i}\n" for i in range(60)).encode(), False),
    "one label for all": ("t.csv", lambda: rows(50).encode(), False),
    "a label for each row": ("t.csv", lambda: rows(200, label="id{}").encode(), False),
    "sentences for labels": ("t.csv", lambda: rows(60, label="a rather long answer " * 8 + "{}").encode(), False),
    "two labels for each text": (
        "t.csv", lambda: ("text,label\n" + "".join(f"film {i // 2},{'np'[i % 2]}\n" for i in range(80))).encode(),
        False,
    ),
    "empty texts": ("t.csv", lambda: ("text,label\n" + ",p\n,n\n" * 30).encode(), False),
    "texts longer than any document": (
        "t.csv", lambda: ("text,label\n" + f"{'x' * 100_001},p\n{'y' * 100_001},n\n" * 3).encode(), False),
    "a split that is none": (
        "t.csv", lambda: ("text,label,split\n" + "a film,p,train\n" * 1500 + "a film,p,holdout\n").encode(), False),
    "a class of one text": ("t.csv", lambda: (CSV + "the only one,rare\n").encode(), False),
}  # fmt: skip
