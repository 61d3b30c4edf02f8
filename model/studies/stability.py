"""Is attention stable? The same texts under every seed of one side, and its attributions held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model.compare.stability import flips, measures, stability_tables
from model.data.dataset import Split
from model.errors import RunError
from model.explain.attribution import METHODS, check_methods
from model.explain.explanation import text_seed
from model.runs.model_file import versions
from model.runs.records import Records, model_hash
from model.studies.side_reading import read_text
from model.studies.sides import Side
from model.studies.stability_words import stability_notes, stability_sentence
from model.studies.text_by_text import (
    Classifiers,
    Progress,
    Record,
    check_seconds,
    classifier_of,
    study_root,
    text_by_text,
)
from model.studies.trust_texts import StudyText, texts_of

METHODS_BY_DEFAULT = ("saliency", "integrated_gradients", "leave_one_out")
LIMIT = 50
SEED = 13
RECORD_VERSION = 2  # raised whenever the figures of a record change
MOST_EXAMPLES = 12
_EXAMPLE_NUMBERS = 20_000  # in all examples of a document together, about 150 kB of JSON
_DIGITS = 6  # of every number kept: single precision has seven


def stability(
    side: Side,
    split: Split,
    *,
    methods: Sequence[str] = METHODS_BY_DEFAULT,
    limit: int = LIMIT,
    seconds: float | None = None,
    seed: int = SEED,
    root: Path | None = None,
    classifiers: Classifiers | None = None,
) -> Iterator[Progress]:
    """Lay up to `limit` texts of a split before all models of a side (see `text_stability`), with a Progress each.

    The texts are those of `trust_texts.sample`, drawn by `seed`: the first of them for a smaller limit. After
    `seconds` no further text is begun. The records are kept below `root` (by default the runs' own library) and a
    second study computes only what is missing; they go with the first of the runs that is deleted. Raises, before the
    first Progress, RunError for a side without learned weights or with one seed alone, SettingsError, DataError.
    """
    check_side(side)
    check_seconds(seconds)
    methods = _ordered(methods)
    texts = texts_of(split, limit=limit, seed=seed)
    about = {
        "study": "stability",
        "version": RECORD_VERSION,
        "attention_lab": versions()["attention_lab"],
        "models": [[run.id, model_hash(run)] for run in side.runs],
        "methods": methods,
    }
    own = next((run for run in side.runs if not run.read_only), side.runs[0])
    kept = Records(root or study_root(own), side.runs, about)
    loaded = classifiers or cache(classifier_of)

    def examine(text: StudyText) -> Record:
        record = text_stability(side, text.text, methods=methods, classifiers=loaded)
        return {**record, "index": text.index, "label": text.label}

    return text_by_text(texts, examine, kept=kept, seconds=seconds)


def text_stability(
    side: Side, text: str, *, methods: Sequence[str] = METHODS_BY_DEFAULT, classifiers: Classifiers | None = None
) -> Record:
    """What the S models of a side make of one text, as a record that JSON can hold.

    {"index": None, "label": None, "text", "seeds" [S], "tokens" [[start, end, known]], "target", "probabilities"
    [[C] each], "weights" [[T] each], "attributions" {method: [[T] each]}, "measures" {"attention" or method:
    `compare.stability.measures`}, "flips" {"attention" or method: places of the tokens that flip}}. All models are
    asked about one target, the class that is likeliest in the mean of their probabilities. `classifiers` opens a
    run's model, by default from its folder. Raises RunError as `stability` does, SettingsError.
    """
    check_side(side)
    methods = _ordered(methods)
    reading = read_text(side, text, classifiers=classifiers)
    rows = {"attention": reading.weights()} | {method: reading.attributions(method) for method in methods}
    values = {name: _plain_rows(row) for name, row in rows.items()}
    return {
        "index": None,
        "label": None,
        "text": text,
        "seeds": list(side.seeds),
        "classes": [str(label) for label in reading.models[0].classes_.tolist()],
        "tokens": reading.tokens,
        "target": reading.target,
        "probabilities": _plain_rows([prediction.probabilities for prediction in reading.predictions]),
        "weights": values.pop("attention"),
        "attributions": values,
        "measures": {name: measures(np.stack(row), seed=text_seed(text) % 2**32) for name, row in rows.items()},
        "flips": {name: _places(flips(np.stack(row))) for name, row in rows.items()},
    }


def stability_document(side: Side, records: Sequence[Record]) -> dict[str, Any]:
    """The records of `stability`, summed up as plain JSON.

    {"side", "name", "seeds", "texts", "tokens", "rows" {"attention" or method: {"tau", "distance", "chance",
    "flipping"}}, "against" {method: {"tau", "distance", "flipping"}}, "sentence", "notes", "examples"}; figures are
    {"mean", "low", "high", "se", "n", "undefined"}, None where nothing is defined (see
    `compare.stability.stability_tables`). Examples are the first records that fit into a page, at most 12.
    """
    tables = stability_tables([record["measures"] for record in records], seed=SEED)
    return {
        "side": side.key,
        "name": side.name,
        "seeds": list(side.seeds),
        "texts": len(records),
        "tokens": sum(len(record["tokens"]) for record in records),
        **tables,
        "sentence": stability_sentence(tables, texts=len(records), seeds=len(side.seeds)),
        "notes": stability_notes(seeds=len(side.seeds)),
        "examples": _examples(records),
    }


def check_side(side: Side) -> None:
    """Raise RunError unless a side has learned weights under two seeds at least."""
    if not side.attends:
        why = "frozen uniform weights, the same under every seed" if side.control else "no attention"
        raise RunError(f"{side.name} has {why}: choose a side with learned attention weights")
    if len(side.runs) < 2:
        raise RunError(f"{side.name} was trained with one seed alone ({side.seeds[0]}): train another to compare")


def _ordered(methods: Sequence[str]) -> list[str]:
    check_methods(methods)
    return [method for method in METHODS if method in methods]


def _plain_rows(rows: Sequence[np.ndarray], *, digits: int = _DIGITS) -> list[list[float]]:
    return [[float(f"{value:.{digits}g}") for value in np.asarray(row).tolist()] for row in rows]


def _places(flipping: np.ndarray | None) -> list[int] | None:
    return None if flipping is None else np.flatnonzero(flipping).tolist()


def _examples(records: Sequence[Record]) -> list[Record]:
    chosen: list[Record] = []
    numbers = 0
    for record in (record for record in records if len(record["tokens"]) > 1):
        numbers += len(record["tokens"]) * len(record["seeds"]) * (1 + len(record["attributions"]))
        if chosen and (numbers > _EXAMPLE_NUMBERS or len(chosen) == MOST_EXAMPLES):
            break
        chosen.append(_shortened(record))
    return chosen


def _shortened(record: Record) -> Record:
    """The same with four digits of each value, which is more than a colour shows."""

    def rounded(rows: Sequence[Sequence[float | None]]) -> list[list[float | None]]:
        return [[None if value is None else float(f"{value:.4g}") for value in row] for row in rows]

    attributions: Mapping[str, Any] = record["attributions"]
    return {
        **record,
        "weights": rounded(record["weights"]),
        "probabilities": rounded(record["probabilities"]),
        "attributions": {method: rounded(rows) for method, rows in attributions.items()},
    }
