"""What pages do with each kind of run: where it is read and trained, and what it is judged by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from model.runs import kinds
from model.runs.run import Run
from pages.components import words


class RunKind(NamedTuple):
    """What it is called, pages by their file, and the names of results: `measure`, and what is `counted` a second."""

    name: str
    reading: str
    reading_title: str
    training: str
    measure: str
    shown: Callable[[float | None], str]
    counted: str


_KINDS = {
    kinds.CLASSIFIER: RunKind("classifier", "read.py", "Read", "train.py", "accuracy", words.percent, "documents"),
    kinds.LANGUAGE_MODEL: RunKind(
        "language model", "next_word.py", "Next word", "next_word.py", "perplexity", words.perplexity, "tokens"
    ),
}


def compare_link(kind: str, run_ids: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The page that compares runs of a kind, and the query that names these."""
    ids = ",".join(run_ids)
    if kind == kinds.LANGUAGE_MODEL:
        return "next_word.py", {"face": "compare", "compare": ids}
    return "compare.py", {"runs": ids}


def kind_of(run: Run) -> RunKind:
    """What pages do with this run."""
    return _KINDS[run.kind]
