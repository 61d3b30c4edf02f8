"""Runs side by side as one plain JSON document: each side, each pair of sides, and what may be said of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from model.compare import contrasts
from model.compare.significance import mean_interval, wilson_interval
from model.compare.slices import slice_table
from model.data.dataset import dataset_hash
from model.data.splits import Dataset
from model.runs.records import plain
from model.runs.run import Run
from model.runs.texts import dataset_of
from model.studies import claims
from model.studies.baselines import baselines
from model.studies.headline import headline
from model.studies.predictions import Other, Predictions, read_predictions, read_table
from model.studies.side_entries import side_entry
from model.studies.sides import Pair, Side, control_of, differing, pairs_of, reference_of, twin
from model.studies.text_by_text import study_root
from model.studies.text_slices import TextFigures, slices_of, text_figures

if TYPE_CHECKING:
    import pandas as pd

Document = dict[str, Any]

BASELINES = {"majority": "Majority class", "tfidf_logistic_regression": "TF-IDF + logistic regression"}


def comparison(
    runs: Sequence[Run],
    *,
    data: Other | None = None,
    predictions: Callable[[Run], pd.DataFrame] = read_table,
    dataset: Callable[[Run], Dataset] = dataset_of,
) -> Document:
    """Everything that finished runs on one split say about each other, from the predictions that they kept.

    With `data`, a name and other labelled texts, the models predict those. All intervals are 95 %. Raises RunError
    for runs that cannot stand beside one another, DataError for labels that they do not know.
    """
    return comparison_of(
        read_predictions(runs, data=data, table_of=predictions, dataset=dataset), runs=[run.id for run in runs]
    )


def comparison_of(found: Predictions, *, runs: Sequence[str] = ()) -> Document:
    """`comparison`, of predictions that were read; `runs` are the ids of all runs that were asked for."""
    figures = text_figures(found)
    reference = reference_of(found.sides)
    document = {
        "data": _data(found),
        "protocol": _protocol(found.sides),
        "reference": reference.key,
        "sides": [side_entry(side, found, reference) for side in found.sides],
        "baselines": _baselines(found),
        "left_out": sorted(set(runs) - {run.id for side in found.sides for run in side.runs}),
    }
    document["pairs"] = [_pair(found, each, figures, document) for each in pairs_of(found.sides)]
    document["headline"] = headline(document, shares=_averaging_over_learning(found))
    return plain(document)


def pair(found: Predictions, first: str, second: str, *, figures: TextFigures | None = None) -> Document:
    """An entry of "pairs" for any two sides, by their keys. `figures`: `text_figures` of the same texts."""
    sides = found.side(first), found.side(second)
    kinds = {(each.first.key, each.second.key): each.kind for each in pairs_of(found.sides)}
    reference = reference_of(found.sides)
    about = {
        "protocol": _protocol(found.sides),
        "sides": [side_entry(side, found, reference) for side in sides],
    }
    asked = Pair(*sides, kinds.get((first, second), "other"))
    return plain(_pair(found, asked, figures or text_figures(found), about))


def _pair(found: Predictions, asked: Pair, figures: TextFigures, about: Mapping[str, Any]) -> Document:
    first, second = (found.probabilities[side.key] for side in asked[:2])
    labels, paired = found.labels, asked.first.paired_with(asked.second)
    tests = contrasts.mcnemar_by_seed(first, second, labels) if paired else []
    right = contrasts.right(first, labels), contrasts.right(second, labels)
    of_cell = np.bincount(contrasts.cells(first, second, labels), minlength=len(contrasts.CELLS)).tolist()
    entry = {
        "first": asked.first.key,
        "second": asked.second.key,
        "kind": asked.kind,
        "paired": paired,
        "differences": contrasts.pair_figures(first, second, labels, paired=paired),
        "mcnemar": [{"seed": seed, **test} for seed, test in zip(asked.first.seeds, tests, strict=False)],
        "cells": dict(zip(contrasts.CELLS, of_cell, strict=True)),
        "confusion": (contrasts.mean_confusion(second, labels) - contrasts.mean_confusion(first, labels)).tolist(),
        "slices": {
            name: slice_table(*right, slices, paired=paired) for name, slices in slices_of(found, figures).items()
        },
    }
    entries = {entry["key"]: entry for entry in about["sides"]}
    sides = entries[asked.first.key], entries[asked.second.key]
    return entry | {
        "sentence": claims.pair_sentence(entry, *sides, protocol=about["protocol"]),
        "notes": claims.pair_notes(entry, *sides, protocol=about["protocol"]),
    }


def _data(found: Predictions) -> Document:
    data = found.sides[0].runs[0].spec["data"]
    seen = {*found.dataset.train.texts, *found.dataset.validation.texts}
    rows = {split: data["report"][split] for split in ("train", "validation")}
    return {
        "name": data["name"],
        "sha256": data["sha256"],
        **rows,
        "test": len(found.labels),
        "classes": found.classes,
        "other": found.other,
        "seen_in_training": len(seen & set(found.texts)) if found.other is not None else 0,
    }


def _protocol(sides: Sequence[Side]) -> Document:
    train = sides[0].runs[0].spec["data"]["report"]["train"]
    settings = [side.settings for side in sides]
    return {
        "epochs": max(options["epochs"] for options in settings),
        "batch_size": max(options["batch_size"] for options in settings),
        "updates": max(options["epochs"] * math.ceil(train / options["batch_size"]) for options in settings),
        "seeds": sorted({seed for side in sides for seed in side.seeds}),
        "paired": all(side.seeds == sides[0].seeds for side in sides),
        "selection": "best validation loss",
        "differing": differing(sides),
    }


def _baselines(found: Predictions) -> Document:
    run = found.sides[0].runs[0]
    scores = run.report["baselines"]
    if found.other is not None:
        scores = _baselines_elsewhere(run, found)
    entries = {}
    for name, title in BASELINES.items():
        score = scores[name]
        interval = wilson_interval(round(score["accuracy"] * score["documents"]), score["documents"])
        ends = {"accuracy": interval.estimate, "low": interval.low, "high": interval.high}
        entries[name] = {"name": title, **ends, "macro_f1": score["macro_f1"], "loss": score["loss"]}
    return entries


def _baselines_elsewhere(run: Run, found: Predictions) -> Document:
    """The baselines of the runs' training texts, tested on other texts; computed once, and kept."""
    splits = {"train": found.dataset.train, "validation": found.dataset.validation, "test": found.split}
    return baselines(study_root(run), replace(found.dataset, test=found.split, sha256=dataset_hash(splits)))


def _averaging_over_learning(found: Predictions) -> Document | None:
    """How much more accuracy uniform weights add to the first attention's twin than learning adds to them.

    Of accuracies P (twin), U (uniform), A (learned): (U - P) - (A - U), with its interval. None where there is no
    such control or twin, or the three do not have the same seeds, two or more.
    """
    side = next((side for side in found.sides if side.attends), None)
    trio = (side, control_of(side, found.sides), twin(side, found.sides)) if side else (None,)
    if None in trio or len(side.seeds) < 2 or any(other.seeds != side.seeds for other in trio):
        return None
    learned, uniform, plain_side = (
        contrasts.right(found.probabilities[each.key], found.labels).astype(np.float64) for each in trio
    )
    interval = mean_interval(2 * uniform - plain_side - learned, bounds=(-2.0, 2.0))
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high}
