import gzip
import io
import zipfile

import pandas as pd
import pytest

from model.data.tables import (
    MAX_TEXT,
    clean_text,
    guess_columns,
    iterate_texts,
    read_columns,
    read_frame,
    read_table,
)
from model.errors import DataError

FRAME = pd.DataFrame(
    {
        "text": ["good, film", 'she said "no"', "two\nlines", "naïve 好"] * 5,
        "label": ["pos", "neg", "pos", "neg"] * 5,
        "note": ["x"] * 20,
    }
)


def written(form: str) -> bytes:
    if form == "csv":
        return FRAME.to_csv(index=False).encode()
    if form == "tsv":
        return FRAME.to_csv(index=False, sep="\t").encode("utf-16")
    if form == "jsonl":
        return FRAME.to_json(orient="records", lines=True).encode()
    if form == "json":
        return FRAME.to_json(orient="records").encode()
    buffer = io.BytesIO()
    FRAME.to_parquet(buffer) if form == "parquet" else FRAME.to_excel(buffer, index=False)
    return buffer.getvalue()


def zipped(data: bytes, name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json", "parquet", "xlsx"])
@pytest.mark.parametrize("packed", ["", ".gz", ".zip"])
def test_the_same_table_comes_out_of_every_format(form, packed, tmp_path):
    data = written(form)
    data = {"": data, ".gz": gzip.compress(data), ".zip": zipped(data, f"inner.{form}")}[packed]
    path = tmp_path / f"table.{form}{packed}"
    path.write_bytes(data)
    for source, name in ((path, None), (data, "no-ending"), (io.BytesIO(data), "table.csv")):
        table = read_table(source, name=name)
        assert table.texts == FRAME["text"].to_list()
        assert table.labels == FRAME["label"].to_list()
        assert (table.format, table.rows, table.dropped) == (form, 20, {})
        assert (table.columns, table.text_columns, table.label_column) == (
            ["text", "label", "note"],
            ("text",),
            "label",
        )


def test_every_row_left_out_is_counted_under_its_reason():
    data = f"text,label,split\n,a,train\n{'x' * (MAX_TEXT + 1)},a,train\nno label,,train\nno split,a,\nfine,b,dev\n"
    data += "1,2,3,4\n" + "&nbsp; ,a,test\n" + "ok,a,TEST\n" * 2 + "ok,a,TEST,,\n"  # empty cells are no cells
    table = read_table(data.encode(), name="t.csv", split_column="split")
    assert table.dropped == {"empty": 2, "malformed": 1, "no label": 1, "no split": 1, "over-long": 1}
    assert table.texts == ["fine", "ok", "ok", "ok"]
    assert table.splits == ["validation", "test", "test", "test"]
    assert table.rows == 10


def test_a_text_of_the_greatest_length_is_kept():
    assert len(read_table(f"text,label\n{'x' * MAX_TEXT},a\n".encode(), name="t.csv").texts[0]) == MAX_TEXT


def test_several_text_columns_are_joined_by_a_full_stop_without_empty_ones():
    data = b"title,label,text\nFirst,a,second part\n,b,alone\nOnly,a,\n,b,\n"
    table = read_table(data, name="t.csv")
    assert table.text_columns == ("title", "text")
    assert table.texts == ["First. second part", "alone", "Only"]
    assert table.dropped == {"empty": 1}
    backwards = read_table(data, name="t.csv", text_columns=["text", "title"])
    assert backwards.texts[0] == "second part. First"


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("Q&amp;A &lt;b&gt; &quot;x&quot; &#39;y&#x27; caf&eacute;", "Q&A <b> \"x\" 'y' café"),
        ("AT&T & R&D; a?b=1&copy=2", "AT&T & R&D; a?b=1&copy=2"),  # not entities, or not ended like one
        ("It #39;s  #36;10 million", "It's $10 million"),  # AG News: the ampersand has become a space
        ("item #12 is #1;", "item #12 is #1;"),
        ("  space around\t", "space around"),
        ("&amp;lt;", "&lt;"),  # once, not until nothing is left
    ],
)
def test_entities_become_the_characters_they_stand_for(typed, text):
    assert clean_text(typed) == text


