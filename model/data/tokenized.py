"""A data set as numbers of its words, whatever the settings of a training: in memory, or a folder of mapped files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model.errors import DataError
from model.text.numbering import FIRST, Numbered, rank
from model.text.vocabulary import Vocabulary

VERSION = 1  # of the files, and of the rules of `model.text.segmentation`: raise it when a text is cut differently
_ARRAYS = {"counts": np.int64, "ids": np.int32, "offsets": np.int64, "labels": np.int32}
_FIELDS = {"classes": list, "report": dict, "rows": dict, "first_tests": list}
_CHUNK = 1 << 22  # ids translated at a time

Label = str | int


class Spans(NamedTuple):
    """N texts: text i is `ids[starts[i] : starts[i] + lengths[i]]`, of class `classes[labels[i]]`; int64 (N,)."""

    starts: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class TokenizedData:
    """All texts of a data set as ids in a vocabulary of all its keys; training counts decide the order of those.

    A vocabulary of any minimum frequency and size is the first of `keys`, so that its ids are these, and an id beyond
    its end is an unknown word.
    """

    classes: list[Label]  # sorted
    report: dict[str, Any]  # of the Dataset
    rows: dict[str, int]  # texts of each split, which lie one behind the other in this order
    first_tests: list[str]  # some texts as they were written, to be read once more
    keys: list[str]  # the most frequent in training first, ties in code-point order
    counts: np.ndarray  # (K,) int64: how often each is in training
    ids: np.ndarray  # (M,) int32: place of the key + 2
    offsets: np.ndarray  # (N + 1,) int64: text i is ids[offsets[i] : offsets[i + 1]]
    labels: np.ndarray  # (N,) int32: place in classes

    def places(self, split: str) -> slice:
        """Where the texts of a split are among all."""
        names = list(self.rows)
        start = sum(self.rows[name] for name in names[: names.index(split)])
        return slice(start, start + self.rows[split])

    def class_counts(self, split: str) -> dict[Label, int]:
        """How many texts of each class a split has."""
        counts = np.bincount(self.labels[self.places(split)], minlength=len(self.classes))
        return dict(zip(self.classes, counts.tolist(), strict=True))

    def keys_of(self, split: str, *, most_tokens: int | None = None) -> list[list[str]]:
        """The keys of each text of a split, or of its first ones: one at least, and at most so many tokens."""
        places, keys = self.places(split), self.keys
        starts, ends = self.offsets[places], self.offsets[places.start + 1 : places.stop + 1]
        if most_tokens is not None and len(starts):
            enough = np.searchsorted(ends - starts[0], most_tokens, side="right")
            ends = ends[: max(1, int(enough))]
        return [
            [keys[place] for place in (self.ids[start:end] - FIRST).tolist()]
            for start, end in zip(starts.tolist(), ends.tolist(), strict=False)
        ]

    def vocabulary(self, *, min_frequency: int, max_size: int | None) -> Vocabulary:
        """The vocabulary of the training texts, whose ids `ids` are. Raises SettingsError for values out of range."""
        return Vocabulary.of_ranked(self.keys, self.counts, min_frequency=min_frequency, max_size=max_size)

    def spans(self, split: str, *, max_tokens: int) -> Spans:
        """Where the texts of a split lie in `ids`, cut at the end after max_tokens."""
        places = self.places(split)
        starts = np.array(self.offsets[places])
        lengths = self.offsets[places.start + 1 : places.stop + 1] - starts
        return Spans(starts, np.minimum(lengths, max_tokens), np.array(self.labels[places], np.int64))


def assemble(
    numbered: Numbered,
    keys: Sequence[str],
    *,
    rows: Mapping[str, int],
    labels: np.ndarray,
    classes: Sequence[Label],
    report: dict[str, Any] | None = None,
    first_tests: Sequence[str] = (),
) -> TokenizedData:
    """Texts as numbers of keys, in any numbering, put into the order of a vocabulary. `numbered` is written over."""
    flat, lengths = numbered
    offsets = np.concatenate([np.zeros(1, np.int64), lengths.cumsum()])
    seen = flat[: offsets[rows["train"]]]  # the training texts come first
    counts = np.zeros(len(keys), np.int64)
    for start in range(0, len(seen), _CHUNK):
        counts += np.bincount(seen[start : start + _CHUNK], minlength=len(keys))
    order = rank(keys, counts)
    ids = np.empty(len(keys), np.int32)
    ids[order] = np.arange(FIRST, FIRST + len(keys), dtype=np.int32)
    for start in range(0, len(flat), _CHUNK):
        flat[start : start + _CHUNK] = ids[flat[start : start + _CHUNK]]
    return TokenizedData(
        classes=list(classes),
        report=report or {},
        rows=dict(rows),
        first_tests=list(first_tests),
        keys=[keys[place] for place in order.tolist()],
        counts=counts[order],
        ids=flat,
        offsets=offsets,
        labels=np.asarray(labels, np.int32),
    )


def write_tokenized(data: TokenizedData, folder: Path, *, source: Mapping[str, Any]) -> None:
    """Write data into a folder that is there; about.json comes last. source: what it was made of, see the reading."""
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(data, name), allow_pickle=False)
    (folder / "keys.json").write_text(json.dumps(data.keys), encoding="ascii")
    files = {path.name: [path.stat().st_size, file_hash(path)] for path in sorted(folder.iterdir())}
    about = {"version": VERSION, "source": dict(source), "files": files}
    about |= {name: getattr(data, name) for name in _FIELDS}
    unfinished = folder / "about.json.part"
    unfinished.write_text(json.dumps(about), encoding="ascii")
    os.replace(unfinished, folder / "about.json")


def read_tokenized(folder: Path, *, source: Mapping[str, Any]) -> TokenizedData:
    """The data in a folder, its arrays mapped: processes that read it share its memory.

    Raises DataError unless it is whole, unchanged to the last byte, of this version, and made of this very `source`.
    """
    try:
        about = json.loads((folder / "about.json").read_bytes())
        if about["version"] != VERSION or about["source"] != source:
            raise ValueError("it was made of other data or by other rules")
        for name, stamp in about["files"].items():
            path = folder / Path(name).name
            if [path.stat().st_size, file_hash(path)] != stamp:
                raise ValueError(f"{name} is damaged")
        found = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
        keys = json.loads((folder / "keys.json").read_bytes())
        data = TokenizedData(keys=keys, **{name: about[name] for name in _FIELDS}, **found)
        _check(data)
    except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise DataError(f"the words kept in {folder} cannot be used ({error}); they are made again") from None
    return data


def file_hash(path: Path) -> str:
    """The SHA-256 (hex) of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(data: TokenizedData) -> None:
    """Nothing in it may point outside."""
    texts, keys = sum(data.rows.values()), len(data.keys)
    shapes = {"counts": (keys,), "ids": (int(data.offsets[-1]),), "offsets": (texts + 1,), "labels": (texts,)}
    for name, kind in _ARRAYS.items():
        array = getattr(data, name)
        if array.dtype != kind or array.shape != shapes[name]:
            raise ValueError(f"{name} has {array.dtype} {array.shape}, not {np.dtype(kind)} {shapes[name]}")
    if any(not isinstance(getattr(data, name), kind) for name, kind in _FIELDS.items()):
        raise ValueError("a field is not of its kind")
    bounds = {"ids": (data.ids, FIRST, FIRST + keys), "labels": (data.labels, 0, len(data.classes))}
    for name, (array, least, end) in bounds.items():
        if len(array) and not least <= array.min() <= array.max() < end:
            raise ValueError(f"{name} has values outside {least} to {end}")
    if data.offsets[0] != 0 or (np.diff(data.offsets) < 0).any() or (np.diff(data.counts) > 0).any():
        raise ValueError("offsets must rise, and counts must not")
