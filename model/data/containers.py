"""What a file really holds: plain, .gz or .zip, told by its first bytes and opened within bounds."""

import gzip
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from model.data.foreign import TABLE, Wanted, kind_of
from model.errors import DataError

MAX_BYTES = 1 << 30  # of one table held in memory
MAX_RATIO = 200  # unpacked : packed. Texts reach 3 to 20; a bomb reaches 1,000
RATIO_COUNTS_FROM = 32 << 20  # bytes; small files may be as repetitive as they like
MAX_MEMBERS = 10_000  # of a .zip
TABLE_ENDINGS = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx")
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
    """The bytes of one table or text: `open()` starts a new stream from its first byte, each time it is called."""

    name: str  # as shown in errors
    inner_name: str  # without .gz, or as named inside the .zip: its ending is a hint
    kind: str  # "text", "parquet" or "xlsx"
    open: Callable[[], BinaryIO]
    size: int = 0  # of what `open` gives, in bytes, as far as the file tells: for showing progress alone
    wanted: Wanted = TABLE


def open_source(source, *, name: str | None = None, wanted: Wanted = TABLE) -> Source:
    """Look at a path, bytes or binary file object and return the one table, or text, in it as a Source.

    Raises DataError for what is missing, empty, damaged, too large when unpacked, or no table at all: in the words of
    what is `wanted`.
    """
    name, raw, size = _raw(source, name)
    head = _head(raw)
    if not head:
        raise DataError(f"{name} is empty; {wanted.choose}.")
    if head.startswith(b"\x1f\x8b"):
        inner = re.sub(r"\.t?gz$|\.gzip$", "", name, flags=re.IGNORECASE)

        def unzipped() -> BinaryIO:
            stream = raw()
            return _bounded(gzip.GzipFile(fileobj=stream), name, size, owner=stream)

        return _unpacked(name, inner, unzipped, _gzip_size(raw, size), wanted)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(name, raw, wanted)
    return Source(name, name, kind_of(head, name, wanted), raw, size, wanted)


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


def _unpacked(name: str, inner_name: str, opener: Callable[[], BinaryIO], size: int, wanted: Wanted) -> Source:
    head = _head(opener)
    if not head:
        raise DataError(f"{name} holds an empty file; {wanted.choose}.")
    kind = kind_of(head, name, wanted)
    if kind == "text":
        return Source(name, inner_name, kind, opener, size, wanted)
    # Parquet and Excel are read from their end, which needs a stream that seeks.
    return Source(name, inner_name, kind, lambda: _in_memory(name, opener), size, wanted)


def _in_memory(name: str, opener: Callable[[], BinaryIO]) -> BinaryIO:
    with opener() as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise too_large(name)
    return io.BytesIO(data)


def _in_zip(name: str, raw: Callable[[], BinaryIO], wanted: Wanted) -> Source:
    try:
        with raw() as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
    except UNREADABLE as error:
        raise DataError(f"{name} is a damaged zip file ({error}); pack or download it again.") from None
    if len(members) > MAX_MEMBERS:
        raise DataError(f"{name} holds {len(members):,} files; pack one of them alone.")
    names = {member.filename for member in members}
    if "[Content_Types].xml" in names or "mimetype" in names:
        return _office(name, names, members, raw, wanted)
    member = _one_table(name, members)

    def opener() -> BinaryIO:
        stream = raw()
        archive = zipfile.ZipFile(stream)
        return _bounded(archive.open(member), name, member.compress_size, owner=stream)

    try:
        return _unpacked(name, member.filename, opener, member.file_size, wanted)
    except UNREADABLE as error:
        raise DataError(f"{name} cannot be unpacked ({error}); pack it again as a plain .zip.") from None


def _office(name: str, names: set[str], members: list[zipfile.ZipInfo], raw, wanted: Wanted) -> Source:
    if not any(inner.startswith("xl/") for inner in names):
        raise DataError(f"{name} is an Office document but no Excel workbook; {wanted.save}.")
    packed, unpacked = sum(m.compress_size for m in members), sum(m.file_size for m in members)
    # zipfile never yields more than the declared size, so checking what is declared is enough.
    if unpacked > MAX_BYTES:
        raise too_large(name)
    if unpacked > _limit(packed):
        raise _too_dense(name, packed)
    # In memory, because a workbook's reader never closes its file.
    return Source(name, name, "xlsx", lambda: _in_memory(name, raw), packed, wanted)


def _one_table(name: str, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    files = []
    for member in members:
        parts = re.split(r"[/\\]", member.filename)
        if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
            raise DataError(f"{name} has an entry that points outside of it ({member.filename!r}); pack it again.")
        if parts[-1] and not parts[-1].startswith("."):  # no folder, and nothing of what macOS adds
            files.append(member)
    tables = [member for member in files if member.filename.lower().endswith(TABLE_ENDINGS)] or files
    if not tables:
        raise DataError(f"{name} holds no file; pack one into it.")
    if len(tables) > 1:
        listed = ", ".join(member.filename for member in tables[:5])
        raise DataError(f"{name} holds {len(tables):,} files ({listed}); unpack it and choose one.")
    if tables[0].flag_bits & 0x1:
        raise DataError(f"{name} is protected by a password; pack it again without one.")
    return tables[0]


def _limit(packed: int) -> int:
    return max(RATIO_COUNTS_FROM, MAX_RATIO * packed)


def _too_dense(name: str, packed: int) -> DataError:
    return DataError(
        f"{name} unpacks to more than {MAX_RATIO} times its {packed:,} bytes, as texts never do; "
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
