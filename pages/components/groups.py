"""Finished runs on one split, in groups of equal networks: what the Compare page puts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from model.networks.preset_words import PRESET_WORDS, preset_title
from model.runs.run import Run
from pages.components import caches, words

if TYPE_CHECKING:
    from model.compare.significance import Interval, MeanInterval

BOOTSTRAP_SEED = 13  # the same figures at every visit


class Group(NamedTuple):
    """Runs that differ by their seed alone."""

    name: str
    runs: list[Run]

    @property
    def accuracies(self) -> list[float]:
        """Test accuracy of each run."""
        return [run.report["test"]["accuracy"] for run in self.runs]

    @property
    def mean(self) -> float:
        """Mean test accuracy."""
        return float(np.mean(self.accuracies))

    @property
    def attends(self) -> bool:
        """Whether its networks learned where to look."""
        return words.attends(self.runs[0])

    def correct(self) -> np.ndarray:
        """Whether each run predicted each test text rightly, bool (runs, texts)."""
        return np.array([caches.correct(run) for run in self.runs])

    def usually_correct(self) -> np.ndarray:
        """Whether more than half of the runs are right on each test text, (texts,)."""
        return self.correct().mean(axis=0) > 0.5

    def interval(self) -> tuple[float, float, float]:
        """Mean accuracy and the ends of its 95 % interval: over the texts, and over seeds where there are several."""
        from model.compare.significance import mean_interval, wilson_interval

        correct = self.correct()
        if len(self.runs) == 1:
            return wilson_interval(int(correct.sum()), correct.size)[:3]
        return mean_interval(correct)[:3]

    def paired_with(self, other: Group) -> bool:
        """Whether both were trained with the same seeds, and more than one."""
        seeds = [[run.spec["seed"] for run in group.runs] for group in (self, other)]
        return len(self.runs) > 1 and seeds[0] == seeds[1]

    def difference(self, other: Group) -> Interval | MeanInterval:
        """How much more accurate `other` is: over seeds and texts where the seeds pair up, else over the texts."""
        from model.compare.significance import mean_interval, paired_difference

        ours, theirs = self.correct().astype(float), other.correct().astype(float)
        if self.paired_with(other):
            return mean_interval(theirs - ours)
        return paired_difference(ours.mean(axis=0), theirs.mean(axis=0), seed=BOOTSTRAP_SEED)

    def confusion(self) -> tuple[list[str], np.ndarray]:
        """The labels, and how many texts of each (down) are predicted as each (across), mean of the runs."""
        from model.compare.metrics import confusion_matrix

        tables = [caches.predictions(run) for run in self.runs]
        columns = [name for name in tables[0].columns if name.startswith("p_")]
        labels = [name.removeprefix("p_") for name in columns]
        counts = [
            confusion_matrix(table[columns].to_numpy(), table["label"].map(labels.index).to_numpy())
            for table in tables
        ]
        return labels, np.mean(counts, axis=0)


def groups_of(runs: Sequence[Run]) -> list[Group]:
    """Runs gathered by everything but the seed: those without attention first, then by name."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        settings = {name: value for name, value in run.spec["settings"].items() if name != "seed"}
        found.setdefault(repr(sorted(settings.items())), []).append(run)
    groups = [Group(_name(group[0]), sorted(group, key=lambda run: run.spec["seed"])) for group in found.values()]
    groups.sort(key=lambda group: (group.attends, group.name))
    return _told_apart(groups)


def _name(run: Run) -> str:
    uniform = run.spec["settings"].get("attention_weights") == "uniform" and PRESET_WORDS[run.spec["preset"]].attends
    return preset_title(run.spec["preset"]) + (", uniform weights" if uniform else "")


def _told_apart(groups: list[Group]) -> list[Group]:
    """Say what differs where two groups have one name: the options that are not the same in both."""
    named = []
    for group in groups:
        twins = [other for other in groups if other.name == group.name]
        options = group.runs[0].spec["settings"]
        differing = [
            name
            for name in options
            if name != "seed" and len({repr(twin.runs[0].spec["settings"].get(name)) for twin in twins}) > 1
        ]
        detail = ", ".join(f"{name.replace('_', ' ')} {options[name]}" for name in differing)
        named.append(group._replace(name=f"{group.name} ({detail})" if detail else group.name))
    return named
