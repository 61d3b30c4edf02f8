"""Which word vectors a training begins with: those that its settings ask for, where they fit its words."""

from __future__ import annotations

from model.errors import SettingsError
from model.text.vectors import Vectors, coverage, glove_available, load_vectors
from model.text.vocabulary import Vocabulary
from model.training.settings import Settings

AUTO_COVERAGE = 0.6  # share of the training tokens that GloVe must know for vectors="auto" to take it
_PLAIN_EMBEDDING = 64


def pretrained_vectors(settings: Settings, vocabulary: Vocabulary) -> Vectors | None:
    """The vectors for these words; None where training is to begin without. Raises DataError, SettingsError."""
    if settings.vectors == "none" or (settings.vectors == "auto" and not glove_available()):
        return None
    source = "glove" if settings.vectors == "auto" else settings.vectors
    vectors = load_vectors(source, vocabulary, seed=settings.seed)
    if settings.vectors == "auto" and coverage(vectors.found, vocabulary).tokens < AUTO_COVERAGE:
        return None
    size = vectors.matrix.shape[1]
    if settings.embedding_size not in (None, size):
        raise SettingsError(
            f"embedding_size is {settings.embedding_size}, but the vectors {source!r} have {size} dimensions;"
            f" leave embedding_size out, or set vectors to none"
        )
    return vectors


def columns_of(settings: Settings, pretrained: Vectors | None) -> int:
    """The columns of a network's word vectors, which are `pretrained` or begin at random."""
    return pretrained.matrix.shape[1] if pretrained else settings.embedding_size or _PLAIN_EMBEDDING
