"""What the sides of a comparison predict on one and the same texts, checked and lined up seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from model.data.splits import Dataset, Split
from model.errors import DataError, RunError
from model.runs.run import Run
from model.runs.texts import dataset_of
from model.studies.sides import Side, side_of, sides_of

if TYPE_CHECKING:
    import pandas as pd

Other = tuple[str, Split]  # what labelled texts are called, and they


class Predictions(NamedTuple):
    """Sides, and their probabilities on the same N texts.

    labels: (N,) columns of the C `classes`. probabilities: side's key -> (S, N, C), seeds in the side's order.
    other: the name of labelled texts that are not the runs' own test split, else None.
    """

    sides: list[Side]
    classes: list[str]
    texts: list[str]
    labels: np.ndarray
    probabilities: dict[str, np.ndarray]
    dataset: Dataset
    other: str | None

    @property
    def split(self) -> Split:
        """The texts and their labels."""
        return Split(self.texts, [self.classes[column] for column in self.labels])

    def side(self, key: str) -> Side:
        """The side with this key. Raises RunError."""
        return side_of(self.sides, key)


def read_table(run: Run) -> pd.DataFrame:
    """A run's predictions in the order of the test texts. Raises RunError where there are none."""
    table = run.predictions()
    if table is None:
        raise RunError(f"run {run.id} has no predictions.parquet; train it again")
    return table.sort_values("index", ignore_index=True)


def read_predictions(
    runs: Sequence[Run],
    *,
    data: Other | None = None,
    table_of: Callable[[Run], pd.DataFrame] = read_table,
    dataset: Callable[[Run], Dataset] = dataset_of,
) -> Predictions:
    """The predictions of finished runs that were trained on one data set, side by side.

    Of the test split as the runs kept them (`table_of`), or, with `data`, those that their models make of other
    labelled texts, which takes the time of predicting. Raises RunError for runs that cannot stand beside one another,
    DataError for labels that they do not know.
    """
    check_comparable(runs)
    sides = sides_of(runs)
    shared = dataset(sides[0].runs[0])
    if data is None:
        tables = {side.key: [table_of(run) for run in side.runs] for side in sides}
        classes, labels = _labels(tables[sides[0].key][0])
        found = {
            side.key: np.stack(
                [_own(run, table, classes, labels) for run, table in zip(side.runs, tables[side.key], strict=True)]
            )
            for side in sides
        }
        if len(labels) != len(shared.test.texts):
            raise RunError(
                f"run {sides[0].runs[0].id} predicted {len(labels):,} texts, and the test split of"
                f" {shared.name!r} has {len(shared.test.texts):,}; train it again"
            )
        return Predictions(sides, classes, shared.test.texts, labels, found, shared, None)
    name, split = data
    classes = [str(label) for label in shared.classes]
    labels = _places(split.labels, classes, name)
    found = {side.key: np.stack([_predicted(run, split.texts, classes) for run in side.runs]) for side in sides}
    return Predictions(sides, classes, split.texts, labels, found, shared, name)


def check_comparable(runs: Sequence[Run], *, figures: str = "accuracies") -> None:
    """Raise RunError unless there are runs, all finished, all trained and tested on the same texts."""
    if not runs:
        raise RunError("there is no run to compare; give the ids of finished runs")
    for run in runs:
        state = run.state["state"]
        if state != "done" or run.report is None:
            way = "wait for it" if state in ("queued", "starting", "running") else f"resume {run.id}"
            raise RunError(f"run {run.id} is {state}; only finished runs can be compared: {way}, or leave it out")
    by_data = {run.spec["data"]["sha256"]: run for run in runs}
    if len(by_data) > 1:
        first, second, *_ = by_data.values()
        names = [run.spec["data"]["name"] for run in (first, second)]
        raise RunError(
            f"run {first.id} was trained and tested on {names[0]!r} and run {second.id} on"
            f" {repr(names[1]) if names[0] != names[1] else 'another version of it'}, so their {figures} say nothing"
            " about each other; compare runs on one split"
        )


def _labels(table: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    classes = [name.removeprefix("p_") for name in table.columns if name.startswith("p_")]
    return classes, _places(table["label"].tolist(), classes, "the predictions")


def _own(run: Run, table: pd.DataFrame, classes: list[str], labels: np.ndarray) -> np.ndarray:
    """Probabilities (N, C) of a run's table, if it is about the same texts."""
    theirs, their_labels = _labels(table)
    if theirs != classes or not np.array_equal(their_labels, labels):
        raise RunError(f"the predictions of run {run.id} are about other texts than its data's; train it again")
    return table[[f"p_{name}" for name in classes]].to_numpy(dtype=np.float64)


def _predicted(run: Run, texts: list[str], classes: list[str]) -> np.ndarray:
    from model.estimator import load_run  # torch, which the predictions that are kept can do without

    classifier = load_run(run.folder)
    known = [str(label) for label in classifier.classes_.tolist()]
    return np.asarray(classifier.predict_proba(texts), dtype=np.float64)[:, [known.index(name) for name in classes]]


def _places(labels: Sequence[str], classes: list[str], name: str) -> np.ndarray:
    place_of = {label: place for place, label in enumerate(classes)}
    if strangers := sorted({str(label) for label in labels} - set(classes)):
        raise DataError(
            f"{name} has labels that the runs do not know: {', '.join(strangers[:5])}; they know {', '.join(classes)}"
        )
    if not len(labels):
        raise DataError(f"{name} has no labelled texts to compare on")
    return np.array([place_of[str(label)] for label in labels], dtype=np.int64)
