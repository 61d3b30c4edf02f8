"""What counting alone predicts of a text, on the same tokens as a run; computed once and kept beside the runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model.compare.language_metrics import language_metrics
from model.compare.ngrams import highest_order, kneser_ney_losses, unigram_losses
from model.data.corpora import Corpus
from model.runs.files import read_json, write_json
from model.text.language import LanguageVocabulary
from model.training.language_settings import LanguageSettings

LONGEST_GRAMS = {"words": 3, "characters": 5}  # tokens of an n-gram, where the vocabulary is small enough for it


def language_baselines(
    root: Path, corpus: Corpus, vocabulary: LanguageVocabulary, *, settings: LanguageSettings
) -> dict[str, Any]:
    """{"unigram", "kneser_ney": metrics on the test text}, both counted on the training text.

    They depend on the text and on what makes the vocabulary. Raises RunError when the result cannot be written.
    """
    named = f"{settings.unit}-{settings.meant.min_frequency}-{settings.max_vocabulary}"
    path = root / "baselines" / f"{corpus.sha256[:16]}-{named}.json"
    kept = read_json(path)
    if kept is not None:
        return kept
    train, test, size = vocabulary.encode(corpus.train), vocabulary.encode(corpus.test), len(vocabulary)
    order = highest_order(size, most=LONGEST_GRAMS[settings.unit])
    losses = {
        "unigram": unigram_losses(train, test, vocabulary_size=size),
        "kneser_ney": kneser_ney_losses(train, test, vocabulary_size=size, order=order),
    }
    result = {name: language_metrics(test, each, characters=len(corpus.test)) for name, each in losses.items()}
    path.parent.mkdir(exist_ok=True)
    write_json(path, result)
    return result
