"""The first texts of a data set, and what it costs to read all of them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from sys import getsizeof
from typing import Any

from model.data.dataset import SPLIT_NAMES, Dataset, Split, dataset_hash
from model.data.datasets import load_builtin
from model.data.storage import first_texts, load_dataset, save_dataset
from model.errors import DataError
from model.studies.memory import release, resident_megabytes

READ_WHOLE = 20_000  # rows: fewer are read as a training reads them
_TEXTS, _CHARACTERS = 8000, 3_000_000  # at most, of the training texts to measure with
_FEWEST = 100  # however long they are
_ROW_BYTES = 100  # of a text and its label in memory, besides the text
_OTHERS = 600  # validation and test texts, of a data set that is not read whole


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Training and validation texts to measure with, and how many there are of each split in all.

    `seconds` and `megabytes` are what reading all of the data takes; `factor` how many times over the training texts
    stand for all of them.
    """

    train: Split
    validation: Split
    classes: list[str]
    train_count: int
    validation_count: int
    test_count: int
    seconds: float
    megabytes: float

    @property
    def factor(self) -> float:
        """All training texts, as multiples of the sample."""
        return self.train_count / len(self.train.texts)

    @property
    def documents(self) -> int:
        """The texts of all splits."""
        return self.train_count + self.validation_count + self.test_count

    @classmethod
    def read(cls, root: Path, data: dict[str, Any]) -> Sample:
        """The sample of data as a spec names it. Raises DataError for data that cannot be read."""
        report, rows = data["report"], sum(data["report"][name] for name in SPLIT_NAMES)
        if data["folder"] is None:
            dataset, seconds, megabytes = _timed(lambda: load_builtin(data["name"]))
        elif rows <= READ_WHOLE:
            dataset, seconds, megabytes = _timed(lambda: load_dataset(root / data["folder"]))
        else:
            first = _first(root / data["folder"], data)
            with tempfile.TemporaryDirectory() as draft:
                save_dataset(first, draft)
                dataset, seconds, _ = _timed(lambda: load_dataset(draft))
            texts = [text for name in SPLIT_NAMES for text in getattr(first, name).texts]
            seconds *= rows / len(texts)
            megabytes = (sum(map(getsizeof, texts)) / len(texts) + _ROW_BYTES) * rows / 1e6
        train = _few(dataset.train)
        known = set(train.labels)
        if len(known) < 2:
            raise DataError(f"the first {len(train.texts):,} training texts are all of the class {min(known)!r}")
        validation = [(text, label) for text, label in zip(*dataset.validation, strict=True) if label in known]
        return cls(
            train=train,
            validation=Split([text for text, _ in validation], [label for _, label in validation]),
            classes=dataset.classes,
            train_count=report["train"],
            validation_count=report["validation"],
            test_count=report["test"],
            seconds=seconds,
            megabytes=megabytes,
        )


def _few(split: Split) -> Split:
    count = characters = 0
    for text in split.texts[:_TEXTS]:
        characters += len(text)
        count += 1
        if characters > _CHARACTERS and count >= _FEWEST:
            break
    return Split(list(split.texts[:count]), list(split.labels[:count]))


def _timed(load: Callable[[], Dataset]) -> tuple[Dataset, float, float]:
    """What is loaded, and the seconds and megabytes it takes."""
    release()
    before, began = resident_megabytes(), time.perf_counter()
    dataset = load()
    seconds = time.perf_counter() - began
    return dataset, seconds, max(0.0, resident_megabytes() - before)


def _first(folder: Path, data: dict[str, Any]) -> Dataset:
    """The first rows as a data set of their own: all of them training texts, but split as if they were everything."""
    texts, labels = first_texts(folder, _TEXTS + 2 * _OTHERS)
    ends = {"validation": (0, _OTHERS), "test": (_OTHERS, 2 * _OTHERS), "train": (2 * _OTHERS, len(texts))}
    splits = {name: Split(texts[slice(*ends[name])], labels[slice(*ends[name])]) for name in SPLIT_NAMES}
    classes = sorted(data["report"]["classes"])
    return Dataset(name=data["name"], **splits, classes=classes, report=data["report"], sha256=dataset_hash(splits))
