"""The texts of a run, found without what trains on them: a page shows one before torch is in memory."""

from __future__ import annotations

from model.data.datasets import load_builtin
from model.data.splits import Dataset, load_dataset
from model.errors import RunError
from model.runs.run import Run


def dataset_of(run: Run) -> Dataset:
    """The data of a run: built-in data by name, the rest from beside the run. Raises RunError if it has changed."""
    data = run.spec["data"]
    if run.data_folder is not None:
        return load_dataset(run.data_folder)
    dataset = load_builtin(data["name"])
    if dataset.sha256 != data["sha256"]:
        raise RunError(f"the data set {data['name']!r} has changed since run {run.id} was trained; train it again")
    return dataset
