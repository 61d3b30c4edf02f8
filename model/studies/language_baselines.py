"""What counting alone predicts of a text, on the same tokens as a run; computed once and kept beside the runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model.compare.ngrams import kneser_ney_losses, unigram_losses
from model.data.corpora import Corpus
from model.language_model import stream_metrics
from model.runs.files import read_json, write_json
from model.text.language import LanguageVocabulary
from model.training.language_settings import LanguageSettings


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
    train, test = vocabulary.encode(corpus.train), vocabulary.encode(corpus.test)
    result = {
        name: stream_metrics(test, losses(train, test, vocabulary_size=len(vocabulary)), characters=len(corpus.test))
        for name, losses in (("unigram", unigram_losses), ("kneser_ney", kneser_ney_losses))
    }
    path.parent.mkdir(exist_ok=True)
    write_json(path, result)
    return result
