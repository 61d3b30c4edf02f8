"""A duel of three networks and five seeds: a training on each core at once, against one after another."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from model.data.dataset import Dataset
from model.data.datasets import load_builtin
from model.data.splits import make_dataset
from model.data.tables import read_table
from model.errors import LabError
from model.runs.launch import available_cores
from model.studies.duel import DuelPlan, run_duel
from tests.benchmarks.corpora import AG_NEWS, Corpora
from tests.benchmarks.table import Goal, Row

PRESETS = ("lstm", "bilstm", "bilstm-additive")
TEXTS = 2_000
SETTINGS = {"epochs": 5, "patience": None, "hidden_size": 64}


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """Clock seconds of the whole duel, from nothing to the last report, in a new library of runs each time."""
    del corpora  # a duel reads texts
    cores = available_cores()
    plan = DuelPlan(
        presets=PRESETS[:2] if quick else PRESETS,
        seeds=1 if quick else 5,
        settings={**SETTINGS, "epochs": 1} if quick else SETTINGS,
        match="sizes",
    )
    data = _texts()
    together, apart = _seconds(data, plan, jobs=cores), _seconds(data, plan, jobs=1)
    what = (
        f"duel of {len(plan.presets)} networks x {plan.seeds} seeds on {TEXTS:,} texts of {data.name},"
        f" {cores} at once against one after another"
    )
    return [Row("duel", what, "s", (together,), (apart,), goals=(Goal(1.8, of="ratio", at_most=False),))]


def _seconds(data: Dataset, plan: DuelPlan, *, jobs: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        duel = run_duel(Path(folder), data, plan, jobs=jobs)
        seconds = time.perf_counter() - started
        if duel.progress()["failed"]:
            raise LabError(f"trainings of the duel failed: {duel.progress()}")
    return seconds


def _texts() -> Dataset:
    """2,000 texts of AG News, or short film reviews where it is not at hand."""
    if not AG_NEWS.exists():
        return load_builtin("imdb-short")
    table = read_table(AG_NEWS, text_columns=["text"], label_column="label")
    some = slice(0, None, len(table.texts) // TEXTS)
    texts, labels = table.texts[some][:TEXTS], table.labels[some][:TEXTS]
    return make_dataset(replace(table, texts=texts, labels=labels, rows=TEXTS, dropped={}), name="AG News")
