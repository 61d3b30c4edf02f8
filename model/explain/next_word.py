"""What a language model makes of a text: each next token, what it looked back at, and how much it was surprised.

`NextWord` makes "which token comes next?" a classification of the text before it, so that all that explains
classifiers explains it too.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.errors import SettingsError
from model.explain.network import as_row, evaluating
from model.networks.attention import Attention
from model.networks.classifiers import UNK, Output
from model.networks.language_models import LanguageAttention, LanguageNetwork, Read, State

SEGMENT = 256  # tokens read at once: few enough that their logits over 20,000 words stay at 20 MB
HOTTEST = 100.0


class NextWord(nn.Module):
    """A language model as a `Network` that can be explained: its classes are the tokens that may come next.

    Attention is what the last state looked back at, and never the last token; a text of less than two tokens has
    weights of zero. An empty text has the prediction of the state before any token. `start`: the state of one stream
    that every text begins from (see `state_after`), None for zeros.
    """

    def __init__(self, network: LanguageNetwork, start: State | None = None):
        super().__init__()
        self.network = network
        self.start = start
        self.train(network.training)  # one mode for both, or `evaluating` would not know when to leave it alone

    @property
    def classes(self) -> int:
        """V, the number of tokens of its vocabulary."""
        return self.network.architecture.vocabulary_size

    def embed(self, ids: Tensor) -> Tensor:
        """Ids (B, T) -> embeddings (B, T, E)."""
        return self.network.embed(ids)

    def sentences(self, ids: Tensor) -> None:
        """None: a language model knows no sentences."""
        return None

    def classify_embedded(
        self, embeddings: Tensor, mask: Tensor | None = None, sentences: Tensor | None = None
    ) -> Output:
        """Embeddings (B, T, E) and mask (B, T), real tokens first -> logits (B, V) of the token after the last real
        one, and the attention (B, T) of that step."""
        lengths = None if mask is None else mask.sum(1)
        state = None if self.start is None else _in_batch(self.start, len(embeddings))
        features, attention = self.network.read_last(embeddings, lengths, state=state)
        return Output(self.network.decode(features[:, 0]), None if attention is None else _of_one_step(attention))


@dataclass(frozen=True, kw_only=True)
class ReadIds:
    """What a language model made of ids (T,), read as one stream from its beginning.

    `surprise` (T,): bits, -log2 of the probability of each token, NaN for the first, which nothing predicts.
    `weights` (T + 1, T): row p is what was looked back at when token p was predicted, row T for the token after the
    text; mean over the attending layers, None without attention. `per_layer` (L, T + 1, T) and their `names`, None
    for fewer than two. `top_ids` and `top_probabilities` (T + 1, most): the likeliest tokens, never PAD or UNK; -1
    and 0 in row 0 and where there are fewer. `rank` (T,): 1 for the likeliest token, 0 for the first.
    """

    surprise: np.ndarray
    weights: np.ndarray | None
    per_layer: np.ndarray | None
    names: tuple[str, ...] | None
    top_ids: np.ndarray
    top_probabilities: np.ndarray
    rank: np.ndarray


def state_after(network: LanguageNetwork, ids: Sequence[int]) -> State:
    """Where reading one or more ids (S,) leaves a stream, to begin a text from; nothing of them is looked back at."""
    with evaluating(network) as device, torch.inference_mode():
        *_, (_, read) = segments_read(network, np.asarray(ids, dtype=np.int64), SEGMENT, device)
    return State(read.state.recurrent, network.initial_state(1).past)


def read_ids(
    network: LanguageNetwork,
    ids: Sequence[int],
    *,
    most: int = 5,
    segment: int = SEGMENT,
    start: State | None = None,
) -> ReadIds:
    """Read one text, ids (T,), and keep what each step predicted and looked back at; `segment` changes nothing.

    `start`: the state that it begins from, None for zeros. In eval mode and float32. The weights take 4 T^2 bytes for
    each attending layer.
    """
    ids = np.asarray(ids, dtype=np.int64)
    tokens = len(ids)
    per_layer = np.zeros((len(network.names), tokens + 1, tokens), np.float32)
    predicted = [_before_the_first(most)]
    with evaluating(network) as device, torch.inference_mode():
        for first, read in segments_read(network, ids, segment, device, start):
            stop = first + read.features.shape[1]
            predicted.append(_predicted(network.decode(read.features[0]), ids[first + 1 : stop + 1], most))
            for layer, weights in enumerate(read.attention.layers if read.attention else ()):
                per_layer[layer, first + 1 : stop + 1, stop - weights.shape[2] : stop] = weights[0].cpu().numpy()
    top_ids, top_probabilities, surprise, rank = (np.concatenate(rows) for rows in zip(*predicted, strict=True))
    several = len(per_layer) > 1
    return ReadIds(
        surprise=surprise[:tokens],
        weights=per_layer.mean(0) if len(per_layer) > 0 else None,
        per_layer=per_layer if several else None,
        names=network.names if several else None,
        top_ids=top_ids,
        top_probabilities=top_probabilities,
        rank=rank[:tokens],
    )


def segments_read(
    network: LanguageNetwork, ids: np.ndarray, segment: int, device: torch.device, state: State | None = None
) -> Iterator[tuple[int, Read]]:
    """Read ids (T,) as one stream, from `state` or the start: where each segment begins, and what reading it gave.

    Modes are the caller's: see `evaluating` and torch.inference_mode.
    """
    state = network.initial_state(1) if state is None else state
    for start in range(0, len(ids), segment):
        read = network.read(network.embed(as_row(ids[start : start + segment], device)), state)
        state = read.state
        yield start, read


def distance_profile(weights: np.ndarray, *, longest: int) -> np.ndarray:
    """Mean weight at each distance from 0 to `longest`, (longest + 1,), over the rows that have any weight.

    The distance of the token that is predicted, row p of weights (T + 1, T), from the one attended to, column j, is
    p - j: at least 2, as the nearest token is the state itself. Zeros where no row has any weight.
    """
    rows = max(np.count_nonzero(weights.any(axis=1)), 1)
    return np.array([np.trace(weights, -distance, dtype=np.float64) for distance in range(longest + 1)]) / rows


def sample(
    network: LanguageNetwork,
    ids: Sequence[int],
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int,
    start: State | None = None,
) -> Iterator[tuple[int, float]]:
    """Go on after ids (T,) without end: each next id, never PAD or UNK, and the probability the model gives it.

    Drawn from the `top_k` likeliest tokens (None: all), whose logits are divided by `temperature` first; 0 takes the
    likeliest. The probability is the model's own, over all tokens at temperature 1. The same seed gives the same
    tokens. Raises SettingsError before the first.
    """
    if not 0.0 <= temperature <= HOTTEST:
        raise SettingsError(
            f"temperature is {temperature}: give a number from 0 (always the likeliest) to {HOTTEST:g}."
        )
    if top_k is not None and top_k < 1:
        raise SettingsError(f"top_k is {top_k}: give at least 1, or None for all tokens.")
    return _sample(network, ids, start, temperature, top_k, torch.Generator().manual_seed(seed))


def _sample(
    network: LanguageNetwork,
    ids: Sequence[int],
    state: State | None,
    temperature: float,
    top_k: int | None,
    randomness: torch.Generator,
) -> Iterator[tuple[int, float]]:
    while True:
        with evaluating(network) as device, torch.inference_mode():  # not while the caller has its turn
            features, state = _after(network, np.asarray(ids, dtype=np.int64), state, device)
            logits = network.decode(features).double().cpu()  # (V,)
            chosen = _draw(logits, temperature, top_k, randomness)
            probability = float(torch.softmax(logits, -1)[chosen])
        ids = [chosen]
        yield chosen, probability


def _draw(logits: Tensor, temperature: float, top_k: int | None, randomness: torch.Generator) -> int:
    likeliest = logits[UNK + 1 :].topk(min(top_k or len(logits), len(logits) - UNK - 1))  # not PAD, not UNK
    if temperature == 0.0:
        return int(likeliest.indices[0]) + UNK + 1
    shares = torch.softmax((likeliest.values - likeliest.values[0]) / temperature, -1)
    return int(likeliest.indices[torch.multinomial(shares, 1, generator=randomness)]) + UNK + 1


def _after(
    network: LanguageNetwork, ids: np.ndarray, state: State | None, device: torch.device
) -> tuple[Tensor, State]:
    """Features (F,) after ids (S,) that follow a state, None for the initial one, and the state there."""
    if len(ids) == 0:
        state = network.initial_state(1) if state is None else state
        features, _ = network.read_last(network.embed(as_row(ids, device)), state=state)
        return features[0, 0], state
    *_, (_, read) = segments_read(network, ids, SEGMENT, device, state)
    return read.features[0, -1], read.state


def _in_batch(state: State, batch: int) -> State:
    """The state of one stream for `batch` streams."""
    recurrent = tuple(tuple(part.repeat(1, batch, 1) for part in layer) for layer in state.recurrent)
    return State(recurrent, tuple(past.repeat(batch, 1, 1) for past in state.past))


class _Predicted(NamedTuple):
    """What S steps predicted: fields as in ReadIds, for the tokens after them; the last may have none."""

    top_ids: np.ndarray
    top_probabilities: np.ndarray
    surprise: np.ndarray
    rank: np.ndarray


def _before_the_first(most: int) -> _Predicted:
    """Nothing predicts the first token."""
    none = np.full((1, most), -1, np.int64)
    return _Predicted(none, np.zeros((1, most), np.float32), np.full(1, np.nan, np.float32), np.zeros(1, np.int64))


def _predicted(logits: Tensor, following: np.ndarray, most: int) -> _Predicted:
    """What logits (S, V) say of the tokens that did follow, (S,) or (S - 1,), and of those that might have."""
    true = torch.as_tensor(following, device=logits.device).unsqueeze(1)  # (S', 1)
    of_all = torch.log_softmax(logits, dim=-1)  # (S, V)
    of_true = of_all[: len(true)].gather(1, true)  # (S', 1)
    known = of_all[:, UNK + 1 :]  # PAD and UNK are the first two
    best = known.topk(min(most, known.shape[1]))  # (S, at most `most`)
    missing = (0, most - best.values.shape[1])
    return _Predicted(
        F.pad(best.indices + UNK + 1, missing, value=-1).cpu().numpy(),
        F.pad(best.values.exp(), missing).cpu().numpy(),
        (-of_true.squeeze(1) / math.log(2)).cpu().numpy(),
        (1 + (known[: len(true)] > of_true).sum(1)).cpu().numpy(),
    )


def _of_one_step(attention: LanguageAttention) -> Attention:
    """Weights (B, 1, T) of each layer as the record that classifiers have."""
    if len(attention.layers) == 1:
        return Attention(attention.layers[0].squeeze(1))
    per_layer = attention.per_layer.squeeze(2)  # (B, L, T)
    return Attention(per_layer.mean(1), None, per_layer, attention.names)
