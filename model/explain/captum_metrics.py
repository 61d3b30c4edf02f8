"""Two measures of any explanation of one text, by Captum: infidelity and sensitivity (Yeh et al. 2019).

What is drawn at random comes from a seed, never from the generators that the whole process shares. A text's target
logit is run in eval mode and float32; both measures put it together in float64.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from model.errors import SettingsError
from model.explain import gradients
from model.explain.attribution import METHODS
from model.explain.integrated import integrated_gradients_nearby
from model.explain.network import Network, check_target, evaluating, run
from model.explain.rows import problem
from model.explain.target_logit import TargetLogit

SUBSETS = 64  # random sets of tokens whose removal a row must foresee
RADIUS = 0.02  # Captum's own, but of the text's root mean square embedding value: scales of embeddings differ
PERTURBATIONS = 5  # texts within the radius
_ROUNDING = 1e-5  # changes of a logit below this are those of float32

_REASONS = {  # why a method has no sensitivity here
    "gradient_shap": "its random draws would be counted as changes",
    "feature_ablation": "too slow: one run for each token of each perturbed text",
    "shapley_sampling": "its random draws would be counted as changes",
    "kernel_shap": "its random draws would be counted as changes",
    "lime": "its random draws would be counted as changes",
    "leave_one_out": "too slow: one run for each token of each perturbed text",
}

Explain = Callable[[Tensor], Tensor]  # embeddings (B, T, E) -> values (B, T)


def infidelity_of(
    network: Network, ids: Sequence[int], values: np.ndarray, *, target: int, seed: int = 0
) -> float | None:
    """The share of the target logit's changes that a row `values` (T,) does not foresee: 0 is best, 1 is nothing.

    See `infidelities`, which is faster for several rows of one text.
    """
    return infidelities(network, ids, [values], target=target, seed=seed)[0]


def infidelities(
    network: Network, ids: Sequence[int], rows: Sequence[np.ndarray], *, target: int, seed: int = 0
) -> list[float | None]:
    """The infidelity of each row (T,) of values for one text, ids (T,), all on the same `SUBSETS` sets of tokens.

    A set has 1 to T tokens, each number as likely as another, whose embeddings become PAD's at once; a row foresees
    that the logit falls by the sum of their values. The infidelity is the mean squared error over the sets (Yeh et
    al. 2019, definition 2.1) with Captum's `normalize`: each row is first multiplied by the one number that makes its
    error smallest. Attention and gradients have scales of their own, and only so can they be compared. That number
    may be below 0, so a row turned round is the same row; a row without signs is at a loss where words speak against
    the target. What Captum gives, in squared logits, is divided by the error of a row of zeros: a share, which can be
    averaged over texts.

    None where it has no meaning: for a text of fewer than two tokens (one set, which any row foresees), for a row
    that is not finite, and where no set changes the logit. Raises ModelError for a target that is none.
    """
    check_target(network, target)
    tokens = len(ids)
    if tokens < 2 or not rows:
        return [None] * len(rows)
    from captum.metrics import infidelity  # importing it takes 1.5 s

    zeros = np.zeros(tokens)
    attributions = torch.from_numpy(np.stack([*rows, zeros]).astype(np.float64))  # (rows, T)
    removed = torch.from_numpy(_sets(tokens, np.random.default_rng(seed)))  # (N, T), 1 is gone
    with evaluating(network) as device, torch.inference_mode():
        logit = TargetLogit.of(network, [ids], [target], device)

        def remove(present: Tensor) -> tuple[Tensor, Tensor]:
            perturbation = removed.repeat(len(attributions), 1)
            return perturbation, present - perturbation

        *found, nothing = infidelity(
            lambda present: _each_once(logit, present),
            remove,
            torch.ones_like(attributions),
            attributions,
            n_perturb_samples=len(removed),
            normalize=True,
        ).tolist()
    if not nothing > _ROUNDING**2:  # not a number, too
        return [None] * len(rows)
    return [max(error / nothing, 0.0) if np.isfinite(error) else None for error in found]


def sensitivity_of(network: Network, ids: Sequence[int], *, method: str, target: int, seed: int = 0) -> float | None:
    """How far a small change of one text, ids (T,), can move its explanation: the largest relative change found.

    Captum's `sensitivity_max` (Yeh et al. 2019, definition 3.1): the largest ||values' - values|| / ||values|| over
    `PERTURBATIONS` texts with noise on every embedding value, uniform within `RADIUS` times the root mean square of
    them all. So few texts find less than the true maximum, but all methods and texts are dealt with alike. `method`
    is "attention" or one of `attribution.METHODS`.

    None where it has no meaning: for an empty text, for values that are all 0 or not finite, for a network without
    attention, and for methods of which `no_sensitivity` says why not. Raises SettingsError for an unknown method,
    ModelError for a target that is none.
    """
    if method != "attention" and method not in METHODS:
        choice = ", ".join(["attention", *METHODS])
        raise SettingsError(f"there is no explanation {method!r} to perturb; choose from {choice}")
    check_target(network, target)
    if len(ids) == 0 or no_sensitivity(method) is not None:
        return None
    if method == "attention" and run(network, ()).attention is None:
        return None
    from captum.metrics import sensitivity_max

    with evaluating(network) as device, gradients.differentiable(device):
        logit = TargetLogit.of(network, [ids], [target], device)
        explain = _explanation(logit, method)
        values = explain(logit.embeddings)  # (1, T)
        if problem(values[0].numpy()) is not None:
            return None
        noise = _noise(logit, np.random.default_rng(seed))
        # Captum asks for the text itself first, and hands that over as a tuple.
        found = sensitivity_max(
            lambda embeddings: (values,) if isinstance(embeddings, tuple) else explain(embeddings),
            logit.embeddings,
            perturb_func=lambda embeddings: embeddings + noise,
            n_perturb_samples=PERTURBATIONS,
        ).item()
    return found if np.isfinite(found) else None


def no_sensitivity(method: str) -> str | None:
    """Why a method has no sensitivity on any text, None where it has one."""
    return _REASONS.get(method)


def _sets(tokens: int, randomness: np.random.Generator) -> np.ndarray:
    """Random sets of 1 to T tokens, (N, T): 1 inside, 0 outside."""
    sizes = randomness.integers(1, tokens + 1, SUBSETS)
    return randomness.permuted((np.arange(tokens) < sizes[:, None]).astype(np.float64), axis=1)


def _each_once(logit: TargetLogit, present: Tensor) -> Tensor:
    """Logits (B,) of the text with the tokens that are present, (B, T): Captum asks for every row's sets anew."""
    texts, places = torch.unique(present, dim=0, return_inverse=True)
    texts = texts.to(device=logit.ids.device, dtype=logit.embeddings.dtype)
    return torch.cat([logit.with_tokens(part) for part in texts.split(logit.texts_at_once)]).cpu().double()[places]


