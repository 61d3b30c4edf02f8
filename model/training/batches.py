"""Texts as ids, end to end in one tensor, cut into batches of nearly one length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor


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
        device: torch.device | str = "cpu",
    ) -> Documents:
        """Texts that lie in one array: text i is `flat[starts[i] : starts[i] + lengths[i]]`.

        flat: (M,) int32; on the CPU it is read where it lies and never written, so that it may be a memory-mapped
        file. starts, lengths: (N,) integers; texts may lie in any order, overlap and leave gaps. Raises ValueError
        for a text that is not inside the array.
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
        return documents

    def _keep(self, flat: np.ndarray, starts: np.ndarray, lengths: np.ndarray, labels, device) -> None:
        self.lengths = lengths  # (N,) kept on the CPU: batches are planned there
        self._flat = _tensor_of(flat).to(device)  # (M,)
        self._starts = _tensor_of(starts).to(device)
        self._lengths = _tensor_of(lengths).to(device)
        self.labels = None if labels is None else torch.as_tensor(np.asarray(labels, np.int64), device=device)

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor | None]:
        """Ids (B, T) of the texts at `index`, padded to the longest, and mask (B, T), None if nothing is padded."""
        rows = torch.from_numpy(index).to(self._flat.device)
        longest = int(self.lengths[index].max(initial=0))
        ragged = bool((self.lengths[index] != longest).any())
        steps = torch.arange(longest, device=rows.device)  # (T,)
        positions = self._starts[rows][:, None] + steps  # (B, T)
        if not ragged:
            return self._flat[positions].long(), None
        mask = steps < self._lengths[rows][:, None]  # (B, T)
        ids = self._flat[positions.clamp_(max=len(self._flat) - 1)].long()  # (B, T)
        return ids.mul_(mask), mask  # what a text is not, is 0: PAD


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
    """Every text once, in order of length, at most `texts` texts and about `tokens` padded tokens at a time."""
    by_length = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(by_length):
        stop = start + 1
        while (
            stop < len(by_length) and stop - start < texts and (stop + 1 - start) * lengths[by_length[stop]] <= tokens
        ):
            stop += 1
        yield by_length[start:stop]
        start = stop
