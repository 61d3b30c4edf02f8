"""Hierarchical attention: words make sentences, sentences make the text (Yang et al. 2016)."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from model.networks.attention import Attention, Sentences
from model.networks.classifiers import TextClassifier, attention_of, encoder_of, nothing_padded
from model.networks.presets import Architecture
from model.networks.sentences import Layout, Sentencer, lay_out, pieces

# Sentences that are read together, after sorting them by length: as wide as the longest of them. All at once would be
# 1.2 to 1.4 times slower on one core (IMDB), all of it for padding; far fewer pay for starting.
SENTENCES_AT_ONCE = 128


class EncodedSentences(NamedTuple):
    """What `encode` leaves for `conclude`: word states (R, W, S), a row per sentence, where they stand, and mask."""

    states: Tensor
    layout: Layout
    mask: Tensor | None

    @property
    def shape(self) -> tuple[int, int]:
        """Texts and tokens, (B, T)."""
        return self.layout.shape


class HierarchicalClassifier(TextClassifier):
    """A hierarchical attention network (Yang et al. 2016, section 2.2).

    Words are encoded within their sentence and attended to; the sentence vectors are encoded over the text and
    attended to in turn. A token's weight is word weight x sentence weight. Both levels have the same cell, layers
    and regularisation; the locked dropout of states is drawn for each sentence. A text whose sentences are not told
    counts as one, and a sentence of more than `sentences.LONGEST` tokens as several.
    """

    def __init__(self, architecture: Architecture):
        super().__init__(architecture)
        a = architecture
        self.sentencer = Sentencer(a.vocabulary_size, a.sentence_ends, a.closing_marks)
        self.sentence_encoder = encoder_of(a, a.states_size)
        self.sentence_attention = attention_of(a)

    def sentences(self, ids: Tensor) -> Tensor:
        return self.sentencer(ids)

    def encode(
        self, embeddings: Tensor, mask: Tensor | None = None, sentences: Tensor | None = None
    ) -> EncodedSentences:
        mask = None if nothing_padded(mask) else mask
        embeddings = self._regularized(embeddings, mask)  # (B, T, E)
        if sentences is None:
            sentences = pieces(*embeddings.shape[:2], embeddings.device)
        layout = lay_out(sentences.expand(embeddings.shape[:2]), mask)
        return EncodedSentences(self._read(embeddings.flatten(0, 1), layout), layout, mask)

    def _read(self, tokens: Tensor, layout: Layout) -> Tensor:
        """Word states (R, W, S) of the tokens (B * T, E): sentences of similar length are read together."""
        order = layout.lengths.argsort(stable=True)
        parts = []
        for rows in order.split(SENTENCES_AT_ONCE):
            lengths = layout.lengths[rows]
            widest = int(lengths.max()) if len(rows) else 0
            words = tokens[layout.place[rows, :widest]]  # (r, w, E)
            states = self.encoder(words, lengths, autocast=self._autocast).states
            parts.append(F.pad(states, (0, 0, 0, layout.words.shape[1] - widest)))
        return torch.cat(parts).index_select(0, order.argsort())

    def _pool(self, encoded: EncodedSentences, weights: Tensor | None) -> tuple[Tensor, Attention]:
        states, layout, _ = encoded
        if weights is None:
            vectors, words = self.attention(states, layout.words)  # (R, S)
            vectors, given = vectors.unsqueeze(0), None
        else:
            words, sums = _shares(layout.by_sentence(weights[:, 0]), layout)  # (N, R, W), (N, R)
            vectors = torch.bmm(words.transpose(0, 1), states).transpose(0, 1)  # (N, R, S)
            given = layout.by_text(sums).unsqueeze(1)  # (N, 1, M)
        vectors = layout.by_text(vectors)  # (B, M, S)
        mask = None if encoded.shape[0] == 1 else layout.sentences  # (B, M)
        lengths = None if mask is None else mask.sum(1)
        sentences = self.sentence_encoder(vectors, lengths, autocast=self._autocast).states  # (B, M, S)
        context, over = self.sentence_attention(sentences, mask, given)  # (B, S)
        if weights is None:
            tokens = layout.by_token(words.weights * over.weights[layout.text, layout.number].unsqueeze(1))  # (B, T)
        else:
            tokens = weights[:, 0]
        rows = layout.by_token(layout.number.unsqueeze(1).expand_as(layout.words))
        return context, Attention(tokens, sentences=Sentences(rows, over.weights))


def _shares(weights: Tensor, layout: Layout) -> tuple[Tensor, Tensor]:
    """Weights (N, R, W) as word weights that sum to 1 in each sentence, and their sums (N, R).

    In a sentence without weight every word gets the same: its neighbours still read the sentence.
    """
    sums = weights.sum(-1)
    some = (sums != 0).unsqueeze(-1)
    equal = layout.words / layout.lengths.unsqueeze(1)  # (R, W)
    return torch.where(some, weights / sums.unsqueeze(-1).where(some, torch.ones_like(some)), equal), sums
