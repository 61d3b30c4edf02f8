"""Data as numbers: the vocabulary of any settings, the ids of any split, and files that are trusted only if whole."""

import json

import numpy as np
import pytest

from model.data import tokenized
from model.data.tokenized import read_tokenized, write_tokenized
from model.data.tokenizing import tokenize_splits
from model.errors import DataError
from model.text.segmentation import segment_keys
from model.text.vocabulary import Vocabulary

TRAIN = ["b b a c", "", "a, b", "Rare c"]
VALIDATION, TEST = ["new b"], ["c c c never", "a"]
LABELS = [["no", "yes", "no", "yes"], ["yes"], ["no", "yes"]]
SOURCE = {"sha256": "5" * 64, "file": None}


def made():
    splits = zip((TRAIN, VALIDATION, TEST), LABELS, strict=True)
    return tokenize_splits(dict(zip(("train", "validation", "test"), splits, strict=True)), ["no", "yes"])


@pytest.fixture
def kept(tmp_path):
    write_tokenized(made(), tmp_path, source=SOURCE)
    return tmp_path


def test_by_hand():
    data = made()
    assert data.keys == ["b", "a", "c", ",", "rare", "never", "new"] and data.counts.tolist() == [3, 2, 2, 1, 1, 0, 0]
    assert data.ids[: data.offsets[4]].tolist() == [2, 2, 3, 4, 3, 5, 2, 6, 4]
    assert data.offsets.tolist() == [0, 4, 4, 7, 9, 11, 15, 16]
    assert (data.places("validation"), data.places("test")) == (slice(4, 5), slice(5, 7))
    assert data.labels.tolist() == [0, 1, 0, 1, 1, 0, 1] and data.class_counts("train") == {"no": 2, "yes": 2}


def test_in_small_pieces_it_is_the_same(monkeypatch):
    whole = made()
    monkeypatch.setattr(tokenized, "_CHUNK", 3)
    data = made()
    assert data.keys == whole.keys
    assert data.ids.tolist() == whole.ids.tolist() and data.counts.tolist() == whole.counts.tolist()


def test_a_class_that_a_split_lacks_is_counted_all_the_same():
    splits = {"train": (["a", "b"], ["x", "y"]), "validation": (["a"], ["x"])}
    assert tokenize_splits(splits, ["x", "y"]).class_counts("validation") == {"x": 1, "y": 0}


@pytest.mark.parametrize("options", [(2, None), (1, None), (3, None), (2, 4), (1, 3), (9, None)])
@pytest.mark.parametrize("mapped", [False, True])
def test_vocabulary_and_ids_are_those_of_the_texts(options, mapped, kept):
    data = read_tokenized(kept, source=SOURCE) if mapped else made()
    min_frequency, max_size = options
    expected = Vocabulary.fit_keys(segment_keys(TRAIN), min_frequency=min_frequency, max_size=max_size)
    found = data.vocabulary(min_frequency=min_frequency, max_size=max_size)
    assert (found.words, found.counts) == (expected.words, expected.counts)
    for name, texts, labels in zip(data.rows, (TRAIN, VALIDATION, TEST), LABELS, strict=True):
        starts, lengths, places = data.spans(name, max_tokens=3)
        rows = [data.ids[start : start + length] for start, length in zip(starts, lengths, strict=True)]
        rows = [np.where(row < len(found), row, 1).tolist() for row in rows]
        assert rows == [row.tolist() for row in expected.encode(texts, max_tokens=3)]
        assert [data.classes[place] for place in places] == labels


def test_keys_come_back_and_no_more_of_them_than_wanted():
    data = made()
    assert data.keys_of("train") == segment_keys(TRAIN) and data.keys_of("test") == segment_keys(TEST)
    assert data.keys_of("train", most_tokens=7) == segment_keys(TRAIN[:3])
    assert data.keys_of("train", most_tokens=6) == segment_keys(TRAIN[:2])
    assert data.keys_of("train", most_tokens=1) == segment_keys(TRAIN[:1]), "one at least"
    assert data.keys_of("test", most_tokens=4) == segment_keys(TEST[:1])
    assert data.keys_of("test", most_tokens=5) == segment_keys(TEST)


def test_what_is_read_is_what_was_written(kept):
    data, again = made(), read_tokenized(kept, source=SOURCE)
    assert isinstance(again.ids, np.memmap) and again.first_tests == TEST == data.first_tests
    for name in ("classes", "report", "rows", "keys"):
        assert getattr(again, name) == getattr(data, name)
    for name in ("counts", "ids", "offsets", "labels"):
        assert np.array_equal(getattr(again, name), getattr(data, name))


def test_no_text_at_all_can_be_kept(tmp_path):
    splits = {"train": ([""], ["no"]), "validation": ([], []), "test": ([], [])}
    write_tokenized(tokenize_splits(splits, ["no"]), tmp_path, source=SOURCE)
    again = read_tokenized(tmp_path, source=SOURCE)
    assert again.keys == [] and len(again.ids) == 0 and again.keys_of("train") == [[]]


@pytest.mark.parametrize("name", ["ids.npy", "offsets.npy", "labels.npy", "counts.npy", "keys.json"])
def test_one_changed_byte_is_noticed(kept, name):
    path = kept / name
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{name} is damaged"):
        read_tokenized(kept, source=SOURCE)
    path.unlink()
    with pytest.raises(DataError, match="cannot be used"):
        read_tokenized(kept, source=SOURCE)


def test_other_data_other_rules_and_no_json_are_refused(kept):
    with pytest.raises(DataError, match="other data"):
        read_tokenized(kept, source={**SOURCE, "file": "6" * 64})
    about = json.loads((kept / "about.json").read_text())
    (kept / "about.json").write_text(json.dumps({**about, "version": about["version"] + 1}))
    with pytest.raises(DataError, match="by other rules"):
        read_tokenized(kept, source=SOURCE)
    for content in ("", "[]", "null", "{}", json.dumps({**about, "files": 3}), json.dumps({**about, "rows": []})):
        (kept / "about.json").write_text(content)
        with pytest.raises(DataError, match="cannot be used"):
            read_tokenized(kept, source=SOURCE)


@pytest.mark.parametrize(
    ("name", "values"),
    [("ids", [1]), ("ids", [9]), ("labels", [2]), ("labels", [-1]), ("offsets", [0, 9, 3]), ("ids", [2.0])],
)
def test_nothing_points_outside_even_if_its_hash_is_right(tmp_path, name, values):
    data = made()
    array = getattr(data, name).copy() if values != [2.0] else data.ids.astype(np.float64)
    array[: len(values)] = values
    object.__setattr__(data, name, array)
    write_tokenized(data, tmp_path, source=SOURCE)
    with pytest.raises(DataError, match=r"outside|must rise|float64"):
        read_tokenized(tmp_path, source=SOURCE)
