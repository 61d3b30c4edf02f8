"""Any file as a corpus: running text in any encoding, tables one text per line, and what is refused."""

import gzip
import io
import json
import time

import pandas as pd
import pytest

from model.data import corpus_files
from model.data.checks import ColumnsError
from model.data.corpora import load_corpus, read_corpus, save_corpus
from model.errors import DataError
from tests.data.bad_corpora import CORPORA, zipped

ENGLISH = "".join(f"Chapter {i}: the naïve café was shut.\n" for i in range(60))
CHINESE = "".join(f"第{i}章：我们都喜欢这部电影，真的很好看。\n" for i in range(80))
RUSSIAN = "".join(f"Глава {i}: мы любим этот фильм, правда.\n" for i in range(60))
JAPANESE = "".join(f"第{i}章：私たちはこの映画がとても好きです。\n" for i in range(60))


def whole(corpus):
    return corpus.train + corpus.validation + corpus.test


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        (ENGLISH, "utf-8", "utf-8"),
        (ENGLISH, "utf-8-sig", "utf-8-sig"),
        (ENGLISH, "latin-1", "latin-1"),
        (ENGLISH, "utf-16", "utf-16"),
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "utf-16", "utf-16"),
        (RUSSIAN, "cp1251", "cp1251"),
        (JAPANESE, "cp932", "cp932"),
    ],
)
def test_running_text_in_any_encoding(text, encoding, told):
    corpus = read_corpus(text.encode(encoding), name="book.txt")
    assert whole(corpus) == text
    assert (corpus.report["encoding"], corpus.report["rows"], corpus.report["dropped"]) == (told, 0, {})


def test_line_ends_are_one_sign():
    assert whole(read_corpus(ENGLISH.replace("\n", "\r\n").encode(), name="t.txt")) == ENGLISH
    assert whole(read_corpus(ENGLISH.replace("\n", "\r").encode(), name="t.txt")) == ENGLISH


def test_packed_files(tmp_path):
    (tmp_path / "book.txt.gz").write_bytes(gzip.compress(CHINESE.encode("gb18030")))
    corpus = read_corpus(tmp_path / "book.txt.gz")
    assert (whole(corpus), corpus.name) == (CHINESE, "book.txt.gz")
    assert whole(read_corpus(zipped(ENGLISH, "in/book.txt"), name="book.zip")) == ENGLISH
    table = "text\n" + ENGLISH
    assert read_corpus(zipped(table, "t.csv"), name="book.zip").report["rows"] == 60


def test_commas_and_quotes_in_running_text_are_only_text():
    prose = '"Well," he said, "a,b,c\n' * 100
    for name in ("book.txt", "book", "book.md", "text,label"):
        assert whole(read_corpus(prose.encode(), name=name)) == prose


def tables():
    texts = [f"我喜欢第{i}部电影，\n真的。" for i in range(200)]
    frame = pd.DataFrame({"number": range(200), "text": texts, "label": ["a", "b"] * 100})
    stream = io.BytesIO()
    frame.to_parquet(stream)
    yield "t.parquet", stream.getvalue()
    stream = io.BytesIO()
    frame.to_excel(stream, index=False)
    yield "t.xlsx", stream.getvalue()
    yield "t.csv", frame.to_csv(index=False).encode("gb18030")
    yield "t.tsv.gz", gzip.compress(frame.to_csv(index=False, sep="\t").encode())
    yield "t.jsonl", frame.to_json(orient="records", lines=True).encode()
    yield "t.json", frame.to_json(orient="records").encode()


