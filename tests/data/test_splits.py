import hashlib
import random
from collections import Counter

import pytest

from model.data.splits import Dataset, Split, make_dataset, text_hash
from model.data.tables import read_table
from model.errors import DataError


def table(rows, *, splits=None, name="t.csv"):
    header = "text\tlabel\tsplit\n" if splits else "text\tlabel\n"
    cells = [[*row, split] for row, split in zip(rows, splits, strict=True)] if splits else rows
    return read_table((header + "".join("\t".join(row) + "\n" for row in cells)).encode(), name=name)


def many(count, label="a", stem="text"):
    return [(f"{stem} {label} {i}", label) for i in range(count)]


def balance(dataset: Dataset) -> int:
    report = dataset.report
    left_out = sum(report["dropped"].values()) + report["duplicates"] + report["leaked_into_test"]
    return left_out + report["train"] + report["validation"] + report["test"] - report["rows"]


def test_eighty_ten_ten_within_each_class():
    dataset = make_dataset(table(many(100) + many(36, "b") + many(3, "c")), name="n")
    counts = {split: Counter(getattr(dataset, split).labels) for split in ("train", "validation", "test")}
    assert counts["test"] == counts["validation"] == {"a": 10, "b": 4, "c": 1}
    assert counts["train"] == {"a": 80, "b": 28, "c": 1}  # 3.6 of 36 become 4
    assert dataset.classes == ["a", "b", "c"]
    assert dataset.report == {
        "rows": 139, "dropped": {}, "duplicates": 0, "leaked_into_test": 0,
        "classes": {"a": 100, "b": 36, "c": 3}, "train": 109, "validation": 15, "test": 15,
    }  # fmt: skip


def test_the_lowest_hashes_of_a_class_are_tested_and_the_next_validated():
    rows = many(20) + many(20, "b")
    dataset = make_dataset(table(rows), name="n")
    by_hash = sorted((text for text, label in rows if label == "a"), key=text_hash)
    assert {t for t in dataset.test.texts if " a " in t} == set(by_hash[:2])
    assert {t for t in dataset.validation.texts if " a " in t} == set(by_hash[2:4])
    assert text_hash("é") == hashlib.sha256(b"\xc3\xa9").digest()


def test_splits_stand_in_the_order_of_hashes_whatever_the_order_of_rows():
    rows = many(60) + many(60, "b")
    dataset = make_dataset(table(rows), name="n")
    assert dataset.train.texts == sorted(dataset.train.texts, key=text_hash)
    random.Random(1).shuffle(rows)
    again = make_dataset(table(rows), name="n")
    assert again == dataset
    assert set(dataset.train.labels[:20]) == {"a", "b"}


def test_the_hash_and_the_split_of_a_small_table_never_change():
    dataset = make_dataset(table(many(10) + many(10, "b")), name="n")
    assert dataset.test == Split(*FIXED_TEST)
    assert dataset.sha256 == FIXED_HASH


FIXED_TEST = (["text b 4", "text a 7"], ["b", "a"])
FIXED_HASH = "29a51d7cde8254c42ee3fecb4905c500cbf48835e45b928b0616c010e8d25035"


def test_the_hash_depends_on_each_text_label_and_split():
    rows, splits = many(4) + many(4, "b"), ["train", "train", "validation", "test"] * 2
    base = make_dataset(table(rows, splits=splits), name="n").sha256
    assert make_dataset(table(rows, splits=splits), name="other name").sha256 == base
    renamed = [(text + "!", label) if i == 0 else (text, label) for i, (text, label) in enumerate(rows)]
    assert make_dataset(table(renamed, splits=splits), name="n").sha256 != base
    relabelled = [(text, label.replace("b", "c")) for text, label in rows]
    assert make_dataset(table(relabelled, splits=splits), name="n").sha256 != base
    moved = ["train", "validation", "train", "test", *splits[4:]]
    assert make_dataset(table(rows, splits=moved), name="n").sha256 != base


def test_duplicates_and_conflicts_are_counted_and_the_sum_is_right():
    rows = many(10) + many(10, "b")
    rows += [rows[0]] * 3  # three copies
    rows += [("both", "a"), ("both", "b"), ("both", "a")]  # one copy, and two labels for one text
    dataset = make_dataset(table([*rows, ("", "a"), ("no label", "")]), name="n")
    assert dataset.report["dropped"] == {"conflicting labels": 2, "empty": 1, "no label": 1}
    assert dataset.report["duplicates"] == 4
    assert "both" not in dataset.train.texts + dataset.validation.texts + dataset.test.texts
    assert balance(dataset) == 0


