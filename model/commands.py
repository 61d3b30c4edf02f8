"""What each command does: takes the parsed options, prints for people, returns the JSON document."""

from __future__ import annotations

import warnings
from argparse import Namespace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model import language_printing, printing
from model.command_inputs import check_place, find, labelled, runs_folder, to_train_on
from model.command_training import asked_settings, run_entry, train_all, train_here
from model.compare.metrics import classification_metrics, confusion_matrix, expected_calibration_error, per_class
from model.data.datasets import catalogue
from model.data.tables import iterate_texts
from model.data.writing import open_writer
from model.errors import DataError, SettingsError
from model.estimator import AttentionClassifier, Label, load_run
from model.explain.attribution import check_methods
from model.explain.explanation import Explanation
from model.explain.export_html import to_html
from model.runs.bundle import bundle as write_bundle
from model.runs.bundle import unbundle as read_bundle
from model.runs.files import replace_file
from model.runs.kinds import LANGUAGE_MODEL
from model.runs.run import Run
from model.studies.training import prepare
from model.training.settings import Settings

Document = dict[str, Any] | list[Any]


def datasets(options: Namespace) -> Document:
    """The built-in data sets."""
    rows = catalogue()
    if not options.json:
        printing.table(["name", "rows", "classes", "language", "about", "licence"], [
            [row["name"], row["rows"], len(row["classes"]), row["language"], row["title"], row["licence"]]
            for row in rows
        ])  # fmt: skip
        for row in rows:
            if row["install"]:
                print(f"{row['name']} is not installed; add it with: {row['install']}")
    return rows


def train(options: Namespace) -> Document:
    """Train every preset with every seed on one split, one after another."""
    settings, presets = asked_settings(Settings, options)
    dataset = to_train_on(options)
    root = runs_folder(options.runs)
    runs = prepare(root, dataset, presets=presets, seeds=options.seeds, settings=settings)
    document = train_all(runs, data=dataset.report)
    if not options.json:
        printing.training(document)
    return document


def resume(options: Namespace) -> Document:
    """Go on with a training that was interrupted, cancelled or failed."""
    run = find(options.run, kind=None)
    if run.state["state"] != "done":
        train_here(run)
    entry = run_entry(run)
    if not options.json:
        show = language_printing.runs if run.kind == LANGUAGE_MODEL else printing.runs
        show([entry])
    return entry


def evaluate(options: Namespace) -> Document:
    """Score a run: on all rows of a file, on the test split of a built-in data set."""
    classifier = load_run(find(options.run).folder)
    texts, labels = labelled(options)
    names = [str(name) for name in classifier.classes_.tolist()]
    strangers = sorted(set(labels) - set(names))
    if strangers:
        raise DataError(
            f"{options.data} has labels that the run does not know: {', '.join(strangers[:5])};"
            f" it knows {', '.join(names)}"
        )
    places = np.asarray([names.index(label) for label in labels])
    probabilities = classifier.predict_proba(texts)
    document = {
        "metrics": classification_metrics(probabilities, places),
        "per_class": dict(zip(names, per_class(probabilities, places), strict=True)),
        "confusion_matrix": {"labels": names, "counts": confusion_matrix(probabilities, places).tolist()},
        "expected_calibration_error": expected_calibration_error(probabilities, places),
    }
    if not options.json:
        metrics = document["metrics"]
        print(
            f"accuracy {metrics['accuracy']:.4f}  macro F1 {metrics['macro_f1']:.4f}  loss {metrics['loss']:.4f} nats"
            f"  calibration error {document['expected_calibration_error']:.4f}  on {metrics['documents']} texts"
        )
        rows = zip(names, document["confusion_matrix"]["counts"], strict=True)
        printing.table(["label \\ prediction", *names], [[name, *counts] for name, counts in rows])
    return document


def explain(options: Namespace) -> Document:
    """Explain the prediction for one text, or for the first texts of a table."""
    methods = options.method or ["integrated_gradients"]
    check_methods(methods)
    if options.html is not None:
        check_place(Path(options.html))
    run = find(options.run)
    classifier = load_run(run.folder)
    target = None if options.target is None else _label(classifier, options.target)
    texts = [options.text] if options.text is not None else _first_texts(options)
    explanations: list[Explanation] = []
    try:
        with warnings.catch_warnings(action="ignore"):  # that a text is empty shows in its explanation
            for text in texts:
                explanations.append(classifier.explain(text, methods=methods, target=target))
                printing.texts_done(len(explanations), len(texts))
    except KeyboardInterrupt:
        if explanations:
            document = _explained(explanations, options, run)
            if options.json:
                printing.document(document)
        raise
    return _explained(explanations, options, run)


def _explained(explanations: list[Explanation], options: Namespace, run: Run) -> Document:
    """What has been explained, written and printed as the options ask."""
    documents = [explanation.to_dict() for explanation in explanations]
    document = documents if options.text is None else documents[0]
    if options.html is not None:
        about = f"{run.spec['preset']} on {run.spec['data']['name']}, seed {run.spec['seed']}"
        page = to_html(document, about=about).encode("utf-8")
        replace_file(Path(options.html), lambda draft: draft.write_bytes(page))
    if not options.json:
        for explanation, plain in zip(explanations, documents, strict=True):
            errors = {name: row.sampling_error for name, row in explanation.attributions.items()}
            printing.explanation(plain, sampling_errors=errors)
        if options.html is not None:
            print(f"{len(documents)} {'explanation' if len(documents) == 1 else 'explanations'} in {options.html}")
    return document


def bundle(options: Namespace) -> Document:
    """Pack a run."""
    path = write_bundle(find(options.run, kind=None).folder, Path(options.file))
    if not options.json:
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    return {"file": str(path), "bytes": path.stat().st_size}


def unbundle(options: Namespace) -> Document:
    """Unpack a run."""
    run = read_bundle(Path(options.file), runs_folder(options.runs))
    if not options.json:
        print(run.folder)
    return {"id": run.id, "path": str(run.folder)}


def predict(options: Namespace) -> Document:
    """Write a row per text, in the order of the table; an empty text has the prediction of an empty sequence."""
    classifier = load_run(find(options.run).folder)
    names = [str(name) for name in classifier.classes_.tolist()]
    count = 0
    with open_writer(Path(options.out)) as write:
        for texts in iterate_texts(options.data, text_columns=options.text_column):
            probabilities = classifier.predict_proba(texts)
            columns = {"prediction": [names[place] for place in probabilities.argmax(axis=1)]}
            write(pd.DataFrame(columns | {f"p_{name}": probabilities[:, i] for i, name in enumerate(names)}))
            count += len(texts)
            printing.progress(f"\r{count:,} texts")
    printing.progress("\n")
    if not options.json:
        print(f"{count:,} predictions in {options.out}")
    return {"file": options.out, "texts": count}


def _first_texts(options: Namespace) -> list[str]:
    if options.limit < 1:
        raise SettingsError(f"--limit is {options.limit}; it must be at least 1")
    batches = iterate_texts(options.file, text_columns=options.text_column)
    return list(islice(chain.from_iterable(batches), options.limit))


def _label(classifier: AttentionClassifier, name: str) -> Label:
    """The label that a name on the command line means: there, 1 and "1" look alike."""
    return next((label for label in classifier.classes_.tolist() if str(label) == name), name)