@pytest.mark.parametrize(("name", "data"), list(tables()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_table_gives_a_line_per_text(name, data):
    corpus = read_corpus(data, name=name)
    assert whole(corpus).split("\n") == [*(f"我喜欢第{i}部电影， 真的。" for i in range(200)), ""]
    assert corpus.report["rows"] == 200
    assert sum(corpus.report["lines"].values()) == 200


def test_columns_can_be_chosen_and_empty_rows_are_told():
    rows = [{"a": f"one of the texts, number {i}", "b": f"other text {i} of them"} for i in range(100)]
    rows[3]["b"] = rows[5]["b"] = " \n"
    data = "\n".join(map(json.dumps, rows)).encode()
    corpus = read_corpus(data, name="t.jsonl", text_columns=["b"])
    assert whole(corpus).startswith("other text 0 of them\nother text 1 of them\nother text 2 of them\nother text 4")
    assert (corpus.report["rows"], corpus.report["dropped"]) == (100, {"empty": 2})
    both = read_corpus(data, name="t.jsonl", text_columns=["a", "b"])
    assert whole(both).startswith("one of the texts, number 0. other text 0 of them\n")
    with pytest.raises(ColumnsError, match="has no column 'c'; its columns are 'a', 'b'"):
        read_corpus(data, name="t.jsonl", text_columns=["c"])


def test_a_text_of_spaces_and_line_ends_takes_no_more_than_its_length():
    spaces, ends = " " * 300_000, "\n\r\n \u2028\f"
    row = json.dumps({"text": f"one{spaces}two{ends}{spaces}three"}) + "\n"
    start = time.process_time()
    corpus = read_corpus(20 * row.encode(), name="t.jsonl")
    assert time.process_time() - start < 2
    assert whole(corpus) == 20 * f"one{spaces}two three\n"


def test_a_label_or_split_column_changes_nothing():
    data = "".join(f"{'train' if i else 'neither'},a long enough text {i},x\n" for i in range(100))
    corpus = read_corpus(("split,text,label\n" + data).encode(), name="t.csv")
    assert whole(corpus).count("\n") == 100


def test_further_files(tmp_path):
    (tmp_path / "train.csv").write_text("text\n" + ENGLISH.replace(":", ""))
    (tmp_path / "valid.txt").write_bytes(CHINESE.encode("gb18030"))
    (tmp_path / "test.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in RUSSIAN.splitlines()))
    corpus = read_corpus(tmp_path / "train.csv", validation=tmp_path / "valid.txt", test=tmp_path / "test.jsonl")
    assert (corpus.train, corpus.validation, corpus.test) == (ENGLISH.replace(":", ""), CHINESE, RUSSIAN)
    assert corpus.report["rows"] == 60


@pytest.mark.parametrize("what", CORPORA)
def test_what_is_no_text_is_refused_in_one_line(what):
    name, data, message = CORPORA[what]
    with pytest.raises(DataError) as refusal:
        read_corpus(data, name=name)
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)


def test_an_empty_file_is_refused():
    with pytest.raises(DataError, match=r"t\.txt is empty; choose a text file"):
        read_corpus(b"", name="t.txt")


def test_a_text_of_more_than_can_be_is_refused(monkeypatch):
    monkeypatch.setattr(corpus_files, "MOST_CHARACTERS", 2000)
    read_corpus(b"a" * 2000, name="t.txt")
    with pytest.raises(DataError, match=r"t.txt has more than 2,000 characters; take a part of it"):
        read_corpus(b"a" * 2001, name="t.txt")
    with pytest.raises(DataError, match=r"t.csv has more than 2,000 characters"):
        read_corpus(b"text\n" + b"a long line of a table\n" * 100, name="t.csv")
    monkeypatch.setattr(corpus_files, "MAX_ROWS", 50)
    with pytest.raises(DataError, match=r"t.csv has more than 50 rows"):
        read_corpus(b"text\n" + b"line\n" * 60, name="t.csv")


def test_half_a_surrogate_pair_in_a_table_can_be_stored(tmp_path):
    data = b'{"text": "a broken \\ud83d sign"}\n' * 100
    corpus = read_corpus(data, name="t.jsonl")
    assert "\ufffd" in corpus.train
    assert load_corpus(save_corpus(corpus, tmp_path)) == corpus


def test_progress_is_told(tmp_path):
    told = []
    data = "text\n" + "a text of the table\n" * 5000
    read_corpus(data.encode(), name="t.csv", progress=lambda *how_far: told.append(how_far))
    shares = [share for share, _, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 0.9
    assert [rows for _, rows, _ in told] == [1024, 2048, 3072, 4096, 5000]
