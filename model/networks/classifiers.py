"""Text classifiers: embed, encode, pool (with or without attention), one linear layer."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.networks.attention import (
    AdditiveAttention,
    Attention,
    DotAttention,
    FeedForwardAttention,
    MultiHeadAttention,
    UniformAttention,
    weighted_sum,
)
from model.networks.encoders import Encoded, Encoder, Reader
from model.networks.presets import Architecture
from model.networks.regularization import InputNormalization, LockedDropout, drop_words

PAD, UNK = 0, 1  # ids of padding and of unknown words, as every vocabulary has them


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
        return AdditiveAttention(a.states_size, width=a.hidden_size)  # states_size would cost 10 % more time
    return FeedForwardAttention(a.states_size, positions=a.max_tokens if a.position_bias else None)


def _mean(states: Tensor, mask: Tensor | None) -> Tensor:
    """Mean of states (B, T, S) over the real tokens; zeros where there are none."""
    if mask is None:
        return states.sum(1) / max(states.shape[1], 1)  # (B, S)
    real = mask.to(states.dtype)  # (B, T)
    return weighted_sum(real / real.sum(1, keepdim=True).clamp(min=1), states)  # (B, S)
