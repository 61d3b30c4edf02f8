"""What a file really holds: plain, .gz or .zip, told by its first bytes and opened within bounds."""

import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from model.errors import DataError

MAX_BYTES = 1 << 30  # of one table held in memory
MAX_RATIO = 200  # unpacked : packed. Texts reach 3 to 20; a bomb reaches 1,000
RATIO_COUNTS_FROM = 32 << 20  # bytes; small files may be as repetitive as they like
MAX_MEMBERS = 10_000  # of a .zip
TABLE_ENDINGS = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx")

_SAVE_AS = "save the table as .csv, .tsv, .jsonl, .json, .parquet or .xlsx"
_UNPACK = "unpack it, or pack the table as .gz or .zip"
# first bytes -> what it is, and the way out
_FOREIGN = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an old (.xls) or password-protected Office file", _SAVE_AS),
    b"%PDF": ("a PDF document", _SAVE_AS),
    b"\x89PNG": ("a picture", _SAVE_AS),
    b"\xff\xd8\xff": ("a picture", _SAVE_AS),
    b"GIF8": ("a picture", _SAVE_AS),
    b"SQLite format 3\0": ("an SQLite database", _SAVE_AS),
    b"ARROW1": ("an Arrow / Feather file", _SAVE_AS),
    b"Obj\x01": ("an Avro file", _SAVE_AS),
    b"\x7fELF": ("a program", _SAVE_AS),
    b"MZ": ("a program", _SAVE_AS),
    b"\x80\x02": ("a Python pickle, which is never opened", _SAVE_AS),
    b"\x80\x03": ("a Python pickle, which is never opened", _SAVE_AS),
    b"\x80\x04": ("a Python pickle, which is never opened", _SAVE_AS),
    b"\x80\x05": ("a Python pickle, which is never opened", _SAVE_AS),
    b"BZh": ("packed with bzip2", _UNPACK),
    b"\xfd7zXZ\0": ("packed with xz", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("packed with zstd", _UNPACK),
    b"7z\xbc\xaf": ("a 7z archive", _UNPACK),
    b"Rar!": ("a RAR archive", _UNPACK),
}
UNREADABLE = (  # what gzip, zipfile and the packings below them raise on damaged bytes
    EOFError,
    OSError,  # with gzip.BadGzipFile
    zlib.error,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    RuntimeError,  # zipfile's word for a password, with NotImplementedError for an unknown packing
    ValueError,  # a place before the file's beginning, a name that is no text
)


@dataclass(frozen=True)
class Source:
    """One table's bytes: `open()` starts a new stream from its first byte, each time it is called."""

    name: str  # as shown in errors
    inner_name: str  # without .gz, or as named inside the .zip: its ending is a hint
    kind: str  # "text", "parquet" or "xlsx"
    open: Callable[[], BinaryIO]
    size: int = 0  # of what `open` gives, in bytes, as far as the file tells: for showing progress alone


def open_source(source, *, name: str | None = None) -> Source:
    """Look at a path, bytes or binary file object and return the one table in it as a Source.

    Raises DataError for what is missing, empty, damaged, too large when unpacked, or no table at all.
    """
    name, raw, size = _raw(source, name)
    head = _head(raw)
    if not head:
        raise DataError(f"{name} is empty; choose a file with a row per text.")
    if head.startswith(b"\x1f\x8b"):
        inner = re.sub(r"\.t?gz$|\.gzip$", "", name, flags=re.IGNORECASE)

        def unzipped() -> BinaryIO:
            stream = raw()
            return _bounded(gzip.GzipFile(fileobj=stream), name, size, owner=stream)

        return _unpacked(name, inner, unzipped, _gzip_size(raw, size))
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(name, raw)
    return Source(name, name, _sniff(head, name), raw, size)


def _raw(source, name: str | None) -> tuple[str, Callable[[], BinaryIO], int]:
    if isinstance(source, (str, Path)):
        path = Path(source)
        name = name or path.name
        if path.is_dir():
            raise DataError(f"{path} is a folder; name one file in it.")
        if not path.is_file():
            raise DataError(f"There is no file {path}; check the spelling and the folder.")
        try:
            path.open("rb").close()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}; check its permissions.") from None
        return name, lambda: path.open("rb"), path.stat().st_size
    name = name or Path(str(getattr(source, "name", "the data"))).name
    data = source if isinstance(source, (bytes, bytearray, memoryview)) else source.read(MAX_BYTES + 1)
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    return name, lambda: io.BytesIO(data), len(data)


def _head(opener: Callable[[], BinaryIO]) -> bytes:
    with opener() as stream:
        return stream.read(1 << 16)


def _gzip_size(raw: Callable[[], BinaryIO], packed: int) -> int:
    with raw() as stream:
        stream.seek(-4, io.SEEK_END)  # where gzip writes the size of its last member
        return max(packed, min(int.from_bytes(stream.read(4), "little"), _limit(packed)))


def _unpacked(name: str, inner_name: str, opener: Callable[[], BinaryIO], size: int) -> Source:
    head = _head(opener)
    if not head:
        raise DataError(f"{name} holds an empty file; choose a file with a row per text.")
    kind = _sniff(head, name)
    if kind == "text":
        return Source(name, inner_name, kind, opener, size)
    # Parquet and Excel are read from their end, which needs a stream that seeks.
    return Source(name, inner_name, kind, lambda: _in_memory(name, opener), size)


