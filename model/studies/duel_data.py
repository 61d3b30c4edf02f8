"""The texts of a duel: kept once for all its runs, and the smaller shares of them beside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from model.data.datasets import load_builtin
from model.data.splits import Dataset, load_dataset
from model.data.storage import first_texts
from model.studies.duel_plan import DuelPlan
from model.studies.duel_sides import DuelSide, duel_sides, embedding_size_of
from model.studies.probes import PROBES, choose_probe, probe_of
from model.studies.shares import share_settings, subset
from model.studies.training import check_classes, keep_dataset
from model.training.settings import Settings

LOOKED_AT = 3000  # training texts, to know which word vectors they take


class Prepared(NamedTuple):
    """What a duel needs to know of its texts: what a spec says of them, texts to probe with, a sample of train."""

    entry: dict[str, Any]
    probe: list[str]
    sample: list[str]

    def sides(self, plan: DuelPlan) -> list[DuelSide]:
        """The plan's sides on these texts."""
        size = embedding_size_of(Settings.from_dict(plan.settings), self.sample)
        return duel_sides(plan, classes=len(self.entry["report"]["classes"]), embedding_size=size)


def prepare_data(root: Path, data: Dataset | dict[str, Any], *, probe: Sequence[str] | None = None) -> Prepared:
    """Keep the texts below `root`, if they are not there, and look at them. Raises LabError."""
    if isinstance(data, Dataset):
        check_classes(data)
        chosen = choose_probe(*data.validation) if probe is None else list(probe)
        return Prepared(keep_dataset(root, data), chosen[:PROBES], data.train.texts[:LOOKED_AT])
    chosen = probe_of(root, data) if probe is None else list(probe)
    if data["folder"] is None:
        sample = load_builtin(data["name"]).train.texts[:LOOKED_AT]
    else:
        sample = first_texts(root / data["folder"], LOOKED_AT, split="train").texts
    return Prepared(data, chosen[:PROBES], sample)


def parts_of(
    root: Path, data: Dataset | dict[str, Any], entry: dict[str, Any], shares: Sequence[float], settings: Settings
) -> list[dict[str, Any]]:
    """What a record says of all texts and of each smaller share, which is kept below `root`. Raises LabError."""
    parts = [{"share": 1.0, "data": entry, "settings": {}}]
    if not shares:
        return parts
    if not isinstance(data, Dataset):
        data = load_builtin(data["name"]) if data["folder"] is None else load_dataset(root / data["folder"])
    whole = len(data.train.texts)
    for share in sorted(shares, reverse=True):
        part = subset(data, share)
        options = share_settings(settings, whole=whole, part=len(part.train.texts))
        parts.append({"share": share, "data": keep_dataset(root, part), "settings": options})
    return parts
