"""What the first visit needs, brought into memory while nobody waits for it."""

from __future__ import annotations

from model.data.datasets import DATASETS
from model.errors import LabError
from model.runs.intake import of_builtin
from model.runs.run import Run
from model.runs.store import runs_root
from pages.components import caches, next_word_text, run_picker, session, texts
from pages.components.next_word_reading import WholeText
from pages.components.reading import DEFAULT_ROWS, Reading, do_some


def warm_up() -> None:
    """Load what the Read page opens with, in its order: the text, the colours, the slower rows; then Next word's."""
    runs = session.finished_runs()
    pair = [run for run in run_picker.pair(runs) if run is not None] if runs else []
    text = _opening_text(pair)
    import model.estimator  # noqa: F401  (torch and scikit-learn)

    target = None
    readings = []
    for run in pair:
        readings.append(Reading(run, text, target=target))
        target = target or readings[0].label
    import captum.attr  # noqa: F401

    for place, reading in enumerate(readings):
        methods = [method for method in reading.methods if method in DEFAULT_ROWS]
        while work := reading.slow_work(methods=methods, judge=place == 0):
            do_some(work)
    _next_word()
    # The Train page opens on it, and asks for its texts to be read before anything is trained.
    of_builtin(runs_root(), next(iter(DATASETS))).begin()


def _next_word() -> None:
    runs = session.finished_language_models()
    if runs:
        pair = [run for run in run_picker.pair(runs) if run is not None]
        text = next_word_text.opening(pair[0])
        for run in pair:
            WholeText(run, text)


def _opening_text(pair: list[Run]) -> str:
    try:
        test = caches.dataset(pair[0]).test
        return test.texts[texts.opening(test, pair[0], pair[1] if len(pair) > 1 else None)]
    except (LabError, IndexError):  # no run, or its texts are not installed: the page says so
        return texts.FALLBACKS["en"]
