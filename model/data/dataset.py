"""The record of a split data set: what every room above works on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

SPLIT_NAMES = ("train", "validation", "test")
Spans = list[tuple[int, int]]


class Split(NamedTuple):
    """Texts and their labels, in the same order."""

    texts: list[str]
    labels: list[str]


@dataclass(frozen=True)
class Dataset:
    """Three splits without a text in common, each in the order of its texts' hashes.

    That order is a fixed shuffle: any first N of a split are a fair sample of it, and the order of the rows in the
    file they came from changes nothing.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    classes: list[str]  # sorted
    report: dict  # rows, dropped, duplicates, leaked_into_test, classes, train, validation, test: rows each
    sha256: str  # of every split, label and text
    rationales: dict[str, list[Spans]] | None = None  # split -> spans per text, where they are known


def text_hash(text: str) -> bytes:
    """Return the SHA-256 of a text (32 bytes), which decides its place in every order and split."""
    return hashlib.sha256(text.encode()).digest()


def dataset_hash(splits: Mapping[str, Split]) -> str:
    """Return the SHA-256 (hex) of splits: a JSON line [split, label, text] for each text in its order."""
    digest = DatasetDigest()
    for name, split in splits.items():
        digest.add(name, split)
    return digest.hexdigest()


class DatasetDigest:
    """`dataset_hash` a part at a time: splits one behind the other, each in one part or more."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, name: str, split: Split) -> None:
        """Go on with some texts of a split."""
        quoted = json.encoder.encode_basestring  # what json.dumps does to a string, without its overhead
        heads = {label: f"[{quoted(name)}, {quoted(label)}, " for label in set(split.labels)}
        for text, label in zip(split.texts, split.labels, strict=True):
            self._digest.update(f"{heads[label]}{quoted(text)}]\n".encode())

    def hexdigest(self) -> str:
        """The hash of all that was added."""
        return self._digest.hexdigest()
