"""Text classifiers: embed, encode, pool (with or without attention), one linear layer."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.errors import SettingsError
from model.networks.attention import (
    AdditiveAttention,
    Attention,
    DotAttention,
    FeedForwardAttention,
    MultiHeadAttention,
    UniformAttention,
    weighted_sum,
)
from model.networks.encoders import CELLS, Encoded, Encoder, Reader
from model.networks.regularization import InputNormalization, LockedDropout, drop_words

PAD, UNK = 0, 1  # ids of padding and of unknown words, as every vocabulary has them

POOLINGS = ("last", "mean", "additive", "dot", "feedforward", "feedforward-stacked", "multihead")


class Preset(NamedTuple):
    """The part of an architecture that a preset's name stands for; everything else is an option."""

    cell: str
    bidirectional: bool
    pooling: str
    layers: int = 1


PRESETS = {
    "rnn-mean": Preset("rnn", False, "mean"),
    "lstm": Preset("lstm", False, "last"),
    "gru": Preset("gru", False, "last"),
    "bilstm": Preset("lstm", True, "last"),
    "bilstm-2layer": Preset("lstm", True, "last", layers=2),
    "lstm-additive": Preset("lstm", False, "additive"),
    "bilstm-additive": Preset("lstm", True, "additive"),
    "lstm-dot": Preset("lstm", False, "dot"),
    "bilstm-dot": Preset("lstm", True, "dot"),
    "bilstm-feedforward": Preset("lstm", True, "feedforward"),
    "bilstm-feedforward-stacked": Preset("lstm", True, "feedforward-stacked"),
    "bilstm-multihead": Preset("lstm", True, "multihead"),
}


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Everything that shapes a network; values out of range raise SettingsError.

    `Architecture(**PRESETS["lstm"]._asdict(), vocabulary_size=20_000, classes=2)` is the network of a preset.
    Rates are probabilities of dropping, from 0 (off) to below 1. `dropout` acts on the pooled vector and between
    layers, `embedding_dropout` on the embeddings (the same columns at every token), `locked_dropout` likewise on each
    layer's states, `weight_drop` on recurrent weights, `word_dropout` on whole words. `max_tokens` matters to
    `position_bias` alone, which has one bias per position; `heads` to multi-head attention alone.
    """

    cell: str
    bidirectional: bool
    pooling: str
    layers: int
    vocabulary_size: int
    classes: int
    embedding_size: int = 64
    hidden_size: int = 64
    dropout: float = 0.0
    embedding_dropout: float = 0.0
    locked_dropout: float = 0.0
    weight_drop: float = 0.0
    word_dropout: float = 0.0
    input_normalization: bool = False
    position_bias: bool = False
    max_tokens: int = 400
    heads: int = 4
    attention_weights: str = "learned"

    def __post_init__(self):
        _check_choice("cell", self.cell, tuple(CELLS))
        _check_choice("pooling", self.pooling, POOLINGS)
        _check_choice("attention_weights", self.attention_weights, ("learned", "uniform"))
        for name, low, high in _SIZES:
            _check_size(name, getattr(self, name), low, high)
        for name in _RATES:
            _check_rate(name, getattr(self, name))
        for name in ("bidirectional", "input_normalization", "position_bias"):
            if not isinstance(getattr(self, name), bool):
                raise SettingsError(f"{name} is {getattr(self, name)!r}: give True or False.")
        if self.pooling == "multihead" and self.states_size % self.heads:
            raise SettingsError(
                f"heads is {self.heads}, which does not divide the {self.states_size} columns of the states "
                "(hidden_size, twice that when bidirectional): change heads or hidden_size."
            )

    @property
    def states_size(self) -> int:
        """Columns of an encoder's states: hidden_size for each direction."""
        return self.hidden_size * (2 if self.bidirectional else 1)

    @property
    def pooled_size(self) -> int:
        """Columns of the one vector that stands for a text."""
        if self.pooling == "dot":  # last states and contexts of all layers
            return 2 * self.states_size * self.layers
        return self.hidden_size if self.pooling == "feedforward-stacked" else self.states_size


_SIZES = (
    ("layers", 1, 8),
    ("vocabulary_size", 2, 10_000_000),
    ("classes", 2, 100_000),
    ("embedding_size", 1, 4096),
    ("hidden_size", 1, 4096),
    ("max_tokens", 1, 1_000_000),
    ("heads", 1, 64),
)
_RATES = ("dropout", "embedding_dropout", "locked_dropout", "weight_drop", "word_dropout")


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingsError(f"{name} is {value!r}: choose one of {', '.join(choices)}.")


