"""A Table becomes a Dataset: duplicates and leaks out, then train, validation and test."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from model.data.checks import ColumnsError
from model.data.dataset import SPLIT_NAMES, Dataset, Split, dataset_hash, text_hash
from model.data.partition import TRAIN, Partition, hash_words, partition
from model.data.storage import load_dataset, save_dataset
from model.data.tables import Table
from model.errors import DataError

__all__ = ["Dataset", "Split", "load_dataset", "make_dataset", "save_dataset", "text_hash"]


def make_dataset(table: Table, *, name: str, validation: Table | None = None, test: Table | None = None) -> Dataset:
    """Split a table by given files, by its split column, or 80/10/10 by the hash of each text within each class.

    A validation or test split that is not given is a tenth of the training texts. Exact duplicates, texts under two
    labels, and texts of train that stand in validation or test as well, are removed and counted in `report`, so that
    rows = dropped + duplicates + leaked_into_test + train + validation + test. Nothing depends on a seed.
    Raises DataError for labels that are none: free text, one class only, too many, too few texts of one.
    """
    tables = [source for source in (table, validation, test) if source is not None]
    given = _given(table, validation, test)
    texts = [text for source in tables for text in source.texts]
    codes: dict[str, int] = {}
    labels = np.array([codes.setdefault(label, len(codes)) for source in tables for label in source.labels], np.int64)
    parts = partition(
        hash_words(b"".join(map(text_hash, texts))),
        labels,
        given,
        names=list(codes),
        title=name,
        label_column=table.label_column,
    )
    names, spans = list(codes), _spans(tables)
    splits = {
        split: Split([texts[place] for place in places], [names[label] for label in labels[places]])
        for split, places in parts.places.items()
    }
    rationales = {split: [spans[place] for place in places] for split, places in parts.places.items()}
    known = all(span is not None for split in rationales.values() for span in split)
    counts = Counter(label for split in splits.values() for label in split.labels)
    left_out = sum((Counter(source.dropped) for source in tables), Counter())
    return Dataset(
        name=name,
        **splits,
        classes=sorted(counts),
        report=make_report(parts, rows=sum(source.rows for source in tables), dropped=left_out, classes=counts),
        sha256=dataset_hash(splits),
        rationales=rationales if known else None,
    )


def make_report(parts: Partition, *, rows: int, dropped: Counter[str], classes: Counter[str]) -> dict:
    """The account of every row: `dropped` those that were left out before the splitting, `classes` the texts kept."""
    reasons = dropped + Counter(parts.dropped)
    return {
        "rows": rows,
        "dropped": {reason: count for reason, count in sorted(reasons.items()) if count},
        "duplicates": parts.duplicates,
        "leaked_into_test": parts.leaked_into_test,
        "classes": dict(sorted(classes.items())),
        **{split: len(places) for split, places in parts.places.items()},
    }


def _given(table: Table, validation: Table | None, test: Table | None) -> np.ndarray:
    """The place in SPLIT_NAMES of each row of the tables, one table behind the other."""
    if any(source is not None and source.labels is None for source in (table, validation, test)):
        raise DataError("A table read without labels cannot be trained on; read it with labelled=True.")
    own = np.array([SPLIT_NAMES.index(split) for split in table.splits or ()], np.int8)
    own = own if table.splits else np.full(len(table.texts), TRAIN, np.int8)
    parts = [own]
    for split, given in (("validation", validation), ("test", test)):
        if given is None:
            continue
        place = SPLIT_NAMES.index(split)
        if twice := int((own == place).sum()):
            raise DataError(
                f"The {split} texts are given twice: {twice:,} rows of column {table.split_column!r} "
                f"and a file of their own; leave out one of them."
            )
        parts.append(np.full(len(given.texts), place, np.int8))
    check_train(own, table.split_column)
    return np.concatenate(parts)


def check_train(given: np.ndarray, split_column: str | None) -> None:
    """Raise ColumnsError where a split column leaves nothing to train on."""
    if not (given == TRAIN).any():
        raise ColumnsError(f"Column {split_column!r} leaves no training text; mark some rows 'train'.")


def _spans(tables: Sequence[Table]) -> list:
    return [span for source in tables for span in source.rationales or [None] * len(source.texts)]
