"""Lists of texts, pasted and uploaded: what counts as one text, and what is refused."""

import gzip
import io

import pandas as pd
import pytest

from model.data.columns import Columns
from model.errors import DataError
from pages.components import lists
from pages.components.lists import TextList, from_file, pasted, preview


def _file(name, content):
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    file.name = name
    return file


def _texts(typed, **options):
    return list(pasted(typed, by_blank_lines=options.get("by_blank_lines", False), run_id="run").texts)


def test_a_text_a_line():
    assert _texts("one\n\n  two words \r\nthree\rfour\n \n") == ["one", "two words", "three", "four"]
    assert _texts("") == _texts(" \n\t\n") == []
    assert _texts("one\u2028still one\x0cstill") == ["one\u2028still one\x0cstill"]


def test_blank_lines_between_texts():
    typed = "\n\nfirst line\nsecond line\n   \n\nanother\r\n\r\nlast\n"
    assert _texts(typed, by_blank_lines=True) == ["first line\nsecond line", "another", "last"]


def test_what_was_typed_stays_as_typed():
    assert _texts("&amp; <b>x</b> =1+1 \x00 \u202eabc") == ["&amp; <b>x</b> =1+1 \x00 \u202eabc"]


def test_too_many_texts_are_a_sentence_with_the_way_out(monkeypatch):
    monkeypatch.setattr(lists, "MOST_TEXTS", 3)
    assert len(_texts("a\nb\nc")) == 3
    with pytest.raises(DataError, match=r"more than 3 texts.* python -m model predict 2026-run FILE --out"):
        pasted("a\nb\nc\nd", by_blank_lines=False, run_id="2026-run")
    for name, content in (("x.csv", "text\na b\nc d\ne f\ng h\n"), ("x.txt", "a\nb\nc\nd\n")):
        columns = None if name.endswith("txt") else Columns(("text",), None, None)
        with pytest.raises(DataError, match=f"{name} has more than 3 texts"):
            from_file(_file(name, content), columns, run_id="run")
    monkeypatch.setattr(lists, "MOST_CHARACTERS", 5)
    with pytest.raises(DataError, match="more than 5 characters"):
        _texts("abc\ndef")


def test_a_txt_is_a_text_a_line_whatever_it_looks_like():
    content = "text,label\nOne, two, three.\n\nham\tnot a table\n&quot;Caf\u00e9&quot;\n"
    wanted = ("text,label", "One, two, three.", "ham\tnot a table", '"Café"')
    assert preview(_file("list.txt", content)) is None
    assert from_file(_file("list.txt", content), None, run_id="run") == TextList("list.txt", wanted, None, 1)
    packed = _file("list.txt.gz", gzip.compress(content.encode()))
    assert preview(packed) is None
    assert from_file(packed, None, run_id="run").texts == wanted
    assert from_file(_file("list.txt", content.encode("utf-16")), None, run_id="run").texts == wanted


TABLE = pd.DataFrame(
    {"id": ["7", "8", "9"], "text": ["a good film", "", "bad, bad film"], "label": ["good", "bad", ""]}
)


def _written(ending):
    file = io.BytesIO()
    if ending == "parquet":
        TABLE.to_parquet(file)
    elif ending == "xlsx":
        TABLE.to_excel(file, index=False)
    elif ending == "jsonl":
        TABLE.to_json(file, orient="records", lines=True)
    elif ending == "json":
        TABLE.to_json(file, orient="records")
    else:
        TABLE.to_csv(file, index=False, sep="\t" if ending == "tsv" else ",")
    return file.getvalue()


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "json", "parquet", "xlsx"])
def test_every_format_of_table_with_labels_where_there_are_any(ending):
    file = _file(f"films.{ending}", _written(ending))
    assert preview(file) == (["id", "text", "label"], Columns(("text",), "label", None))
    listed = from_file(file, Columns(("text",), "label", None), run_id="run")
    assert listed == TextList(f"films.{ending}", ("a good film", "bad, bad film"), ("good", ""), 1)
    unlabelled = from_file(file, Columns(("id", "text"), None, None), run_id="run")
    assert unlabelled.texts == ("7. a good film", "8", "9. bad, bad film") and unlabelled.labels is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.txt", b""),
        ("table.csv", b""),
        ("list.txt", b"\x80\x04\x95 a pickle"),
        ("list.txt", b"%PDF-1.7 not a list"),
        ("table.csv", b"\x89PNG\r\n\x1a\n"),
        ("table.xlsx", b"PK\x03\x04 no workbook"),
        ("table.parquet", b"PAR1 no parquet PAR1"),
        ("table.csv.gz", b"\x1f\x8b no gzip"),
        ("table.json", b'{"text": [}'),
        ("list.txt", bytes(range(256)) * 40),
    ],
)
def test_what_is_no_list_is_one_sentence(name, content):
    with pytest.raises(DataError) as problem:
        found = preview(_file(name, content))
        from_file(
            _file(name, content), None if found is None else Columns(tuple(found.columns), None, None), run_id="r"
        )
    assert "\n" not in str(problem.value) and name.split(".")[0] in str(problem.value)


def test_half_a_surrogate_pair_comes_no_further():
    row = b'{"text": "half \\ud800 a pair", "label": "\\udfff"}\n'
    file = _file("odd.jsonl", row + b'{"text": "whole", "label": "good"}\n')
    listed = from_file(file, preview(file).guessed, run_id="run")
    assert "".join([*listed.texts, *listed.labels]).encode() and listed.texts[1] == "whole"
    with pytest.raises(DataError, match="column whose name is damaged"):
        preview(_file("odd.jsonl", b'{"te\\ud800xt": "a", "label": "b"}\n{"te\\ud800xt": "c", "label": "d"}\n'))


def test_rows_that_cannot_be_made_out_are_counted():
    file = _file("torn.csv", "text,label\na good film,good\nbad,bad,too,many\n,good\nanother one,bad\n")
    listed = from_file(file, Columns(("text",), "label", None), run_id="run")
    assert listed.texts == ("a good film", "another one") and listed.left_out == 2
