"""Files that are no text to learn a language from: what each is called, its bytes, and how its refusal begins."""

import gzip
import io
import json
import zipfile

import numpy as np


def zipped(data: str | bytes, name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def noise(count: int) -> bytes:
    return np.random.default_rng(13).integers(1, 256, count, np.uint8).tobytes()


CORPORA = {
    "nothing but spaces": ("t.txt", b" \n" * 5000, "t.txt has 0 characters; a language model needs 1,000"),
    "a few words": ("t.txt", b"hello", "t.txt has 5 characters"),
    "an empty last tenth": ("t.txt", b"word " * 400 + b"\n" * 300, "t.txt: its test part is nearly empty"),
    "zero bytes": ("t.txt", b"\0\1" * 5000, "t.txt is not a text: it holds zero bytes, as binary files do; save it"),
    "noise": ("t.txt", b"a" + noise(50_000), "t.txt is no text: 5,2"),
    "a PDF": ("book.pdf", b"%PDF-1.7" * 500, "book.pdf is a PDF document, not a text; save it as .txt in UTF-8"),
    "a Word document": ("b.docx", zipped("", "[Content_Types].xml"), "b.docx is an Office document but no Excel"),
    "a pickle": ("t.txt", b"\x80\x04" * 5000, "t.txt is a Python pickle, which is never opened, not a text"),
    "a web page": ("t.txt", b"<!DOCTYPE html>" * 500, "t.txt is a web page, not a text; download the file itself"),
    "XML": ("t.txt", b"<?xml version='1.0'?>" * 500, "t.txt is an XML file, not a text; save it as .txt in UTF-8"),
    "a gzip of nothing": ("t.txt.gz", gzip.compress(b""), "t.txt.gz holds an empty file; choose a text file"),
    "a gzip bomb": ("t.txt.gz", gzip.compress(b"a" * 100_000_000), "t.txt.gz unpacks to more than 200 times"),
    "a damaged gzip": ("t.txt.gz", gzip.compress(noise(9000))[:5000], "t.txt.gz is damaged"),
    "an entry outside of the zip": ("t.zip", zipped("text", "../t.txt"), "t.zip has an entry that points outside"),
    "a table with next to nothing in it": ("t.csv", b"text,label\na,b\nc,d\n", "t.csv has 3 characters"),
    "a table of empty texts": ("t.csv", b"text,label\n" + b",a\n" * 5000, "t.csv has 0 characters"),
    "half a JSON list": ("t.json", json.dumps(["a text"] * 500)[:-3].encode(), "t.json"),
}
