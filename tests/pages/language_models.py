"""Small language models, trained once on generated lines that repeat themselves, for tests of the Next word page."""

from __future__ import annotations

from pathlib import Path

from model.data.corpora import load_corpus_by_name
from model.runs.run import Run
from model.studies.language_training import execute_language, prepare_language
from model.training.language_settings import LanguageSettings

LANGUAGE_PRESETS = ("lstm-attention-lm", "lstm-lm")
SMALL = LanguageSettings(layers=1, hidden_size=12, embedding_size=12, window=6, epochs=1, batch_size=8)


def language_models(
    root: Path, name: str, *, presets: tuple[str, ...], settings: LanguageSettings = SMALL
) -> list[Run]:
    """A run of each preset on a built-in text, trained to its end."""
    runs = prepare_language(root, load_corpus_by_name(name), presets=presets, seeds=1, settings=settings)
    for run in runs:
        execute_language(run)
    return runs
