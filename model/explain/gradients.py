"""Attributions by gradients, through Captum, on the embeddings; the baseline input is the PAD embedding, zero."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.explain.shared_generators import shared_generators_kept
from model.explain.target_logit import TargetLogit

IG_PARTS, IG_POINTS = 4, 3  # parts of the path at first, and points of Gauss-Legendre quadrature in each part
IG_MOST_POINTS = 400
IG_TOLERANCE = 0.01
SMALLEST_CHANGE = 0.1  # a smaller change of the logit is judged as if it were this large

SHAP_POINTS, SHAP_HALVINGS = 16, 12  # parts of the path of gradient SHAP at first, and how often they are halved
SHAP_REPEATS = 4

# Rows of a batch with gradients: 8 for long texts, more for short ones (measured on one core).
_FEWEST_ROWS, _TOKENS_PER_BACKWARD = 8, 2000

_CUDNN = threading.Lock()


def saliency(logit: TargetLogit, _: np.random.Generator) -> Tensor:
    """L2 norm of the gradient over the embedding, (T,) (Simonyan et al. 2014; Li et al. 2016)."""
    return saliencies(logit, logit.embeddings)[0]


def saliencies(logit: TargetLogit, embeddings: Tensor) -> Tensor:
    """The same for texts with other embeddings (B, T, E): (B, T)."""
    from captum.attr import Saliency

    return Saliency(logit).attribute(_leaf(embeddings), abs=False).norm(dim=-1)


def input_x_gradient(logit: TargetLogit, _: np.random.Generator) -> Tensor:
    """Embedding times gradient, summed over the embedding, (T,) (Shrikumar et al. 2017)."""
    return inputs_x_gradients(logit, logit.embeddings)[0]


def inputs_x_gradients(logit: TargetLogit, embeddings: Tensor) -> Tensor:
    """The same for texts with other embeddings (B, T, E): (B, T)."""
    from captum.attr import InputXGradient

    return InputXGradient(logit).attribute(_leaf(embeddings)).sum(dim=-1)


class _Part(NamedTuple):
    """Integrated gradients (T,) along one part of the path, and how far their sum misses the part's change."""

    start: float
    stop: float
    values: Tensor
    error: float


def integrated_gradients(logit: TargetLogit, _: np.random.Generator) -> Tensor:
    """Sundararajan et al. (2017, equation 1), (T,): the path is cut finer where the values do not add up.

    A trained LSTM can change its mind within a thousandth of the path. More points everywhere would be needed to see
    it there; the logits at both ends of a part say where to look. Parts that miss their change are halved, until all
    errors together are 1 % of the whole change or `IG_MOST_POINTS` are spent.
    """
    return torch.stack([part.values for part in _parts(logit)]).sum(0)


def integrated_gradients_nearby(logit: TargetLogit) -> Callable[[Tensor], Tensor]:
    """The same for texts with other embeddings, (B, T, E) -> (B, T): with the points that suit this text.

    Points chosen anew for each text would move the values by as much as they may be wrong.
    """
    edges = [(part.start, part.stop) for part in _parts(logit)]

    def integrate(embeddings: Tensor) -> Tensor:
        ends = torch.tensor(edges, dtype=embeddings.dtype, device=embeddings.device)[:, :, None, None, None]
        starts, stops = ((end * embeddings).flatten(0, 1) for end in ends.unbind(1))  # (parts x B, T, E) each
        return _between(logit, starts, stops).unflatten(0, (len(edges), len(embeddings))).sum(0)

    return integrate


def _parts(logit: TargetLogit) -> list[_Part]:
    """The path from PAD to the text, in parts short enough."""
    ends = [step / IG_PARTS for step in range(IG_PARTS + 1)]
    logits = dict(zip(ends, logit.along(ends), strict=True))
    allowed = IG_TOLERANCE * max(abs(logits[1.0] - logits[0.0]), SMALLEST_CHANGE)
    parts = _integrate(logit, ends[:-1], ends[1:], logits)
    spent = len(parts) * IG_POINTS
    while sum(part.error for part in parts) > allowed and spent < IG_MOST_POINTS:
        coarse = [part for part in parts if part.error > allowed / len(parts)]
        middles = [(part.start + part.stop) / 2 for part in coarse]
        logits |= zip(middles, logit.along(middles), strict=True)
        starts = [part.start for part in coarse] + middles
        finer = _integrate(logit, starts, middles + [part.stop for part in coarse], logits)
        parts = [part for part in parts if part.error <= allowed / len(parts)] + finer
        spent += len(finer) * IG_POINTS
    return parts


