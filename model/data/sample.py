"""A fair and bounded part of a data set, to be looked at: the first texts of each split in the order of hashes."""

from collections.abc import Iterable
from typing import NamedTuple

from model.data.dataset import SPLIT_NAMES, Dataset, Split

MOST_TEXTS = {"train": 40_000, "validation": 5_000, "test": 5_000}
MOST_CHARACTERS = 20_000_000  # of each split
MOST_OF_ONE = 20_000  # characters of one text: enough to tell that it is long


class Sample(NamedTuple):
    """The first texts and labels of each split, and how many texts each split has in all."""

    splits: dict[str, Split]
    sizes: dict[str, int]

    @property
    def whole(self) -> bool:
        """Whether every text is in the sample."""
        return all(len(split.texts) == self.sizes[name] for name, split in self.splits.items())


class Sampler:
    """Collects a sample from rows (split, label, text) that come in the order of hashes within each split."""

    def __init__(self) -> None:
        self._splits = {name: Split([], []) for name in SPLIT_NAMES}
        self._sizes = dict.fromkeys(SPLIT_NAMES, 0)
        self._room = dict.fromkeys(SPLIT_NAMES, MOST_CHARACTERS)

    def add(self, name: str, texts: Iterable[str], labels: Iterable[str]) -> None:
        """Take what there is still room for."""
        split = self._splits[name]
        for text, label in zip(texts, labels, strict=True):
            self._sizes[name] += 1
            if len(split.texts) < MOST_TEXTS[name] and self._room[name] > 0:
                split.texts.append(text)
                split.labels.append(label)
                self._room[name] -= min(len(text), MOST_OF_ONE)

    def sample(self) -> Sample:
        """What was taken so far."""
        return Sample(self._splits, self._sizes)


def sample_of(dataset: Dataset) -> Sample:
    """The sample of a data set in memory."""
    sampler = Sampler()
    for name in SPLIT_NAMES:
        sampler.add(name, *getattr(dataset, name))
    return sampler.sample()
