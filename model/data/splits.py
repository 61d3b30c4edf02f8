"""A Table becomes a Dataset: duplicates and leaks out, then train, validation and test."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from model.data.checks import check_classes, check_labels, check_no_strangers
from model.data.dataset import SPLIT_NAMES, Dataset, Spans, Split, dataset_hash, text_hash
from model.data.storage import load_dataset, save_dataset
from model.data.tables import Table
from model.errors import DataError

__all__ = ["Dataset", "Split", "load_dataset", "make_dataset", "save_dataset", "text_hash"]


class _Row(NamedTuple):
    text: str
    label: str
    spans: Spans | None
    hash: bytes


def make_dataset(table: Table, *, name: str, validation: Table | None = None, test: Table | None = None) -> Dataset:
    """Split a table by given files, by its split column, or 80/10/10 by the hash of each text within each class.

    A validation or test split that is not given is a tenth of the training texts. Exact duplicates, texts under two
    labels, and texts of train that stand in validation or test as well, are removed and counted in `report`, so that
    rows = dropped + duplicates + leaked_into_test + train + validation + test. Nothing depends on a seed.
    Raises DataError for labels that are none: free text, one class only, too many, too few texts of one.
    """
    parts = _parts(table, validation, test)
    check_labels([row.label for row in parts["train"]], name, table.label_column)
    counts: Counter[str] = Counter()
    duplicates = 0
    for split, rows in parts.items():
        parts[split], repeated, conflicting = _unique(rows)
        duplicates += repeated
        counts["conflicting labels"] += conflicting
    leaked = _remove_leaks(parts, counts)
    missing = [split for split in ("test", "validation") if split not in parts]
    check_classes(Counter(row.label for row in parts["train"]), name, 1 + len(missing))
    for split, rows in parts.items():
        if not rows:
            raise DataError(f"{name} has no {split} text left: all are conflicting or stand in the test split.")
        check_no_strangers(Counter(r.label for r in rows), {r.label for r in parts["train"]}, name, split)
    _carve(parts, missing)
    for source in (table, validation, test):
        counts.update(source.dropped if source else {})
    report = {
        "rows": sum(source.rows for source in (table, validation, test) if source),
        "dropped": {reason: count for reason, count in sorted(counts.items()) if count},
        "duplicates": duplicates,
        "leaked_into_test": leaked,
    }
    return _dataset(name, {split: parts[split] for split in SPLIT_NAMES}, report)


def _dataset(name: str, parts: Mapping[str, Sequence[_Row]], report: dict) -> Dataset:
    ordered = {split: sorted(rows, key=lambda row: row.hash) for split, rows in parts.items()}
    splits = {split: Split([r.text for r in rows], [r.label for r in rows]) for split, rows in ordered.items()}
    classes = Counter(label for split in splits.values() for label in split.labels)
    known = all(row.spans is not None for rows in ordered.values() for row in rows)
    return Dataset(
        name=name,
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
        classes=sorted(classes),
        report=report
        | {"classes": dict(sorted(classes.items()))}
        | {split: len(rows) for split, rows in ordered.items()},
        sha256=dataset_hash(splits),
        rationales={split: [row.spans for row in rows] for split, rows in ordered.items()} if known else None,
    )


def _parts(table: Table, validation: Table | None, test: Table | None) -> dict[str, list[_Row]]:
    parts: dict[str, list[_Row]] = defaultdict(list)
    for row, split in zip(_rows(table), table.splits or ["train"] * len(table.texts), strict=True):
        parts[split].append(row)
    for split, given in (("validation", validation), ("test", test)):
        if given is None:
            continue
        if parts[split]:
            raise DataError(
                f"The {split} texts are given twice: {len(parts[split]):,} rows of column {table.split_column!r} "
                f"and a file of their own; leave out one of them."
            )
        parts[split] = list(_rows(given))
    if not parts["train"]:
        raise DataError(f"Column {table.split_column!r} leaves no training text; mark some rows 'train'.")
    return {split: parts[split] for split in SPLIT_NAMES if parts[split]}


def _rows(table: Table) -> Iterable[_Row]:
    if table.labels is None:
        raise DataError("A table read without labels cannot be trained on; read it with labelled=True.")
    spans = table.rationales or [None] * len(table.texts)
    for text, label, span in zip(table.texts, table.labels, spans, strict=True):
        yield _Row(text, label, span, text_hash(text))


def _unique(rows: Sequence[_Row]) -> tuple[list[_Row], int, int]:
    """Keep one of equal rows and none of a text with two labels; also count both kinds left out."""
    different = {(row.text, row.label): row for row in rows}
    labels = Counter(text for text, _ in different)
    kept = [row for row in different.values() if labels[row.text] == 1]
    return kept, len(rows) - len(different), len(different) - len(kept)


def _remove_leaks(parts: dict[str, list[_Row]], counts: Counter[str]) -> int:
    """Take texts of test out of the other splits, and those of validation out of train; count the former."""
    leaked = 0
    test = {row.text for row in parts.get("test", ())}
    for split in ("train", "validation"):
        if split in parts:
            kept = [row for row in parts[split] if row.text not in test]
            leaked += len(parts[split]) - len(kept)
            parts[split] = kept
    validation = {row.text for row in parts.get("validation", ())}
    kept = [row for row in parts["train"] if row.text not in validation]
    counts["also in validation"] += len(parts["train"]) - len(kept)
    parts["train"] = kept
    return leaked


def _carve(parts: dict[str, list[_Row]], missing: Sequence[str]) -> None:
    """Move a tenth of each class of train, those of the lowest hashes, to each missing split."""
    by_class: dict[str, list[_Row]] = defaultdict(list)
    for row in sorted(parts["train"], key=lambda row: row.hash):
        by_class[row.label].append(row)
    taken = {split: [] for split in missing}
    for rows in by_class.values():
        share = max(1, (len(rows) + 5) // 10)
        for place, split in enumerate(missing):
            taken[split] += rows[place * share : (place + 1) * share]
    moved = {row.text for rows in taken.values() for row in rows}
    parts["train"] = [row for row in parts["train"] if row.text not in moved]
    parts.update(taken)
