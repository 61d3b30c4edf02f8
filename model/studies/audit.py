"""An audit of attention: where a model's weight goes in a data set, which words move it, and what may mislead it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model.compare.audit import entropies, group_shares, tenths, text_of_token
from model.compare.trust_intervals import Resampling
from model.data.dataset import Dataset
from model.errors import DataError, RunError
from model.estimator import AttentionClassifier
from model.explain.deletions import deleted_logits
from model.runs.model_file import versions
from model.runs.records import Records, model_hash
from model.runs.run import Run
from model.studies.audit_reading import FREQUENCIES, KINDS, Reading, read
from model.studies.audit_tables import shortcut_table, word_table
from model.studies.audit_words import audit_sentence
from model.studies.sides import sides_of
from model.studies.text_by_text import (
    Classifiers,
    Progress,
    Record,
    check_seconds,
    classifier_of,
    study_root,
    text_by_text,
)
from model.studies.trust_document import labels_of
from model.studies.trust_texts import StudyText, texts_of

LIMIT = 300
SEED = 13
RECORD_VERSION = 1  # raised whenever the figures of a record change
MOST_WEIGHED = 10_000  # test texts whose weights are looked at: the first ones, a fair sample
_BINS = 10  # of the histogram of entropies
_DIGITS = 5


def audit(
    run: Run,
    dataset: Dataset,
    *,
    limit: int = LIMIT,
    seconds: float | None = None,
    seed: int = SEED,
    root: Path | None = None,
    classifiers: Classifiers | None = None,
) -> Iterator[Progress]:
    """Delete every token of up to `limit` test texts, one at a time, with a Progress before the first and after each.

    A record is {"index", "label", "ids" [T], "effects" [[C] each]}: how far each logit, less the mean of all classes'
    logits, falls without the token; what raises all classes alike changes no prediction. The texts are those of
    `trust_texts.sample`; a second audit computes only what is missing. Raises, before the first Progress, RunError
    for a run without learned weights, SettingsError, DataError.
    """
    check_run(run)
    check_seconds(seconds)
    texts = texts_of(dataset.test, limit=limit, seed=seed)
    strangers = sorted({*dataset.train.labels, *dataset.test.labels} - set(labels_of(run)))
    if strangers:
        raise DataError(
            f"the data have the label {strangers[0]!r}, which the model does not know; it knows"
            f" {', '.join(labels_of(run)[:20])}"
        )
    about = {
        "study": "audit",
        "version": RECORD_VERSION,
        "attention_lab": versions()["attention_lab"],
        "model": model_hash(run),
    }
    loaded = cache(classifiers or classifier_of)
    kept = Records(root or study_root(run), run, about)
    return text_by_text(texts, lambda text: _effects(loaded(run), text), kept=kept, seconds=seconds)


def audit_document(
    run: Run, records: Sequence[Record], dataset: Dataset, *, classifiers: Classifiers | None = None
) -> dict[str, Any]:
    """The audit of a run as plain JSON: the weights of all test texts, the words in them, and what may mislead.

    {"run", "name", "texts", "tokens", "cut" (texts read in part), "position" (tenths of a text), "parts" (first and
    last token and sentence), "kinds", "frequency" (in training), "entropy", "words", "effect_texts", "shortcuts",
    "shortcuts_passed_over", "sentence"}. Rows have {"title", "weight", "uniform", "times", "low", "high", "texts"},
    see `compare.audit.group_shares`; kinds {"weight", "tokens", "times uniform", "low", "high", "texts"}; "words" and
    "shortcuts" are those of `audit_tables`. The records of `audit`, "effect_texts" of them, help to find the words
    with most effect. Raises RunError, DataError for a data set without test texts.
    """
    check_run(run)
    if not dataset.test.texts:
        raise DataError("there are no test texts to audit the model on; choose data with at least one")
    classifier = (classifiers or classifier_of)(run)
    reading = read(classifier, dataset.test.texts[:MOST_WEIGHED])
    shortcuts, passed_over = shortcut_table(classifier, dataset)
    name = sides_of([run])[0].name
    document = {
        "run": run.id,
        "name": name,
        "seed": run.spec["seed"],
        "texts": len(reading.lengths),
        "tokens": len(reading.ids),
        "cut": reading.cut,
        "position": _position(reading),
        "parts": _parts(reading),
        "kinds": _kinds(reading),
        "frequency": _frequency(reading),
        "entropy": _entropy(reading),
        "effect_texts": len(records),
        "words": word_table(classifier, reading, records),
        "shortcuts": shortcuts,
        "shortcuts_passed_over": passed_over,
    }
    return {**document, "sentence": audit_sentence(document)}


def check_run(run: Run) -> None:
    """Raise RunError unless a run has attention weights that it learned."""
    side = sides_of([run])[0]
    if not side.attends:
        why = "frozen uniform weights, the same for every token" if side.control else "no attention"
        raise RunError(f"run {run.id} ({side.name}) has {why}: choose a run with learned attention weights")


def _effects(classifier: AttentionClassifier, text: StudyText) -> Record:
    ids = classifier.vocabulary_.encode([text.text], max_tokens=classifier.settings.max_tokens)[0]
    effects = np.zeros((0, len(classifier.classes_)))
    if len(ids):
        logits = deleted_logits(classifier.network_, ids).astype(np.float64)  # (1 + T, C)
        logits -= logits.mean(axis=1, keepdims=True)
        effects = logits[0] - logits[1:]  # (T, C)
    return {
        "index": text.index,
        "label": text.label,
        "ids": ids.tolist(),
        "effects": [[float(f"{value:.{_DIGITS}g}") for value in row] for row in effects.tolist()],
    }


# -- where weight goes ---------------------------------------------------------------------------------------------


def _position(reading: Reading) -> list[dict[str, Any]]:
    rows = group_shares(reading.weights, reading.lengths, tenths(reading.lengths), count=10)
    return [{"title": f"{10 * place} to {10 * (place + 1)} %", **row} for place, row in enumerate(rows)]


def _parts(reading: Reading) -> list[dict[str, Any]]:
    found = []
    for what, groups in (("token", reading.ends), ("sentence", reading.sentences)):
        several = np.zeros(len(reading.lengths), bool)
        several[text_of_token(reading.lengths)[groups >= 0]] = True
        first, _, last = group_shares(reading.weights, reading.lengths, groups, count=3, among=several)
        rows = ({"title": f"first {what}", **first}, {"title": f"last {what}", **last})
        found += [row for row in rows if row["texts"]]
    return found


def _kinds(reading: Reading) -> dict[str, dict[str, Any]]:
    rows = group_shares(reading.weights, reading.lengths, reading.kinds, count=len(KINDS))
    return {
        kind: {
            "weight": row["weight"],
            "tokens": row["uniform"],
            "times uniform": row["times"],
            "low": row["low"],
            "high": row["high"],
            "texts": row["texts"],
        }
        for kind, row in zip(KINDS, rows, strict=True)
        if row["texts"]
    }


def _frequency(reading: Reading) -> list[dict[str, Any]]:
    titles = [f"{least:,} to {most:,}" if most else f"{least:,} or more" for least, most in FREQUENCIES]
    count = len(FREQUENCIES) + 1
    rows = group_shares(reading.weights, reading.lengths, reading.frequencies, count=count)
    titled = [{"title": title, **row} for title, row in zip([*titles, "unknown"], rows, strict=True)]
    return [row for row in (titled[-1], *titled[:-1]) if row["texts"]]


def _entropy(reading: Reading) -> dict[str, Any]:
    nats, shares = entropies(reading.weights, reading.lengths)
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    texts = np.histogram(shares[np.isfinite(shares)], edges)[0].tolist()
    resampling = Resampling(len(shares), seed=SEED)
    return {
        "mean": float(np.nanmean(nats)) if np.isfinite(nats).any() else None,
        "of uniform": resampling.mean(shares, bounds=(0.0, 1.0)),
        "histogram": [
            {"low": float(low), "high": float(high), "texts": number}
            for low, high, number in zip(edges[:-1].round(2), edges[1:].round(2), texts, strict=True)
        ],
    }
