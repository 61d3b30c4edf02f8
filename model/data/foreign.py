"""What a file is by its first bytes, what was wanted instead, and the way out."""

import re
import tarfile
from typing import NamedTuple

from model.errors import DataError


class Wanted(NamedTuple):
    """What a file should hold, in the words of errors."""

    what: str
    choose: str  # a better file
    save: str  # what to do with another kind of file


TABLE = Wanted(
    "a table of texts",
    "choose a file with a row per text",
    "save the table as .csv, .tsv, .jsonl, .json, .parquet or .xlsx",
)
TEXT = Wanted("a text", "choose a text file", "save it as .txt in UTF-8")

_FOREIGN = {  # by first bytes
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old (.xls) or password-protected Office file",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3\0": "an SQLite database",
    b"ARROW1": "an Arrow / Feather file",
    b"Obj\x01": "an Avro file",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"\x80\x02": "a Python pickle, which is never opened",
    b"\x80\x03": "a Python pickle, which is never opened",
    b"\x80\x04": "a Python pickle, which is never opened",
    b"\x80\x05": "a Python pickle, which is never opened",
}
_PACKED = {
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ\0": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
}


def kind_of(head: bytes, name: str, wanted: Wanted) -> str:
    """Return "text", "parquet" or "xlsx" for a file's first bytes; raises DataError for what is none of them."""
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        if b"xl/" in head or b"[Content_Types].xml" in head:
            return "xlsx"
        raise DataError(f"{name} is packed twice; unpack it once.")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise DataError(f"{name} is {what}, not {wanted.what}; {wanted.save}.")
    for magic, what in _PACKED.items():
        if head.startswith(magic):
            raise DataError(f"{name} is {what}, not {wanted.what}; unpack it, or pack it as .gz or .zip.")
    if head[257:262] == tarfile.GNU_MAGIC[:5]:
        raise DataError(f"{name} is a tar archive, not {wanted.what}; unpack it and choose one file.")
    start = head[:2048].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n").lower()
    if re.match(rb"<(!doctype html|html|head|body)\b", start):
        raise DataError(f"{name} is a web page, not {wanted.what}; download the file itself (its 'raw' link).")
    if re.match(rb"<(\?xml|!doctype)\b", start):
        raise DataError(f"{name} is an XML file, not {wanted.what}; {wanted.save}.")
    return "text"
