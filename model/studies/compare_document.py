"""A comparison with everything that takes the models themselves: texts in colour, growth, stability, and an audit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from model.errors import SettingsError
from model.runs.run import Run
from model.studies.audit import audit, audit_document
from model.studies.comparison import comparison_of
from model.studies.differing import text_rows
from model.studies.growth import growth
from model.studies.predictions import Other, Predictions, read_predictions
from model.studies.sides import Side
from model.studies.stability import stability, stability_document
from model.studies.text_by_text import Classifiers, Progress, check_seconds, classifier_of, study_root

TEXTS = 50  # that stability and audit look at, by default
PER_CELL = 12  # texts in colour of those fixed, broken, right twice and wrong twice
_GROWN = 8  # probe texts whose growth is told
_OPEN = 24  # models in memory at once, more than the two sides of nearly every pair have

Document = dict[str, Any]
OnProgress = Callable[[str, int, int], None]


def compare_document(
    runs: Sequence[Run],
    *,
    data: Other | None = None,
    texts: int = TEXTS,
    seconds: float | None = None,
    shares: Document | None = None,
    on_progress: OnProgress = lambda what, done, total: None,
) -> Document:
    """`comparison`, and "texts", "growth", "stability", "audit" and "shares" beside it.

    The first three and the audit are about the pair of the headline and its side that attends; each is None, or []
    for "growth", where there is no such thing: no pair, no learned weights, one seed, no probes. `texts` bounds what
    is computed, 0 leaves it out; after `seconds` no further text is begun, and what was kept counts next time.
    `shares` are the figures of a duel on parts of its data. on_progress: what is done, how many, of how many. Raises
    RunError, DataError, SettingsError.
    """
    if texts < 0:
        raise SettingsError(f"texts is {texts}; give 0 for none, or how many")
    check_seconds(seconds)
    found = read_predictions(runs, data=data)
    end = None if seconds is None else time.monotonic() + seconds
    document = comparison_of(found, runs=[run.id for run in runs])
    document |= {
        "texts": None,
        "growth": growth(found.sides, seeds=1, texts=_GROWN),
        "stability": None,
        "audit": None,
        "shares": shares,
    }
    place = document["headline"]["pair"]
    keys = [document["pairs"][place][which] for which in ("first", "second")] if place is not None else []
    side = next((side for side in found.sides if side.attends and side.key in (keys or [side.key])), None)
    if texts:
        loaded = lru_cache(_OPEN)(classifier_of)
        if keys:
            on_progress("texts in colour", 0, 1)
            document["texts"] = text_rows(found, *keys, per_cell=min(PER_CELL, texts), classifiers=loaded)
            on_progress("texts in colour", 1, 1)
        if side is not None and len(side.seeds) > 1:
            steps = stability(side, found.split, limit=texts, seconds=_left(end), classifiers=loaded)
            document["stability"] = stability_document(side, _told(steps, "stability", on_progress))
        if side is not None:
            document["audit"] = _audit(found, side, texts, end, on_progress, loaded)
    return document


def _audit(
    found: Predictions, side: Side, texts: int, end: float | None, on_progress: OnProgress, loaded: Classifiers
) -> Document:
    run = side.runs[0]
    dataset = found.dataset if found.other is None else replace(found.dataset, test=found.split)
    steps = audit(run, dataset, limit=texts, seconds=_left(end), root=study_root(run), classifiers=loaded)
    return audit_document(run, _told(steps, "audit", on_progress), dataset, classifiers=loaded)


def _told(steps: Iterator[Progress], what: str, on_progress: OnProgress) -> list[Document]:
    records: list[Document] = []
    for step in steps:
        records = step.records
        on_progress(what, step.done, step.total)
    return records


def _left(end: float | None) -> float | None:
    return None if end is None else max(0.0, end - time.monotonic())
