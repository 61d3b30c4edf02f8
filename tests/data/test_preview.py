import json
import time

import pandas as pd
import pytest

from model.data import preview as module
from model.data.preview import preview
from model.errors import DataError

ROWS = [(f"a text, number {i}", "np"[i % 2], "x") for i in range(3000)]


def saved(tmp_path, form, rows=ROWS):
    path = tmp_path / f"t.{form}"
    frame = pd.DataFrame(rows, columns=["text", "label", "other"])
    if form == "parquet":
        frame.to_parquet(path)
    elif form == "xlsx":
        frame.to_excel(path, index=False)
    elif form in ("jsonl", "json"):
        frame.to_json(path, orient="records", lines=form == "jsonl")
    else:
        frame.to_csv(path, index=False, sep="\t" if form == "tsv" else ",")
    return path


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json", "parquet", "xlsx"])
def test_the_first_rows_of_any_format(form, tmp_path):
    found = preview(saved(tmp_path, form), name="t")
    assert found["columns"] == ["text", "label", "other"]
    assert found["guessed"] == {"text": ["text"], "label": "label", "split": None}
    assert found["rows"] == [list(row) for row in ROWS[:8]]
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_the_beginning_of_a_long_file_is_enough(form, encoding, tmp_path, monkeypatch):
    path = saved(tmp_path, form)
    path.write_bytes(path.read_text().encode(encoding))
    monkeypatch.setattr(module, "_HEAD", 20_000)
    assert preview(path, name=path.name)["rows"] == [list(row) for row in ROWS[:8]]


def test_a_preview_takes_no_longer_for_a_longer_file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text,label\n" + '"a text, number 1",p\n' * 3_000_000)
    start = time.process_time()
    assert len(preview(path, name="t.csv")["rows"]) == 8
    assert time.process_time() - start < 1


def test_cells_are_cut_and_cleaned(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text,label\n" + f"AT&amp;T,{'x' * 400}\n" * 3)
    assert preview(path, name="t.csv")["rows"][0] == ["AT&T", "x" * 299 + "…"]


def test_a_row_without_a_guess_is_shown_all_the_same(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("only a list of texts\nanother one\nand a third\n")
    found = preview(path, name="t.txt")
    assert (found["guessed"]["label"], len(found["rows"])) == (None, 3)


def test_what_is_no_table_is_refused_and_what_only_its_beginning_lacks_is_left_open(tmp_path, monkeypatch):
    path = tmp_path / "t.html"
    path.write_text("<!doctype html><html></html>")
    with pytest.raises(DataError, match="web page"):
        preview(path, name="t.html")
    monkeypatch.setattr(module, "_HEAD", 100)
    path.write_text('{"columns": ["text", "label"], "data": [' + ", ".join(['["a text", "p"]'] * 99) + "]}")
    assert preview(path, name="t.json") is None
