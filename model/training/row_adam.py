"""Adam for an embedding table that touches only the rows in the batch, and still is Adam."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_TAIL = 300  # steps after which the momentum of a row is spent: 0.9 ** 300 = 2e-14


class RowAdam:
    """Dense Adam (Kingma & Ba 2015) on an embedding table at the cost of the rows in use.

    Dense Adam moves every row at every step, even a row that was not in the batch: its momentum fades, but still
    pushes. This class leaves such a row alone and pays what is owed when the row is next read (or at `flush()`).
    For a row last updated at step l, with first moment m and second moment v, the updates of the steps s in (l, t]
    add up to  m / sqrt(v) * sum_s  lr_s * sqrt(1 - b2^s) / (1 - b1^s) * (b1 / sqrt(b2))^(s - l) ; the sum depends
    on l alone and is kept for every l (`_owed`). Only epsilon is neglected, which no row with a gradient notices.
    Plain "lazy" Adam (also torch's SparseAdam) drops this tail and is another, worse algorithm.

    weight: (V, E) float32 on the CPU, changed in place. Row `padding` is never changed.
    """

    def __init__(self, weight: Tensor, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        self.weight = weight.detach()
        self.first = torch.zeros_like(self.weight)  # (V, E)
        self.second = torch.zeros_like(self.weight)  # (V, E)
        self.step_count = 0
        self._betas, self._eps = betas, eps
        self._last = torch.zeros(len(weight), dtype=torch.long)  # (V,) step of each row's last update
        self._owed = np.zeros(1024)  # [l] = the sum above, for a row last updated at step l
        decay = betas[0] / betas[1] ** 0.5
        self._decay_powers = decay ** np.arange(_TAIL, 0, -1)
        self._in_batch = torch.zeros(len(weight), dtype=torch.bool)
        self._place = torch.empty(len(weight), dtype=torch.long)

    @torch.no_grad()
    def lookup(self, ids: Tensor) -> Tensor:
        """Embeddings of a batch, after paying what its rows are owed. ids: (B, T) int64 -> (B, T, E)."""
        self._in_batch.zero_()
        self._in_batch[ids.reshape(-1)] = True
        rows = self._in_batch.nonzero().squeeze(1)
        self._place[rows] = torch.arange(len(rows))
        values = self.weight.index_select(0, rows)
        first, second = self.first.index_select(0, rows), self.second.index_select(0, rows)
        if self.step_count:
            self._catch_up(rows, values, first, second)
        self._rows, self._first_rows, self._second_rows = rows, first, second
        with torch.enable_grad():
            self.values = values.requires_grad_()  # (rows, E): the leaf that takes the gradient
            return F.embedding(self._place[ids], self.values)

    @torch.no_grad()
    def step(self, learning_rate: float, *, padding: int = 0) -> None:
        """One Adam update of the rows of the last `lookup()`, from the gradient that it received."""
        self.step_count += 1
        rows, values, gradient = self._rows, self.values.detach(), self.values.grad
        if len(rows) and rows[0] == padding:  # rows are sorted, and padding is id 0
            gradient[0] = 0
        torch._fused_adam_(
            [values], [gradient], [self._first_rows], [self._second_rows], [],
            [torch.tensor(float(self.step_count))],
            lr=learning_rate, beta1=self._betas[0], beta2=self._betas[1], weight_decay=0.0, eps=self._eps,
            amsgrad=False, maximize=False,
        )  # fmt: skip
        self._owe(learning_rate)
        self._last[rows] = self.step_count
        self.weight.index_copy_(0, rows, values)
        self.first.index_copy_(0, rows, self._first_rows)
        self.second.index_copy_(0, rows, self._second_rows)
        self.values = None

    @torch.no_grad()
    def flush(self) -> None:
        """Pay every row what it is owed; call before the table is read as a whole (evaluating, saving)."""
        self._catch_up(torch.arange(len(self.weight)), self.weight, self.first, self.second)
        self._last.fill_(self.step_count)

    def state(self) -> dict[str, Tensor]:
        """First and second moments (V, E) and the step; complete right after `flush()`."""
        return {"first": self.first, "second": self.second, "step": torch.tensor(self.step_count)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Go on from a `state()`; the weight itself is loaded by its owner."""
        self.first.copy_(state["first"])
        self.second.copy_(state["second"])
        self.step_count = int(state["step"])
        self._last.fill_(self.step_count)
        self._owed = np.zeros(max(1024, 2 * self.step_count + 2))

    def _catch_up(self, rows: Tensor, values: Tensor, first: Tensor, second: Tensor) -> None:
        last = self._last.index_select(0, rows)
        skipped = (self.step_count - last).float()
        owed = torch.from_numpy(self._owed).index_select(0, last).float()
        values.addcdiv_(first * -owed[:, None], second.sqrt().add_(1e-12))
        first.mul_((self._betas[0] ** skipped)[:, None])
        second.mul_((self._betas[1] ** skipped)[:, None])

    def _owe(self, learning_rate: float) -> None:
        step, (beta1, beta2) = self.step_count, self._betas
        if step + 2 > len(self._owed):
            self._owed = np.concatenate([self._owed, np.zeros(len(self._owed))])
        oldest = max(0, step - _TAIL)
        scale = learning_rate * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
        self._owed[oldest:step] += scale * self._decay_powers[_TAIL - (step - oldest) :]
