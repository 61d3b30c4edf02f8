"""Everything that an explanation says in numbers, worked out from a network and the ids of one text.

A page can ask for the parts one by one, fast ones first: `predict_ids` (attention), `attribute` per method,
`agreement` per row, `faithfulness_of` last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.explain.agreement import Agreement, agreement, ranking
from model.explain.attribution import Attribution, attribute, check_methods
from model.explain.faithfulness import (
    Faithfulness,
    ProbabilityOf,
    RandomBand,
    faithfulness,
    random_band,
    random_rankings,
)
from model.explain.network import Network, baseline_logits, check_target, run, shortened_logits, softmax
from model.networks.attention import Sentences
from model.networks.classifiers import Output


class TextAttention(NamedTuple):
    """Attention over one text: weights (T,), and as the mechanism has them scores (T,), per_head (K, T) and names.

    `sentences`, of hierarchical networks: (start, end, weight) each, token positions [start, end).
    """

    weights: np.ndarray
    scores: np.ndarray | None = None
    per_head: np.ndarray | None = None
    names: tuple[str, ...] | None = None
    sentences: tuple[tuple[int, int, float], ...] | None = None


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network says of one text: logits (C,), probabilities (C,), its attention, None without."""

    logits: np.ndarray
    probabilities: np.ndarray
    attention: TextAttention | None

    @property
    def best(self) -> int:
        """The predicted class."""
        return int(self.logits.argmax())


@dataclass(frozen=True, kw_only=True, eq=False)
class Figures:
    """What an Explanation says in numbers; classes are columns of the logits.

    `attributions`, `agreement` (of the attention with each) and `faithfulness` go by method; `faithfulness` also has
    "attention". `random` is None, and `faithfulness` empty, for a text without tokens or where it was not asked for.
    """

    target: int
    prediction: Prediction
    baseline_logit: float
    attributions: Mapping[str, Attribution]
    agreement: Mapping[str, Agreement]
    faithfulness: Mapping[str, Faithfulness]
    random: RandomBand | None


def predict_ids(network: Network, ids: Sequence[int]) -> Prediction:
    """Logits, probabilities and attention for one text, ids (T,): one run, the fastest part of an explanation."""
    output = run(network, ids)
    logits = output.logits[0].cpu().numpy()
    probabilities = softmax(output.logits.cpu().numpy())[0]
    return Prediction(logits, probabilities, _text_attention(output))


def explain_ids(
    network: Network,
    ids: Sequence[int],
    *,
    methods: Sequence[str],
    seed: int,
    target: int | None = None,
    with_faithfulness: bool = True,
) -> Figures:
    """Everything that Explanation says in numbers about one text, ids (T,); target None is the predicted class.

    `seed`, best `text_seed(text)`, decides ties and the random rankings. Raises SettingsError for an unknown method
    (see `attribution.METHODS`), ModelError for a target that the network does not have.
    """
    methods = list(dict.fromkeys(methods))
    check_methods(methods)
    prediction = predict_ids(network, ids)
    target = prediction.best if target is None else target
    check_target(network, target)
    attributions = {method: attribute(network, ids, method=method, target=target) for method in methods}
    rows = {method: attribution.values for method, attribution in attributions.items()}
    agreements = {}
    if prediction.attention is not None:
        weights = prediction.attention.weights
        agreements = {method: agreement(weights, values, seed=seed) for method, values in rows.items()}
        rows = {"attention": weights, **rows}
    faithful, random = {}, None
    if with_faithfulness and len(ids) > 0:
        faithful, random = faithfulness_of(probability_of(network, ids, target=target), rows, len(ids), seed=seed)
    return Figures(
        target=target,
        prediction=prediction,
        baseline_logit=float(baseline_logits(network, ids)[target]),
        attributions=attributions,
        agreement=agreements,
        faithfulness=faithful,
        random=random,
    )


def faithfulness_of(
    probability: ProbabilityOf, rows: Mapping[str, np.ndarray], tokens: int, *, seed: int
) -> tuple[dict[str, Faithfulness], RandomBand]:
    """Faithfulness of each row of signed values (T,), and of random rankings of the same tokens, all in one go."""
    rankings = [ranking(values, seed=seed) for values in rows.values()]
    results = faithfulness(probability, rankings + random_rankings(tokens, seed=seed))
    return dict(zip(rows, results, strict=False)), random_band(results[len(rows) :])


def probability_of(network: Network, ids: Sequence[int], *, target: int) -> ProbabilityOf:
    """A function that gives the target's probability, (N,), when only some tokens of ids (T,) are kept."""
    return lambda kept: softmax(shortened_logits(network, ids, kept))[:, target]


def _text_attention(output: Output) -> TextAttention | None:
    if output.attention is None:
        return None
    weights, scores, per_head, names, sentences = output.attention
    arrays = [None if tensor is None else tensor[0].cpu().numpy() for tensor in (weights, scores, per_head)]
    return TextAttention(*arrays, names, None if sentences is None else _spans(sentences))


def _spans(sentences: Sentences) -> tuple[tuple[int, int, float], ...]:
    """Start, end and weight of each sentence of one text."""
    numbers, weights = sentences.numbers[0].cpu().numpy(), sentences.weights[0].tolist()
    edges = np.searchsorted(numbers, np.arange(len(weights) + 1)).tolist()
    return tuple(zip(edges[:-1], edges[1:], weights, strict=True))
