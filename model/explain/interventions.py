"""Editing the attention itself: other weights in place of a network's own, and what it would then have said.

Weights of one text are (K, T) float64: a row per head (per layer and direction for dot attention, one row for a
mechanism with a single head), each summing to 1, or all zero where the mechanism has nothing to attend to.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from torch import Tensor

from model.errors import ModelError, SettingsError
from model.explain.gradients import differentiable
from model.explain.network import TOKENS_AT_ONCE, Network, as_row, evaluating


def own_weights(network: Network, ids: Sequence[int]) -> np.ndarray:
    """The weights (K, T) that the network itself gives to a text, ids (T,).

    Raises ModelError for a network without attention, as everything here does that takes a network.
    """
    return EncodedText(network, ids).own


def allowed(network: Network, ids: Sequence[int]) -> np.ndarray:
    """Where weight can stand, (K, T) bool: everywhere, except on the final state that asks in dot attention."""
    return EncodedText(network, ids).allowed


def predict_with(network: Network, ids: Sequence[int], weights: np.ndarray) -> np.ndarray:
    """Logits (C,) of a text, ids (T,), with weights (K, T) instead of its own, or (N, C) with weights (N, K, T).

    The text is encoded once, whatever N is. Raises ValueError for weights of another shape.
    """
    text = EncodedText(network, ids)
    weights = np.asarray(weights)
    return text.logits(weights) if weights.ndim == 3 else text.logits(weights[None])[0]


def uniform_weights(own: np.ndarray, *, allowed: np.ndarray | None = None) -> np.ndarray:
    """Equal weights wherever weight can stand: own (K, T) and allowed (K, T) -> (K, T)."""
    places = _places(own, allowed)
    return places / np.maximum(places.sum(axis=1, keepdims=True), 1)


def with_weight(own: np.ndarray, position: int, value: float, *, allowed: np.ndarray | None = None) -> np.ndarray:
    """Give one token the weight `value`, from 0 to 1, in every head: `with_weights` of one."""
    return with_weights(own, {position: value}, allowed=allowed)


def with_weights(own: np.ndarray, values: Mapping[int, float], *, allowed: np.ndarray | None = None) -> np.ndarray:
    """Give tokens weights by position, in every head; the others share the rest as before, so that sums stay 1.

    Where all others are 0 they share it equally. A head in which a token can carry no weight leaves it out; one
    without others scales the values to a sum of 1, and stays as it is where they are all 0. Shapes as
    `uniform_weights`; raises SettingsError for a position or a value out of range, or values of more than 1 in all.
    """
    places = _places(own, allowed)
    _check_values(values, places.shape[1])
    changed = np.array(own, dtype=np.float64)
    for row, here in zip(changed, places, strict=True):
        given = [position for position in values if here[position]]
        others = here.copy()
        others[given] = False
        new = np.array([values[position] for position in given], dtype=np.float64)
        if not given or (not others.any() and not new.any()):
            continue
        rest = max(1.0 - new.sum(), 0.0)
        if not others.any():
            new /= new.sum()
        elif row[others].any():
            row[others] = row[others] / row[others].sum() * rest
        else:
            row[others] = rest / others.sum()
        row[given] = new
    return changed


def shuffled_weights(own: np.ndarray, *, seed: int, allowed: np.ndarray | None = None) -> np.ndarray:
    """The same weights on other tokens: each head's are permuted among the places where weight can stand."""
    randomness = np.random.default_rng(seed)
    changed = np.array(own, dtype=np.float64)
    for row, places in zip(changed, _places(own, allowed), strict=True):
        row[places] = randomness.permutation(row[places])
    return changed


