"""Attributions by gradients, through Captum, on the embeddings; the baseline input is the PAD embedding, zero."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from model.explain.integrated import rows_at_once, scan
from model.explain.shared_generators import shared_generators_kept
from model.explain.target_logit import TargetLogit

SHAP_POINTS, SHAP_HALVINGS = 16, 12  # parts of the path of gradient SHAP at first, and how often they are halved
SHAP_REPEATS = 4

_CUDNN = threading.Lock()


def saliency(logit: TargetLogit, _: np.random.Generator) -> Tensor:
    """L2 norm of the gradient over the embedding, (N, T) (Simonyan et al. 2014; Li et al. 2016)."""
    return saliencies(logit, logit.embeddings)


def saliencies(logit: TargetLogit, embeddings: Tensor) -> Tensor:
    """The same with other embeddings (B, T, E), in turn those of each text: (B, T)."""
    from captum.attr import Saliency

    return Saliency(logit).attribute(_leaf(embeddings), abs=False).norm(dim=-1)


def input_x_gradient(logit: TargetLogit, _: np.random.Generator) -> Tensor:
    """Embedding times gradient, summed over the embedding, (N, T) (Shrikumar et al. 2017)."""
    return inputs_x_gradients(logit, logit.embeddings)


def inputs_x_gradients(logit: TargetLogit, embeddings: Tensor) -> Tensor:
    """The same with other embeddings (B, T, E), in turn those of each text: (B, T)."""
    from captum.attr import InputXGradient

    return InputXGradient(logit).attribute(_leaf(embeddings)).sum(dim=-1)


def gradient_shap(logit: TargetLogit, randomness: np.random.Generator) -> Tensor:
    """One estimate (1, T) of the expected gradients from PAD to the text (Lundberg & Lee 2017; Erion et al. 2021).

    A random point in each part of the path, counted by the part's length: with one baseline and no noise, the mean
    over many estimates is integrated gradients. Parts are shorter where the logit changes fast, for there almost all
    of the change would fall between points drawn evenly.
    """
    from captum.attr import GradientShap

    [course] = scan(logit, parts=SHAP_POINTS, into=2, rounds=SHAP_HALVINGS, share=1 / SHAP_POINTS)
    edges = np.array(list(course))
    drawn = edges[:-1] + np.diff(edges) * randomness.random(len(edges) - 1)
    shares, counts = (
        torch.tensor(column, dtype=logit.embeddings.dtype, device=logit.ids.device)[:, None, None]
        for column in (drawn, np.diff(edges) * len(drawn))
    )  # (points, 1, 1) each
    explainer = GradientShap(logit)
    gradients = explainer.gradient_func

    def at_our_points(forward, captums, *rest):
        # Captum draws from generators that the whole process shares: another thread could change the values.
        batches = (shares * logit.embeddings).split(rows_at_once(logit))
        parts = [gradients(forward, (batch.requires_grad_(),), *rest)[0] for batch in batches]
        return (torch.cat(parts) * counts,)

    explainer.gradient_func = at_our_points
    with shared_generators_kept(logit.ids.device):
        values = explainer.attribute(
            logit.embeddings, baselines=torch.zeros_like(logit.embeddings), n_samples=len(drawn)
        )
    return values.sum(dim=-1)


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
