"""A text as a few streams read side by side, cut into segments: how truncated back-propagation goes through it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from model.errors import DataError


class Streams:
    """Token ids (N,) of one long text on one device, to be read as `count` streams of equal length."""

    def __init__(self, ids: np.ndarray, *, count: int, segment: int, device: torch.device | str = "cpu") -> None:
        if len(ids) < 2:
            raise DataError(f"the training text has {len(ids)} tokens; at least 2 are needed to predict one")
        self._ids = torch.from_numpy(np.asarray(ids, np.int32)).to(device)  # (N,)
        self._segment = segment
        self.count = min(count, len(ids) // 2)
        self.steps = len(ids) // self.count - 1  # predictions of each stream in one epoch
        self.tokens = self.count * self.steps

    def segments(self, generator: np.random.Generator) -> list[tuple[Tensor, Tensor]]:
        """One epoch in order: ids (B, S) and the tokens that follow them (B, S); the last segment may be shorter.

        The text begins anywhere and is read round its end, so that streams and segments begin elsewhere in every
        epoch, and so that the few tokens that fill no stream are others each time.
        """
        turned = torch.roll(self._ids, -int(generator.integers(len(self._ids))))
        rows = turned[: self.count * (self.steps + 1)].view(self.count, self.steps + 1).long()  # (B, steps + 1)
        inputs, targets = rows[:, :-1], rows[:, 1:]
        return list(zip(inputs.split(self._segment, 1), targets.split(self._segment, 1), strict=True))
