"""Attention as different as possible from a network's own, under which it says (nearly) the same.

Jain & Wallace (2019), "Attention is not explanation", section 4.2.2: maximise the Jensen-Shannon divergence of the
weights subject to a total variation of at most epsilon between the probabilities of the classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.errors import SettingsError
from model.explain.adversary_ascent import climbed_weights
from model.explain.adversary_corners import corner_weights, most_divergence
from model.explain.interventions import EncodedText, jensen_shannon, total_variation
from model.explain.network import Network, softmax

_SLACK = 1e-6  # the network computes in float32: stay this far inside epsilon


@dataclass(frozen=True, eq=False)
class Adversary:
    """Adversarial weights (K, T), their divergence from the network's own and what they change in the output.

    `divergence` is Jensen-Shannon's in nats, the mean over heads, at most ln 2. `total_variation` is that of the
    classes' probabilities, run with these weights, at most epsilon. `exact`: no weights diverge more within epsilon;
    otherwise they are the best that were found.
    """

    weights: np.ndarray
    divergence: float
    total_variation: float
    exact: bool


def adversary(network: Network, ids: Sequence[int], *, epsilon: float = 0.05) -> Adversary:
    """The weights most different from the network's own that move its probabilities for ids (T,) by at most epsilon.

    Of two classes and logits affine in the weights, the condition is a range for a weighted sum. The divergence is
    convex, so with one head its maximum lies at a corner: one token within the range, or two tokens mixed to meet an
    end of it; all T^2 of them are compared (exact). Several heads take turns, each exactly, until none gains. More
    classes, or logits that are not affine, are left to single tokens and gradient ascent from several starts. Also
    exact is what diverges as much as weights can when the output is left out of account. The predicted class itself
    may change where the text was as good as undecided.

    Costs one reading of the text, one gradient and, measured on one core with hidden size 64 and 40 / 200 / 2,000
    tokens: 3 / 3 / 160 ms with two classes, affine, one head; 10 / 25 / 1,800 ms with four heads; about 0.1 / 0.2 /
    1.5 s by gradient ascent if affine, 0.3 / 0.25 / 1.5 s if not, where fewer steps fit. Raises SettingsError for an
    epsilon that is not above 0 and at most 1, ModelError for a network without attention.
    """
    if not 0.0 < epsilon <= 1.0:
        raise SettingsError(f"epsilon is {epsilon}: give a number above 0 and at most 1, such as 0.05")
    text = EncodedText(network, ids)
    if text.rigid:
        return Adversary(text.own, 0.0, 0.0, exact=True)
    exact = text.affine and len(text.own_logits) == 2
    inside = max(epsilon - _SLACK, 0.0)
    candidates = corner_weights(text, epsilon=inside) if exact else climbed_weights(text, epsilon=inside)
    weights = max(candidates, key=lambda weights: _divergence(text.own, weights))
    return _adversary(text, weights, epsilon, exact=exact and len(text.own) == 1)


def _divergence(own: np.ndarray, weights: np.ndarray) -> float:
    return float(jensen_shannon(own, weights).mean())  # over heads


def _adversary(text: EncodedText, weights: np.ndarray, epsilon: float, *, exact: bool) -> Adversary:
    """Run the weights; where they move the output by more than epsilon after all, go back towards the own ones."""
    own = softmax(text.own_logits[None])
    for share in (1.0, 0.99999, 0.9999, 0.999, 0.99, 0.9, 0.7, 0.4, 0.0):
        mixed = text.own + share * (weights - text.own)
        moved = float(total_variation(own, softmax(text.logits(mixed[None])))[0])
        if moved <= epsilon:
            break
    divergence = _divergence(text.own, mixed)
    exact = (exact and share >= 0.999) or divergence >= most_divergence(text)
    return Adversary(mixed, divergence, moved, exact)
