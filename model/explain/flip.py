"""The smallest change of attention weights that makes a network predict another class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from model.explain.interventions import EncodedText, total_variation
from model.explain.network import Network

# Past the tie, as a share of the logits' size: float32 tells the classes apart from the first on, mostly.
_NUDGES = (1e-6, 1e-5, 1e-4)

# The search in a network that is not affine: straight lines tried anew, rival classes, points tried on a path at once
# and how often the stretch between two of them is looked at again (to 1/9 each time).
_ROUNDS, _RIVALS, _POINTS, _ZOOMS = 4, 3, 8, 4
_SINGLE_TOKENS = 40_000  # tokens to run at most, to see what single tokens would say

Path = Callable[[float], np.ndarray]  # from 0, the network's own weights, to 1 -> weights (K, T)


@dataclass(frozen=True, eq=False)
class Flip:
    """Weights (K, T) under which the prediction is `label`, and how far they are from the network's own.

    `distance` is the total variation, the mean over heads, from 0 to 1. `weights`, `distance` and `label` are None
    where there is no such flip: with `exact`, no weights whatever change the prediction; without, none were found.
    With weights, `exact` says that none nearer flip it, but for float32's rounding.
    """

    weights: np.ndarray | None
    distance: float | None
    label: int | None
    exact: bool


def smallest_flip(network: Network, ids: Sequence[int]) -> Flip:
    """The attention weights nearest to the network's own under which it predicts another class for ids (T,).

    Exact where logits are affine in the weights: the lead of the prediction over a rival class is then a constant
    plus the sum of weight x gain over heads and tokens, and however much is taken from the tokens, the lead falls
    most when it all goes to the token of least gain in the same head. A unit moved from a token lowers the lead by
    that token's gain less the least one and costs the same distance whichever token gives it, so taking from the
    tokens with most to give first, until the lead is gone, is the least that can be moved (a fractional knapsack with
    unit costs). Otherwise the network is linearised where it is, the path that this gives is followed to the first
    flip, and again from there: an upper bound, verified by running the network.

    Costs one reading of the text and one gradient, 3 ms for 200 tokens on one core with hidden size 64; searching,
    some 100 readings more of the part after the encoder, and where the paths lead nowhere one per token (at most
    40,000 tokens): about 0.1 s for 200 tokens, 1 to 5 s for 2,000. Raises ModelError for a network without attention.
    """
    text = EncodedText(network, ids)
    if text.rigid:
        return Flip(None, None, None, exact=True)
    return _exact_flip(text) if text.affine else _searched_flip(text)


def _exact_flip(text: EncodedText) -> Flip:
    logits = text.own_logits.astype(np.float64)
    best = int(text.own_logits.argmax())
    gradients = text.gradients(text.own)  # (C, K, T)
    moves = []
    for rival in range(len(logits)):
        if rival != best:
            move = _Move(text, gradients[best] - gradients[rival])
            if move.drops[-1] > logits[best] - logits[rival]:
                moves.append((move, logits[best] - logits[rival]))
    for nudge in _NUDGES:
        past = nudge * max(1.0, np.abs(logits).max())
        masses = [move.mass_for(lead + past) for move, lead in moves]
        if masses:
            nearest = int(np.argmin(masses))
            flip = _flip(text, moves[nearest][0].weights(masses[nearest]), exact=True)
            if flip is not None:
                return flip
    return Flip(None, None, None, exact=True)  # not even with all weight on each head's best token


class _Move:
    """Moving weight from the highest gain to the lowest: the sum of weight x gain, gains (K, T), falls fastest."""

    def __init__(self, text: EncodedText, gains: np.ndarray):
        gains = np.where(text.allowed, gains, np.inf)
        self.own = text.own
        self.rows = np.flatnonzero(text.allowed.any(axis=1))
        self.to = gains[self.rows].argmin(axis=1)  # per row, the token that takes it all
        least = np.zeros((len(gains), 1))
        least[self.rows, 0] = gains[self.rows, self.to]
        steps = np.where(text.allowed, gains - least, 0.0).ravel()  # (K x T,) what a unit of weight lowers the sum by
        self.order = np.argsort(-steps, kind="stable")
        self.order = self.order[steps[self.order] > 0.0]
        given = text.own.ravel()[self.order]
        self.masses = np.concatenate([[0.0], given.cumsum()])
        self.drops = np.concatenate([[0.0], (given * steps[self.order]).cumsum()])

    def mass_for(self, drop: float) -> float:
        """How much weight to move for the sum to fall by `drop`; all that can be moved where that is not enough."""
        return float(np.interp(drop, self.drops, self.masses))

    def weights(self, mass: float) -> np.ndarray:
        """Weights (K, T) after moving that much."""
        taken = np.zeros(self.own.size)
        taken[self.order] = np.clip(mass - self.masses[:-1], 0.0, np.diff(self.masses))
        taken = np.minimum(taken.reshape(self.own.shape), self.own)  # not below 0 by rounding
        weights = self.own - taken
        weights[self.rows, self.to] += taken[self.rows].sum(axis=1)
        return weights


def _searched_flip(text: EncodedText) -> Flip:
    best = int(text.own_logits.argmax())
    rivals = np.argsort(-text.own_logits, kind="stable")
    flips = [_toward(text, text.own, best, rival) for rival in rivals[rivals != best][:_RIVALS]]
    flips = [weights for weights in flips if weights is not None]
    if not flips:
        single = _single_token(text, best)
        if single is None:
            return Flip(None, None, None, exact=False)
        flips.append(_first_flip(text, _straight(text.own, single), best))
        rival = int(text.logits(flips[0][None])[0].argmax())
        flips.append(_toward(text, flips[0], best, rival))
    flips = [weights for weights in flips if weights is not None]
    return _flip(text, min(flips, key=lambda weights: _distance(text, weights)), exact=False)


def _toward(text: EncodedText, at: np.ndarray, best: int, rival: int) -> np.ndarray | None:
    """The nearest flip on the paths that linearisations give, toward one class, the first of them at `at` (K, T)."""
    found = None
    for _ in range(_ROUNDS):
        gradients = text.gradients(at)  # (C, K, T)
        move = _Move(text, gradients[best] - gradients[rival])
        flip = _first_flip(text, lambda share, move=move: move.weights(share * move.masses[-1]), best)
        if flip is None and found is None:  # the network bends: try again from the end of the path
            at = move.weights(move.masses[-1])
        elif flip is None or (found is not None and _distance(text, flip) > _distance(text, found) - 1e-4):
            break
        else:
            at = found = flip
    return found


def _first_flip(text: EncodedText, path: Path, best: int) -> np.ndarray | None:
    """The first weights on a path, as far as looked at, under which the prediction is not `best`."""
    low, high, found = 0.0, 1.0, None
    for _ in range(_ZOOMS):
        shares = np.linspace(low, high, _POINTS + 2)[1:]
        weights = np.stack([path(share) for share in shares])  # (N, K, T)
        flipped = np.flatnonzero(text.logits(weights).argmax(axis=1) != best)
        if len(flipped) == 0:
            break
        found, high = weights[flipped[0]], shares[flipped[0]]
        low = shares[flipped[0] - 1] if flipped[0] else low
    return found


def _single_token(text: EncodedText, best: int) -> np.ndarray | None:
    """All weight on one token, in every head where it can stand: the one that changes the prediction most clearly."""
    most = max(8, _SINGLE_TOKENS // text.own.shape[1])
    singles = text.single(np.argsort(-text.own.mean(axis=0), kind="stable")[:most])  # (N, K, T)
    logits = text.logits(singles)  # (N, C)
    lead = logits[:, best] - np.delete(logits, best, axis=1).max(axis=1)
    return singles[lead.argmin()] if lead.min() < 0.0 else None


def _straight(start: np.ndarray, end: np.ndarray) -> Path:
    return lambda share: start + share * (end - start)


def _distance(text: EncodedText, weights: np.ndarray) -> float:
    return float(total_variation(text.own, weights).mean())


def _flip(text: EncodedText, weights: np.ndarray, *, exact: bool) -> Flip | None:
    """The flip that these weights are when run, None where they are none."""
    label = int(text.logits(weights[None])[0].argmax())
    if label == int(text.own_logits.argmax()):
        return None
    return Flip(weights, _distance(text, weights), label, exact)
