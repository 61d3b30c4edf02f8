"""The keys of many texts as numbers, for a vocabulary to be made of later: nothing of the texts is held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from model.text.segmentation import KeyValues
from model.text.vocabulary import PAD, UNK

FIRST = max(PAD, UNK) + 1  # the id of a vocabulary's most frequent word


class Numbered(NamedTuple):
    """N texts: the number of each key int32 (M,), one text behind the other, and the texts' lengths int64 (N,)."""

    flat: np.ndarray
    lengths: np.ndarray


class Numbering:
    """Numbers keys in the order in which they are first met; in memory are the distinct ones."""

    def __init__(self) -> None:
        numbers: dict[str, int] = {}
        self._numbers = numbers
        self._values = KeyValues(lambda key: numbers.setdefault(key, len(numbers)))

    @property
    def keys(self) -> list[str]:
        """The distinct keys so far; a key's place is its number."""
        return list(self._numbers)

    def add(self, texts: Iterable[str]) -> Numbered:
        """The texts as numbers of their keys, of which there may be more from now on."""
        rows = [np.fromiter(self._values.of(text), np.int32) for text in texts]
        return Numbered(_end_to_end(rows, np.int32), np.fromiter(map(len, rows), np.int64))

    def translation(self, keys: Sequence[str]) -> np.ndarray:
        """The numbers here, int32 (K,), of keys that were numbered elsewhere; those not met yet are added."""
        numbers = self._numbers
        return np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), np.int32, count=len(keys))


def joined(parts: Sequence[Numbered]) -> Numbered:
    """Texts that were numbered one after another, as one."""
    flats, lengths = zip(*parts, strict=True) if parts else ((), ())
    return Numbered(_end_to_end(flats, np.int32), _end_to_end(lengths, np.int64))


def _end_to_end(arrays: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *arrays])


def rank(keys: Sequence[str], counts: np.ndarray) -> np.ndarray:
    """The places (K,) of keys from the most frequent to the least, ties in code-point order: a vocabulary's order."""
    by_name = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    return by_name[np.argsort(-counts[by_name], kind="stable")]
