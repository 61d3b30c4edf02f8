"""Numbers of a run's texts: made once, kept beside the runs, never trusted when in doubt, never in the way."""

import multiprocessing
import os
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from model.data.datasets import load_builtin
from model.data.splits import save_dataset
from model.data.tokenizing import tokenize_dataset
from model.errors import DataError
from model.runs import tokens
from model.runs.finding import TRASH, tokens_folder
from model.runs.run import Run
from model.runs.store import create_run, delete_run, disk_use, empty_trash, keep_data
from model.runs.tokens import tokens_of
from model.training.settings import Settings

NAME = "diagnostic:keyword:200"


@pytest.fixture(scope="module")
def dataset():
    return load_builtin(NAME)


@pytest.fixture
def new(tmp_path, dataset):
    """A function that makes a run on built-in data, or on a file of one's own."""

    def run(*, own=True):
        data = replace(dataset, name="own.csv" if own else NAME)
        folder = keep_data(tmp_path, data.sha256, partial(save_dataset, data)) if own else None
        entry = {"name": data.name, "sha256": data.sha256, "folder": folder, "report": data.report}
        return create_run(tmp_path, data=entry, settings=Settings().to_dict(), versions={})

    return run


@pytest.fixture
def once(monkeypatch):
    """From now on nothing may be made again."""
    return lambda: monkeypatch.setattr(tokens, "_made", lambda run: pytest.fail("made again"))


def words(run):
    return tokens_folder(run.folder.parent, run.spec["data"]["sha256"]) / "words"


def same(data, dataset):
    expected = tokenize_dataset(dataset)
    return data.keys == expected.keys and np.array_equal(data.ids, expected.ids) and data.report == dataset.report


@pytest.mark.parametrize("own", [True, False])
def test_they_are_made_once_and_shared(new, dataset, once, own):
    run, another = new(own=own), new(own=own)
    first = tokens_of(run)
    once()
    second = tokens_of(another)
    for data in (first, second):
        assert isinstance(data.ids, np.memmap) and same(data, dataset)
    assert first.ids.filename == second.ids.filename == words(run) / "ids.npy"


def test_built_in_data_is_not_even_loaded_again(new, monkeypatch):
    run = new(own=False)
    tokens_of(run)
    monkeypatch.setattr("model.runs.texts.load_builtin", lambda name: pytest.fail("loaded"))
    tokens_of(run)


@pytest.mark.parametrize("name", ["ids.npy", "about.json", "keys.json"])
def test_what_is_damaged_is_made_again(new, dataset, once, name):
    run = new()
    tokens_of(run)
    content = bytearray((words(run) / name).read_bytes())
    content[len(content) // 2] ^= 1
    (words(run) / name).write_bytes(content)
    assert same(tokens_of(run), dataset)
    once()
    assert same(tokens_of(run), dataset)


def test_those_of_another_file_are_not_taken(new, dataset):
    run = new()
    tokens_of(run)
    texts = [text.replace("the", "an") for text in dataset.train.texts]
    other = replace(dataset, train=dataset.train._replace(texts=texts))
    save_dataset(other, run.data_folder)  # somebody exchanged the texts, and kept their hash
    with pytest.raises(DataError, match="not those that were saved"):
        tokens_of(run)
    (run.data_folder / "data.parquet").unlink()
    with pytest.raises(DataError, match=r"data\.parquet"):
        tokens_of(run)


def test_a_full_disk_does_not_stop_a_training(new, dataset, monkeypatch):
    run = new()

    def full(data, folder, *, source):
        (folder / "ids.npy").write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tokens, "write_tokenized", full)
    data = tokens_of(run)
    assert same(data, dataset) and not isinstance(data.ids, np.memmap)
    assert [path.name for path in words(run).parent.iterdir()] == ["lock"]


def test_nor_does_a_folder_that_cannot_be_written_or_a_lock_that_is_held(new, dataset, monkeypatch):
    run = new()
    words(run).parent.parent.write_text("a file where the folder should be")
    assert same(tokens_of(run), dataset)
    words(run).parent.parent.unlink()
    monkeypatch.setattr(tokens, "_PATIENCE", 0.0)
    words(run).parent.mkdir(parents=True)
    lock = tokens.Lock(words(run).parent / "lock")
    assert lock.acquire()
    assert same(tokens_of(run), dataset) and not words(run).exists()
    lock.release()


def test_what_a_crash_left_is_cleared(new, dataset):
    run = new()
    (words(run).parent / "draft").mkdir(parents=True)
    (words(run).parent / "draft" / "old.npy").write_text("half")
    data = tokens_of(run)
    assert same(data, dataset) and isinstance(data.ids, np.memmap)
    assert not (words(run).parent / "draft").exists() and not (words(run) / "old.npy").exists()


def test_data_of_ones_own_is_never_loaded_whole(new, dataset, monkeypatch):
    monkeypatch.setattr(tokens, "dataset_of", lambda run: pytest.fail("its texts were loaded"))
    assert same(tokens_of(new()), dataset)


def _work(folder, made, barrier):
    make = tokens._made

    def counting(run):
        with made.get_lock():
            made.value += 1
        return make(run)

    tokens._made = counting
    barrier.wait()
    tokens_of(Run(folder))


def test_two_processes_that_start_together_make_them_once(new):
    run, spawn = new(), multiprocessing.get_context("spawn")
    made, barrier = spawn.Value("i", 0), spawn.Barrier(2)
    processes = [spawn.Process(target=_work, args=(run.folder, made, barrier)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0] and made.value == 1


def test_they_count_as_shared_and_go_with_the_last_run(new, tmp_path):
    one, another = new(), new()
    before = disk_use(tmp_path).shared
    tokens_of(one)
    size = sum(path.stat().st_size for path in words(one).iterdir())
    assert disk_use(tmp_path).shared == before + size
    delete_run(one, for_good=True)
    assert words(another).is_dir()
    delete_run(another)
    assert words(another).is_dir(), "it may be brought back"
    empty_trash(tmp_path, older_than=0.0)
    assert not words(another).parent.exists()


def test_those_of_no_run_are_swept_when_they_are_old(new, tmp_path):
    run = new()
    tokens_of(run)
    stray, young = tmp_path / "tokens" / ("e" * 16), tmp_path / "tokens" / ("f" * 16)
    for folder in (stray, young):
        shutil.copytree(words(run).parent, folder)
    for folder in (stray, words(run).parent):
        os.utime(folder, (0, 0))
    (tmp_path / TRASH).mkdir()
    empty_trash(tmp_path, older_than=0.0)
    assert [stray.exists(), young.exists(), words(run).exists()] == [False, True, True]
