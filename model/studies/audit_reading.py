"""What a model reads in many texts, and the weight it gives: ids and weights of all tokens, text behind text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from model.compare.audit import place_of_token, text_of_token
from model.estimator import AttentionClassifier
from model.networks.sentences import Sentencer
from model.text.segmentation import iterate_keys
from model.text.vocabulary import UNK, Vocabulary
from model.training.batches import Documents, inference_batches
from model.training.inference import logits as logits_of
from model.training.inference import outputs

KINDS = ("word", "number", "punctuation", "unknown")
FREQUENCIES = ((1, 9), (10, 99), (100, 999), (1_000, 9_999), (10_000, None))  # times seen in training


@dataclass(frozen=True, eq=False)
class Reading:
    """N texts as a model reads them: ids and weights (M,), lengths (N,), logits (N, C), and how many were cut.

    The weights of a text sum to 1, or are all 0 where there was nothing to attend to. The logits of `centred` are
    less the mean of all classes': what raises all alike changes no prediction.
    """

    vocabulary: Vocabulary
    ids: np.ndarray
    lengths: np.ndarray
    weights: np.ndarray
    centred: np.ndarray
    cut: int

    @cached_property
    def rows(self) -> list[np.ndarray]:
        """The ids of each text."""
        return np.split(self.ids, np.cumsum(self.lengths)[:-1]) if len(self.lengths) else []

    @property
    def predicted(self) -> np.ndarray:
        """The column of the predicted class, (N,)."""
        return self.centred.argmax(axis=1)

    @cached_property
    def kinds(self) -> np.ndarray:
        """The place in KINDS of each token, (M,)."""
        return np.array([_kind(word) for word in self.vocabulary.words])[self.ids]

    @cached_property
    def frequencies(self) -> np.ndarray:
        """Of each token the place in FREQUENCIES, behind all of them for an unknown word, (M,)."""
        counts = np.array(self.vocabulary.counts)[self.ids]
        place = np.searchsorted([least for least, _ in FREQUENCIES], counts, "right") - 1
        return np.where(self.ids == UNK, len(FREQUENCIES), place)

    @cached_property
    def ends(self) -> np.ndarray:
        """0 for the first token of a text, 2 for its last, 1 between, (M,); -1 in texts of fewer than three."""
        place, lengths = place_of_token(self.lengths), np.repeat(self.lengths, self.lengths)
        found = np.where(place == 0, 0, np.where(place == lengths - 1, 2, 1))
        return np.where(lengths < 3, -1, found)

    @cached_property
    def sentences(self) -> np.ndarray:
        """0 for tokens of a text's first sentence, 2 for its last, 1 between, (M,); -1 where there is one alone."""
        numbers = _sentences(self.vocabulary, self.rows)
        last = np.zeros(len(self.lengths), np.int64)
        np.maximum.at(last, text_of_token(self.lengths), numbers)
        last = np.repeat(last, self.lengths)
        found = np.where(numbers == 0, 0, np.where(numbers == last, 2, 1))
        return np.where(last == 0, -1, found)


def read(classifier: AttentionClassifier, texts: Sequence[str]) -> Reading:
    """Run a model with attention over all texts, once."""
    ids, cut = encoded(classifier, texts)
    documents = Documents(ids, device=classifier.network_.embedding.weight.device)
    weights = [np.zeros(0)] * len(ids)
    logits = np.zeros((len(ids), classifier.network_.architecture.classes))
    for index, output in outputs(classifier.network_, documents):
        logits[index] = output.logits.double().cpu().numpy()
        for place, row in zip(index, output.attention.weights.double().cpu().numpy(), strict=True):
            own = row[: documents.lengths[place]]
            weights[place] = own / (own.sum() or 1.0)  # in single precision they miss 1 by a little
    flat = np.concatenate([*ids, np.zeros(0, np.int64)]).astype(np.int64)
    logits -= logits.mean(axis=1, keepdims=True)
    return Reading(
        classifier.vocabulary_, flat, documents.lengths, np.concatenate([*weights, np.zeros(0)]), logits, cut
    )


def centred_logits(classifier: AttentionClassifier, rows: Sequence[np.ndarray]) -> np.ndarray:
    """The logits of ids, as `Reading.centred` has them, (N, C)."""
    documents = Documents(rows, device=classifier.network_.embedding.weight.device)
    logits = logits_of(classifier.network_, documents).astype(np.float64)
    return logits - logits.mean(axis=1, keepdims=True)


def encoded(classifier: AttentionClassifier, texts: Sequence[str]) -> tuple[list[np.ndarray], int]:
    """The ids of each text, and how many texts were cut at the end."""
    most, cut = classifier.settings.max_tokens, 0
    ids = []
    for keys in iterate_keys(texts):
        cut += len(keys) > most
        ids += classifier.vocabulary_.encode_keys([keys], max_tokens=most)
    return ids, cut


def texts_with(ids: Sequence[np.ndarray], labels: np.ndarray, *, words: int, classes: int) -> np.ndarray:
    """How many texts of each class have each word, (V, C); a text counts once, an unknown word never."""
    found = np.zeros((words, classes), np.int64)
    for column in range(classes):
        counts: Counter[int] = Counter()
        for place in np.flatnonzero(labels == column):
            counts.update(np.unique(ids[place]).tolist())
        found[list(counts), column] = list(counts.values())
    found[: UNK + 1] = 0
    return found


def _kind(word: str) -> int:
    if word == "<unk>":
        return KINDS.index("unknown")
    if not any(map(str.isalnum, word)):
        return KINDS.index("punctuation")
    letters = any(map(str.isalpha, word))
    return KINDS.index("word" if letters else "number")


def _sentences(vocabulary: Vocabulary, rows: Sequence[np.ndarray]) -> np.ndarray:
    sentencer = Sentencer(len(vocabulary), vocabulary.sentence_ends(), vocabulary.closing_marks())
    documents = Documents(rows)
    found = [np.zeros(0, np.int64)] * len(rows)
    with torch.inference_mode():
        for index in inference_batches(documents.lengths):
            numbers = sentencer(documents.batch(index)[0]).numpy()
            for place, row in zip(index, numbers, strict=True):
                found[place] = row[: documents.lengths[place]]
    return np.concatenate([*found, np.zeros(0, np.int64)])