def test_labels_stay_as_typed():
    data = b"text,label\na,1\nb,1.0\nc,01\nd, 1 \ne,TRUE\n"
    assert read_table(data, name="t.csv").labels == ["1", "1.0", "01", "1", "TRUE"]


def test_columns_can_be_named_also_in_another_case():
    data = b"text,label,Topic\na,1,x\nb,0,y\n"
    table = read_table(data, name="t.csv", text_columns=["LABEL", "text"], label_column="topic")
    assert (table.texts, table.labels) == (["1. a", "0. b"], ["x", "y"])


def test_naming_a_column_settles_that_there_is_a_header():
    data = b"good,pos\ngood,pos\nbad,neg\nbad,pos\n"
    assert read_table(data, name="t.csv").columns == ["column 1", "column 2"]
    assert read_table(data, name="t.csv", label_column="pos").texts == ["good", "bad", "bad"]
    assert read_columns(data) == ["column 1", "column 2"]


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (b"text,label\na,1\n", {"text_columns": ["txt"]}, "no column 'txt'; its columns are 'text', 'label'"),
        (b"text,label\na,1\n", {"label_column": "y"}, "no column 'y'"),
        (b"text,label\na,1\n", {"text_columns": ["text"], "label_column": "text"}, "named for both"),
        (b"text,label\n", {}, "no row to use"),
        (b"text,label\n,1\nb,\n", {}, "1 empty, 1 no label"),
        (b"text,label,split\na,1,left\n", {"split_column": "split"}, "'left' in column 'split' is no split"),
        (b"text\tlabel\na\t1\n" + b"b\t0\tx\n" * 2, {}, "is broken|not a table"),
        (b"a plain list\nof texts\n", {}, "not a table of texts and labels"),
        (b'{"text": "a"}\n{"text": "b"}\n', {}, "no column of labels among 'text'"),
        (b"1\t2\n3\t4\n1\t4\n", {}, "no column of texts"),
    ],
)
def test_a_table_that_cannot_serve_says_why(data, options, words):
    with pytest.raises(DataError, match=words) as caught:
        read_table(data, name="t.csv", **options)
    assert "t.csv" in str(caught.value)


def test_without_labels_none_are_asked_for():
    table = read_table(b"one text, with a comma\nanother\n", name="t.txt", labelled=False)
    assert (table.texts, table.labels, table.label_column) == (["one text, with a comma", "another"], None, None)
    table = read_table(b"text,label\na,\nb,1\n", name="t.csv", labelled=False)
    assert (table.texts, table.dropped) == (["a", "b"], {})


def test_texts_for_predicting_come_row_by_row_with_nothing_left_out():
    rows = [f"text {i}" for i in range(25)]
    rows[3], rows[7] = "", "x" * (MAX_TEXT + 1)
    data = "text,label\n" + "".join(f"{text},1\n" for text in rows) + "too,many,cells\nlast,0\n"
    batches = list(iterate_texts(data.encode(), name="t.csv", batch_rows=10))
    assert [len(batch) for batch in batches] == [10, 10, 7]
    assert [text for batch in batches for text in batch] == [*rows, "", "last"]


def test_a_preview_holds_strings_and_its_columns_can_be_guessed():
    frame = read_frame(b"label,title,description\n1,T,a b c\n0,U,d e\n1,V,\n", name="t.csv", rows=2)
    assert frame.to_dict("list") == {"label": ["1", "0"], "title": ["T", "U"], "description": ["a b c", "d e"]}
    assert guess_columns(frame) == (("title", "description"), "label", None)


def test_reading_is_fast_enough_for_twenty_thousand_texts():
    import time

    data = ("text,label\n" + '"a text, ""quoted"", of some length, like news"' + ",1\n").encode()
    data += b'"a text, ""quoted"", of some length, like news",0\n' * 20_000
    start = time.process_time()
    assert len(read_table(data, name="t.csv").texts) == 20_001
    assert time.process_time() - start < 2  # 0.1 s when nothing else runs
