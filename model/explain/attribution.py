"""How much each token of one text contributes to one target's logit: several methods behind one verb."""

import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.errors import SettingsError
from model.explain import gradients, perturbations
from model.explain.integrated import SMALLEST_CHANGE, integrated_gradients
from model.explain.network import Network, check_target, evaluating, similar_lengths
from model.explain.target_logit import TargetLogit


@dataclass(frozen=True, eq=False)
class Attribution:
    """Signed contributions `values` (T,), their self-checks, and the seconds they took.

    `convergence_delta` is None where the values need not add up to the change of the logit. `sampling_error` is the
    standard error of the mean over the repeats so far, averaged over the tokens, as a share of the mean absolute
    value; None where nothing is sampled, or not yet twice. `done` is the share of the planned repeats.
    """

    values: np.ndarray
    convergence_delta: float | None
    seconds: float
    sampling_error: float | None = None
    done: float = 1.0


class Method(NamedTuple):
    """One way to attribute: `compute(target logit, generator)` gives one estimate (N, T), and the mean over
    `repeats(T)` of them is the result."""

    compute: Callable[[TargetLogit, np.random.Generator], Tensor]
    repeats: Callable[[int], int] = lambda tokens: 1
    longer: float | None = None  # how much longer the longest of texts that run together may be; None: one by one
    backward: bool = False  # needs gradients
    adds_up: bool = False  # the values sum to logit - baseline_logit, at least in the limit
    imports: tuple[str, ...] = ("captum.attr",)  # 1.5 s each the first time, which are not the method's


_PADDED = 0.15  # running with a mask costs 5 to 9 %, and starting more often more than so much padding
_REGRESSION = ("captum.attr", "sklearn.linear_model")

# DeepLift and LRP are left out: Captum has no rule of theirs for recurrent layers or embeddings, and DeepLift's
# values miss the change of the logit without a word (tests/explain/test_attribution_left_out.py).
METHODS = {
    "saliency": Method(gradients.saliency, longer=_PADDED, backward=True),
    "input_x_gradient": Method(gradients.input_x_gradient, longer=_PADDED, backward=True),
    "integrated_gradients": Method(integrated_gradients, longer=_PADDED, backward=True, adds_up=True),
    "gradient_shap": Method(gradients.gradient_shap, gradients.paths_of_points, backward=True, adds_up=True),
    "feature_ablation": Method(perturbations.feature_ablation),
    "shapley_sampling": Method(perturbations.shapley_sampling, perturbations.permutations, adds_up=True),
    "kernel_shap": Method(
        perturbations.kernel_shap, perturbations.shap_regressions, adds_up=True, imports=_REGRESSION
    ),
    "lime": Method(perturbations.lime, perturbations.lime_regressions, imports=_REGRESSION),
    "leave_one_out": Method(perturbations.leave_one_out, longer=0.0, imports=()),
}


def attribute(network: Network, ids: Sequence[int], *, method: str, target: int, seed: int = 0) -> Attribution:
    """Attribute the target's logit to the tokens of one text, ids (T,), by a method of `METHODS`.

    In eval mode and float32; the network and all shared random generators are left as they were. The same seed gives
    the same values. An empty text has empty values. Raises SettingsError for an unknown method, ModelError for a
    target that the network does not have.
    """
    *_, last = attribute_steps(network, ids, method=method, target=target, seed=seed)
    return last


def attribute_steps(
    network: Network, ids: Sequence[int], *, method: str, target: int, seed: int = 0
) -> Iterator[Attribution]:
    """The same, one Attribution after each repeat, each better than the one before; the last is `attribute`'s.

    Methods that sample nothing yield once. A caller may stop at any time: nothing is held between the steps. Raises
    as `attribute` does, before the first step.
    """
    check_methods([method])
    check_target(network, target)
    steps = _steps(network, [ids], METHODS[method], [target], np.random.default_rng(seed))
    return (attribution for [attribution] in steps)


def attribute_many(
    network: Network, texts: Sequence[Sequence[int]], *, method: str, targets: Sequence[int], seed: int = 0
) -> list[Attribution]:
    """Attribute a target's logit to the tokens of each text, ids (T,) each, as `attribute` does one after another.

    Texts of similar length run together, with a bounded number of tokens at once, where the method samples nothing;
    their `seconds` are their shares of the time. Values differ from those of a text alone by what float32 rounds.
    Raises as `attribute` does, before the first text.
    """
    check_methods([method])
    check_target(network, *targets)
    way, found = METHODS[method], {}
    lengths = [len(ids) for ids in texts]
    groups = np.arange(len(texts))[:, None] if way.longer is None else similar_lengths(lengths, longer=way.longer)
    for group in groups:
        chosen = [texts[number] for number in group], [targets[number] for number in group]
        *_, last = _steps(network, chosen[0], way, chosen[1], np.random.default_rng(seed))
        found |= zip(group.tolist(), last, strict=True)
    return [found[number] for number in range(len(texts))]


def check_methods(methods: Sequence[str]) -> None:
    """Raise SettingsError unless all of these are methods of `METHODS`."""
    for method in methods:
        if method not in METHODS:
            raise SettingsError(f"there is no attribution method {method!r}; choose from {', '.join(METHODS)}")


def convergence_delta(total: float, change: float) -> float:
    """How far values that sum to `total` miss the change of the logit, logit - baseline_logit, as a share of it."""
    return abs(total - change) / max(abs(change), SMALLEST_CHANGE)


def _steps(
    network: Network,
    texts: Sequence[Sequence[int]],
    method: Method,
    targets: Sequence[int],
    randomness: np.random.Generator,
) -> Iterator[list[Attribution]]:
    """One Attribution of each text, all of them empty or none, after each repeat."""
    for name in method.imports:
        importlib.import_module(name)
    seconds, draws, changes = 0.0, [], [None] * len(texts)
    tokens = max(len(ids) for ids in texts)
    repeats = method.repeats(tokens) if tokens else 0
    if repeats == 0:
        yield [Attribution(np.zeros(0, np.float32), None, seconds) for _ in texts]
    for repeat in range(1, repeats + 1):
        start = time.perf_counter()
        with evaluating(network) as device, _mode(method, device):
            logit = TargetLogit.of(network, texts, targets, device)
            draws.append(method.compute(logit, randomness).detach().cpu().double().numpy())  # (N, T)
            if method.adds_up and repeat == 1:
                changes = [present - absent for absent, present in zip(*logit.ends, strict=True)]
        seconds += (time.perf_counter() - start) / len(texts)
        of_each = np.stack(draws, axis=1)  # (N, R, T)
        yield [
            _attribution(own[:, : len(ids)], change, seconds, repeat / repeats)
            for own, ids, change in zip(of_each, texts, changes, strict=True)
        ]


def _attribution(draws: np.ndarray, change: float | None, seconds: float, done: float) -> Attribution:
    """The mean of the draws (R, T) of one text, with their self-checks."""
    values = draws.mean(axis=0)  # (T,)
    delta = None if change is None else convergence_delta(float(values.sum()), change)
    return Attribution(values.astype(np.float32), delta, seconds, _sampling_error(draws), done)


def _mode(method: Method, device: torch.device) -> AbstractContextManager:
    return gradients.differentiable(device) if method.backward else torch.inference_mode()


def _sampling_error(draws: Sequence[np.ndarray]) -> float | None:
    size = float(np.abs(np.mean(draws, axis=0)).mean())
    if len(draws) < 2 or size == 0.0:
        return None
    return float((np.std(draws, axis=0, ddof=1) / np.sqrt(len(draws))).mean()) / size
