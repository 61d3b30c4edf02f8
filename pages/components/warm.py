"""What the first visit needs, brought into memory while nobody waits for it."""

from __future__ import annotations

from model.runs.run import Run
from pages.components import run_picker, session, texts
from pages.components.reading import Reading


def warm_up() -> None:
    """Import the heavy libraries, load the models that the Read page opens with, and read its first text."""
    import model.estimator  # noqa: F401  (torch and scikit-learn)

    runs = session.finished_runs()
    if runs:
        _read_first_text(runs)
    import captum.attr  # noqa: F401
    import pandas  # noqa: F401


def _read_first_text(runs: list[Run]) -> None:
    first, second = run_picker.pair(runs)
    test = session.dataset(first).test
    text = test.texts[texts.opening(test, first, second)]
    label = Reading(first, text).label
    for run in filter(None, (first, second)):
        reading = Reading(run, text, target=label)
        for method in reading.methods:
            reading.values(method)
        for work in reading.slow_work(methods=reading.methods, judge=run is first):
            work()
