"""Attributions by taking tokens away: through Captum, a token's embedding becomes PAD's; exactly, it is deleted.

Captum is given one feature per token, 1 for present and 0 for absent, and the logit as a function of these. What is
drawn at random comes from the generator that is passed in, never from those that the whole process shares.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from model.explain.deletions import deletions
from model.explain.shared_generators import shared_generators_kept
from model.explain.target_logit import TargetLogit

if TYPE_CHECKING:  # importing it takes 1.5 s
    from captum._utils.models.linear_model import SkLearnLinearRegression
    from captum.attr import Lime

# The three sampling methods each repeat until about so many tokens were run. One repeat runs T tokens for each of T
# steps of a permutation, or for each coalition of a regression: so many for each token, and at least so many. A
# regression on few more coalitions than tokens, which are its unknowns, would blow up the noise.
TOKENS_IN_ALL, FEWEST_REPEATS, MOST_REPEATS = 400_000, 2, 20
SAMPLES_PER_TOKEN, FEWEST_SAMPLES = 4, 128
EXACT_TOKENS = 8  # up to here kernel SHAP runs all 2 ** T coalitions: no sample could be better

LIME_WIDTH = 0.25  # of the kernel on the cosine distance, 25 on percent as in Ribeiro's implementation for text
_CERTAIN = 1e6  # Captum's weight for the two coalitions that kernel SHAP must fit exactly


def feature_ablation(logit: TargetLogit, _: np.random.Generator) -> Tensor:
    """The fall of the logit, (1, T), when one token's embedding becomes PAD's and the length stays."""
    from captum.attr import FeatureAblation

    explainer = FeatureAblation(logit.with_tokens)
    return explainer.attribute(_all_present(logit), perturbations_per_eval=logit.texts_at_once)


def leave_one_out(logit: TargetLogit, _: np.random.Generator) -> Tensor:
    """logit(text) - logit(text without that token), (N, T), of texts of one length: exact, by deleting each token."""
    logits = deletions(logit.network, logit.ids)  # (N, 1 + T, C)
    of_target = logits[torch.arange(len(logits)), :, logit.targets]  # (N, 1 + T)
    return of_target[:, :1] - of_target[:, 1:]


def shapley_sampling(logit: TargetLogit, randomness: np.random.Generator) -> Tensor:
    """One estimate (1, T): what each token adds when all appear in a random order (Castro et al. 2009)."""
    from captum.attr import ShapleyValueSampling

    order = randomness.permutation(logit.tokens).tolist()
    explainer = ShapleyValueSampling(logit.with_tokens)
    explainer.permutation_generator = lambda features, samples: [order]
    return explainer.attribute(_all_present(logit), perturbations_per_eval=logit.texts_at_once)


def kernel_shap(logit: TargetLogit, randomness: np.random.Generator) -> Tensor:
    """One estimate (1, T) of the Shapley values by regression over coalitions (Lundberg & Lee 2017, theorem 2).

    Each coalition is drawn with its complement, which takes the even part of the logit out of the error (Covert & Lee
    2021). Up to `EXACT_TOKENS` tokens all coalitions are weighted instead of drawn: those are the Shapley values.
    """
    from captum.attr import KernelShap

    tokens = logit.tokens
    if tokens == 1:
        absent, present = logit.along([0.0, 1.0])
        return torch.tensor([[present - absent]])  # nothing to share out, and Captum has no answer
    sizes = np.arange(1, tokens)
    weights = (tokens - 1) / (sizes * (tokens - sizes))
    if tokens <= EXACT_TOKENS:
        coalitions = (np.arange(1, 2**tokens - 1)[:, None] >> np.arange(tokens)) & 1
        weights = weights / [math.comb(tokens, size) for size in sizes]
    else:
        drawn = randomness.choice(sizes, _samples(tokens) // 2, p=weights / weights.sum())
        coalitions = _coalitions(drawn, tokens, randomness)
        coalitions = np.concatenate([coalitions, 1 - coalitions])
        weights = np.ones(tokens - 1)
    ends = np.array([[1], [0]]).repeat(tokens, axis=1)
    weight_of_size = [_CERTAIN, *weights, _CERTAIN]
    return _regress(KernelShap(logit.with_tokens), logit, np.concatenate([ends, coalitions]), weight_of_size)


def lime(logit: TargetLogit, randomness: np.random.Generator) -> Tensor:
    """One estimate (1, T) by a linear fit to the logit near the text (Ribeiro et al. 2016, equation 1).

    As in their implementation for text, any number of tokens from 1 to T is taken away, and what remains counts by
    its cosine distance from the text. The fit has no penalty, which would pull the mean of the repeats towards 0.
    """
    from captum.attr import Lime

    tokens = logit.tokens
    kept = tokens - randomness.integers(1, tokens + 1, _samples(tokens))
    coalitions = np.concatenate([np.ones((1, tokens), np.int64), _coalitions(kept, tokens, randomness)])
    distances = 1 - np.sqrt(np.arange(tokens + 1) / tokens)  # of the text from itself with 0 to T tokens
    weight_of_size = np.exp(-(distances**2) / (2 * LIME_WIDTH**2))
    return _regress(Lime(logit.with_tokens), logit, coalitions, weight_of_size)


def permutations(tokens: int) -> int:
    """How many estimates of Shapley sampling make a result."""
    return _repeats(tokens * tokens)


def shap_regressions(tokens: int) -> int:
    """How many estimates of kernel SHAP make a result."""
    return 1 if tokens <= EXACT_TOKENS else _repeats(tokens * _samples(tokens))


def lime_regressions(tokens: int) -> int:
    """How many estimates of LIME make a result."""
    return _repeats(tokens * _samples(tokens))


def _repeats(tokens_in_each: int) -> int:
    return min(max(TOKENS_IN_ALL // tokens_in_each, FEWEST_REPEATS), MOST_REPEATS)


def _samples(tokens: int) -> int:
    return max(SAMPLES_PER_TOKEN * tokens, FEWEST_SAMPLES)


def _coalitions(sizes: np.ndarray, tokens: int, randomness: np.random.Generator) -> np.ndarray:
    """Random sets of tokens of the given sizes (N,), as 1 and 0, (N, T)."""
    return randomness.permuted((np.arange(tokens) < sizes[:, None]).astype(np.int64), axis=1)


def _regress(
    explainer: "Lime", logit: TargetLogit, coalitions: np.ndarray, weight_of_size: Sequence[float]
) -> Tensor:
    """Let Captum fit the logit of coalitions (N, T), each weighted by its size: the coefficients (1, T)."""
    rows = torch.from_numpy(coalitions).to(logit.ids.device).split(1)
    weights = iter([torch.tensor([weight_of_size[size]]) for size in coalitions.sum(1)])

    def draw(_, **settings) -> Iterator[Tensor]:
        yield from rows

    explainer.perturb_func = draw
    explainer.similarity_func = lambda text, perturbed, row, **settings: next(weights)
    explainer.interpretable_model = _linear_regression()
    coefficients = explainer.attribute(
        _all_present(logit),
        n_samples=len(rows),
        perturbations_per_eval=logit.texts_at_once,
        return_input_shape=False,
    )
    return coefficients.reshape(1, -1)


def _linear_regression() -> "SkLearnLinearRegression":
    from captum._utils.models.linear_model import SkLearnLinearRegression

    class LinearRegression(SkLearnLinearRegression):
        """In float64, and not a number where a logit is none, which scikit-learn would refuse."""

        def fit(self, train_data):
            columns = [tensor.double() for tensor in train_data.dataset.tensors]
            # Iterating Captum's loader would draw from a shared generator, and so does the layer it keeps the fit in.
            with shared_generators_kept(columns[0].device):
                if columns[1].isfinite().all():
                    return super().fit([columns])
                unknown = torch.full((1, columns[0].shape[1]), math.nan)
                return self._construct_model_params(weight_values=unknown, bias=False)

    return LinearRegression()


def _all_present(logit: TargetLogit) -> Tensor:
    return torch.ones(1, logit.tokens, device=logit.ids.device)
