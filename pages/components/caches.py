"""What is slow to load or compute, kept for all sessions: each memory bounded, and keyed by all it depends on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.errors import RunError
from model.runs.run import Run
from pages.components.memory import Memory

if TYPE_CHECKING:  # torch and pandas come when a page needs them, after the first paint
    import pandas as pd

    from model.data.splits import Dataset
    from model.estimator import AttentionClassifier


@st.cache_resource(max_entries=1, show_spinner=False)
def _classifiers() -> Memory:
    return Memory(6)


@st.cache_resource(max_entries=1, show_spinner=False)
def _datasets() -> Memory:
    return Memory(6)


@st.cache_resource(max_entries=1, show_spinner=False)
def _predictions() -> Memory:
    return Memory(50)


@st.cache_resource(max_entries=1, show_spinner=False)
def readings() -> Memory:
    """What the Read page computed lately, by run id, text, target and method."""
    return Memory(3000)


@st.cache_resource(max_entries=1, show_spinner=False)
def studies() -> Memory:
    """The studies of the Trust page that somebody began lately, by all that decides them."""
    return Memory(12)


@st.cache_resource(max_entries=1, show_spinner=False)
def documents() -> Memory:
    """The tables and verdicts of those studies, by study and number of texts."""
    return Memory(12)


@st.cache_resource(max_entries=1, show_spinner=False)
def encoded_texts() -> Memory:
    """The states of texts whose attention was changed lately, by run id and text."""
    return Memory(20)


@st.cache_resource(max_entries=1, show_spinner=False)
def estimates() -> Memory:
    """How long trainings would take, by data and settings."""
    return Memory(30)


@st.cache_resource(max_entries=1, show_spinner=False)
def batches() -> Memory:
    """What models said of lists of texts lately, by run id and the texts' fingerprint."""
    return Memory(400)


def predictions(run: Run) -> pd.DataFrame:
    """What a run predicted for each text of its test set, in their order. Raises RunError where there is nothing."""

    def read() -> pd.DataFrame:
        table = run.predictions()
        if table is None:
            raise RunError(f"run {run.id} has no predictions.parquet; train it again")
        return table.sort_values("index", ignore_index=True)

    return _predictions().recall(run.id, read)


def correct(run: Run) -> list[bool]:
    """Whether a run predicted each text of its test set rightly, in their order."""
    table = predictions(run)
    return (table["label"] == table["prediction"]).tolist()


def loaded(key: Hashable, make: Callable[[], Any]) -> Any:
    """Data chosen for a training, or its preview, by what it was made from."""
    return _datasets().recall(key, make)


def classifier(run: Run) -> AttentionClassifier:
    """The trained model of a run. Raises ModelError."""

    def load() -> AttentionClassifier:
        from model import load_run

        return load_run(run.folder)

    return _classifiers().recall(run.id, load)


def dataset(run: Run) -> Dataset:
    """The texts and labels that a run was trained and tested on; runs on the same data share them."""

    def load() -> Dataset:
        from model.runs.texts import dataset_of

        return dataset_of(run)

    return _datasets().recall(run.spec["data"]["sha256"], load)
