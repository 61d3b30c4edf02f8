import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from model.errors import DataError
from model.text.vector_files import open_vector_file

GLOVE = b"the 0.5 -1 2e-1\n, 1 2 3\ncaf\xc3\xa9 4 5 6\n"
WORD2VEC = b"3 3\n" + GLOVE
FASTTEXT = b"3 3\nthe 0.5 -1 2e-1 \n, 1 2 3 \ncaf\xc3\xa9 4 5 6 \n"
ROWS = [("the", [0.5, -1, 0.2]), (",", [1, 2, 3]), ("café", [4, 5, 6])]


def binary(rows, *, header=None, end=b"\n"):
    body = b"".join(word.encode() + b" " + struct.pack(f"<{len(row)}f", *row) + end for word, row in rows)
    return (header or b"%d %d\n" % (len(rows), len(rows[0][1]))) + body


def read(path):
    """The format, the dimension and all rows of a file."""
    with open_vector_file(path) as file:
        rows = [(word.decode(), file.parse(numbers)) for word, numbers in file.rows]
        assert all(row.shape == (file.dimension,) and row.dtype == np.float32 for _, row in rows)
        return file.format, [(word, row.tolist()) for word, row in rows]


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "format"),
    [
        (GLOVE, "GloVe text"),
        (GLOVE.rstrip(b"\n"), "GloVe text"),
        (GLOVE.replace(b"\n", b"\r\n"), "GloVe text"),
        (WORD2VEC, "word2vec text"),
        (FASTTEXT, "word2vec text"),
        (binary(ROWS), "word2vec binary"),
        (binary(ROWS, end=b""), "word2vec binary"),
    ],
)
def test_the_format_is_found_by_content(tmp_path, content, format, compress):
    path = tmp_path / "vectors.bin"  # the name says nothing
    path.write_bytes(compress(content))
    found, rows = read(path)
    assert found == format
    assert [word for word, _ in rows] == [word for word, _ in ROWS]
    assert [row for _, row in rows] == [pytest.approx(row) for _, row in ROWS]


def test_binary_rows_survive_every_boundary_of_what_is_read_at_once(tmp_path, monkeypatch):
    rows = [(f"word{number}", [number, 10.0, 32.0]) for number in range(50)]  # 10 is a line end, 32 a space
    (tmp_path / "vectors").write_bytes(binary(rows))
    for chunk in range(2, 40):
        monkeypatch.setattr("model.text.vector_files._CHUNK", chunk)
        assert read(tmp_path / "vectors") == ("word2vec binary", rows)


def test_numbers_that_look_like_line_ends_and_spaces_do_not_confuse_binary(tmp_path):
    awkward = struct.unpack("<2f", b"5\n 5\n 1\n")
    (tmp_path / "vectors").write_bytes(binary([("a", awkward), ("b", awkward)]))
    assert read(tmp_path / "vectors") == ("word2vec binary", [("a", list(awkward)), ("b", list(awkward))])


def test_a_word_with_a_space_is_passed_over(tmp_path):
    (tmp_path / "vectors").write_bytes(b"the 1 2\n. . . 3 4\nat name@domain.com 5 6\nof 7 8\n")
    assert read(tmp_path / "vectors")[1] == [("the", [1, 2]), ("of", [7, 8])]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "begins with b''"),
        (b"\n\n", "begins with b''"),
        (b"text,label\ngood film,1\n", "begins with b'text,label'"),
        (b"<html><body>404", "begins with"),
        (b"\x00" * 100, "begins with"),
        (b"PK\x03\x04rest", "zip archive: unpack it"),
        (struct.pack("<i", 793712314) + b"\x0c", "fastText .bin model: give the .vec file"),
        (b"\x80\x04\x95rest", "pickle, which is never opened"),
        (b"\x93NUMPY\x01\x00", "NumPy array"),
        (b"3 0\nthe\n", "would have 0 dimensions"),
        (b"3 999999999\nthe 1\n", "would have 999,999,999 dimensions, not 1 to 4,096"),
        (b"the" + b" 1" * 5000, "would have 5,000 dimensions"),
        (b"the 1 2 3\nof 1 2\n", r"row 2 \('of'\) holds 2 numbers, not 3"),
        (b"the 1 2 3\nof 1 2 3 4\n", r"row 2 \('of'\) holds 4 numbers, not 3"),
        (b"2 3\nthe 1 2 3 4\nof 1 2 3 4\n", r"row 1 \('the'\) holds 4 numbers, not 3"),
        (b"the 1 2 3\nof 1 2 x\n", "could not convert"),
        (b"4 3\n" + GLOVE, "promises 4 rows and it holds 3"),
        (b"2 3\n" + GLOVE, "promises 2 rows and it holds 3"),
        (b"the 1 2\n" + b"x" * (1 << 19), "row 2 is longer than"),
        (binary(ROWS)[:-6], "promises 3 rows and it holds 2"),
        (binary(ROWS, header=b"2 3\n"), "goes on after the 2 rows"),
        (binary(ROWS, header=b"999999999999999 3\n"), "promises 999,999,999,999,999 rows and it holds 3"),
        (b"5 3\n" + b"\xff" * 20_000, "no word of less than"),
        (gzip.compress(GLOVE * 50)[:-12], "its gzip stream ends too early|invalid|truncated"),
        (gzip.compress(GLOVE)[:12] + b"\xff\xff\xff\xff\xff\xff\xff", "cannot be read|ends too early"),
    ],
)
def test_a_malformed_file_is_refused_with_the_reason(tmp_path, content, reason):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason) as raised:
        read(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            read(path)


def test_memory_stays_bounded(tmp_path):
    with gzip.open(tmp_path / "bomb.gz", "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(b" " * (1 << 20))
    with gzip.open(tmp_path / "long.gz", "wb", compresslevel=1) as file:
        file.writelines(b"word%d" % number + b" 1" * 200 + b"\n" for number in range(50_000))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="begins with"):
            read(tmp_path / "bomb.gz")
        with open_vector_file(tmp_path / "long.gz") as file:
            assert sum(1 for _ in file.rows) == 50_000
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
