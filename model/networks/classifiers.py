"""Text classifiers: embed, encode, pool (with or without attention), one linear layer."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.errors import ModelError
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


class EncodedTexts(NamedTuple):
    """What `encode` leaves for `conclude`: states, and mask (B, T) and lengths (B,), None for no padding."""

    states: Encoded
    mask: Tensor | None
    lengths: Tensor | None

    @property
    def shape(self) -> tuple[int, int]:
        """Texts and tokens, (B, T)."""
        return self.states.states.shape[:2]


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
        if a.pooling == "hierarchical" and type(self) is TextClassifier:
            raise TypeError("a hierarchical architecture is no TextClassifier: use networks.build.build_network")
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
        self.encoder = encoder_of(a, a.embedding_size)
        self.attention = attention_of(a)
        self.second_reader = None
        if a.pooling == "feedforward-stacked":
            self.second_reader = Reader(
                "lstm", a.states_size, a.hidden_size, backward=False, weight_drop=a.weight_drop
            )
        self.dropout = nn.Dropout(a.dropout)
        self.head = nn.Linear(a.pooled_size, a.classes)

    @property
    def classes(self) -> int:
        """C, the number of columns of its logits."""
        return self.head.out_features

    def drop_words(self, ids: Tensor) -> Tensor:
        """While training, replace each word of ids (B, T) by the unknown word with probability `word_dropout`."""
        if not self.training or self.architecture.word_dropout == 0.0:
            return ids
        return drop_words(ids, rate=self.architecture.word_dropout, unknown=UNK, padding=PAD)

    def embed(self, ids: Tensor) -> Tensor:
        """Look up ids (B, T), int64, and return embeddings (B, T, E); padding is the zero vector."""
        return self.embedding(ids)

    def sentences(self, ids: Tensor) -> Tensor | None:
        """The number of the sentence each token of ids (B, T) stands in, (B, T); None: it knows no sentences."""
        return None

    def encode(self, embeddings: Tensor, mask: Tensor | None = None, sentences: Tensor | None = None) -> EncodedTexts:
        """Read embeddings (B, T, E), or any other sequences of vectors: all that comes before the pooling.

        mask (B, T), bool, is True for the real tokens, which come first; None says that there is no padding.
        `sentences` (B, T), or (1, T) for all rows, as the method gives them, matter to hierarchical networks alone.
        """
        if nothing_padded(mask):
            mask = None  # nothing to gather, nothing to fill
        lengths = None if mask is None else mask.sum(1)  # (B,)
        embeddings = self._regularized(embeddings, mask)  # (B, T, E)
        states = self.encoder(embeddings, lengths, autocast=self._autocast)  # states (B, T, S)
        return EncodedTexts(states, mask, lengths)

    def conclude(self, encoded: EncodedTexts, weights: Tensor | None = None) -> Output:
        """Pool what `encode` returned and classify it, with the network's own attention weights or with others.

        weights (N, K, T): K rows as in `Attention.per_head`, 1 where that is None; N = B, or any N for one text
        (B = 1). They are used as they are, save that padding counts nothing; gradients flow to them. Raises
        ModelError for weights of another shape, or for a network without attention.
        """
        if weights is not None:
            weights = self._checked(weights, encoded)  # (N, K, T)
        pooled, attention = self._pool(encoded, weights)  # (B, P)
        return Output(self.head(self.dropout(pooled)), attention)  # (B, C)

    def classify_embedded(
        self, embeddings: Tensor, mask: Tensor | None = None, sentences: Tensor | None = None
    ) -> Output:
        """Classify embeddings (B, T, E): `encode`, then `conclude` with the network's own weights."""
        return self.conclude(self.encode(embeddings, mask, sentences))

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Output:
        """Classify ids (B, T), int64; mask (B, T), bool, is True for the real tokens, by default where ids != PAD."""
        mask = ids != PAD if mask is None else mask
        return self.classify_embedded(self.embed(self.drop_words(ids)), mask, self.sentences(ids))

    @property
    def linear_in_weights(self) -> bool:
        """Whether the logits are an affine function of the attention weights given to `conclude`."""
        return self.architecture.pooling in ("additive", "dot", "feedforward", "multihead")

    @property
    def _autocast(self) -> torch.dtype | None:
        return self.rnn_autocast if self.training else None

    def _regularized(self, embeddings: Tensor, mask: Tensor | None) -> Tensor:
        embeddings = self.embedding_dropout(embeddings)  # (B, T, E)
        if self.input_normalization is None:
            return embeddings
        return self.input_normalization(embeddings, mask)  # (B, T, E)

    def _checked(self, weights: Tensor, encoded: EncodedTexts) -> Tensor:
        """Weights (N, K, T) in the network's precision, 0 on padding."""
        rows = self.architecture.attention_rows
        if rows == 0:
            raise ModelError(
                f"The network pools by {self.architecture.pooling!r} and has no attention: it takes no weights."
            )
        batch, tokens = encoded.shape
        if weights.ndim != 3 or weights.shape[1:] != (rows, tokens) or (batch != 1 and len(weights) != batch):
            raise ModelError(
                f"The attention weights are of shape {tuple(weights.shape)}: give ({'any' if batch == 1 else batch}, "
                f"{rows}, {tokens}), for each text a row per head and a column per token."
            )
        weights = weights.to(self.head.weight)
        return weights if encoded.mask is None else weights * encoded.mask.unsqueeze(1)

    def _pool(self, encoded: EncodedTexts, weights: Tensor | None) -> tuple[Tensor, Attention | None]:
        states, mask, lengths = encoded
        pooling = self.architecture.pooling
        if pooling == "last":
            return states.last, None
        if pooling == "mean":
            return _mean(states.states, mask), None
        if pooling == "dot":
            return self.attention(states.readings, mask, weights)
        context, attention = self.attention(states.states, mask, weights)
        if pooling == "feedforward-stacked":
            weighted = attention.weights.unsqueeze(-1) * states.states  # (B, T, S)
            if lengths is not None:
                lengths = lengths.expand(len(weighted))  # one text under many weights
            _, context = self.second_reader(weighted, lengths, self._autocast)  # (B, H)
        return context, attention