def test_a_split_column_is_kept_to():
    rows = many(12) + many(12, "b")
    splits = (["train"] * 8 + ["dev"] * 2 + ["test"] * 2) * 2
    dataset = make_dataset(table(rows, splits=splits), name="n")
    assert sorted(dataset.test.texts) == sorted(text for text, _ in rows[10:12] + rows[22:24])
    assert (dataset.report["train"], dataset.report["validation"]) == (16, 4)


def test_given_files_are_kept_to_and_what_leaks_leaves_train():
    train = many(20) + many(20, "b")
    validation = [*many(3, stem="v"), *many(3, "b", "v"), train[0]]
    test = [*many(4, stem="t"), *many(4, "b", "t"), train[1], (train[2][0], "b"), validation[0]]
    dataset = make_dataset(table(train), name="n", validation=table(validation), test=table(test))
    assert len(dataset.test.texts) == 11  # the test split itself is never touched
    assert dataset.report["leaked_into_test"] == 3  # two of train, one of them under another label; one of validation
    assert dataset.report["dropped"] == {"also in validation": 1}
    assert not {train[0][0], train[1][0], train[2][0]} & set(dataset.train.texts)
    assert len(dataset.validation.texts) == 6
    assert balance(dataset) == 0


def test_with_a_test_file_alone_validation_is_a_tenth_of_train():
    train = many(50) + many(30, "b")
    dataset = make_dataset(table(train), name="n", test=table(many(5, stem="t") + many(5, "b", "t")))
    assert Counter(dataset.validation.labels) == {"a": 5, "b": 3}
    assert (dataset.report["train"], dataset.report["test"]) == (72, 10)
    assert {*dataset.validation.texts, *dataset.train.texts} == {text for text, _ in train}


def test_with_a_validation_file_alone_test_is_a_tenth_of_train():
    dataset = make_dataset(table(many(50) + many(30, "b")), name="n", validation=table(many(4, stem="v")))
    assert Counter(dataset.test.labels) == {"a": 5, "b": 3}
    assert dataset.report["validation"] == 4


FREE_TEXT = [(f"text {i}", f"he said that it was {i}") for i in range(40)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (many(10), "all 10 labels are 'a'"),
        (many(10) + many(2, "b"), "'b' has 2; a class needs 3 different texts"),
        (many(10) + [("same", "b")] * 5, "'b' has 1"),
        (FREE_TEXT, "free text or an identifier: 40 different values in 40 rows"),
        ([(f"text {i}", ("long label " * 15) + str(i % 3)) for i in range(30)], "holds sentences"),
        ([(f"text {i}", f"class {i % 250}") for i in range(2500)], "has 250 classes, more than 200"),
        ([("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")], "no training text left"),
        ([*many(5), ("x", "b"), ("x", "a"), ("z", "b"), ("z", "a")], "only texts of 'a' are left"),
    ],
)
def test_labels_that_cannot_be_learnt_are_refused(rows, words):
    with pytest.raises(DataError, match=words) as caught:
        make_dataset(table(rows), name="reviews.csv")
    assert str(caught.value).startswith("reviews.csv")
    assert "\n" not in str(caught.value)


def test_labels_that_train_lacks_are_refused():
    test = table(many(3, stem="t") + many(2, "z", "t"))
    with pytest.raises(
        DataError, match=r"test split has labels that train lacks: 'z' \(2 rows\); train has 'a', 'b'"
    ):
        make_dataset(table(many(10) + many(10, "b")), name="n", test=test)


def test_a_split_must_be_given_once_and_not_be_empty():
    rows = many(6) + many(6, "b")
    with_split = table(rows, splits=["train", "train", "train", "train", "train", "test"] * 2)
    with pytest.raises(DataError, match="given twice: 2 rows of column 'split'"):
        make_dataset(with_split, name="n", test=table(many(3)))
    with pytest.raises(DataError, match="leaves no training text"):
        make_dataset(table(rows, splits=["test"] * 12), name="n")
    with pytest.raises(DataError, match="no validation text left"):
        make_dataset(table(rows), name="n", validation=table([("v", "a")]), test=table([("v", "a"), ("w", "b")]))
    with pytest.raises(DataError, match="read without labels"):
        make_dataset(read_table(b"one\ntwo\n", name="t.txt", labelled=False), name="n")


def test_a_split_needs_only_as_many_texts_as_it_makes():
    two = many(2) + many(2, "b")
    given = make_dataset(table(two), name="n", test=table(many(1, stem="t")))
    assert (given.report["train"], given.report["validation"]) == (2, 2)
    one = many(1) + many(1, "b")
    both = make_dataset(table(one), name="n", validation=table(many(1, stem="v")), test=table(many(1, stem="t")))
    assert both.report["train"] == 2
