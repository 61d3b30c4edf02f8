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
    add up to  m * sum_s  w_s / (sqrt(v) + eps * g_s),  where  k = s - l,  c_s = sqrt(1 - b2^s),
    w_s = lr_s * c_s / (1 - b1^s) * (b1 / sqrt(b2))^k  and  g_s = c_s / sqrt(b2)^k.  As a function of q = sqrt(v)
    that sum depends on l alone; for every l the sums of w_s * g_s^p, p from -1 to 2, are kept, and from them a
    quotient of polynomials of q (`_quotients`), exact where eps is nothing beside q or q nothing beside eps; between
    them 200 steps of a classifier's training leave the table within 1e-5 of dense Adam's.
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
        self._owe_nothing(1024)
        skipped = np.arange(_TAIL, 0, -1)
        self._decay, self._growth = (betas[0] / betas[1] ** 0.5) ** skipped, betas[1] ** (-skipped / 2)
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
        self._owe_nothing(max(1024, 2 * self.step_count + 2))

    def _owe_nothing(self, steps: int) -> None:
        self._sums = np.zeros((steps, 4))  # [l, p + 1] = the sum of w_s * g_s^p for a row last updated at step l
        self._quotient = np.tile([0.0, 0.0, 0.0, 1.0], (steps, 1))  # [l] = what stands for all of it: 0 / (q^2 + 1)

    def _catch_up(self, rows: Tensor, values: Tensor, first: Tensor, second: Tensor) -> None:
        last = self._last.index_select(0, rows)
        skipped = (self.step_count - last).float()
        quotient = torch.from_numpy(self._quotient).index_select(0, last).float()  # (rows, 4)
        slope, constant, linear, square = quotient.unsqueeze(2).unbind(1)  # (rows, 1) each
        root = second.sqrt()
        below = torch.addcmul(second, root, linear).add_(square)
        values.addcdiv_(torch.addcmul(constant, root, slope).mul_(first), below, value=-1)
        first.mul_((self._betas[0] ** skipped)[:, None])
        second.mul_((self._betas[1] ** skipped)[:, None])

    def _owe(self, learning_rate: float) -> None:
        step, (beta1, beta2) = self.step_count, self._betas
        if step + 2 > len(self._sums):
            sums, quotient = self._sums, self._quotient
            self._owe_nothing(2 * len(sums))
            self._sums[: len(sums)], self._quotient[: len(sums)] = sums, quotient
        oldest = max(0, step - _TAIL)
        root = (1 - beta2**step) ** 0.5
        weights = learning_rate * root / (1 - beta1**step) * self._decay[_TAIL - (step - oldest) :]
        places = root * self._growth[_TAIL - (step - oldest) :]
        self._sums[oldest:step] += np.stack([weights / places, weights, weights * places, weights * places**2], 1)
        self._quotient[oldest:step] = _quotients(self._sums[oldest:step], self._eps)


def _quotients(sums: np.ndarray, eps: float) -> np.ndarray:
    """Coefficients (N, 4) of (a q + b) / (q^2 + c q + d), which stands for the sum of w / (q + eps * g).

    sums (N, 4): of w * g^p, p from -1 to 2. It is the Gauss quadrature with two points, as one fraction.
    """
    zeroth, first, second, third = sums.T
    spread = zeroth * second - first**2
    one = spread <= 1e-12 * zeroth * second  # all (but all) of it at one g: twice that point
    mean = np.divide(second, first, out=np.ones_like(first), where=first > 0)
    spread = np.where(one, 1.0, spread)
    linear = np.where(one, 2 * mean, (zeroth * third - first * second) / spread)
    square = np.where(one, mean**2, (first * third - second**2) / spread)
    return np.stack([first, square * eps * zeroth, linear * eps, square * eps**2], axis=1)
