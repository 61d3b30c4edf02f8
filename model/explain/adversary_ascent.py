"""Adversarial weights by gradient ascent: for more than two classes, or logits that are not affine in the weights."""

import math

import numpy as np
import torch
from torch import Tensor

from model.explain.adversary_corners import divergence_of_one, most_divergence
from model.explain.interventions import EncodedText, jensen_shannon, total_variation
from model.explain.network import softmax

# Starts (so many that they hold about 8,000 weights) and steps for an affine network; and for one that has to be run
# again at each step (fewer steps for long texts: so many tokens in all).
_MOST_STARTS, _FEWEST_STARTS, _AFFINE_WEIGHTS, _AFFINE_STEPS = 64, 16, 8000, 200
_STARTS, _MOST_STEPS, _FEWEST_STEPS, _TOKENS = 8, 150, 15, 60_000
_SINGLE_TOKENS = 40_000  # tokens to run at most, to see what single tokens would say

_LEARNING_RATE, _PENALTY = 0.3, 5.0
_DECAY, _SQUARE_DECAY = 0.9, 0.999  # of Adam's means


def climbed_weights(text: EncodedText, *, epsilon: float) -> list[np.ndarray]:
    """Weights (K, T) within epsilon: the network's own, the best single token, the best of an ascent."""
    gradients = text.gradients(text.own) if text.affine else None  # (C, K, T)
    tokens, worth, moved = _single_tokens(text, gradients, epsilon)
    ranked = np.argsort(-worth, kind="stable")
    candidates = [text.own]
    within = ranked[moved[ranked] <= epsilon]
    if len(within):
        candidates.append(text.single(tokens[within[:1]])[0])
        if jensen_shannon(text.own, candidates[-1]).mean() >= most_divergence(text):
            return candidates  # there is nothing to climb to
    climbed = _climb(text, _starts(text, tokens[ranked]), gradients, epsilon)
    return candidates if climbed is None else [*candidates, climbed]


def _single_tokens(
    text: EncodedText, gradients: np.ndarray | None, epsilon: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tokens (N,), what all weight on each is worth as a start, and how far it moves the probabilities."""
    if gradients is not None:  # known without running the network
        tokens = np.arange(text.own.shape[1])
        change = gradients - (gradients * text.own).sum(axis=2, keepdims=True)  # (C, K, T), against own weights
        logits = text.own_logits + np.where(text.allowed, change, 0.0).sum(axis=1).T  # (N, C)
    else:
        most = max(_STARTS, _SINGLE_TOKENS // text.own.shape[1])
        tokens = np.argsort(text.own.mean(axis=0), kind="stable")[:most]  # own least: they diverge most
        logits = text.logits(text.single(tokens))
    moved = total_variation(softmax(text.own_logits[None]), softmax(logits))  # (N,)
    divergence = np.where(text.allowed, divergence_of_one(text.own), 0.0).mean(axis=0)[tokens]  # (N,)
    return tokens, divergence - _PENALTY * np.maximum(moved - epsilon, 0.0), moved


def _starts(text: EncodedText, tokens: np.ndarray) -> np.ndarray:
    """Where to begin, (N, K, T), inside the simplex, for at its border no gradient leads anywhere.

    Uniform, most weight where own has least, own with a little of that (its output is nearly the same), the most
    promising of the single tokens, best first, and the rest at random, sparse and less so.
    """
    count = _STARTS
    if text.affine:
        count = min(_MOST_STARTS, max(_FEWEST_STARTS, _AFFINE_WEIGHTS // text.own.size))
    uniform = text.allowed / text.allowed.sum(axis=1, keepdims=True)
    inverse = np.where(text.allowed, 1.0 / (text.own + 1.0 / text.own.shape[1]) ** 2, 0.0)
    inverse = inverse / inverse.sum(axis=1, keepdims=True)
    rows = [uniform, inverse, 0.9 * text.own + 0.1 * inverse]
    rows += [0.7 * single + 0.3 * uniform for single in text.single(tokens[: count // 2])]
    randomness = np.random.default_rng(0)
    for concentration in np.resize((0.1, 0.3, 1.0), count - len(rows)):
        rows.append(randomness.gamma(concentration, size=text.own.shape) * text.allowed)
    return np.stack(rows) + 1e-6 * uniform


def _climb(text: EncodedText, starts: np.ndarray, gradients: np.ndarray | None, epsilon: float) -> np.ndarray | None:
    """The most divergent weights within epsilon that an ascent from all starts (N, K, T) passes, None if none is.

    Softmax keeps each row a distribution; what leaves epsilon is fined, as by Jain & Wallace (2019).
    """
    device = text.device if gradients is None else torch.device("cpu")
    options = {"dtype": torch.float32 if gradients is None else torch.float64, "device": device}
    own, own_logits = torch.as_tensor(text.own, **options), torch.as_tensor(text.own_logits, **options)
    forbidden = ~torch.as_tensor(text.allowed, device=device)
    slopes = None if gradients is None else torch.as_tensor(gradients, **options)
    scores = torch.as_tensor(starts, **options).clamp(min=1e-30).log().masked_fill(forbidden, -math.inf)
    mean, square = torch.zeros_like(scores), torch.zeros_like(scores)
    steps = _AFFINE_STEPS
    if slopes is None:
        steps = max(_FEWEST_STEPS, min(_MOST_STEPS, _TOKENS // (len(starts) * own.shape[1])))
    best, found = 0.0, None
    with text.differentiable():
        for step in range(1, steps + 1):
            scores.requires_grad_()
            weights = torch.softmax(scores, dim=-1)  # (N, K, T)
            if slopes is None:
                logits = text.conclude(weights)  # (N, C)
            else:
                logits = own_logits + torch.einsum("nkt,ckt->nc", weights - own, slopes)
            moved = 0.5 * (logits.softmax(-1) - own_logits.softmax(-1)).abs().sum(-1)  # (N,)
            divergence = _divergences(own, weights)  # (N,)
            inside = torch.where(moved <= epsilon, divergence, 0.0).detach()
            if float(inside.max()) > best:
                best, found = float(inside.max()), weights[int(inside.argmax())].detach()
            loss = _PENALTY * (moved - epsilon).clamp(min=0.0) - divergence
            gradient = torch.autograd.grad(loss.sum(), scores)[0]
            # Adam (Kingma & Ba 2015) with a falling rate; importing torch.optim for it would take a second.
            mean = _DECAY * mean + (1.0 - _DECAY) * gradient
            square = _SQUARE_DECAY * square + (1.0 - _SQUARE_DECAY) * gradient**2
            size = (square / (1.0 - _SQUARE_DECAY**step)).sqrt() + 1e-8
            rate = _LEARNING_RATE * (1.0 - (step - 1) / steps) / (1.0 - _DECAY**step)
            scores = scores.detach() - rate * mean / size
    if found is None:
        return None
    found = found.double().cpu().numpy()
    return found / found.sum(axis=1, keepdims=True)


def _divergences(own: Tensor, weights: Tensor) -> Tensor:
    """Jensen-Shannon divergence of own (K, T) from each of weights (N, K, T), mean over heads, (N,)."""
    weights = weights.clamp(min=1e-30)  # the gradient at 0 is infinite
    middle = 0.5 * (own + weights)
    terms = torch.xlogy(own, own) + torch.xlogy(weights, weights) - 2.0 * torch.xlogy(middle, middle)
    return 0.5 * terms.sum(-1).mean(-1)
