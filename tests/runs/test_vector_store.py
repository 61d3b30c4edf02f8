"""Word vectors on their way in: kept by what is in them, refused in a sentence, with nothing left behind."""

import gzip
import hashlib
import json
import tracemalloc

import numpy as np
import pytest

from model.errors import DataError, LabError, RunError
from model.runs import vector_store
from model.runs.vector_store import keep_vectors, vectors_kept
from model.text.vectors import load_vectors
from model.text.vocabulary import Vocabulary

GLOVE = b"good 1 2 3\nbad -1 -2 -3\n"
ROWS = ((b"a", [1, 2, 3]), (b"b", [4, 5, 6]))
WORD2VEC = b"2 3\n" + b"".join(word + b" " + np.array(row, "<f4").tobytes() for word, row in ROWS)


def keep(root, content, *, name="mine.vec", owner="me", size=7):
    return keep_vectors(
        root, name=name, owner=owner, chunks=(content[at : at + size] for at in range(0, len(content), size))
    )


def left(root):
    return sorted(path.name for path in (root / "vectors").rglob("*") if path.name != "vectors.lock")


def test_kept_by_their_hash_and_usable_at_once(tmp_path):
    path = keep(tmp_path, GLOVE)
    assert path == tmp_path / "vectors" / hashlib.sha256(GLOVE).hexdigest()[:16] / "mine.vec"
    assert path.read_bytes() == GLOVE
    vocabulary = Vocabulary.fit(["good bad good bad"], min_frequency=1)
    assert load_vectors(str(path), vocabulary).found.sum() == 2
    (kept,) = vectors_kept(tmp_path, "me")
    assert kept[:6] == (path, "mine.vec", 2, 3, "GloVe text", len(GLOVE))


@pytest.mark.parametrize("content", [GLOVE, gzip.compress(GLOVE), WORD2VEC, b"2 3\ngood 1 2 3\nbad 3 4 5\n"])
def test_every_format_is_taken(tmp_path, content):
    keep(tmp_path, content)
    assert vectors_kept(tmp_path, "me")[0].rows == 2


def test_the_same_file_is_kept_once_and_belongs_to_both(tmp_path):
    first = keep(tmp_path, GLOVE)
    assert keep(tmp_path, GLOVE, name="other.vec", owner="you") == first
    assert [len(vectors_kept(tmp_path, owner)) for owner in ("me", "you", "they", None)] == [1, 1, 0, 0]
    assert keep(tmp_path, GLOVE, owner=None) == first
    assert len(vectors_kept(tmp_path, "they")) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"<html><table>", "begins with"),
        (b"PK\x03\x04" + bytes(100), "zip archive"),
        (b"\x80\x04\x95" + bytes(100), "pickle"),
        (b"good 1 2 3\nbad 1 2\n", "holds 2 numbers, not 3"),
        (b"good 1 2 3\nbad 1 nan 2\n", "not finite"),
        (b"good 1 2 3\nbad 1 x 2\n", "could not convert"),
        (b"3 3\ngood 1 2 3\nbad 1 2 3\n", "promises 3 rows and it holds 2"),
        (b"2 999999\ngood 1 2 3\n", "dimensions"),
        (gzip.compress(GLOVE)[:-9], "truncated|ends too early"),
        (gzip.compress(bytes(40_000_000)), "would grow from"),
        (gzip.compress(b"\n" * 40_000_000), "would grow from"),
    ],
)
def test_what_is_no_vectors_is_refused_and_leaves_nothing(tmp_path, content, reason):
    with pytest.raises(LabError, match=reason) as refused:
        keep(tmp_path, content, size=1 << 16)
    assert left(tmp_path) == [] and str(tmp_path) not in str(refused.value)
    assert isinstance(refused.value, DataError)


def test_too_much_is_refused_while_it_comes(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_store, "MAX_FILE", 1000)
    drawn = []

    def chunks():
        while True:
            drawn.append(1)
            yield b"x" * 100

    with pytest.raises(RunError, match="larger than"):
        keep_vectors(tmp_path, name="endless.vec", owner=None, chunks=chunks())
    assert len(drawn) == 11 and left(tmp_path) == []


def test_a_broken_connection_leaves_nothing(tmp_path):
    def chunks():
        yield GLOVE
        raise RuntimeError

    with pytest.raises(RuntimeError):
        keep_vectors(tmp_path, name="a.vec", owner=None, chunks=chunks())
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\evil.vec", "evil.vec"),
        ("", "vectors.txt"),
        ("..", "vectors.txt"),
        (".hidden", "hidden"),
        ("about.json", "vectors.txt"),
        ("a\x00b\n\u202ec.vec", "abc.vec"),
        ("词向量.vec", "词向量.vec"),
    ],
)
def test_a_name_is_a_name(tmp_path, name, kept_as):
    path = keep(tmp_path, GLOVE, name=name)
    assert path.name == kept_as and path.parent.parent == tmp_path / "vectors"


def test_a_long_name_fits_any_file_system(tmp_path):
    assert len(keep(tmp_path, GLOVE, name="向" * 500 + ".vec").name.encode()) <= 100


def test_own_old_files_make_room_and_used_ones_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_store, "MAX_ALL", 80)
    old = keep(tmp_path, GLOVE)
    new = keep(tmp_path, GLOVE + b"more 1 2 3\n")
    assert old.exists() and new.exists()
    third = keep(tmp_path, GLOVE + b"less 1 2 3\n")
    assert not old.exists() and third.exists()
    with pytest.raises(RunError, match="no room for these vectors"):
        keep(tmp_path, GLOVE + b"even 1 2 3\n", owner="you")


def test_files_of_runs_stay(tmp_path, monkeypatch, make_run):
    path = keep(tmp_path, GLOVE)
    run = make_run(where=tmp_path)
    spec = {**run.spec, "settings": {**run.spec["settings"], "vectors": str(path)}}
    (run.folder / "spec.json").write_text(json.dumps(spec))
    monkeypatch.setattr(vector_store, "MAX_ALL", 40)
    with pytest.raises(RunError, match="no room"):
        keep(tmp_path, GLOVE + b"more 1 2 3\n")
    assert path.exists()


def test_what_a_crash_left_is_replaced(tmp_path):
    path = keep(tmp_path, GLOVE)
    (path.parent / "about.json").unlink()
    assert vectors_kept(tmp_path, "me") == []
    assert keep(tmp_path, GLOVE) == path and len(vectors_kept(tmp_path, "me")) == 1


def test_memory_does_not_grow_with_the_file(tmp_path):
    row = b"word%d " + b"0.125 " * 49 + b"0.5\n"

    def chunks():
        for number in range(0, 60_000, 1000):
            yield b"".join(row % place for place in range(number, number + 1000))

    tracemalloc.start()
    try:
        keep_vectors(tmp_path, name="big.txt", owner=None, chunks=chunks())
        assert tracemalloc.get_traced_memory()[1] < 8e6  # the file has 18 MB
    finally:
        tracemalloc.stop()
