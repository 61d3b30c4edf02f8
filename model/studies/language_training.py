"""One training of a language model from its run folder to its report, and many of them on one text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model.compare.language_metrics import language_metrics
from model.data.corpora import Corpus, is_builtin_corpus, save_corpus
from model.errors import DataError
from model.language_model import LanguageModel, load_language_run
from model.runs.kinds import LANGUAGE_MODEL
from model.runs.run import Run
from model.runs.texts import corpus_of
from model.studies.beginning import create_runs, data_entry
from model.studies.language_baselines import language_baselines
from model.studies.language_reading import copying
from model.studies.telling import CHECKPOINT, finish, tell
from model.text.language import iterate_pieces
from model.training.failures import memory_in_words
from model.training.language_settings import LanguageSettings
from model.training.loop import Event


def prepare_language(
    root: Path,
    corpus: Corpus | dict[str, Any],
    *,
    presets: Sequence[str],
    seeds: int,
    settings: LanguageSettings,
    owner: str | None = None,
) -> list[Run]:
    """Create a run for every preset and seed (13, 14, …) on one and the same text.

    corpus: a Corpus, which is saved once, or what a spec says of one that is kept already: {"name", "sha256",
    "folder", "report"}. Raises RunError, DataError.
    """
    entry = keep_corpus(root, corpus) if isinstance(corpus, Corpus) else corpus
    return create_runs(root, entry, settings, presets=presets, seeds=seeds, kind=LANGUAGE_MODEL, owner=owner)


def keep_corpus(root: Path, corpus: Corpus) -> dict[str, Any]:
    """Save a corpus below `root`, once, and return what a spec says of it. Raises RunError for a full disk."""
    builtin = is_builtin_corpus(corpus.name, sha256=corpus.sha256)
    return data_entry(root, corpus, builtin=builtin, save=lambda folder: save_corpus(corpus, folder))


def execute_language(
    run: Run,
    *,
    stop: Callable[[], str | None] = lambda: None,
    enough: Callable[[], bool] = lambda: False,
    on_event: Callable[[Event], None] = lambda event: None,
    half_embeddings: bool = False,
) -> dict[str, Any]:
    """Do a language model's training in this process, from its checkpoint if it has one, and return its report.

    `stop`, `enough` and `half_embeddings` are as in `training.execute`. Raises LabError for what the user can mend.
    """
    settings = LanguageSettings.from_dict(run.spec["settings"])
    with memory_in_words(settings):
        corpus = corpus_of(run)
        _check_scored(corpus, settings.unit)
        model = LanguageModel(settings)
        events = model.training_events(
            corpus.train, corpus.validation, checkpoint=run.folder / CHECKPOINT, enough=enough
        )
        boot, done = tell(run, events, stop=stop, on_event=on_event)
        model.save(run.folder, half_embeddings=half_embeddings)
        if half_embeddings:
            model = load_language_run(run.folder, device=settings.device)  # what is scored is what is saved
        report = _report(run, model, corpus, boot, done)
    finish(run, report)
    return report


def _check_scored(corpus: Corpus, unit: str) -> None:
    """Raise DataError for a text that nothing can be scored on, before anything is trained."""
    for split, text in (("validation", corpus.validation), ("test", corpus.test)):
        first = islice(chain.from_iterable(iterate_pieces(text, unit)), 2)
        if len(list(first)) < 2:
            raise DataError(f"the {split} text has fewer than two {unit}, so none is predicted; take a longer one")


def _report(run: Run, model: LanguageModel, corpus: Corpus, boot: Event, done: Event) -> dict[str, Any]:
    ids, losses = model.token_losses(corpus.test)
    run.save_predictions(pd.DataFrame({"id": ids[1:].astype(np.int32), "loss": losses.astype(np.float32)}))
    copied = copying(model, corpus)
    parameters = {name: value.numel() for name, value in model.network_.named_parameters()}
    return {
        "kind": LANGUAGE_MODEL,
        "preset": model.settings.preset,
        "seed": model.settings.seed,
        "unit": model.settings.unit,
        "parameters": sum(parameters.values()),
        "parameters_without_embeddings": sum(parameters.values()) - parameters["embedding.weight"],
        "device": boot["device"],
        "precision": boot["precision"],
        "epochs": done["epochs"],
        "best_epoch": done["best_epoch"],
        "seconds": done["seconds"],
        "tokens_per_second": done["tokens_per_second"],
        "vocabulary": len(model.vocabulary_),
        "validation": model.metrics(corpus.validation),
        "test": language_metrics(ids, losses, characters=len(corpus.test)),
        "baselines": language_baselines(run.folder.parent, corpus, model.vocabulary_, settings=model.settings),
        "data": corpus.report,
        "ended": done["ended"],
        **({} if copied is None else {"copying": copied}),
    }
