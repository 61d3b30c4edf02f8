"""Attention mechanisms: each one scores the states, and a masked softmax turns the scores into weights."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.errors import ModelError
from model.networks.encoders import Reading


class Sentences(NamedTuple):
    """Attention over sentences: the number of each token's sentence (B, T), 0, 1, 2 ..., and weights (B, M).

    Padding has the number 0; texts with fewer than M sentences have weights of 0 behind them.
    """

    numbers: Tensor
    weights: Tensor


class Attention(NamedTuple):
    """How much each token counted, for a batch of texts.

    `weights` (B, T): each row sums to 1 over the real tokens and is 0 on padding; a row of zeros where there
    was nothing to attend to. `scores` (B, T): before the softmax, 0 where no weight can stand; None with several
    heads, whose scores share no scale. `per_head` (B, K, T): the weights of each head (or of each layer and
    direction), called `names`; `weights` is then their mean. `sentences`, of hierarchical networks: how much each
    sentence counted.
    """

    weights: Tensor
    scores: Tensor | None = None
    per_head: Tensor | None = None
    names: tuple[str, ...] | None = None
    sentences: Sentences | None = None


def masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax over the last axis in which masked places get exactly 0, and a row without real places all zeros.

    Shapes: scores (..., T); mask, bool, broadcastable to it, True for a real token, None for no padding.
    """
    if mask is None:
        return torch.softmax(scores, dim=-1)
    weights = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=-1)
    return weights.masked_fill(~mask, 0.0)  # only changes rows that are all padding: their softmax is 0 / 0


def weighted_sum(weights: Tensor, states: Tensor) -> Tensor:
    """Context: the states (B, T, H) summed with the weights (B, T), as (B, H).

    The states of one text (1, T, H) may meet many sets of weights (N, T): they are not copied, and give (N, H).
    """
    if len(states) == 1 and len(weights) != 1:
        return weights @ states[0]
    return torch.bmm(weights.unsqueeze(1), states).squeeze(1)


def given_attention(weights: Tensor, names: tuple[str, ...] | None = None) -> Attention:
    """The record of weights (N, K, T) that were given to a network: one row, or K rows called `names`."""
    if names is None:
        return Attention(weights[:, 0])
    return Attention(weights.mean(1), None, weights, names)


class ScoredAttention(nn.Module):
    """What single-headed mechanisms share: a mechanism only adds its `score`.

    Like every mechanism, it can be told which `weights` (N, 1, T) to use instead of its own.
    """

    def score(self, states: Tensor) -> Tensor:
        """One score per state: (B, T, S) -> (B, T)."""
        raise NotImplementedError

    def attend(self, states: Tensor, mask: Tensor | None = None) -> Attention:
        """The mechanism's own weights for the states (B, T, S)."""
        scores = self.score(states)  # (B, T)
        weights = masked_softmax(scores, mask)  # (B, T)
        return Attention(weights, scores if mask is None else scores.masked_fill(~mask, 0.0))

    def forward(
        self, states: Tensor, mask: Tensor | None = None, weights: Tensor | None = None
    ) -> tuple[Tensor, Attention]:
        """Return the context (B, S) of the states (B, T, S), and the weights that made it."""
        attention = self.attend(states, mask) if weights is None else given_attention(weights)
        return weighted_sum(attention.weights, states), attention


class AdditiveAttention(ScoredAttention):
    """score = u . context_vector with u = tanh(W h + b), `width` numbers (Yang et al. 2016, equations 5 and 6)."""

    def __init__(self, size: int, *, width: int | None = None):
        super().__init__()
        width = width or size
        self.projection = nn.Linear(size, width)
        self.context_vector = nn.Parameter(torch.empty(width).uniform_(-1.0, 1.0) / math.sqrt(width))

    def score(self, states: Tensor) -> Tensor:
        hidden = torch.tanh(self.projection(states))  # (B, T, width)
        return hidden @ self.context_vector  # (B, T)


class FeedForwardAttention(ScoredAttention):
    """score = tanh(w . h + b), b shared or one per position (Raffel & Ellis 2015, equation 1).

    With `positions` there is one bias for each of that many positions; a longer text raises ModelError.
    """

    def __init__(self, size: int, *, positions: int | None = None):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size).uniform_(-1.0, 1.0) / math.sqrt(size))
        self.bias = nn.Parameter(torch.zeros(positions or 1))
        self.positions = positions

    def score(self, states: Tensor) -> Tensor:
        bias = self.bias
        if self.positions is not None:  # padding past the last position gets a bias of 0, and no weight
            bias = F.pad(bias[: states.shape[1]], (0, max(states.shape[1] - self.positions, 0)))  # (T,)
        return torch.tanh(states @ self.weight + bias)  # (B, T)

    def attend(self, states: Tensor, mask: Tensor | None = None) -> Attention:
        if self.positions is not None and states.shape[1] > self.positions:
            longest = states.shape[1] if mask is None else int(mask.sum(1).max())
            if longest > self.positions:
                raise ModelError(
                    f"A text has {longest} tokens, and this network one bias for each of {self.positions} positions: "
                    f"cut the text to {self.positions} tokens, or train with position_bias off or more max_tokens."
                )
        return super().attend(states, mask)