def _in_memory(name: str, opener: Callable[[], BinaryIO]) -> BinaryIO:
    with opener() as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise too_large(name)
    return io.BytesIO(data)


def _in_zip(name: str, raw: Callable[[], BinaryIO]) -> Source:
    try:
        with raw() as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
    except UNREADABLE as error:
        raise DataError(f"{name} is a damaged zip file ({error}); pack or download it again.") from None
    if len(members) > MAX_MEMBERS:
        raise DataError(f"{name} holds {len(members):,} files; pack the one table alone.")
    names = {member.filename for member in members}
    if "[Content_Types].xml" in names or "mimetype" in names:
        return _office(name, names, members, raw)
    member = _one_table(name, members)

    def opener() -> BinaryIO:
        stream = raw()
        archive = zipfile.ZipFile(stream)
        return _bounded(archive.open(member), name, member.compress_size, owner=stream)

    try:
        return _unpacked(name, member.filename, opener, member.file_size)
    except UNREADABLE as error:
        raise DataError(f"{name} cannot be unpacked ({error}); pack it again as a plain .zip.") from None


def _office(name: str, names: set[str], members: list[zipfile.ZipInfo], raw) -> Source:
    if not any(inner.startswith("xl/") for inner in names):
        raise DataError(f"{name} is an Office document but no Excel workbook; {_SAVE_AS}.")
    packed, unpacked = sum(m.compress_size for m in members), sum(m.file_size for m in members)
    # zipfile never yields more than the declared size, so checking what is declared is enough.
    if unpacked > MAX_BYTES:
        raise too_large(name)
    if unpacked > _limit(packed):
        raise _too_dense(name, packed)
    # In memory, because a workbook's reader never closes its file.
    return Source(name, name, "xlsx", lambda: _in_memory(name, raw), packed)


def _one_table(name: str, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    files = []
    for member in members:
        parts = re.split(r"[/\\]", member.filename)
        if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
            raise DataError(
                f"{name} has an entry that points outside of it ({member.filename!r}); pack the table again."
            )
        if parts[-1] and not parts[-1].startswith("."):  # no folder, and nothing of what macOS adds
            files.append(member)
    tables = [member for member in files if member.filename.lower().endswith(TABLE_ENDINGS)] or files
    if not tables:
        raise DataError(f"{name} holds no file; pack one table into it.")
    if len(tables) > 1:
        listed = ", ".join(member.filename for member in tables[:5])
        raise DataError(f"{name} holds {len(tables):,} tables ({listed}); unpack it and choose one.")
    if tables[0].flag_bits & 0x1:
        raise DataError(f"{name} is protected by a password; pack it again without one.")
    return tables[0]


def _sniff(head: bytes, name: str) -> str:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        if b"xl/" in head or b"[Content_Types].xml" in head:
            return "xlsx"
        raise DataError(f"{name} is packed twice; unpack it once.")
    for magic, (what, way_out) in _FOREIGN.items():
        if head.startswith(magic):
            raise DataError(f"{name} is {what}, not a table of texts; {way_out}.")
    if head[257:262] == tarfile.GNU_MAGIC[:5]:
        raise DataError(f"{name} is a tar archive, not a table; unpack it and choose one file.")
    start = head[:2048].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n").lower()
    if re.match(rb"<(!doctype html|html|head|body)\b", start):
        raise DataError(f"{name} is a web page, not a table; download the file itself (its 'raw' link).")
    if re.match(rb"<(\?xml|!doctype)\b", start):
        raise DataError(f"{name} is an XML file, not a table; {_SAVE_AS}.")
    return "text"


def _limit(packed: int) -> int:
    return max(RATIO_COUNTS_FROM, MAX_RATIO * packed)


def _too_dense(name: str, packed: int) -> DataError:
    return DataError(
        f"{name} unpacks to more than {MAX_RATIO} times its {packed:,} bytes, as no table of texts does; "
        "unpack it yourself if you trust it."
    )


def too_large(name: str) -> DataError:
    """The error for a table that would not fit in memory."""
    return DataError(f"{name} is larger than {MAX_BYTES >> 20:,} MiB unpacked; split it or take a sample of it.")


def _bounded(stream: BinaryIO, name: str, packed: int, *, owner: BinaryIO) -> BinaryIO:
    return io.BufferedReader(_Bounded(stream, name, packed, owner), 1 << 18)


class _Bounded(io.RawIOBase):
    """A stream that stops a zip bomb, and turns every way of being damaged into one DataError."""

    def __init__(self, stream, name, packed, owner):
        self._stream, self._name, self._packed, self._owner = stream, name, packed, owner
        self._left = _limit(packed)

    def readable(self):
        return True

    def readinto(self, buffer):
        try:
            data = self._stream.read(len(buffer))
        except UNREADABLE as error:
            raise DataError(f"{self._name} is damaged ({error}); pack or download it again.") from None
        self._left -= len(data)
        if self._left < 0:
            raise _too_dense(self._name, self._packed)
        buffer[: len(data)] = data
        return len(data)

    def close(self):
        if not self.closed:
            self._stream.close()
            self._owner.close()
        super().close()