def borrowed_weights(own: np.ndarray, other: np.ndarray, *, allowed: np.ndarray | None = None) -> np.ndarray:
    """Another text's weights (K, T2) laid over this text's tokens, (K, T).

    They are stretched or squeezed: a token gets the weight that stands over the same part of the other text, from
    i / T to (i + 1) / T. What falls where no weight can stand is shared out in proportion; a head with nothing left
    is uniform. Raises ValueError for another number of heads.
    """
    places = _places(own, allowed)
    heads, tokens = places.shape
    other = np.asarray(other, dtype=np.float64)
    if other.ndim != 2 or len(other) != heads:
        raise ValueError(f"weights of {heads} heads cannot be replaced by weights of shape {other.shape}")
    # Weights as a density over the text, from 0 to 1: its integral is linear between the borders of tokens.
    integral = np.pad(other.cumsum(axis=1), ((0, 0), (1, 0)))  # (K, T2 + 1)
    borders, other_borders = np.linspace(0, 1, tokens + 1), np.linspace(0, 1, other.shape[1] + 1)
    if other.shape[1] == tokens:  # as they are, to the last digit
        changed = np.where(places, other, 0.0)
    else:
        changed = np.stack([np.diff(np.interp(borders, other_borders, row)) for row in integral])
        changed = np.where(places, changed, 0.0)
    sums = changed.sum(axis=1, keepdims=True)
    return np.where(sums > 0.0, _rows_of_sum_1(changed), uniform_weights(own, allowed=places))


