"""Texts as ids, end to end in one tensor, cut into batches of nearly one length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.text.vocabulary import UNK

_ALIKE = 64  # texts of one length, which fill a batch well enough


class Documents:
    """Token ids of N texts, and their labels if known, on one device.

    sequences: N arrays of ids, of any length, also 0; labels: N class indices.
    """

    def __init__(
        self,
        sequences: Sequence[np.ndarray],
        labels: Sequence[int] | None = None,
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        lengths = np.fromiter((len(sequence) for sequence in sequences), dtype=np.int64, count=len(sequences))
        flat = np.concatenate([np.zeros(0, np.int32), *sequences]).astype(np.int32, copy=False)
        self._keep(flat, lengths.cumsum() - lengths, lengths, labels, device)

    @classmethod
    def of_flat(
        cls,
        flat: np.ndarray,
        starts: np.ndarray,
        lengths: np.ndarray,
        labels: Sequence[int] | None = None,
        *,
        words: int | None = None,
        device: torch.device | str = "cpu",
    ) -> Documents:
        """Texts that lie in one array: text i is `flat[starts[i] : starts[i] + lengths[i]]`.

        flat: (M,) int32; on the CPU it is read where it lies and never written, so that it may be a memory-mapped
        file. starts, lengths: (N,) integers; texts may lie in any order, overlap and leave gaps. With `words`, ids
        from there on count as the unknown word: a vocabulary that is the beginning of a longer one needs no ids of
        its own. Raises ValueError for a text that is not inside the array.
        """
        documents = cls.__new__(cls)
        starts, lengths = (np.asarray(numbers, dtype=np.int64) for numbers in (starts, lengths))
        outside = np.flatnonzero((starts < 0) | (lengths < 0) | (starts + lengths > len(flat)))
        if len(outside):
            text = int(outside[0])
            raise ValueError(
                f"text {text} has {lengths[text]} ids from place {starts[text]}, but there are {len(flat)} ids"
            )
        documents._keep(np.asarray(flat, dtype=np.int32), starts, lengths, labels, device)
        if words is not None and documents._flat.device.type == "cpu":  # of the file there is no copy to change
            documents._words = words
        elif words is not None:
            documents._flat.masked_fill_(documents._flat >= words, UNK)
        return documents

    def _keep(self, flat: np.ndarray, starts: np.ndarray, lengths: np.ndarray, labels, device) -> None:
        self._words: int | None = None  # ids from there on become UNK when they are read
        self.lengths = lengths  # (N,) kept on the CPU: batches are planned there
        self._flat = _tensor_of(flat).to(device)  # (M,)
        self._starts = _tensor_of(starts).to(device)
        self._lengths = _tensor_of(lengths).to(device)
        self.labels = None if labels is None else torch.as_tensor(np.asarray(labels, np.int64), device=device)

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor | None]:
        """Ids and mask, as in `Batch`, of the texts at `index`, which is not empty: an epoch of one batch."""
        ids, mask, _ = self.epoch([index])[0]
        return ids, mask

    def epoch(self, batches: Sequence[np.ndarray]) -> Epoch:
        """The texts at each of `batches`, arrays of indices of which none is empty, laid out on the device."""
        return Epoch(self, batches)

    def _padded(self, starts: Tensor, lengths: Tensor | None, steps: Tensor) -> tuple[Tensor, Tensor | None]:
        """Ids and mask of texts by their starts (B,) and lengths (B,), None for all as long as steps (T,) counts."""
        positions = starts.unsqueeze(1) + steps  # (B, T)
        mask = None
        if lengths is not None:
            mask = steps < lengths.unsqueeze(1)  # (B, T)
            positions.clamp_(max=len(self._flat) - 1)
        ids = self._flat[positions].long()  # (B, T)
        if self._words is not None:
            ids.masked_fill_(ids >= self._words, UNK)
        return (ids, None) if mask is None else (ids.mul_(mask), mask)  # what a text is not, is 0: PAD


class Batch(NamedTuple):
    """Some texts: ids (B, T), padded to the longest, mask (B, T), None if nothing is padded, and labels (B,)."""

    ids: Tensor
    mask: Tensor | None
    labels: Tensor | None


class Epoch(Sequence[Batch]):
    """Batches of documents in an order that their device was told once, before the first.

    What a batch looks like is known on the CPU: to take one asks a GPU nothing, and so nobody waits for it.
    """

    def __init__(self, documents: Documents, batches: Sequence[np.ndarray]) -> None:
        self._documents = documents
        order = np.concatenate([np.zeros(0, np.int64), *batches])
        self._bounds = np.cumsum([0, *map(len, batches)]).tolist()
        lengths = documents.lengths[order]
        self._longest = np.maximum.reduceat(lengths, self._bounds[:-1]).tolist() if len(batches) else []
        shortest = np.minimum.reduceat(lengths, self._bounds[:-1]).tolist() if len(batches) else []
        self._ragged = [long != short for long, short in zip(self._longest, shortest, strict=True)]
        rows = _uploaded(order, documents._flat.device)
        self._starts, self._lengths = documents._starts[rows], documents._lengths[rows]
        self._labels = None if documents.labels is None else documents.labels[rows]
        self._steps = torch.arange(max(self._longest, default=0), device=rows.device)

    def __len__(self) -> int:
        return len(self._longest)

    def __getitem__(self, number: int) -> Batch:
        number = range(len(self))[number]  # IndexError past the end, and what is counted from there
        rows = slice(self._bounds[number], self._bounds[number + 1])
        lengths = self._lengths[rows] if self._ragged[number] else None
        steps = self._steps[: self._longest[number]]  # (T,)
        ids, mask = self._documents._padded(self._starts[rows], lengths, steps)
        return Batch(ids, mask, None if self._labels is None else self._labels[rows])


def _uploaded(numbers: np.ndarray, device: torch.device) -> Tensor:
    """A tensor of them on the device, without waiting for the copy."""
    tensor = torch.from_numpy(numbers)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


class _Writable:
    """An array to which numpy's word "read only" does not cling; it holds on to the array."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}


