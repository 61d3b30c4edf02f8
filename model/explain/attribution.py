"""How much each token of one text contributes to one target's logit: several methods behind one verb."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.errors import SettingsError
from model.explain.network import TOKENS_AT_ONCE, Network, as_row, check_target, evaluating

# Points of Gauss-Legendre quadrature, doubled up to the second number while the values do not add up.
IG_STEPS, IG_MOST_STEPS = 50, 400
IG_TOLERANCE = 0.01
SMALLEST_CHANGE = 0.1  # a smaller change of the logit is judged as if it were this large

# Rows of a batch on the path of integrated gradients: 8 for long texts, more for short ones (measured on one core).
_FEWEST_ROWS, _TOKENS_PER_BACKWARD = 8, 2000

_CUDNN = threading.Lock()


@dataclass(frozen=True, eq=False)
class Attribution:
    """Signed contributions `values` (T,), their self-check where the method has one, and the seconds they took."""

    values: np.ndarray
    convergence_delta: float | None
    seconds: float


class Method(NamedTuple):
    """One way to attribute: `compute(network, ids (1, T), target)` gives values (T,) and convergence_delta."""

    title: str
    compute: Callable[[Network, Tensor, int], tuple[Tensor, float | None]]
    gradients: bool  # through Captum


def attribute(network: Network, ids: Sequence[int], *, method: str, target: int) -> Attribution:
    """Attribute the target's logit to the tokens of one text, ids (T,), by a method of `METHODS`.

    In eval mode and float32; the network is left as it was. An empty text has empty values. Raises SettingsError for
    an unknown method, ModelError for a target that the network does not have.
    """
    check_methods([method])
    check_target(network, target)
    _, compute, gradients = METHODS[method]
    if gradients:
        import captum.attr  # noqa: F401 - the first time this takes 1.5 s, which are not the method's
    start = time.perf_counter()
    if len(ids) == 0:
        return Attribution(np.zeros(0, np.float32), None, time.perf_counter() - start)
    with evaluating(network) as device, _differentiable(device, gradients):
        values, delta = compute(network, as_row(ids, device), target)
        values = values.detach().cpu().numpy()
    return Attribution(values, delta, time.perf_counter() - start)


def check_methods(methods: Sequence[str]) -> None:
    """Raise SettingsError unless all of these are methods of `METHODS`."""
    for method in methods:
        if method not in METHODS:
            raise SettingsError(f"there is no attribution method {method!r}; choose from {', '.join(METHODS)}")


def convergence_delta(total: float, change: float) -> float:
    """How far values that sum to `total` miss the change of the logit, logit - baseline_logit, as a share of it."""
    return abs(total - change) / max(abs(change), SMALLEST_CHANGE)


def _saliency(network: Network, ids: Tensor, target: int) -> tuple[Tensor, None]:
    """L2 norm of the gradient over the embedding (Simonyan et al. 2014; Li et al. 2016)."""
    from captum.attr import Saliency

    gradients = Saliency(_logits(network)).attribute(_leaf(network, ids), target=target, abs=False)  # (1, T, E)
    return gradients[0].norm(dim=-1), None


def _input_x_gradient(network: Network, ids: Tensor, target: int) -> tuple[Tensor, None]:
    """Embedding times gradient, summed over the embedding (Shrikumar et al. 2017)."""
    from captum.attr import InputXGradient

    values = InputXGradient(_logits(network)).attribute(_leaf(network, ids), target=target)  # (1, T, E)
    return values[0].sum(dim=-1), None


def _integrated_gradients(network: Network, ids: Tensor, target: int) -> tuple[Tensor, float]:
    """Sundararajan et al. (2017, equation 1) from the PAD embedding, with more steps until the values add up."""
    from captum.attr import IntegratedGradients

    embeddings = _leaf(network, ids)  # (1, T, E)
    baseline = torch.zeros_like(embeddings)
    logits = _logits(network)
    with torch.no_grad():
        change = logits(embeddings)[0, target].item() - logits(baseline)[0, target].item()
    explainer = IntegratedGradients(logits)
    steps = IG_STEPS
    while True:
        values = explainer.attribute(
            embeddings,
            baselines=baseline,
            target=target,
            n_steps=steps,
            internal_batch_size=max(_FEWEST_ROWS, _TOKENS_PER_BACKWARD // ids.shape[1]),
        )[0].sum(dim=-1)  # (T,)
        delta = convergence_delta(values.sum(dtype=torch.float64).item(), change)
        if delta <= IG_TOLERANCE or steps >= IG_MOST_STEPS:
            return values, delta
        steps *= 2


def _leave_one_out(network: Network, ids: Tensor, target: int) -> tuple[Tensor, None]:
    """logit(text) - logit(text without that token): exact, by running every list of T - 1 tokens."""
    tokens = ids.shape[1]
    with torch.inference_mode():
        whole = network.classify_embedded(network.embed(ids)).logits[0, target]
        places = torch.arange(tokens - 1, device=ids.device)
        logits = []
        for deleted in torch.arange(tokens, device=ids.device).split(max(1, TOKENS_AT_ONCE // tokens)):
            kept = places + (places >= deleted.unsqueeze(1))  # (B, T - 1)
            logits.append(network.classify_embedded(network.embed(ids[0][kept])).logits[:, target])  # (B,)
        return whole - torch.cat(logits), None  # (T,)


METHODS = {
    "saliency": Method("Saliency", _saliency, gradients=True),
    "input_x_gradient": Method("Input × gradient", _input_x_gradient, gradients=True),
    "integrated_gradients": Method("Integrated gradients", _integrated_gradients, gradients=True),
    "leave_one_out": Method("Leave one out", _leave_one_out, gradients=False),
}


def _leaf(network: Network, ids: Tensor) -> Tensor:
    return network.embed(ids).detach().requires_grad_()  # (1, T, E)


def _logits(network: Network) -> Callable[[Tensor], Tensor]:
    # One text has no padding: there is no mask to pass on, and no length that could be interpolated by mistake.
    return lambda embeddings: network.classify_embedded(embeddings).logits


@contextmanager
def _differentiable(device: torch.device, gradients: bool) -> Iterator[None]:
    if device.type != "cuda" or not gradients:
        yield
        return
    # In eval mode cuDNN refuses to run a recurrent layer backward. The switch belongs to the whole process: without
    # the lock, one thread's end would switch cuDNN on again in the middle of another's backward pass.
    with _CUDNN, torch.backends.cudnn.flags(enabled=False):
        yield
