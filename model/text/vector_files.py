"""Pretrained word vectors row by row: GloVe text, word2vec text and binary, fastText .vec; plain or gzip."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.errors import DataError

MOST_DIMENSIONS = 4096

_LONGEST_LINE = 1 << 18  # 4,096 numbers of 60 characters; a longer line is no row of vectors
_LONGEST_WORD = 1 << 13
_CHUNK = 1 << 20
_OTHER_FILES = {  # how files begin that people offer by mistake, and what to do about them
    b"PK\x03\x04": "a zip archive: unpack it and give the text file inside",
    b"\xba\x16\x4f\x2f": "a fastText .bin model: give the .vec file that comes with it",
    b"\x80": "a pickle, which is never opened: save it with gensim's save_word2vec_format()",
    b"\x93NUMPY": "a NumPy array, which has no words: save it as text, a word and its numbers on each line",
}


class VectorFile(NamedTuple):
    """An open file: rows of (word, its numbers as stored), and what turns such numbers into float32 (E,)."""

    format: str
    dimension: int
    rows: Iterator[tuple[bytes, bytes]]
    parse: Callable[[bytes], np.ndarray]


@contextmanager
def open_vector_file(path: Path) -> Iterator[VectorFile]:
    """Opens a file of vectors and finds its format by its content.

    Rows stream, so memory is bounded whatever the file holds. Raises DataError, here and while rows are read, for a
    file that is missing, malformed, truncated or of absurd dimension.
    """
    try:
        with path.open("rb", buffering=_CHUNK) as raw:
            stream = io.BufferedReader(gzip.GzipFile(fileobj=raw), _CHUNK) if _is_gzip(raw) else raw
            head = stream.read(2 * _LONGEST_LINE)
            stream.seek(0)
            format, dimension, expected = _recognise(head)
            read = _binary_rows if format == "word2vec binary" else _text_rows
            parse = _parse_binary if format == "word2vec binary" else _parse_text
            yield VectorFile(format, dimension, read(stream, dimension, expected), parse)
    except EOFError as error:
        raise DataError(f"{path} is truncated: its gzip stream ends too early. Download it again.") from error
    except (OSError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"The vectors {path} cannot be read: {reason}. Give a readable file, or 'glove'.") from error
    except ValueError as error:
        raise DataError(
            f"{path} cannot be used: {error}. Give vectors as GloVe text, word2vec or fastText .vec, or 'glove'."
        ) from error


def _is_gzip(raw):
    magic = raw.read(2)
    raw.seek(0)
    return magic == b"\x1f\x8b"


def _recognise(head):
    """The format, the dimension, and the number of rows where a header promises one."""
    for start, advice in _OTHER_FILES.items():
        if head.startswith(start):
            raise ValueError(f"it is {advice}")
    first, _, rest = head.partition(b"\n")
    fields = first.split()
    if len(fields) == 2 and all(field.isdigit() and len(field) < 16 for field in fields):
        expected, dimension = map(int, fields)
        _check_dimension(dimension)
        row = rest.partition(b"\n")[0].split()[1:]
        # Two numbers in writing, because two stored floats can look like one by chance.
        is_text = len(row) >= min(2, dimension) and all(map(_is_number, row))
        return "word2vec text" if is_text else "word2vec binary", dimension, expected
    if len(fields) < 2 or not all(map(_is_number, fields[1:])):
        raise ValueError(
            f"it begins with {first[:40]!r}, not with a word and its numbers (GloVe) or two counts (word2vec)"
        )
    _check_dimension(len(fields) - 1)
    return "GloVe text", len(fields) - 1, None


def _check_dimension(dimension):
    if not 1 <= dimension <= MOST_DIMENSIONS:
        raise ValueError(f"its vectors would have {dimension:,} dimensions, not 1 to {MOST_DIMENSIONS:,}")


def _text_rows(stream, dimension, expected):
    if expected is not None:
        stream.readline()
    number = 0
    while line := stream.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            raise ValueError(f"row {number + 1:,} is longer than {_LONGEST_LINE:,} bytes")
        line = line.rstrip()  # fastText ends its lines with a space
        if not line:
            continue
        number += 1
        word, _, numbers = line.partition(b" ")
        spare = line.count(b" ") - dimension
        if spare < 0:
            raise ValueError(f"row {number:,} ({_shown(word)}) holds {spare + dimension} numbers, not {dimension}")
        if spare == 0:
            yield word, numbers
        elif all(map(_is_number, numbers.split(b" ", spare)[:spare])):
            raise ValueError(f"row {number:,} ({_shown(word)}) holds {spare + dimension} numbers, not {dimension}")
        # else the word has a space in it, as some of GloVe 840B have; no token has one
    _check_count(number, expected)


def _binary_rows(stream, dimension, expected):
    stream.readline()
    size = 4 * dimension
    buffer, position = b"", 0
    for number in range(expected):
        end = buffer.find(b" ", position)
        while end < 0 or len(buffer) < end + 1 + size:
            if end < 0 and len(buffer) - position > _LONGEST_WORD:
                raise ValueError(f"row {number + 1:,} has no word of less than {_LONGEST_WORD:,} bytes")
            more = stream.read(_CHUNK)
            if not more:
                _check_count(number, expected)
            buffer, position = buffer[position:] + more, 0
            end = buffer.find(b" ")
        yield buffer[position:end].lstrip(b"\n"), buffer[end + 1 : end + 1 + size]
        position = end + 1 + size
    if buffer[position:].strip() or stream.read(_CHUNK).strip():
        raise ValueError(f"it goes on after the {expected:,} rows that its first line promises")


def _check_count(number, expected):
    if expected is not None and number != expected:
        raise ValueError(
            f"its first line promises {expected:,} rows and it holds {number:,}: it is truncated or damaged; "
            "download it again"
        )


def _parse_text(numbers):
    with np.errstate(over="ignore"):  # too large for float32 is infinite, and reported as that
        return np.array([float(number) for number in numbers.split(b" ")]).astype(np.float32)


def _parse_binary(numbers):
    return np.frombuffer(numbers, "<f4")


def _is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True


def _shown(word):
    return repr(word[:40].decode("utf-8", "replace"))