def nothing_padded(mask: Tensor | None) -> bool:
    """Whether a mask (B, T) is known to hide nothing; a GPU is not asked, which would make the host wait for it."""
    return mask is None or (mask.device.type == "cpu" and bool(mask.all()))


def encoder_of(a: Architecture, input_size: int) -> Encoder:
    """A new encoder of an architecture, for vectors of `input_size` columns."""
    return Encoder(
        a.cell,
        input_size,
        a.hidden_size,
        layers=a.layers,
        bidirectional=a.bidirectional,
        dropout=a.dropout,
        locked_dropout=a.locked_dropout,
        weight_drop=a.weight_drop,
    )


def attention_of(a: Architecture) -> nn.Module | None:
    """A new attention mechanism of an architecture; None for one that pools without."""
    uniform = a.attention_weights == "uniform"
    if a.pooling in ("last", "mean"):
        return None
    if a.pooling == "dot":
        return DotAttention(uniform=uniform)
    if a.pooling == "multihead":
        return MultiHeadAttention(a.states_size, heads=a.heads, uniform=uniform)
    if uniform:
        return UniformAttention()
    if a.pooling in ("additive", "hierarchical"):
        return AdditiveAttention(a.states_size, width=a.hidden_size)  # states_size would cost 10 % more time
    return FeedForwardAttention(a.states_size, positions=a.max_tokens if a.position_bias else None)


def _mean(states: Tensor, mask: Tensor | None) -> Tensor:
    """Mean of states (B, T, S) over the real tokens; zeros where there are none."""
    if mask is None:
        return states.sum(1) / max(states.shape[1], 1)  # (B, S)
    real = mask.to(states.dtype)  # (B, T)
    return weighted_sum(real / real.sum(1, keepdim=True).clamp(min=1), states)  # (B, S)