def _integrate(
    logit: TargetLogit, starts: list[float], stops: list[float], logits: dict[float, float]
) -> list[_Part]:
    ends = (torch.tensor(edge, device=logit.ids.device)[:, None, None] for edge in (starts, stops))
    all_values = _between(logit, *(end * logit.embeddings for end in ends))
    return [
        _Part(start, stop, values, abs(values.sum().item() - (logits[stop] - logits[start])))
        for start, stop, values in zip(starts, stops, all_values, strict=True)
    ]


def _between(logit: TargetLogit, starts: Tensor, stops: Tensor) -> Tensor:
    """Integrated gradients (N, T) in float64 from embeddings `starts` to `stops`, (N, T, E) each, not cut finer."""
    from captum.attr import IntegratedGradients

    explainer, at_once = IntegratedGradients(logit), max(1, _rows(logit) // IG_POINTS)
    pairs = zip(starts.split(at_once), stops.split(at_once), strict=True)
    return torch.cat(
        [
            explainer.attribute(stop, baselines=start, n_steps=IG_POINTS).detach().sum(-1).double()
            for start, stop in pairs
        ]
    )


def gradient_shap(logit: TargetLogit, randomness: np.random.Generator) -> Tensor:
    """One estimate (T,) of the expected gradients between the text and PAD (Lundberg & Lee 2017; Erion et al. 2021).

    A random point in each part of the path, counted by the part's length: with one baseline and no noise, the mean
    over many estimates is integrated gradients. Parts are shorter where the logit changes fast, for there almost all
    of the change would fall between points drawn evenly.
    """
    from captum.attr import GradientShap

    edges = _parts_of_equal_change(logit)
    drawn = edges[:-1] + np.diff(edges) * randomness.random(len(edges) - 1)
    shares, counts = (
        torch.tensor(column, dtype=logit.embeddings.dtype, device=logit.ids.device)[:, None, None]
        for column in (drawn, np.diff(edges) * len(drawn))
    )  # (points, 1, 1) each
    explainer = GradientShap(logit)
    gradients = explainer.gradient_func

    def at_our_points(forward, captums, *rest):
        # Captum draws from generators that the whole process shares: another thread could change the values.
        batches = (shares * logit.embeddings).split(_rows(logit))
        parts = [gradients(forward, (batch.requires_grad_(),), *rest)[0] for batch in batches]
        return (torch.cat(parts) * counts,)

    explainer.gradient_func = at_our_points
    with shared_generators_kept(logit.ids.device):
        values = explainer.attribute(
            logit.embeddings, baselines=torch.zeros_like(logit.embeddings), n_samples=len(drawn)
        )
    return values[0].sum(dim=-1)


def _parts_of_equal_change(logit: TargetLogit) -> np.ndarray:
    """Edges from 0 to 1 of parts of the path: equal ones, halved where the logit changes by more than its share."""
    edges = np.linspace(0.0, 1.0, SHAP_POINTS + 1)
    logits = np.array(logit.along(edges.tolist()))
    for _ in range(SHAP_HALVINGS):
        changes = np.abs(np.diff(logits))
        large = np.flatnonzero(changes > max(changes.sum(), SMALLEST_CHANGE) / SHAP_POINTS)
        if len(large) == 0:
            break
        middles = (edges[large] + edges[large + 1]) / 2
        edges = np.insert(edges, large + 1, middles)
        logits = np.insert(logits, large + 1, logit.along(middles.tolist()))
    return edges


def paths_of_points(tokens: int) -> int:
    """How many estimates of gradient SHAP make a result."""
    return SHAP_REPEATS


@contextmanager
def differentiable(device: torch.device) -> Iterator[None]:
    """Let recurrent layers in eval mode run backward on `device`."""
    if device.type != "cuda":
        yield
        return
    # In eval mode cuDNN refuses to run a recurrent layer backward. The switch belongs to the whole process: without
    # the lock, one thread's end would switch cuDNN on again in the middle of another's backward pass.
    with _CUDNN, torch.backends.cudnn.flags(enabled=False):
        yield


def _leaf(embeddings: Tensor) -> Tensor:
    return embeddings.clone().requires_grad_()


def _rows(logit: TargetLogit) -> int:
    return max(_FEWEST_ROWS, _TOKENS_PER_BACKWARD // logit.tokens)
