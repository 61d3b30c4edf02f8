"""What language models looked back at: how far in a text, and whether to where generated text says the next word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from model.compare.language_scores import mean_figures
from model.data.corpus import Corpus
from model.data.repeat import PREFIX, decided
from model.errors import RunError
from model.explain.network import evaluating
from model.explain.next_word import SEGMENT, segments_read
from model.language_model import LanguageModel
from model.networks.language_models import LanguageNetwork

TOKENS = 6000  # of a text in which distances are counted
LONGEST = 60  # tokens back
NEAREST = 5  # of the tokens that can be looked back at; Daniluk et al. 2017: most weight falls on them
_NEAREST = 2  # tokens from the one that is predicted: the one between is the state that looks back

Figures = dict[str, Any]


def looking_back(
    models: Sequence[LanguageModel], text: str, *, tokens: int = TOKENS, longest: int = LONGEST
) -> Figures:
    """How far the models of one side, of S seeds, look back in the first `tokens` of a text, as plain JSON.

    {"tokens", "weights", "nearest"}: "weights" are means over seeds and predicted tokens at each distance from 0 to
    `longest` of the predicted token from the one attended to, which is at least 2. "nearest" is the share of the
    weight on the five nearest tokens, {"estimate", "low", "high", "covers", "even"}, with a 95 % interval over
    segments as in `language_scores`; "even" is what even weights would put there. Raises RunError for models without
    attention.
    """
    rows = []
    for model in models:
        if not model.network_.names:
            raise RunError("a model without attention looks back at nothing; choose one with attention")
        ids = model.vocabulary_.encode(text)[:tokens]
        rows.append(_by_distance(model.network_, ids, longest)[1:])  # the first token has nothing before it
    weights = np.stack(rows)  # (S, T - 1, longest + 1)
    near = weights[:, :, _NEAREST : _NEAREST + NEAREST].sum(axis=2)
    figures = mean_figures(near, np.ones(near.shape[1], bool), bounds=(0.0, 1.0))
    seen = np.minimum(np.arange(1, near.shape[1] + 1), models[0].settings.window or len(ids))
    return {
        "tokens": len(ids),
        "weights": weights.mean(axis=(0, 1)).tolist(),
        "nearest": {name: figures[name] for name in ("estimate", "low", "high", "covers")}
        | {"even": float((np.minimum(seen, NEAREST) / seen).mean())},
    }


def copying(model: LanguageModel, corpus: Corpus) -> Figures | None:
    """Whether a model repeats what generated text repeats, and looks where that stands; None of any other text.

    {"places", "right", "largest", "weight", "by_k": [the same with "k"]} over the places of the test text that are
    decided (`model.data.repeat`): how many, the share at which the likeliest token is the right one, the share at
    which the largest weight is that of the token k places back, and the mean weight there; the last two None without
    attention.
    """
    if corpus.name.partition(":")[0] != PREFIX or model.vocabulary_.unit != "words":
        return None
    ids, back = model.vocabulary_.encode(corpus.test), decided(corpus.test)
    if not back.any():
        return None
    k, right, largest, weight = map(np.concatenate, zip(*_decided_steps(model.network_, ids, back), strict=True))
    attends = bool(model.network_.names)

    def shares(places: np.ndarray) -> Figures:
        return {
            "places": int(places.sum()),
            "right": float(right[places].mean()),
            "largest": float(largest[places].mean()) if attends else None,
            "weight": float(weight[places].mean()) if attends else None,
        }

    by_k = [{"k": int(each)} | shares(k == each) for each in np.unique(k)]
    return shares(k > 0) | {"by_k": by_k}


# ----------------------------------------------------------------------------------------------------------------


def _by_distance(network: LanguageNetwork, ids: np.ndarray, longest: int) -> np.ndarray:
    """The weight at each distance from 0 to `longest` of each of T steps, (T, longest + 1)."""
    found = [np.zeros((0, longest + 1))]
    with evaluating(network) as device, torch.inference_mode():
        for _, read in segments_read(network, ids, SEGMENT, device):
            weights = read.attention.weights[0].cpu().numpy()  # (S, M + S)
            columns = _columns(weights, np.arange(longest + 1))
            places = np.clip(columns, 0, weights.shape[1] - 1)
            found.append(np.where(columns == places, np.take_along_axis(weights, places, axis=1), 0.0))
    return np.concatenate(found)


def _decided_steps(network: LanguageNetwork, ids: np.ndarray, back: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Of each segment the steps that predict a decided token: k, right, largest weight at k, weight at k."""
    with evaluating(network) as device, torch.inference_mode():
        for start, read in segments_read(network, ids[:-1], SEGMENT, device):
            following = slice(start + 1, start + 1 + read.features.shape[1])
            steps = np.flatnonzero(back[following])
            k = back[following][steps]
            likeliest = network.decode(read.features[0, steps]).argmax(dim=1).cpu().numpy()
            largest, weight = np.zeros(len(k), bool), np.zeros(len(k))
            if read.attention is not None:
                weights = read.attention.weights[0].cpu().numpy()  # (S, M + S)
                columns = _columns(weights, k[:, None], steps)[:, 0]
                largest, weight = weights[steps].argmax(axis=1) == columns, weights[steps, columns]
            yield k, likeliest == ids[following][steps], largest, weight


def _columns(weights: np.ndarray, distance: np.ndarray, steps: np.ndarray | None = None) -> np.ndarray:
    """Where in weights (S, M + S) the token stands that is so far from the one that each step predicts."""
    past = weights.shape[1] - weights.shape[0]
    steps = np.arange(len(weights)) if steps is None else steps
    return steps[:, None] + 1 + past - distance
