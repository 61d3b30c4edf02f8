"""Texts into numbers: in one process or several, from memory or from a file, the result is the same."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.data import storage, tokenizing
from model.data.datasets import load_builtin
from model.data.splits import save_dataset
from model.data.tokenizing import main, tokenize_dataset, tokenize_folder, tokenize_splits
from model.errors import DataError


@pytest.fixture(scope="module")
def dataset():
    return load_builtin("diagnostic:keyword:zh:600")


@pytest.fixture
def folder(dataset, tmp_path, monkeypatch):
    """The data in row groups of 40 texts, each worth a process; to be read without the texts in memory."""
    monkeypatch.setattr(storage, "_ROWS", 40)
    monkeypatch.setattr(tokenizing, "BYTES_EACH", 1)
    save_dataset(dataset, tmp_path / "data")
    monkeypatch.setattr(tokenizing, "load_dataset", lambda folder: pytest.fail("its texts were loaded"))
    return tmp_path / "data"


def same(data, other):
    for name in ("classes", "report", "rows", "first_tests", "keys"):
        assert getattr(data, name) == getattr(other, name), name
    for name in ("counts", "ids", "offsets", "labels"):
        assert np.array_equal(getattr(data, name), getattr(other, name)), name
    return True


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_a_file_gives_what_its_texts_give(dataset, folder, processes, monkeypatch):
    monkeypatch.setattr(tokenizing, "_numbered", lambda *a: pytest.fail("a process did not bring its part"))
    assert pq.ParquetFile(folder / "data.parquet").metadata.num_row_groups == 16
    assert same(tokenize_folder(folder, processes=processes), tokenize_dataset(dataset))


def test_every_row_group_has_one_process(folder):
    for processes in (1, 2, 3, 4, 9, 99):
        shares = tokenizing._shares(folder, processes)
        assert [group for share in shares for group in share] == list(range(16))
        assert len(shares) <= processes
    own, *others = tokenizing._shares(folder, 3)
    assert len(own) < min(map(len, others)), "the one that checks as well has less to number"


def test_a_small_file_is_worth_no_process(folder, monkeypatch):
    monkeypatch.setattr(tokenizing, "BYTES_EACH", 1 << 20)
    assert tokenizing._shares(folder, 8) == [range(16)]


@pytest.mark.parametrize("failure", ["not started", "ended early", "no room"])
def test_what_a_process_does_not_bring_is_done_here(dataset, folder, monkeypatch, failure):
    if failure == "not started":
        monkeypatch.setattr(tokenizing.subprocess, "Popen", lambda *a, **o: (_ for _ in ()).throw(OSError("none")))
    elif failure == "ended early":
        monkeypatch.setattr(tokenizing.sys, "executable", "false")
    else:
        monkeypatch.setattr(tokenizing.Path, "mkdir", lambda *a, **o: (_ for _ in ()).throw(OSError("full")))
    assert same(tokenize_folder(folder, processes=3), tokenize_dataset(dataset))


def test_a_helper_ends_with_whom_it_helps(folder, tmp_path, monkeypatch):
    pids = iter([7, 7, 1, 1])
    monkeypatch.setattr(tokenizing.os, "getppid", lambda: next(pids))
    assert main([str(folder), "0", "3", str(tmp_path)]) == 1
    assert not (tmp_path / "keys.json").exists()


def test_a_changed_text_is_noticed(dataset, folder, monkeypatch):
    monkeypatch.undo()
    texts = ["something else", *dataset.train.texts[1:]]
    other = replace(dataset, train=dataset.train._replace(texts=texts))
    save_dataset(other, folder)  # which keeps the hash of the old texts
    with pytest.raises(DataError, match="its texts are not those that were saved"):
        tokenize_folder(folder, processes=1)
    (folder / "data.parquet").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"data.parquet: "):
        tokenize_folder(folder, processes=1)
    (folder / "data.json").unlink()
    with pytest.raises(DataError, match="holds no data set"):
        tokenize_folder(folder, processes=1)


def test_a_file_that_cannot_be_read_in_pieces_is_read_as_a_whole(dataset, folder, monkeypatch):
    def unknown(*args, **options):
        raise pa.ArrowNotImplementedError("a codec")

    monkeypatch.setattr(tokenizing, "stored_parts", unknown)
    monkeypatch.setattr(tokenizing, "load_dataset", storage.load_dataset)
    assert same(tokenize_folder(folder, processes=1), tokenize_dataset(dataset))


def test_splits_in_another_order_are_read_all_the_same(dataset, folder, monkeypatch):
    table = pq.read_table(folder / "data.parquet")
    pq.write_table(table.sort_by([("split", "ascending")]), folder / "data.parquet")  # test, train, validation
    monkeypatch.undo()
    assert same(tokenize_folder(folder, processes=2), tokenize_dataset(storage.load_dataset(folder)))


def test_labels_may_be_numbers_and_splits_two():
    data = tokenize_splits({"train": (["a b", "b"], [3, 1]), "validation": (["b"], [1])}, [1, 3])
    assert data.labels.tolist() == [1, 0, 0] and data.rows == {"train": 2, "validation": 1}
    assert data.first_tests == []
