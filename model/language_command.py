"""The commands of language models: `language-model train`, `evaluate`, `compare`, `explain` and `generate`."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from model import language_printing
from model.command_inputs import find, runs_folder
from model.command_training import asked_settings, train_all
from model.data.corpora import is_builtin_corpus, resolve_corpus
from model.explain.attribution import check_methods
from model.language_model import LanguageModel, load_language_run
from model.runs.kinds import LANGUAGE_MODEL
from model.studies.language_comparison import language_comparison
from model.studies.language_training import prepare_language
from model.training.language_settings import LanguageSettings

Document = dict[str, Any]


def train(options: Namespace) -> Document:
    """Train every preset with every seed on one text, one after another."""
    settings, presets = asked_settings(LanguageSettings, options)
    corpus = resolve_corpus(
        options.corpus, text_columns=options.text_column, validation=options.validation, test=options.test
    )
    root = runs_folder(options.runs)
    runs = prepare_language(root, corpus, presets=presets, seeds=options.seeds, settings=settings)
    document = train_all(runs, data=corpus.report)
    if not options.json:
        language_printing.training(document)
    return document


def evaluate(options: Namespace) -> Document:
    """Score a run: on all of a file, on the test text of what is built in or generated."""
    model = _model(options)
    corpus = resolve_corpus(options.corpus, text_columns=options.text_column)
    text = corpus.test if is_builtin_corpus(options.corpus) else corpus.train + corpus.validation + corpus.test
    metrics = model.metrics(text)
    if not options.json:
        language_printing.evaluation(metrics)
    return {"metrics": metrics}


def compare(options: Namespace) -> Document:
    """Put runs on one text side by side, from the losses that they kept of its test part."""
    document = language_comparison([find(name, kind=LANGUAGE_MODEL) for name in options.runs])
    if not options.json:
        language_printing.comparison(document)
    return document


def explain(options: Namespace) -> Document:
    """Explain one prediction: of the token after a text, or of one of its own."""
    methods = options.method or ["integrated_gradients"]
    check_methods(methods)
    explanation = _model(options).explain(options.text, methods, target=options.target, position=options.position)
    document = explanation.to_dict()
    if not options.json:
        errors = {name: row.sampling_error for name, row in explanation.attributions.items()}
        language_printing.explanation(document, sampling_errors=errors)
    return document


def generate(options: Namespace) -> Document:
    """Go on with a text; people see each token as soon as it is drawn."""
    drawn = []
    for piece in _model(options).generate(
        options.text,
        tokens=options.tokens,
        temperature=options.temperature,
        top_k=options.top_k,
        seed=options.seed,
    ):
        if not options.json:
            language_printing.running(piece.text if drawn else options.text + piece.text)
        drawn.append(piece)
    if not options.json:
        language_printing.running("\n")
    return {
        "text": options.text,
        "continuation": "".join(piece.text for piece in drawn),
        "tokens": [{"text": piece.token, "probability": piece.probability} for piece in drawn],
    }


def _model(options: Namespace) -> LanguageModel:
    return load_language_run(find(options.run, kind=LANGUAGE_MODEL).folder)
