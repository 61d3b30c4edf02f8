"""Adversarial weights of two classes and affine logits: a convex function is largest at a corner."""

import math

import numpy as np

from model.explain.interventions import EncodedText, jensen_shannon, shannon_terms

_LN2 = math.log(2.0)
_PAIRS_AT_ONCE = 1 << 18  # bounds the memory
_SWEEPS = 4  # over the heads; rarely more than two change anything


def corner_weights(text: EncodedText, *, epsilon: float) -> list[np.ndarray]:
    """Weights (K, T) of two classes' affine network, within epsilon, of which no head alone can do better.

    From several starts and in both orders of the heads; the best there are where there is one head.
    """
    gradients = text.gradients(text.own)  # (2, K, T)
    gains = gradients[1] - gradients[0]  # (K, T)
    logits = text.own_logits.astype(np.float64)
    lead = logits[1] - logits[0]
    probability = 1.0 / (1.0 + math.exp(-lead)) if lead > -700.0 else 0.0
    low = _logit(probability - epsilon) - lead  # how far the lead may fall, and rise
    high = _logit(probability + epsilon) - lead
    low, high = min(low, 0.0), max(high, 0.0)  # own weights are within, whatever rounding says
    if len(gains) == 1:
        return [_head_by_head(text, text.own, gains, low, high, [0])]
    starts = [text.own, *_relaxed(text, gains, low, high)]
    heads = list(range(len(gains)))
    return [_head_by_head(text, start, gains, low, high, order) for start in starts for order in (heads, heads[::-1])]


def _relaxed(text: EncodedText, gains: np.ndarray, low: float, high: float) -> list[np.ndarray]:
    """Weights (K, T) to start from: each head's best token at a price on the lead, mixed to stay within the range.

    Lagrange's relaxation. At no price each head takes the token that diverges most; the price is raised until the
    lead is back within the range, and of the two choices around that point a mixture lies in it.
    """
    alone = np.where(text.allowed, divergence_of_one(text.own), -math.inf)  # (K, T)

    def choice(price: float) -> tuple[np.ndarray, float]:
        weights = np.zeros_like(gains)
        weights[np.arange(len(gains)), (alone - price * gains).argmax(axis=1)] = 1.0
        return weights, float(((weights - text.own) * gains).sum())

    outside, change = choice(0.0)
    if low <= change <= high:
        return [outside]
    end, sign = (high, 1.0) if change > high else (low, -1.0)
    near, far = 0.0, 1.0 / max(np.abs(gains).max(), 1e-300)
    while sign * (choice(sign * far)[1] - end) > 0.0:
        if far > 1e12:  # only by rounding: where the price is all, the lead is back
            return []
        far *= 2.0
    for _ in range(40):
        middle = 0.5 * (near + far)
        near, far = (middle, far) if sign * (choice(sign * middle)[1] - end) > 0.0 else (near, middle)
    (beyond, change), (inside, inner) = choice(sign * near), choice(sign * far)
    share = (end - inner) / (change - inner)
    return [inside + share * (beyond - inside)] + ([inside] if low <= inner <= high else [])


def _logit(probability: float) -> float:
    if not 0.0 < probability < 1.0:
        return -math.inf if probability <= 0.0 else math.inf
    return math.log(probability) - math.log1p(-probability)


def _head_by_head(
    text: EncodedText, start: np.ndarray, gains: np.ndarray, low: float, high: float, heads: list[int]
) -> np.ndarray:
    weights = start.copy()
    best = -1.0
    for _ in range(_SWEEPS):
        for head in heads:
            places = text.allowed[head]
            others = ((weights - text.own) * gains).sum() - (weights[head] - text.own[head]) @ gains[head]
            here = text.own[head] @ gains[head] - others
            if not places.any():
                continue
            choice = np.zeros(gains.shape[1])
            choice[places] = best_corner(text.own[head, places], gains[head, places], low + here, high + here)
            if jensen_shannon(text.own[head], choice) > jensen_shannon(text.own[head], weights[head]):
                weights[head] = choice
        divergence = float(jensen_shannon(text.own, weights).mean())
        if divergence <= best + 1e-9:
            break
        best = divergence
    return weights


def best_corner(own: np.ndarray, gains: np.ndarray, low: float, high: float) -> np.ndarray:
    """The weights (T,) that diverge most from own (T,) with low <= weights @ gains <= high; they sum to 1.

    A corner of that polytope has one token, or two that meet an end of the range between them; own where there is no
    corner, which only rounding can bring about. Only the entries of those tokens differ from "q = 0, p x ln 2 / 2".
    """
    alone = divergence_of_one(own)
    alone = np.where((low <= gains) & (gains <= high), alone, -1.0)
    best, chosen = float(alone.max()), {int(alone.argmax()): 1.0}
    for end in (low, high):
        below, above = np.flatnonzero(gains < end), np.flatnonzero(gains > end)
        if not math.isfinite(end) or len(below) == 0 or len(above) == 0:
            continue
        for some in np.array_split(below, -(-len(below) * len(above) // _PAIRS_AT_ONCE)):
            p, q = own[some, None], own[above]
            share = (end - gains[some, None]) / (gains[above] - gains[some, None])  # (N, M), of the token above
            pairs = 0.5 * _LN2 * (1.0 - p - q) + shannon_terms(p, 1.0 - share) + shannon_terms(q, share)
            row, column = np.unravel_index(pairs.argmax(), pairs.shape)
            if pairs[row, column] > best:
                best, upper = float(pairs[row, column]), float(share[row, column])
                chosen = {int(some[row]): 1.0 - upper, int(above[column]): upper}
    if best < 0.0:
        return own.copy()
    weights = np.zeros_like(own)
    weights[list(chosen)] = list(chosen.values())
    return weights


def divergence_of_one(own: np.ndarray) -> np.ndarray:
    """The divergence from own (..., T) of all weight on one token, for each token, (..., T)."""
    return 0.5 * _LN2 * (1.0 - own) + shannon_terms(own, np.ones_like(own))


def most_divergence(text: EncodedText) -> float:
    """What no weights exceed, whatever the output, mean over heads, less a rounding."""
    return float(np.where(text.allowed, divergence_of_one(text.own), 0.0).max(axis=1).mean()) - 1e-12