def total_variation(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Half the sum of |p - q| over the last axis, from 0, equal, to 1, disjoint; p and q (..., T) -> (...)."""
    return 0.5 * np.abs(np.asarray(p, np.float64) - np.asarray(q, np.float64)).sum(axis=-1)


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence in nats, from 0, equal, to ln 2, disjoint; p and q (..., T) -> (...) (Lin 1991).

    Half of KL(p, m) + KL(q, m) with m = (p + q) / 2. Two rows of zeros have divergence 0.
    """
    return shannon_terms(np.asarray(p, np.float64), np.asarray(q, np.float64)).sum(axis=-1)


def shannon_terms(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """What each pair of numbers adds to the Jensen-Shannon divergence; where one is 0, half the other x ln 2."""
    # As log of quotients: of two nearly equal numbers the difference of logarithms would lose all digits.
    middle = np.maximum(0.5 * (p + q), np.finfo(np.float64).tiny)
    tiny = np.finfo(np.float64).tiny
    terms = p * np.log(np.maximum(p, tiny) / middle) + q * np.log(np.maximum(q, tiny) / middle)
    return np.maximum(0.5 * terms, 0.0)


class EncodedText:
    """One text, encoded once by a network with attention, to be concluded under any weights.

    `own` (K, T) and `allowed` (K, T) are as the functions of these names give them, `own_logits` (C,) what the
    network says under `own`, `affine` whether its logits are an affine function of the weights, and `rigid` whether
    the weights cannot be changed at all. Cost: reading the text, which is nearly all of a prediction.
    """

    def __init__(self, network: Network, ids: Sequence[int]):
        self._network = network
        with evaluating(network) as device, torch.no_grad():  # not inference mode: gradients need these tensors
            row = as_row(ids, device)
            self._encoded = network.encode(network.embed(row), sentences=network.sentences(row))
            attention = network.conclude(self._encoded).attention
        if attention is None:
            raise ModelError(
                "This network has no attention, so there are no weights to change: choose a model whose preset "
                "has attention, such as bilstm-additive."
            )
        self.device = device
        self.affine = bool(network.linear_in_weights)
        per_head = attention.weights.unsqueeze(1) if attention.per_head is None else attention.per_head  # (1, K, T)
        self.own = _rows_of_sum_1(per_head[0].double().cpu().numpy())
        self.allowed = np.ones(self.own.shape, dtype=bool)
        if network.architecture.pooling == "dot" and self.own.shape[1]:
            for row_allowed, name in zip(self.allowed, attention.names, strict=True):
                row_allowed[0 if name.endswith("backward") else -1] = False
        self.rigid = bool((self.allowed.sum(axis=1) <= 1).all())
        self.own_logits = self.logits(self.own[None])[0]

    def logits(self, weights: np.ndarray) -> np.ndarray:
        """Logits (N, C), float32, under each of N sets of weights, (N, K, T); about 4,000 tokens at once."""
        weights = np.asarray(weights, dtype=np.float32)
        if weights.ndim != 3 or weights.shape[1:] != self.own.shape:
            raise ValueError(f"weights of shape {weights.shape} do not fit a text whose own are {self.own.shape}")
        with evaluating(self._network), torch.no_grad():
            parts = torch.from_numpy(weights).split(self.at_once)
            return torch.cat([self.conclude(part.to(self.device)).cpu() for part in parts]).numpy()

    @property
    def at_once(self) -> int:
        """How many sets of weights to conclude in one go."""
        return max(1, TOKENS_AT_ONCE // max(1, self.own.shape[1]))

    def gradients(self, weights: np.ndarray) -> np.ndarray:
        """How each logit changes with each weight, (C, K, T), at weights (K, T); the same everywhere if affine."""
        classes = torch.arange(len(self.own_logits), device=self.device)
        at = torch.as_tensor(weights, dtype=torch.float32, device=self.device)
        parts = []
        with self.differentiable():
            for some in classes.split(self.at_once):  # one copy of the weights for each class
                copies = at.expand(len(some), *at.shape).clone().requires_grad_()
                logits = self.conclude(copies).gather(1, some.unsqueeze(1))  # (N, 1)
                parts.append(torch.autograd.grad(logits.sum(), copies)[0])
        return torch.cat(parts).double().cpu().numpy()

    def single(self, tokens: np.ndarray) -> np.ndarray:
        """All weight on each of the tokens (N,), (N, K, T); a head in which it cannot stand keeps its own."""
        single = np.zeros((len(tokens), *self.own.shape))
        single[np.arange(len(tokens)), :, tokens] = 1.0
        return np.where(self.allowed[:, tokens].T[:, :, None], single, self.own)

    def conclude(self, weights: Tensor) -> Tensor:
        """Logits (N, C) under weights (N, K, T), as tensors; for gradients, inside `differentiable()`."""
        return self._network.conclude(self._encoded, weights).logits

    @contextmanager
    def differentiable(self) -> Iterator[None]:
        """Keep the network in eval mode and gradients on."""
        # If affine, nothing recurrent comes after the weights, and gradients need no lock.
        backward = nullcontext() if self.affine else differentiable(self.device)
        with evaluating(self._network), backward, torch.enable_grad():
            yield


def _check_values(values: Mapping[int, float], tokens: int) -> None:
    for position, value in values.items():
        if not 0 <= position < tokens:
            raise SettingsError(f"there is no token {position} in a text of {tokens}: choose 0 to {tokens - 1}")
        if not 0.0 <= value <= 1.0:
            raise SettingsError(f"a weight of {value} is out of range: give a number from 0 to 1")
    total = sum(values.values())
    if total > 1.0 + 1e-9:  # a sum of decimals may miss 1 by a rounding
        raise SettingsError(f"the weights given sum to {total:.6g}: they may sum to 1 at most, so lower one of them")


def _places(own: np.ndarray, allowed: np.ndarray | None) -> np.ndarray:
    """Where weight can stand, (K, T) bool; without `allowed`, everywhere in a row that has any weight."""
    own = np.asarray(own)
    if own.ndim != 2:
        raise ValueError(f"weights are (heads, tokens), also with one head, not of shape {own.shape}")
    if allowed is None:
        return np.broadcast_to(own.sum(axis=1, keepdims=True) > 0.0, own.shape)
    allowed = np.asarray(allowed)
    if allowed.shape != own.shape or allowed.dtype != bool:
        raise ValueError(f"allowed is {allowed.dtype} of shape {allowed.shape}: give bool of shape {own.shape}")
    return allowed


def _rows_of_sum_1(weights: np.ndarray) -> np.ndarray:
    """Weights (K, T) whose rows sum to 1 in float64 as well; rows of zeros stay."""
    sums = weights.sum(axis=1, keepdims=True)
    return weights / np.where(sums > 0.0, sums, 1.0)