def _explanation(logit: TargetLogit, method: str) -> Explain:
    """A method as a function of the embeddings, with values on the processor in float64."""
    explain = _EXPLANATIONS[method](logit)
    return lambda embeddings: explain(embeddings).detach().cpu().double()


def _attention(logit: TargetLogit) -> Explain:
    def attend(embeddings: Tensor) -> Tensor:
        sentences = None if logit.sentences is None else logit.sentences.expand(len(embeddings), -1)
        return logit.network.classify_embedded(embeddings, sentences=sentences).attention.weights

    return attend


def _noise(logit: TargetLogit, randomness: np.random.Generator) -> Tensor:
    """What is added to the embeddings, (N, T, E)."""
    shape = PERTURBATIONS, *logit.embeddings.shape[1:]
    drawn = torch.from_numpy(randomness.uniform(-RADIUS, RADIUS, shape)).to(logit.embeddings)
    return drawn * logit.embeddings.square().mean().sqrt()


_EXPLANATIONS: dict[str, Callable[[TargetLogit], Explain]] = {
    "attention": _attention,
    "saliency": lambda logit: partial(gradients.saliencies, logit),
    "input_x_gradient": lambda logit: partial(gradients.inputs_x_gradients, logit),
    "integrated_gradients": integrated_gradients_nearby,
}
