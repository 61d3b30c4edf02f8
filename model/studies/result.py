"""What came out of a training, in one sentence that carries its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.compare.contrasts import side_interval
from model.compare.significance import Interval, wilson_interval
from model.errors import RunError
from model.runs.run import Run
from model.studies.predictions import read_table
from model.studies.sides import Side, sides_of

NAMED = 3  # networks named in one sentence


def percent(share: float) -> str:
    """0.8625 -> 86.2 %."""
    return f"{100 * share:.1f} %"


def between(interval: Interval) -> str:
    """The ends of an interval of shares, as they stand after "95 % interval": 82.6 to 89.3 %."""
    return f"{100 * interval.low:.1f} to {percent(interval.high)}"


def accuracy_interval(run: Run) -> Interval:
    """Test accuracy of one trained model, and its 95 % interval (Wilson) over other texts like these.

    Raises RunError for a run that is not finished.
    """
    report = run.report
    if report is None:
        raise RunError(f"run {run.id} is {run.state['state']}; only a finished run has a result")
    documents = report["test"]["documents"]
    return wilson_interval(round(report["test"]["accuracy"] * documents), documents)


def result_sentence(runs: Sequence[Run]) -> str:
    """One sentence: the test accuracy of each network with its 95 % interval, and what needs no network.

    Runs on one split, of which the finished ones count; those that differ by their seed alone are one network, whose
    interval covers other seeds and other texts (`mean_interval`). Plain text: to show it as Markdown or HTML, escape
    it. Raises RunError for runs on different texts, or none that is finished.
    """
    runs = [run for run in runs if run.state["state"] == "done" and run.report]
    if not runs:
        raise RunError("none of these trainings is finished, so there is no result yet")
    if len({run.spec["data"]["sha256"] for run in runs}) > 1:
        raise RunError("these trainings were tested on different texts, so no one sentence holds their results")
    found = [(side.name, len(side.runs), _interval(side)) for side in sides_of(runs)]
    found.sort(key=lambda item: -item[2].estimate)
    report = runs[0].report
    first, *others = found[:NAMED]
    parts = [
        f"Of {report['test']['documents']:,} test texts, {first[0]} gets {percent(first[2].estimate)} right"
        f" (95 % interval {between(first[2])}{_seeds(first[1])})",
        *(f"{title} {percent(each.estimate)} ({between(each)}{_seeds(seeds)})" for title, seeds, each in others),
    ]
    if rest := found[NAMED:]:
        parts.append(f"{len(rest)} more {'networks' if len(rest) > 1 else 'network'} {_at_most(rest)}")
    parts.append(
        f"without a network, TF-IDF with logistic regression gets"
        f" {percent(report['baselines']['tfidf_logistic_regression']['accuracy'])}"
    )
    return "; ".join(parts) + "."


def _seeds(seeds: int) -> str:
    return f"; {seeds} seeds" if seeds > 1 else ""


def _at_most(rest: list[tuple[str, int, Interval]]) -> str:
    return f"at most {percent(rest[0][2].estimate)}"


def _interval(side: Side) -> Interval:
    if len(side.runs) == 1:
        return accuracy_interval(side.runs[0])
    tables = map(read_table, side.runs)
    correct = np.array([(table["label"] == table["prediction"]).to_numpy() for table in tables])
    figure = side_interval(correct)
    return Interval(figure["estimate"], figure["low"], figure["high"])
