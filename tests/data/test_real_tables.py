"""Reading the tables that the project is measured on; skipped where they are not at hand."""

from pathlib import Path

import pytest

from model.data.datasets import resolve
from model.data.tables import iterate_texts, read_table
from model.errors import DataError

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no real data at hand")


@pytest.mark.parametrize(
    ("file", "rows", "columns", "text", "label"),
    [
        ("ag_news/train_subset.csv.gz", 20_388, 3, ("text",), "label"),
        ("ag_news/test.csv", 7_600, 3, ("title", "description"), "label"),
        ("sst2/train.tsv", 6_920, 2, ("column 1",), "column 2"),
        ("sst2/dev.tsv", 872, 2, ("column 1",), "column 2"),
        ("sms_spam/sms.tsv", 5_574, 2, ("text",), "label"),
        ("zh_chnsenticorp_htl/all.csv", 7_765, 2, ("text",), "label"),
        ("eraser_movies/val.csv.gz", 200, 6, ("text",), "label"),
    ],
)
def test_every_row_is_read_and_columns_are_guessed(file, rows, columns, text, label):
    table = read_table(DATA / file)
    assert (len(table.texts), table.rows, table.dropped) == (rows, rows, {})
    assert (len(table.columns), table.text_columns, table.label_column) == (columns, text, label)
    assert sum(len(batch) for batch in iterate_texts(DATA / file)) == rows


@pytest.mark.parametrize(
    "file", ["tinyshakespeare/input.txt", "warandpeace/wap.test.txt", "wikitext2_valid_test/test.txt"]
)
def test_prose_is_no_table(file):
    with pytest.raises(DataError, match="not a table"):
        read_table(DATA / file)


def test_ag_news_entities_are_characters():
    texts = read_table(DATA / "ag_news/test.csv").texts
    assert not any("#39;" in text or "&lt;" in text for text in texts)
    assert sum("'s " in text for text in texts) > 1000


def test_ag_news_with_its_test_file():
    dataset = resolve(DATA / "ag_news/train_subset.csv.gz", test=DATA / "ag_news/test.csv")
    assert dataset.classes == ["0", "1", "2", "3"]
    assert [dataset.report[split] for split in ("train", "validation", "test")] == [18_349, 2_039, 7_600]


def test_sst2_with_both_files():
    dataset = resolve(DATA / "sst2/train.tsv", validation=DATA / "sst2/dev.tsv", test=DATA / "sst2/test.tsv")
    report = dataset.report
    assert (report["rows"], report["duplicates"], report["leaked_into_test"]) == (9_613, 9, 2)
    assert (report["validation"], report["test"]) == (872, 1_821)


def test_sms_spam_loses_its_duplicates():
    report = resolve(DATA / "sms_spam/sms.tsv").report
    assert (report["rows"], report["duplicates"], sum(report["classes"].values())) == (5_574, 414, 5_160)
