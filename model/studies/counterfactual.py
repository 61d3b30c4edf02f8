"""What a network says of one text under attention other than its own: the counterfactual part of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.explain.adversary import adversary
from model.explain.flip import smallest_flip
from model.explain.interventions import (
    EncodedText,
    borrowed_weights,
    shuffled_weights,
    total_variation,
    uniform_weights,
)
from model.explain.network import Network, softmax

SHUFFLES = 100
_RIGID = "the weights can stand nowhere else"


def counterfactual(
    network: Network,
    ids: Sequence[int],
    *,
    seed: int,
    forced: Mapping[str, np.ndarray],
    with_adversary: bool,
    undefined: dict[str, str],
) -> dict[str, Any]:
    """The parts "permutation", "uniform", "forced", "adversary" and "flip_distance" of a text, ids (T,).

    `forced` are weights (K, T) by name; those of another shape are left out. What has no meaning is None, and
    `undefined` is told why. The network must have attention.
    """
    parts: dict[str, Any] = nothing()
    text = EncodedText(network, ids)
    if text.rigid:
        undefined.update(dict.fromkeys((part for part in parts if forced or part != "forced"), _RIGID))
        return parts
    draw = np.random.default_rng([seed, 2]).integers(2**63, size=SHUFFLES).tolist()
    weights = [shuffled_weights(text.own, seed=each, allowed=text.allowed) for each in draw]
    weights.append(uniform_weights(text.own, allowed=text.allowed))
    others = _fitting(text, forced, undefined)
    weights += [borrowed_weights(text.own, other, allowed=text.allowed) for other in others.values()]
    logits = text.logits(np.stack(weights))  # (N, C): all in one go
    moved = total_variation(softmax(text.own_logits[None]), softmax(logits))  # (N,)
    changed = logits.argmax(axis=1) != text.own_logits.argmax()  # (N,)
    parts["permutation"] = [float(np.median(moved[:SHUFFLES])), float(text.own.mean(axis=0).max())]
    parts["uniform"] = float(moved[SHUFFLES])
    for place, name in enumerate(others, start=SHUFFLES + 1):
        parts["forced"][name] = [float(moved[place]), bool(changed[place])]
    flip = smallest_flip(network, ids)
    parts["flip_distance"] = [flip.distance, flip.exact]
    if with_adversary:
        found = adversary(network, ids)
        parts["adversary"] = [found.divergence, found.total_variation, found.exact]
    else:
        undefined["adversary"] = "not asked for"
    return parts


def nothing() -> dict[str, Any]:
    """These parts where none has a meaning."""
    return {"permutation": None, "uniform": None, "forced": {}, "adversary": None, "flip_distance": None}


def _fitting(text: EncodedText, forced: Mapping[str, np.ndarray], undefined: dict[str, str]) -> dict[str, np.ndarray]:
    """The forced weights that this text can take."""
    fitting = {}
    for name, weights in forced.items():
        if np.shape(weights) != text.own.shape:
            undefined[f"forced.{name}"] = f"weights of shape {np.shape(weights)} for a text of {text.own.shape}"
        elif not np.isfinite(weights).all():
            undefined[f"forced.{name}"] = "not finite"
        else:
            fitting[name] = weights
    return fitting