def _check_size(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SettingsError(f"{name} is {value!r}: give a whole number from {low} to {high}.")


def _check_rate(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < 1.0:
        raise SettingsError(f"{name} is {value!r}: give a number from 0 (off) to below 1.")


class Output(NamedTuple):
    """What every classifier returns: logits (B, C), and its attention, None for a network without."""

    logits: Tensor
    attention: Attention | None = None


class TextClassifier(nn.Module):
    """A recurrent text classifier, with or without attention.

    ids (B, T) -> embed -> (B, T, E) -> encoder -> states (B, T, S) -> pooled (B, P) -> logits (B, C).
    Real tokens come first in a row and padding after them. Padding never changes a result, and a text without a real
    token has one too: its states are zeros. `rnn_autocast` (a torch.dtype, None for off) is the precision of the
    recurrent layers while training; everything else stays in float32.
    """

    def __init__(self, architecture: Architecture):
        super().__init__()
        a = architecture
        self.architecture = a
        self.rnn_autocast: torch.dtype | None = None
        self.embedding = nn.Embedding(a.vocabulary_size, a.embedding_size, padding_idx=PAD)
        with torch.no_grad():
            self.embedding.weight.normal_(0.0, 0.1)
            self.embedding.weight[PAD] = 0.0
        self.embedding_dropout = LockedDropout(a.embedding_dropout)
        self.input_normalization = None
        if a.input_normalization:
            self.input_normalization = InputNormalization(a.embedding_size, dropout=a.dropout)
        self.encoder = Encoder(
            a.cell,
            a.embedding_size,
            a.hidden_size,
            layers=a.layers,
            bidirectional=a.bidirectional,
            dropout=a.dropout,
            locked_dropout=a.locked_dropout,
            weight_drop=a.weight_drop,
        )
        self.attention = _attention(a)
        self.second_reader = None
        if a.pooling == "feedforward-stacked":
            self.second_reader = Reader(
                "lstm", a.states_size, a.hidden_size, backward=False, weight_drop=a.weight_drop
            )
        self.dropout = nn.Dropout(a.dropout)
        self.head = nn.Linear(a.pooled_size, a.classes)

    def drop_words(self, ids: Tensor) -> Tensor:
        """While training, replace each word of ids (B, T) by the unknown word with probability `word_dropout`."""
        if not self.training or self.architecture.word_dropout == 0.0:
            return ids
        return drop_words(ids, rate=self.architecture.word_dropout, unknown=UNK, padding=PAD)

    def embed(self, ids: Tensor) -> Tensor:
        """Look up ids (B, T), int64, and return embeddings (B, T, E); padding is the zero vector."""
        return self.embedding(ids)

    def classify_embedded(self, embeddings: Tensor, mask: Tensor | None = None) -> Output:
        """Classify embeddings, or any other sequences of vectors, (B, T, E).

        mask (B, T), bool, is True for the real tokens, which come first; None says that there is no padding.
        """
        if mask is not None and bool(mask.all()):
            mask = None  # no padding: nothing to gather, nothing to fill
        lengths = None if mask is None else mask.sum(1)  # (B,)
        embeddings = self.embedding_dropout(embeddings)  # (B, T, E)
        if self.input_normalization is not None:
            embeddings = self.input_normalization(embeddings, mask)  # (B, T, E)
        autocast = self.rnn_autocast if self.training else None
        encoded = self.encoder(embeddings, lengths, autocast=autocast)  # states (B, T, S)
        pooled, attention = self._pool(encoded, mask, lengths, autocast)  # (B, P)
        return Output(self.head(self.dropout(pooled)), attention)  # (B, C)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Output:
        """Classify ids (B, T), int64; mask (B, T), bool, is True for the real tokens, by default where ids != PAD."""
        mask = ids != PAD if mask is None else mask
        return self.classify_embedded(self.embed(self.drop_words(ids)), mask)

    def _pool(
        self, encoded: Encoded, mask: Tensor | None, lengths: Tensor | None, autocast: torch.dtype | None
    ) -> tuple[Tensor, Attention | None]:
        pooling = self.architecture.pooling
        if pooling == "last":
            return encoded.last, None
        if pooling == "mean":
            return _mean(encoded.states, mask), None
        if pooling == "dot":
            return self.attention(encoded.readings, mask)
        context, attention = self.attention(encoded.states, mask)
        if pooling == "feedforward-stacked":
            weighted = attention.weights.unsqueeze(-1) * encoded.states  # (B, T, S)
            _, context = self.second_reader(weighted, lengths, autocast)  # (B, H)
        return context, attention


def _attention(a: Architecture) -> nn.Module | None:
    uniform = a.attention_weights == "uniform"
    if a.pooling in ("last", "mean"):
        return None
    if a.pooling == "dot":
        return DotAttention(uniform=uniform)
    if a.pooling == "multihead":
        return MultiHeadAttention(a.states_size, heads=a.heads, uniform=uniform)
    if uniform:
        return UniformAttention()
    if a.pooling == "additive":
        return AdditiveAttention(a.states_size, width=a.hidden_size)  # full width: no better, 10 % slower
    return FeedForwardAttention(a.states_size, positions=a.max_tokens if a.position_bias else None)


def _mean(states: Tensor, mask: Tensor | None) -> Tensor:
    """Mean of states (B, T, S) over the real tokens; zeros where there are none."""
    if mask is None:
        return states.sum(1) / max(states.shape[1], 1)  # (B, S)
    return weighted_sum(mask / mask.sum(1, keepdim=True).clamp(min=1), states)  # (B, S)
