"""The one rule by which texts are left out or put into a split, on arrays: for tables in memory and on disk."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from model.data.checks import ColumnsError, check_classes, check_labels, check_no_strangers
from model.data.dataset import SPLIT_NAMES

TRAIN, VALIDATION, TEST = range(3)  # places in SPLIT_NAMES
_MISSING = (TEST, VALIDATION)  # in the order in which they are carved out of train


class Partition(NamedTuple):
    """Which row stands in which split, and how many stand in none."""

    places: dict[str, np.ndarray]  # split -> places of its rows, in the order of their texts' hashes
    dropped: dict[str, int]  # "conflicting labels", "also in validation": rows, where there are any
    duplicates: int
    leaked_into_test: int
    conflicting: np.ndarray  # places of the rows whose text stands under two labels in one split


def partition(
    hashes: np.ndarray,
    labels: np.ndarray,
    given: np.ndarray,
    *,
    names: Sequence[str],
    title: str,
    label_column: str | None = None,
) -> Partition:
    """Put rows into splits by the hashes of their texts; see `make_dataset` for the rule.

    hashes: uint64 (N, 4), the four big-endian words of each SHA-256; labels: (N,) places in `names`; given: (N,)
    places in SPLIT_NAMES. Of equal rows the last one stands for all. Raises ColumnsError, which begins with `title`,
    for labels that are none and for splits without a text.
    """
    check_labels(_counted(labels[given == TRAIN], names), title, label_column)
    texts = _numbered(hashes)
    kept: dict[int, np.ndarray] = {}
    dropped: Counter[str] = Counter()
    duplicates, conflicting = 0, []
    for split in range(3):
        rows = np.flatnonzero(given == split)
        if len(rows):
            kept[split], repeated, between = _unique(rows, texts, labels, len(names))
            duplicates += repeated
            dropped["conflicting labels"] += len(between)
            conflicting.append(between)
    leaked = _remove_leaks(kept, texts, dropped)
    missing = [split for split in _MISSING if split not in kept]
    known = _counted(labels[kept[TRAIN]], names)
    check_classes(known, title, 1 + len(missing))
    for split, rows in kept.items():
        name = SPLIT_NAMES[split]
        if not len(rows):
            raise ColumnsError(f"{title} has no {name} text left: all are conflicting or stand in the test split.")
        check_no_strangers(_counted(labels[rows], names), known, title, name)
    _carve(kept, missing, labels)
    return Partition(
        {name: kept[split] for split, name in enumerate(SPLIT_NAMES)},
        {reason: count for reason, count in dropped.items() if count},
        duplicates,
        leaked,
        np.concatenate(conflicting),
    )


def hash_words(digests: bytes | bytearray) -> np.ndarray:
    """SHA-256 digests, one behind the other, as the uint64 (N, 4) that `partition` takes."""
    return np.frombuffer(digests, dtype=">u8").reshape(-1, 4).astype(np.uint64)


def _numbered(hashes: np.ndarray) -> np.ndarray:
    """A number for each row's text, ascending with the hash, the same for the same text."""
    order = np.argsort(hashes[:, 0], kind="stable")
    ordered = hashes[order]
    other = (ordered[1:] != ordered[:-1]).any(axis=1)
    if (other & (ordered[1:, 0] == ordered[:-1, 0])).any():  # texts that agree in 64 bits: nobody has them by chance
        order = np.lexsort(hashes.T[::-1])
        ordered = hashes[order]
        other = (ordered[1:] != ordered[:-1]).any(axis=1)
    numbers = np.empty(len(hashes), np.int64)
    numbers[order] = np.concatenate([[0], np.cumsum(other)])
    return numbers


def _counted(labels: np.ndarray, names: Sequence[str]) -> Mapping[str, int]:
    """Rows per label, in the order in which labels first occur."""
    found, first, counts = np.unique(labels, return_index=True, return_counts=True)
    return {names[found[place]]: int(counts[place]) for place in np.argsort(first)}


def _unique(rows: np.ndarray, texts: np.ndarray, labels: np.ndarray, classes: int):
    """Keep the last of equal rows and none of a text with two labels, in order; count repeats, list conflicts."""
    pairs = texts[rows] * classes + labels[rows]
    _, last = np.unique(pairs[::-1], return_index=True)
    different = rows[len(rows) - 1 - last]
    text = texts[different]
    same = text[1:] == text[:-1]
    lone = ~(np.append(same, False) | np.insert(same, 0, False))
    return different[lone], len(rows) - len(different), different[~lone]


def _remove_leaks(kept: dict[int, np.ndarray], texts: np.ndarray, dropped: Counter[str]) -> int:
    """Take texts of test out of the other splits, and those of validation out of train; count the former."""
    leaked = 0
    for split in (TRAIN, VALIDATION):
        if split in kept and TEST in kept:
            stays = ~np.isin(texts[kept[split]], texts[kept[TEST]], assume_unique=True)
            leaked += int((~stays).sum())
            kept[split] = kept[split][stays]
    if VALIDATION in kept:
        stays = ~np.isin(texts[kept[TRAIN]], texts[kept[VALIDATION]], assume_unique=True)
        dropped["also in validation"] += int((~stays).sum())
        kept[TRAIN] = kept[TRAIN][stays]
    return leaked


def _carve(kept: dict[int, np.ndarray], missing: Sequence[int], labels: np.ndarray) -> None:
    """Move a tenth of each class of train, those of the lowest hashes, to each missing split."""
    train = labels[kept[TRAIN]]
    target = np.full(len(train), TRAIN)
    for label in np.unique(train):
        members = np.flatnonzero(train == label)
        share = max(1, (len(members) + 5) // 10)
        for place, split in enumerate(missing):
            target[members[place * share : (place + 1) * share]] = split
    rows = kept[TRAIN]
    for split in (TRAIN, *missing):
        kept[split] = rows[target == split]