def _tensor_of(array: np.ndarray) -> Tensor:
    """A tensor that shares an array's memory; torch would warn of a read-only one, though nobody writes to it."""
    return torch.from_numpy(array if array.flags.writeable else np.asarray(_Writable(array)))


def training_batches(lengths: np.ndarray, batch_size: int, generator: np.random.Generator) -> list[np.ndarray]:
    """One epoch: every text once, batches of nearly one length, in random order.

    Texts of one length are shuffled among themselves, then all are cut in order of length, so that almost no batch
    needs padding; where the first cut falls is random too, so that batches differ from epoch to epoch.
    """
    shuffled = generator.permutation(len(lengths))
    by_length = shuffled[np.argsort(lengths[shuffled], kind="stable")]
    first = int(generator.integers(1, batch_size + 1))
    batches = [batch for batch in np.split(by_length, range(first, len(by_length), batch_size)) if len(batch)]
    order = generator.permutation(len(batches))
    return [batches[i] for i in order]


def inference_batches(lengths: np.ndarray, *, tokens: int = 16_384, texts: int = 512) -> Iterator[np.ndarray]:
    """Every text once, in order of length, at most `texts` texts and about `tokens` padded tokens at a time.

    Of a length that many texts have, most come first, so many at a time that shapes come again (each new one costs
    memory) and nothing is padded: 15 % faster in a BiLSTM.
    """
    by_length = np.argsort(lengths, kind="stable")
    _, starts = np.unique(lengths[by_length], return_index=True)
    rest = [by_length[:0]]
    for same in np.split(by_length, starts)[1:]:  # the texts of each length
        alike, left = np.split(same, [len(same) - len(same) % _ALIKE])
        most = max(1, min(texts, tokens // max(1, int(lengths[same[0]]))))
        size = most - most % _ALIKE if most > _ALIKE else most
        for start in range(0, len(alike), size):
            yield alike[start : start + size]
        rest.append(left)
    by_length = np.concatenate(rest)
    start = 0
    while start < len(by_length):
        stop = start + 1
        while (
            stop < len(by_length) and stop - start < texts and (stop + 1 - start) * lengths[by_length[stop]] <= tokens
        ):
            stop += 1
        yield by_length[start:stop]
        start = stop
