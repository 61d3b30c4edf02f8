"""A study, text by text: what was found before is not computed again, and nobody waits for the whole."""

from __future__ import annotations

import bisect
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from model.errors import SettingsError
from model.estimator import AttentionClassifier, load_run
from model.runs.records import Records, plain
from model.runs.run import Run
from model.runs.store import runs_root
from model.studies.trust_texts import StudyText

Record = dict[str, Any]
Classifiers = Callable[[Run], AttentionClassifier]  # how a study comes by the model of a run


class Progress(NamedTuple):
    """How far a study is: `done` of `total` texts, their records in the order of the sample, and the newest one.

    `records` is one list, which grows; `record` is None in the first Progress, which has what was kept before.
    """

    done: int
    total: int
    records: list[Record]
    record: Record | None


def text_by_text(
    texts: Sequence[StudyText],
    examine: Callable[[StudyText], Record],
    *,
    kept: Records | None = None,
    seconds: float | None = None,
    ahead: Callable[[Sequence[StudyText]], None] | None = None,
) -> Iterator[Progress]:
    """The record that `examine` makes of each text, with a Progress before the first and after each.

    A record has the text's "index". Those in `kept` are not made again, and new ones are added. After `seconds` no
    further text is begun; the caller may stop at any time. `ahead` is told, before each text, that one and all that
    are still to come.
    """
    end = None if seconds is None else time.monotonic() + seconds
    rank = {text.index: place for place, text in enumerate(texts)}
    found = kept.read() if kept else {}
    records = [found[text.name] for text in texts if text.name in found]
    yield Progress(len(records), len(texts), records, None)
    missing = [text for text in texts if text.name not in found]
    for place, text in enumerate(missing):
        if end is not None and time.monotonic() >= end:
            return
        if ahead:
            ahead(missing[place:])
        record = plain(examine(text))
        if kept:
            kept.add(text.name, record)
        bisect.insort(records, record, key=lambda item: rank[item["index"]])
        yield Progress(len(records), len(texts), records, record)


def check_seconds(seconds: float | None) -> None:
    """Raise SettingsError unless it is a time that a study may take, or None for any."""
    if seconds is not None and not seconds >= 0:  # so that NaN is refused too
        raise SettingsError(f"the budget is {seconds} seconds; it must be 0 or more")


def study_root(run: Run) -> Path:
    """The library of runs that keeps what studies find in a run: its own, for a demo run the user's."""
    return runs_root() if run.read_only else run.folder.parent


def classifier_of(run: Run) -> AttentionClassifier:
    """The model of a run, read from its folder at each call."""
    return load_run(run.folder)
