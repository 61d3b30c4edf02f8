"""One training from its run folder to its report, and many of them on one split."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model.compare.metrics import classification_metrics
from model.data.dataset import SPLIT_NAMES
from model.data.datasets import is_builtin
from model.data.splits import Dataset, save_dataset
from model.data.tokenized import TokenizedData
from model.errors import DataError
from model.estimator import AttentionClassifier, load_run
from model.runs.run import Run
from model.runs.tokens import tokens_of
from model.studies.baselines import tokenized_baselines
from model.studies.beginning import create_runs, data_entry
from model.studies.probes import choose_probe, probe_of
from model.studies.telling import CHECKPOINT, finish, tell
from model.training.failures import memory_in_words
from model.training.loop import Event
from model.training.settings import Settings


def prepare(
    root: Path,
    data: Dataset | dict[str, Any],
    *,
    presets: Sequence[str],
    seeds: int,
    settings: Settings,
    owner: str | None = None,
    probe: Sequence[str] | None = None,
) -> list[Run]:
    """Create a run for every preset and seed (13, 14, …) on one and the same split.

    data: a Dataset, which is saved once, or what a spec says of one that is kept already: {"name", "sha256",
    "folder", "report"}. probe: at most 12 texts of 2,000 characters whose outputs are told after every epoch; by
    default short validation texts of every class (`choose_probe`); none if it is empty. Raises RunError, DataError.
    """
    entry = keep_dataset(root, data) if isinstance(data, Dataset) else data
    if probe is None and isinstance(data, Dataset):
        probe = choose_probe(*data.validation)
    elif probe is None:
        probe = probe_of(root, data)
    return create_runs(root, entry, settings, presets=presets, seeds=seeds, owner=owner, probe=probe)


def keep_dataset(root: Path, dataset: Dataset) -> dict[str, Any]:
    """Save a dataset below `root`, once, and return what a spec says of it. Raises RunError for a full disk."""
    builtin = is_builtin(dataset.name, sha256=dataset.sha256)
    return data_entry(root, dataset, builtin=builtin, save=lambda folder: save_dataset(dataset, folder))


def execute(
    run: Run,
    *,
    stop: Callable[[], str | None] = lambda: None,
    enough: Callable[[], bool] = lambda: False,
    on_event: Callable[[Event], None] = lambda event: None,
    half_embeddings: bool = False,
) -> dict[str, Any]:
    """Do a run's training in this process, from its checkpoint if it has one, and return its report.

    `stop` is asked twice a second at least; when it gives a reason, Stopped is raised and the last epoch's
    checkpoint stays. `enough` is asked as often; once it says so the training ends well, with its best so far.
    `half_embeddings` saves, and then scores, embeddings of half precision. Raises LabError for what the user can
    mend.
    """
    settings = Settings.from_dict(run.spec["settings"])
    with memory_in_words(settings):
        data = tokens_of(run)
        _check_counts(data.classes, {name: data.class_counts(name) for name in data.rows})
        classifier = AttentionClassifier(**settings.to_dict())
        events = classifier.training_events_tokenized(
            data, checkpoint=run.folder / CHECKPOINT, enough=enough, probe=run.spec.get("probe", ())
        )
        boot, done = tell(run, events, stop=stop, on_event=on_event)
        classifier.save(run.folder, half_embeddings=half_embeddings)
        if half_embeddings:
            classifier = load_run(run.folder, device=settings.device)  # what is scored is what is saved
        report = _report(run, classifier, data, boot, done)
    finish(run, report)
    return report


def check_classes(dataset: Dataset) -> None:
    """Raise DataError for a class that no training text shows: nothing can be learned of it."""
    _check_counts(dataset.classes, {name: Counter(getattr(dataset, name).labels) for name in SPLIT_NAMES})


def _check_counts(classes: Sequence[str], counts: Mapping[str, Mapping[str, int]]) -> None:
    """`check_classes` of the texts that each split has of each class."""
    for label in classes:
        if not counts["train"].get(label):
            elsewhere = sum(counts[name].get(label, 0) for name in ("validation", "test"))
            raise DataError(
                f"no training text of the class {label!r} is left, though {elsewhere:,} texts of validation and test"
                f" have it; add some to the training texts, or leave the class out everywhere"
            )


def _report(
    run: Run, classifier: AttentionClassifier, data: TokenizedData, boot: Event, done: Event
) -> dict[str, Any]:
    labels = data.labels[data.places("test")]
    probabilities = classifier.probabilities(data, "test")
    run.save_predictions(predictions_table(probabilities, labels, classifier.classes_.tolist()))
    parameters = {name: value.numel() for name, value in classifier.network_.named_parameters()}
    return {
        "preset": classifier.preset,
        "seed": classifier.seed,
        "parameters": sum(parameters.values()),
        "parameters_without_embeddings": sum(parameters.values()) - parameters["embedding.weight"],
        "device": boot["device"],
        "precision": boot["precision"],
        "epochs": done["epochs"],
        "best_epoch": done["best_epoch"],
        "seconds": done["seconds"],
        "documents_per_second": done["documents_per_second"],
        "milliseconds_per_prediction": milliseconds_per_prediction(classifier, data.first_tests),
        "vectors": classifier.vectors_,
        "vocabulary": len(classifier.vocabulary_),
        "validation": done["validation"],
        "test": classification_metrics(probabilities, labels),
        "baselines": tokenized_baselines(run.folder.parent, run.spec["data"]["sha256"], lambda: data),
        "data": data.report,
        "ended": done["ended"],
        "never_predicted": _never_predicted(probabilities, classifier.classes_.tolist()),
    }


def milliseconds_per_prediction(classifier: AttentionClassifier, texts: Sequence[str]) -> float:
    """The median time for one text, read and classified by itself, after one that is not counted."""
    classifier.predict_proba(texts[:1])
    taken = []
    for text in texts:
        began = time.perf_counter()
        classifier.predict_proba([text])
        taken.append(time.perf_counter() - began)
    return 1000 * float(np.median(taken))


def _never_predicted(probabilities: np.ndarray, classes: list[Any]) -> list[str]:
    """The labels that are the likeliest of no text. probabilities: (N, C)."""
    predicted = set(probabilities.argmax(1).tolist())
    return [str(label) for place, label in enumerate(classes) if place not in predicted]


def predictions_table(probabilities: np.ndarray, labels: np.ndarray, classes: list[Any]) -> pd.DataFrame:
    """A row per test text: its index in the test split, its label, the prediction, and a probability per class."""
    names = np.asarray([str(name) for name in classes], dtype=object)
    table = {"index": np.arange(len(labels)), "label": names[labels], "prediction": names[probabilities.argmax(1)]}
    table |= {f"p_{name}": probabilities[:, column].astype(np.float32) for column, name in enumerate(names)}
    return pd.DataFrame(table)
