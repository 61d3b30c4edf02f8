"""The update of all weights: fused Adam, and on the CPU a row-wise Adam for the embedding table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from model.training.row_adam import RowAdam

_DENSE = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}

_WARM_UP = 0.15  # share of a one-cycle schedule spent rising to the peak
_LOWEST = 0.04  # learning rate at both ends of the cycle, as a share of the peak


def one_cycle(progress: float) -> float:
    """Learning rate at a share of the training done, as a share of its peak: linear up, cosine down (Smith 2018)."""
    if progress < _WARM_UP:
        return _LOWEST + (1 - _LOWEST) * progress / _WARM_UP
    done = (progress - _WARM_UP) / (1 - _WARM_UP)
    return _LOWEST + (1 - _LOWEST) * (1 + math.cos(math.pi * done)) / 2


class Optimizer:
    """Embeds ids and updates the network from the gradients that follow.

    On the CPU the embedding table has an Adam of its own that touches only the rows of a batch (`RowAdam`), if
    `by_row`, which is for a table that is read through `embed()` alone. Weight decay leaves the table and the
    tensors in `undecayed` alone. Of the settings it reads optimizer, learning_rate, weight_decay and clip.
    """

    def __init__(
        self,
        network: nn.Module,
        settings: Any,
        *,
        train_embedding: bool = True,
        by_row: bool = True,
        undecayed: Sequence[Tensor] = (),
    ) -> None:
        self._network, self._settings = network, settings
        table = network.embedding.weight
        table.requires_grad_(train_embedding)
        by_row = by_row and train_embedding and table.device.type == "cpu" and settings.optimizer != "sgd"
        self._rows = RowAdam(table) if by_row else None
        spared = [*undecayed, table] if train_embedding and not by_row else [*undecayed]
        apart = {id(weight) for weight in (table, *undecayed)}
        others = [weight for weight in network.parameters() if weight.requires_grad and id(weight) not in apart]
        groups = [{"params": others, "weight_decay": settings.weight_decay}]
        if spared:
            groups.append({"params": spared, "weight_decay": 0.0})
        self._dense = _DENSE[settings.optimizer](
            groups, lr=settings.learning_rate, fused=table.device.type in ("cpu", "cuda")
        )
        self.learning_rate = settings.learning_rate

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings of a batch, ready for a gradient. ids: (B, T) -> (B, T, E)."""
        return self._rows.lookup(ids) if self._rows else self._network.embed(ids)

    def step(self) -> None:
        """Clip the gradient, update all weights with the present learning rate, and forget the gradient."""
        weights = [weight for group in self._dense.param_groups for weight in group["params"]]
        if self._rows:
            weights.append(self._rows.values)
        if self._settings.clip is not None:
            torch.nn.utils.clip_grad_norm_(weights, self._settings.clip)
        for group in self._dense.param_groups:
            group["lr"] = self.learning_rate
        self._dense.step()
        self._dense.zero_grad()
        if self._rows:
            self._rows.step(self.learning_rate)

    def flush(self) -> None:
        """Bring the embedding table up to date; call before evaluating or saving."""
        if self._rows:
            self._rows.flush()

    def state(self) -> dict[str, Tensor]:
        """All moments by name; complete right after `flush()`."""
        tensors = {
            f"dense.{index}.{name}": value
            for index, moments in self._dense.state_dict()["state"].items()
            for name, value in moments.items()
        }
        if self._rows:
            tensors |= {f"rows.{name}": value for name, value in self._rows.state().items()}
        return tensors

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Go on from a `state()` of an optimizer of the same network and settings."""
        dense = self._dense.state_dict()
        dense["state"] = {}
        for name, value in tensors.items():
            kind, *rest = name.split(".")
            if kind == "dense":
                dense["state"].setdefault(int(rest[0]), {})[rest[1]] = value
        self._dense.load_state_dict(dense)
        if self._rows:
            self._rows.load_state({name: tensors[f"rows.{name}"] for name in ("first", "second", "step")})
