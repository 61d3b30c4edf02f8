"""The texts of a run, found without what trains on them: a page shows one before torch is in memory."""

from __future__ import annotations

from model.data.corpora import Corpus, load_corpus, load_corpus_by_name
from model.data.datasets import load_builtin
from model.data.splits import Dataset, load_dataset
from model.errors import RunError
from model.runs.run import Run


def dataset_of(run: Run) -> Dataset:
    """The data of a classifier's run: built-in data by name, the rest from beside it. Raises RunError if changed."""
    if run.data_folder is not None:
        return load_dataset(run.data_folder)
    dataset = load_builtin(run.spec["data"]["name"])
    _check_unchanged(dataset.sha256, run)
    return dataset


def corpus_of(run: Run) -> Corpus:
    """The text of a language model's run, found in the same way. Raises RunError if it has changed."""
    if run.data_folder is not None:
        return load_corpus(run.data_folder)
    corpus = load_corpus_by_name(run.spec["data"]["name"])
    _check_unchanged(corpus.sha256, run)
    return corpus


def _check_unchanged(sha256: str, run: Run) -> None:
    data = run.spec["data"]
    if sha256 != data["sha256"]:
        raise RunError(f"the data {data['name']!r} has changed since run {run.id} was trained; train it again")
