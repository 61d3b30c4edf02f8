"""Causal attention: every state asks the states before it, and never itself or a later one."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from model.networks.attention import masked_softmax

# Additive scores need a vector for each pair of states, of which only so many numbers are made at once. On a CPU few
# are faster even though gradients make them a second time: 4 MB stay in its cache (1.4 times, measured on one core).
NUMBERS_AT_ONCE = 1_000_000
NUMBERS_AT_ONCE_ELSEWHERE = 16_000_000


class CausalContext(NamedTuple):
    """Contexts (B, S, H), the weights (B, S, M + S) that made them, and the states (B, M', H) to hand on as past.

    Column c of the weights is the state at position c - M of the segment. A weight is exactly 0 for the state that
    asks, for later ones and beyond the window; a row without earlier states, and its context, are zeros.
    """

    context: Tensor
    weights: Tensor
    past: Tensor


class DotScore(nn.Module):
    """score = scale times query . key (Luong et al. 2015, equation 8, "dot"). It has no parameters."""

    def __init__(self, *, scale: float = 1.0):
        super().__init__()
        self.scale = scale

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Queries (B, S, H) and keys (B, K, H) -> scores (B, S, K)."""
        return torch.bmm(queries * self.scale, keys.transpose(1, 2))


class GeneralScore(nn.Module):
    """score = query . W key (Luong et al. 2015, equation 8, "general")."""

    def __init__(self, size: int):
        super().__init__()
        self.projection = nn.Linear(size, size, bias=False)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Queries (B, S, H) and keys (B, K, H) -> scores (B, S, K)."""
        return torch.bmm(self.projection(queries), keys.transpose(1, 2))


class AdditiveScore(nn.Module):
    """score = v . tanh(W query + U key + b) (Bahdanau et al. 2015, appendix A.1.2)."""

    def __init__(self, size: int):
        super().__init__()
        self.queries = nn.Linear(size, size)
        self.keys = nn.Linear(size, size, bias=False)
        self.vector = nn.Parameter(torch.empty(size).uniform_(-1.0, 1.0) / math.sqrt(size))

    def _score(self, queries: Tensor, keys: Tensor) -> Tensor:
        return (queries.unsqueeze(2) + keys.unsqueeze(1)).tanh_() @ self.vector  # (B, S, K)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Queries (B, S, H) and keys (B, K, H) -> scores (B, S, K)."""
        queries, keys = self.queries(queries), self.keys(keys)
        numbers = NUMBERS_AT_ONCE if keys.device.type == "cpu" else NUMBERS_AT_ONCE_ELSEWHERE
        rows = max(1, numbers // max(keys.numel(), 1))
        if queries.shape[1] <= rows:
            return self._score(queries, keys)
        # Gradients would keep every part's vectors: they are made again on the way back instead.
        parts = [
            checkpoint(self._score, part, keys, use_reentrant=False, preserve_rng_state=False)
            for part in queries.split(rows, dim=1)
        ]
        return torch.cat(parts, dim=1)


_SCORES = {
    "dot": lambda size: DotScore(),
    "scaled-dot": lambda size: DotScore(scale=1.0 / math.sqrt(size)),  # Vaswani et al. 2017, equation 1
    "general": GeneralScore,
    "additive": AdditiveScore,
}


class CausalAttention(nn.Module):
    """Each state asks at most `window` states before it (None: all); `score` is one of language_presets.SCORES."""

    def __init__(self, size: int, *, score: str, window: int | None):
        super().__init__()
        self.score = _SCORES[score](size)
        self.window = window

    def attend(self, queries: Tensor, keys: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """Contexts (B, S, H) and weights (B, S, K) of queries (B, S, H) that stand at `position` (B or 1, S) of the
        keys (B, K, H)."""
        place, position = torch.arange(keys.shape[1], device=keys.device), position.unsqueeze(-1)  # (K,), (., S, 1)
        reach = place < position  # (., S, K)
        if self.window is not None:
            reach &= place >= position - self.window
        weights = masked_softmax(self.score(queries, keys), reach)
        return torch.bmm(weights, keys), weights

    def forward(self, states: Tensor, past: Tensor) -> CausalContext:
        """Attend for each state of a segment (B, S, H) after the states (B, M, H) that were handed on to it."""
        keys = torch.cat([past, states], dim=1)  # (B, M + S, H)
        earlier, width = past.shape[1], keys.shape[1]
        position = torch.arange(earlier, width, device=keys.device).unsqueeze(0)  # (1, S)
        context, weights = self.attend(states, keys, position)
        handed_on = keys if self.window is None else keys[:, max(width - self.window, 0) :]
        return CausalContext(context, weights, handed_on)

    def extra_repr(self) -> str:
        return f"window={self.window}"
