"""What pages do with each kind of run: where it is read and trained, and what it is judged by."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from model.runs import kinds
from model.runs.run import Run
from pages.components import words


class RunKind(NamedTuple):
    """Pages by their file, and how results are named: `measure` in reports and events, `counted` per second."""

    reading: str
    reading_title: str
    training: str
    measure: str
    shown: Callable[[float | None], str]
    counted: str


_KINDS = {
    kinds.CLASSIFIER: RunKind("read.py", "Read", "train.py", "accuracy", words.percent, "documents"),
    kinds.LANGUAGE_MODEL: RunKind(
        "next_word.py", "Next word", "next_word.py", "perplexity", words.perplexity, "tokens"
    ),
}


def kind_of(run: Run) -> RunKind:
    """What pages do with this run."""
    return _KINDS[run.kind]
