"""Texts for language models from their first byte to data that runs share, through the real process."""

import gzip

import pytest

from model.data.columns import Columns
from model.data.corpora import load_corpus, load_corpus_by_name, read_corpus
from model.data.corpus_profile import corpus_profile
from model.errors import RunError
from model.runs import data_process, files
from model.runs.intake import Intake, data_entry, find_intake, of_builtin_corpus, receive
from tests.runs.test_intake import settled

CHINESE = "".join(f"第{i}章：我们都喜欢这部电影，真的很好看。\n" for i in range(200))
TABLE = "title,text\n" + "".join(f"Title of {i},The {i}th text of the table\n" for i in range(200))


def received(root, data, name) -> Intake:
    return receive(root, name=name, owner="me", chunks=[data[:500], data[500:]], kind="corpus")


def test_a_text_goes_all_the_way_to_shared_data(tmp_path):
    upload = received(tmp_path, gzip.compress(CHINESE.encode("gb18030")), "书.txt.gz")
    assert upload.kind == "corpus"
    assert settled(upload) == {"state": "ready", "share": 1.0, "rows": 0, "message": ""}
    assert upload.preview is None
    corpus = read_corpus(CHINESE.encode("gb18030"), name="书.txt.gz")
    assert upload.profile == corpus_profile(corpus)
    entry = data_entry(tmp_path, upload)
    assert entry == {
        "name": "书.txt.gz",
        "sha256": corpus.sha256,
        "folder": f"data/{corpus.sha256[:16]}",
        "report": corpus.report,
    }
    upload.remove()
    assert load_corpus(tmp_path / entry["folder"]) == corpus


def test_the_column_of_a_table_can_be_chosen(tmp_path):
    upload = received(tmp_path, TABLE.encode(), "t.csv")
    assert settled(upload)["rows"] == 200
    assert upload.preview["columns"] == ["title", "text"]
    assert upload.preview["guessed"]["text"] == ["title", "text"]
    assert upload.profile["sample"].startswith("Title of 0. The 0th text of the table\nTitle of 1.")
    assert settled(upload, Columns(("text",), None, None))["state"] == "ready"
    assert upload.profile["sample"].startswith("The 0th text of the table\nThe 1th text")
    assert settled(upload, Columns(("body",), None, None))["message"] == (
        "t.csv has no column 'body'; its columns are 'title', 'text'."
    )
    assert upload.profile is None
    assert settled(upload, Columns(("title",), None, None))["state"] == "ready"
    assert find_intake(tmp_path, upload.id).profile["sample"].startswith("Title of 0\n")


def test_a_refused_text_leaves_nothing(tmp_path):
    upload = received(tmp_path, b"%PDF-1.7" * 500, "book.pdf")
    status = settled(upload)
    assert (status["state"], upload.preview, upload.profile) == ("refused", None, None)
    assert not (upload.folder / "source").exists()
    with pytest.raises(RunError, match="is not read yet"):
        data_entry(tmp_path, upload)


def test_a_built_in_text_is_profiled_once_for_everybody(tmp_path):
    upload = of_builtin_corpus(tmp_path, "repeat:zh:5000")
    assert settled(upload)["state"] == "ready"
    assert (upload.kind, upload.builtin, upload.owner) == ("corpus", True, None)
    assert upload.profile == corpus_profile(load_corpus_by_name("repeat:zh:5000"))
    again = of_builtin_corpus(tmp_path, "repeat:zh:5000")
    again.begin()
    assert again.folder == upload.folder
    assert data_process.process_of(again.folder).wait() == 0
    assert data_entry(tmp_path, again)["folder"] is None
    with pytest.raises(RunError, match="there is no built-in text 'imdb-short'; choose one of the list"):
        of_builtin_corpus(tmp_path, "imdb-short")


def test_a_built_in_name_that_stands_for_nothing_is_refused_in_words(tmp_path):
    status = settled(of_builtin_corpus(tmp_path, "repeat:1"))
    assert status["state"] == "refused"
    assert status["message"].startswith("Repeating text has 2,000 to 10,000,000 tokens, not 1")


def test_uploads_from_before_there_were_kinds_are_tables(tmp_path):
    upload = receive(tmp_path, name="t.csv", owner="me", chunks=[b"text,label\n"])
    assert upload.kind == "table"
    about = files.read_json(upload.folder / "about.json")
    del about["kind"]
    files.write_json(upload.folder / "about.json", about)
    assert Intake(upload.folder).kind == "table"
