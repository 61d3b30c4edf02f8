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
        self.lengths = lengths  # (N,) kept on the CPU: batches are planned there
        flat = np.concatenate([*sequences, np.zeros(1, np.int32)]).astype(np.int32)  # one PAD to point at
        self._flat = torch.from_numpy(flat).to(device)  # (tokens + 1,)
        self._starts = torch.from_numpy(np.concatenate([[0], lengths.cumsum()[:-1]]).astype(np.int64)).to(device)
        self._lengths = torch.from_numpy(lengths).to(device)
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
        ids = self._flat[positions.where(mask, positions.new_tensor(len(self._flat) - 1))].long()
        return ids, mask


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
