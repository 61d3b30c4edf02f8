"""How trainings of either kind begin: their data is kept once, and there is a run for every preset and seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.data.corpora import Corpus
from model.data.dataset import Dataset
from model.runs.kinds import CLASSIFIER
from model.runs.model_file import versions
from model.runs.run import Run
from model.runs.store import create_run, keep_data
from model.training.language_settings import LanguageSettings
from model.training.settings import FIRST_SEED, Settings


def create_runs(
    root: Path,
    entry: dict[str, Any],
    settings: Settings | LanguageSettings,
    *,
    presets: Sequence[str],
    seeds: int,
    kind: str = CLASSIFIER,
    owner: str | None = None,
    probe: Sequence[str] = (),
) -> list[Run]:
    """A queued run for every preset and seed (13, 14, …) on the data that `data_entry` described. Raises RunError."""
    return [
        create_run(
            root,
            kind=kind,
            data=entry,
            settings=replace(settings, preset=preset, seed=seed).to_dict(),
            versions=versions(),
            owner=owner,
            probe=probe,
        )
        for preset in presets
        for seed in range(FIRST_SEED, FIRST_SEED + seeds)
    ]


def data_entry(root: Path, data: Dataset | Corpus, *, builtin: bool, save: Callable[[Path], None]) -> dict[str, Any]:
    """What a spec says of data, which `save` keeps below `root`, once. Raises RunError for a full disk."""
    return {
        "name": data.name,
        "sha256": data.sha256,
        # What is built in or generated goes by its name: nobody needs a copy of it.
        "folder": None if builtin else keep_data(root, data.sha256, save),
        "report": data.report,
    }
