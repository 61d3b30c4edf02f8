"""What is streamed to the disk is what make_dataset makes in memory, whatever the table."""

import gzip
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.data import ingest as module
from model.data import storage
from model.data.columns import Columns
from model.data.diagnostic import generate
from model.data.ingest import ingest
from model.data.splits import load_dataset, make_dataset, save_dataset
from model.data.tables import read_table
from model.errors import DataError

TEXTS = ["naïve 好 {}", 'a "quoted" one, {}', "line {}\nand the next", "plain {}", "AT&amp;T {}", "😀 {}", " {} "]


def random_table(seed, folder):
    """A JSON lines or CSV file with duplicates, conflicts, leaks, empty cells, one text column or two."""
    chance = random.Random(seed)
    with_split, two = chance.random() < 0.5, chance.random() < 0.4
    rows = []
    for _ in range(chance.choice([80, 300])):
        number = chance.randrange(100)
        row = {"text": chance.choice(TEXTS).format(number), "label": "abc"[number % 3]}
        if chance.random() < 0.03:
            row["label"] = chance.choice(["a", "b", ""])
        if chance.random() < 0.03:
            row["text"] = chance.choice(["", " ", "x" * 100_001])
        if two:
            row["title"] = chance.choice(["", "Title", "Other & title"])
        if with_split:
            row["split"] = chance.choices(["train", "Dev", "TEST", ""], [8, 1, 1, 0.1])[0]
        rows.append(row)
    path = folder / "table.jsonl"
    data = "\n".join(json.dumps(row, ensure_ascii=chance.random() < 0.5) for row in rows).encode()
    if chance.random() < 0.2:
        path, data = folder / "table.jsonl.gz", gzip.compress(data)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("seed", range(40))
def test_ingest_is_make_dataset(seed, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_ROWS", 7)  # many parts
    path = random_table(seed, tmp_path)
    try:
        dataset = make_dataset(read_table(path), name="n")
    except DataError as error:
        with pytest.raises(DataError) as caught:
            ingest(path, tmp_path / "data", name="n")
        assert str(caught.value).removeprefix("n") == str(error).removeprefix(path.name).removeprefix("n")
        assert sorted(tmp_path.iterdir()) == [path]
        return
    profile = ingest(path, tmp_path / "data", name="n")
    assert load_dataset(tmp_path / "data") == dataset
    assert profile["sha256"] == dataset.sha256
    assert profile["report"] == dataset.report
    save_dataset(dataset, tmp_path / "saved")
    for name in ("data.parquet", "data.json"):
        assert (tmp_path / "data" / name).read_bytes() == (tmp_path / "saved" / name).read_bytes()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["data", "saved", path.name]


def test_rationales_go_their_own_way_untouched(tmp_path):
    dataset = generate("order", rows=200)
    assert dataset.rationales is not None
    assert load_dataset(save_dataset(dataset, tmp_path)) == dataset


@pytest.mark.parametrize(
    "lengths", [[], [5], [1] * 50, [0, 0, 0], [1 << 24] * 3, [1 << 25, 1, 1, 1 << 25], [0], [3, 1 << 24, 3]]
)
def test_batches_leave_nothing_out(lengths):
    runs = list(storage.batches(lengths))
    assert [place for start, end in runs for place in range(start, end)] == list(range(len(lengths)))
    assert all(end - start <= storage._ROWS for start, end in runs)
    assert all(sum(lengths[start:end]) <= storage._CHARACTERS for start, end in runs if end - start > 1)


def table(tmp_path, rows=60, head="text,label,part"):
    path = tmp_path / "t.csv"
    lines = [f"text number {i},{'ab'[i % 2]},{'train' if i % 10 else 'test'}" for i in range(rows)]
    path.write_text("\n".join([head, *lines]))
    return path


def test_given_columns_are_read_and_no_other(tmp_path):
    path = table(tmp_path, head="text,label,split")
    guessed = ingest(path, tmp_path / "a", name="n")
    assert guessed["given_splits"]
    assert guessed["columns"] == {
        "all": ["text", "label", "split"], "text": ["text"], "label": "label", "split": "split",
    }  # fmt: skip
    none = ingest(path, tmp_path / "b", name="n", columns=Columns(("text",), "label", None))
    assert not none["given_splits"]
    assert none["splits"] == {"train": 48, "validation": 6, "test": 6}
    both = ingest(path, tmp_path / "c", name="n", columns=Columns(("text", "label"), "split", None))
    assert set(both["classes"]) == {"train", "test"}
    with pytest.raises(DataError, match="has no column 'nothing'"):
        ingest(path, tmp_path / "d", name="n", columns=Columns(("nothing",), "label", None))


def test_progress_is_told_and_never_falls(tmp_path):
    told = []
    ingest(table(tmp_path, 5000), tmp_path / "data", name="n", progress=lambda *word: told.append(word))
    shares = [share for share, _, _ in told]
    assert len({stage for _, _, stage in told}) >= 4
    assert shares == sorted(shares)
    assert max(shares) <= 1
    assert told[-1][1] == 5000


def test_progress_in_a_file_of_one_piece_goes_by_rows(tmp_path):
    path, told = tmp_path / "t.parquet", []
    columns = {"text": [f"text {i}" for i in range(20_000)], "label": ["a", "b"] * 10_000}
    pq.write_table(pa.table(columns), path, row_group_size=20_000)
    ingest(path, tmp_path / "data", name="n", progress=lambda *word: told.append(word))
    reading = [(share, rows) for share, rows, stage in told if 0 < rows < 20_000]
    assert len(reading) >= 15
    assert all(share == pytest.approx(0.65 * rows / 20_000) for share, rows in reading)


def test_labels_without_end_are_refused_before_they_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_LABELS", 50)
    path = tmp_path / "t.csv"
    path.write_text("text,label\n" + "".join(f"a text {i},label {i}\n" for i in range(200)))
    with pytest.raises(DataError, match=r"'label' is free text or an identifier: it has 52 different values"):
        ingest(path, tmp_path / "data", name="n")
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]