class UniformAttention(ScoredAttention):
    """Every token counts the same, 1/n: the control that shows what learned weights add. It has no parameters."""

    def score(self, states: Tensor) -> Tensor:
        return states.new_zeros(states.shape[:2])  # (B, T), equal scores, hence equal weights


class MultiHeadAttention(nn.Module):
    """One learned query per head, scaled dot product with the projected states (Vaswani et al. 2017, equation 1).

    The heads share the states out among them: `size` is a multiple of `heads`, each head has size / heads columns.
    """

    def __init__(self, size: int, *, heads: int, uniform: bool = False):
        super().__init__()
        self.heads = heads
        self.uniform = uniform
        self.values = nn.Linear(size, size)
        if not uniform:
            self.keys = nn.Linear(size, size, bias=False)  # a bias would add the same score to every token
            self.queries = nn.Parameter(torch.empty(heads, size // heads).normal_())
        self.names = tuple(f"head {head + 1}" for head in range(heads))

    def _split(self, states: Tensor) -> Tensor:
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, K, T, S / K)

    def attend(self, states: Tensor, mask: Tensor | None = None) -> Attention:
        """The heads' own weights for the states (B, T, S)."""
        if self.uniform:
            scores = states.new_zeros(len(states), self.heads, states.shape[1])  # (B, K, T)
        else:
            keys = self._split(self.keys(states))  # (B, K, T, S / K)
            scores = (keys @ self.queries.unsqueeze(-1)).squeeze(-1)  # (B, K, T)
            scores = scores / math.sqrt(self.queries.shape[-1])
        per_head = masked_softmax(scores, None if mask is None else mask.unsqueeze(1))  # (B, K, T)
        return Attention(per_head.mean(1), None, per_head, self.names)

    def forward(
        self, states: Tensor, mask: Tensor | None = None, weights: Tensor | None = None
    ) -> tuple[Tensor, Attention]:
        """Return the heads' contexts side by side (B, S), and their weights; given weights are (N, K, T)."""
        attention = self.attend(states, mask) if weights is None else given_attention(weights, self.names)
        values = self._split(self.values(states))  # (B, K, T, S / K)
        if len(values) == 1 and len(attention.per_head) != 1:  # one text under many weights: its values stay one copy
            contexts = (attention.per_head.transpose(0, 1) @ values[0]).transpose(0, 1)  # (N, K, S / K)
        else:
            contexts = attention.per_head.unsqueeze(2) @ values  # (B, K, 1, S / K)
        return contexts.flatten(1), attention


class DotAttention(nn.Module):
    """The last state asks all states before it: score = last . state (Luong et al. 2015, equation 8, "dot").

    Each layer and direction attends by itself. "Before" is in reading order: a backward reading ends at the first
    token, so its keys are the later ones. The last state itself has weight 0, and where nothing stands before it
    the context and the weights are zero. It has no parameters.
    """

    def __init__(self, *, uniform: bool = False):
        super().__init__()
        self.uniform = uniform

    def attend(self, readings: Sequence[Reading], mask: Tensor | None = None) -> Attention:
        """Each last state's own weights for the states (B, T, H) before it."""
        states = readings[0].states
        if mask is None:
            mask = states.new_ones(states.shape[:2], dtype=torch.bool)
        position = torch.arange(states.shape[1], device=states.device)  # (T,)
        before_last = position < mask.sum(1, keepdim=True) - 1  # (B, T)
        after_first = mask & (position > 0)  # (B, T)
        weights, scores = [], []
        for reading in readings:
            keys = after_first if reading.backward else before_last  # (B, T)
            score = torch.bmm(reading.states, reading.last.unsqueeze(2)).squeeze(2)  # (B, T)
            score = torch.zeros_like(score) if self.uniform else score.masked_fill(~keys, 0.0)
            weights.append(masked_softmax(score, keys))
            scores.append(score)
        per_head = torch.stack(weights, dim=1)  # (B, K, T)
        single = scores[0] if len(readings) == 1 else None
        return Attention(per_head.mean(1), single, per_head, tuple(reading.name for reading in readings))

    def forward(
        self, readings: Sequence[Reading], mask: Tensor | None = None, weights: Tensor | None = None
    ) -> tuple[Tensor, Attention]:
        """Return last states and contexts of all readings side by side (B, 2 H per reading), and the weights.

        Given weights are (N, K, T), a row per reading; what they put on a last state counts like any other.
        """
        if weights is None:
            attention = self.attend(readings, mask)
        else:
            attention = given_attention(weights, tuple(reading.name for reading in readings))
        pooled = []
        for reading, row in zip(readings, attention.per_head.unbind(1), strict=True):
            pooled += [reading.last.expand(len(row), -1), weighted_sum(row, reading.states)]
        return torch.cat(pooled, dim=1), attention
