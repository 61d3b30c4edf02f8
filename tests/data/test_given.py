"""Texts and labels as they are given: what is held out is held out of training, and what makes no sense is named."""

import pytest

from model.data.given import VALIDATION_SHARE, given_splits, given_texts
from model.errors import DataError

TEXTS, LABELS = [f"text {number}" for number in range(40)], [0, 1, 1, 1] * 10


def test_a_tenth_of_each_class_is_set_aside():
    splits, classes = given_splits(TEXTS, LABELS, None)
    (train, labels), (aside, others) = splits["train"], splits["validation"]
    assert VALIDATION_SHARE == 0.1 and classes == [0, 1]
    assert sorted(train + aside) == sorted(TEXTS) and sorted(others) == [0, 1, 1, 1]
    assert dict(zip(train + aside, labels + others, strict=True)) == dict(zip(TEXTS, LABELS, strict=True))


def test_validation_texts_that_are_there_are_taken():
    splits, classes = given_splits(("b", "a"), ["y", "x"], (["c", "d"], ["x", "y"]))
    assert splits == {"train": (["b", "a"], ["y", "x"]), "validation": (["c", "d"], ["x", "y"])}
    assert list(splits) == ["train", "validation"] and classes == ["x", "y"]


def test_what_makes_no_sense_is_named():
    with pytest.raises(DataError, match="one string"):
        given_texts("a text")
    with pytest.raises(DataError, match=r"text 1 is 3 \(int\)"):
        given_texts(["a", 3])
    for texts, labels, validation, says in (
        (["a", "b"], ["x"], None, "2 texts but 1 labels"),
        (["a", "b"], ["x", "x"], None, "at least two classes"),
        (["a", "b"], ["x", "y"], (["c", "d"], ["x", "z"]), "labels that training has not: z"),
    ):
        with pytest.raises(DataError, match=says):
            given_splits(texts, labels, validation)
