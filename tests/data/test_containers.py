import gzip
import io
import os
import pickle
import zipfile

import pytest

from model.data import containers
from model.data.containers import open_source
from model.errors import DataError

CSV = b"text,label\ngood,1\nbad,0\n"


def pack(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def read(data, name="table.csv") -> bytes:
    with open_source(data, name=name).open() as stream:
        return stream.read()


@pytest.mark.parametrize(
    "data",
    [
        CSV,
        gzip.compress(CSV),
        gzip.compress(CSV[:11]) + gzip.compress(CSV[11:]),  # members one after another, as `cat a.gz b.gz` gives
        pack({"table.csv": CSV}),
        pack({"folder/table.csv": CSV, "readme.txt": b"about", "__MACOSX/._table.csv": b"x", "folder/.DS": b"x"}),
        pack({"table.data": CSV}),
    ],
)
def test_the_bytes_of_the_one_table_come_out_whatever_it_is_packed_in(data):
    assert read(data) == CSV


def test_a_source_opens_anew_each_time():
    source = open_source(gzip.compress(CSV), name="table.csv.gz")
    for _ in range(2):
        with source.open() as stream:
            assert stream.read() == CSV


def test_paths_and_file_objects_are_taken(tmp_path):
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(CSV))
    source = open_source(path)
    assert (source.name, source.inner_name, source.kind) == ("table.csv.gz", "table.csv", "text")
    assert read(path) == read(str(path)) == read(io.BytesIO(CSV)) == CSV


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (gzip.compress(b""), "empty file"),
        (pack({}), "holds no file"),
        (b"PK\x03\x04" + b"junk" * 30, "damaged zip"),
        (gzip.compress(os.urandom(3000))[:-500], "damaged"),
        (b"\x1f\x8b\x08" + b"x" * 60, "damaged"),
        (pack({"../table.csv": CSV}), "points outside"),
        (pack({"/etc/table.csv": CSV}), "points outside"),
        (pack({"C:\\table.csv": CSV}), "points outside"),
        (pack({"a.csv": CSV, "b.tsv": CSV}), r"2 files \(a.csv, b.tsv\)"),
        (pack({"a.zip": pack({"a.csv": CSV})}), "packed twice"),
        (gzip.compress(gzip.compress(CSV)), "packed twice"),
        (pack({"[Content_Types].xml": b"x", "word/document.xml": b"y"}), "no Excel workbook"),
        (b"<!DOCTYPE html>\n<html></html>", "web page"),
        (b"\xef\xbb\xbf  <HTML><body>not found", "web page"),
        (b'<?xml version="1.0"?><rows/>', "XML"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"\.xls"),
        (pickle.dumps({"a": 1}), "pickle, which is never opened"),
        (b"BZh91AY&SY", "bzip2"),
        (gzip.compress(b"table.csv".ljust(257, b"\0") + b"ustar\x0000" + bytes(300)), "tar archive"),
    ],
)
def test_what_is_no_table_is_named_in_one_line_with_a_way_out(data, words):
    with pytest.raises(DataError, match=words) as caught:
        read(data, "upload.csv")
    assert "upload.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value)  # what is wrong; what to do


def test_a_password_is_asked_to_be_taken_off():
    data = bytearray(pack({"a.csv": CSV}))
    data[6] |= 1  # the encryption flag, in the local header and in the directory
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DataError, match="password"):
        read(bytes(data))


def test_one_flipped_bit_in_a_zip_is_noticed():
    data = bytearray(pack({"a.csv": os.urandom(5000).hex().encode()}))
    data[2000] ^= 4
    with pytest.raises(DataError, match="damaged"):
        read(bytes(data))


BOMB = b"a,b\n" * (10 << 20)  # 40 MiB from 40 KiB


@pytest.mark.parametrize("data", [gzip.compress(BOMB, 6), pack({"a.csv": BOMB})])
def test_a_bomb_stops_after_the_bytes_that_a_table_could_have(data):
    source = open_source(data, name="bomb")
    got = 0
    with source.open() as stream, pytest.raises(DataError, match="more than 200 times"):
        while chunk := stream.read(1 << 20):
            got += len(chunk)
    assert got <= containers.RATIO_COUNTS_FROM


def test_a_workbook_that_would_unpack_beyond_bounds_is_not_opened():
    data = pack({"[Content_Types].xml": b"x", "xl/worksheets/sheet1.xml": b" " * (40 << 20)})
    with pytest.raises(DataError, match="more than 200 times"):
        open_source(data, name="bomb.xlsx")


def test_parquet_in_gzip_must_fit_in_memory(monkeypatch):
    monkeypatch.setattr(containers, "MAX_BYTES", 1000)
    source = open_source(gzip.compress(b"PAR1" + os.urandom(2000)), name="big.parquet.gz")
    with pytest.raises(DataError, match="larger than"):
        source.open()


def test_missing_files_and_folders_are_told_apart(tmp_path):
    with pytest.raises(DataError, match="There is no file"):
        open_source(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a folder"):
        open_source(tmp_path)
