"""What is slow to load or compute, kept for all sessions: each memory bounded, and keyed by all it depends on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.errors import RunError
from model.runs.run import Run
from pages.components.memory import Memory

if TYPE_CHECKING:  # torch and pandas come when a page needs them, after the first paint
    import pandas as pd

    from model.data.corpora import Corpus
    from model.data.splits import Dataset
    from model.estimator import AttentionClassifier
    from model.language_model import LanguageModel
    from model.studies.language_comparison import LanguagePredictions
    from model.studies.predictions import Predictions
    from model.studies.text_slices import TextFigures


@st.cache_resource(max_entries=1, show_spinner=False)
def _classifiers() -> Memory:
    return Memory(12)  # two sides of five seeds: a text is laid before all of them in turn


@st.cache_resource(max_entries=1, show_spinner=False)
def _datasets() -> Memory:
    return Memory(6)


@st.cache_resource(max_entries=1, show_spinner=False)
def _language_models() -> Memory:
    return Memory(8)


@st.cache_resource(max_entries=1, show_spinner=False)
def _corpora() -> Memory:
    return Memory(2)  # up to 100 million characters each


@st.cache_resource(max_entries=1, show_spinner=False)
def texts_read() -> Memory:
    """Whole texts as language models read them lately, by run id and text: each has a weight for any two words."""
    return Memory(10)


@st.cache_resource(max_entries=1, show_spinner=False)
def _predictions() -> Memory:
    return Memory(50)


@st.cache_resource(max_entries=1, show_spinner=False)
def _side_by_side() -> Memory:
    return Memory(4)


@st.cache_resource(max_entries=1, show_spinner=False)
def _comparisons() -> Memory:
    return Memory(12)


@st.cache_resource(max_entries=1, show_spinner=False)
def _pairs() -> Memory:
    return Memory(40)


@st.cache_resource(max_entries=1, show_spinner=False)
def prepared() -> Memory:
    """What duels need to know of their texts before they are begun, by the data's hash."""
    return Memory(6)


@st.cache_resource(max_entries=1, show_spinner=False)
def outcomes() -> Memory:
    """What finished trainings of a duel reached on validation, and in how many seconds, by run id."""
    return Memory(2000)


@st.cache_resource(max_entries=1, show_spinner=False)
def reports() -> Memory:
    """Reports of comparisons that somebody asked for, by the runs' ids."""
    return Memory(6)


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


def side_by_side(runs: Sequence[Run]) -> Predictions:
    """What finished runs predicted, gathered into sides. Raises RunError for runs that do not go together."""

    def read() -> Predictions:
        from model.studies.predictions import read_predictions

        return read_predictions(runs, table_of=predictions, dataset=dataset)

    return _side_by_side().recall(ids_of(runs), read)


def comparison(runs: Sequence[Run]) -> dict[str, Any]:
    """Everything that finished runs on one split say about each other, as `model.studies.comparison` gives it."""

    def compare() -> dict[str, Any]:
        from model.studies.comparison import comparison_of

        return comparison_of(side_by_side(runs), runs=ids_of(runs))

    return _comparisons().recall(ids_of(runs), compare)


def pair(runs: Sequence[Run], first: str, second: str) -> dict[str, Any]:
    """What a comparison says of two of its sides, by their keys; of any two, in either order."""
    for known in comparison(runs)["pairs"]:
        if (known["first"], known["second"]) == (first, second):
            return known

    def compare() -> dict[str, Any]:
        from model.studies.comparison import pair as pair_of

        return pair_of(side_by_side(runs), first, second, figures=_figures(runs))

    return _pairs().recall((ids_of(runs), first, second), compare)


def _figures(runs: Sequence[Run]) -> TextFigures:
    def count() -> TextFigures:
        from model.studies.text_slices import text_figures

        return text_figures(side_by_side(runs))

    return _pairs().recall((ids_of(runs), "figures"), count)


def ids_of(runs: Sequence[Run]) -> tuple[str, ...]:
    """What a comparison of these runs is known by."""
    return tuple(sorted(run.id for run in runs))


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


def language_predictions(runs: Sequence[Run]) -> LanguagePredictions:
    """The losses that finished language models kept of one test text. Raises RunError for runs that do not fit."""

    def read() -> LanguagePredictions:
        from model.studies.language_comparison import read_language_predictions

        return read_language_predictions(runs, corpus=corpus)

    return _side_by_side().recall(ids_of(runs), read)


def language_comparison(runs: Sequence[Run]) -> dict[str, Any]:
    """Everything that finished language models on one text say about each other."""

    def compare() -> dict[str, Any]:
        from model.studies.language_comparison import language_comparison_of

        return language_comparison_of(language_predictions(runs), runs=ids_of(runs))

    return _comparisons().recall(ids_of(runs), compare)


def language_pair(runs: Sequence[Run], first: str, second: str) -> dict[str, Any]:
    """What a comparison of language models says of two of its sides, by their keys; of any two, in either order."""
    for known in language_comparison(runs)["pairs"]:
        if (known["first"], known["second"]) == (first, second):
            return known

    def compare() -> dict[str, Any]:
        from model.studies.language_comparison import language_pair as pair_of

        return pair_of(language_predictions(runs), first, second)

    return _pairs().recall((ids_of(runs), first, second), compare)


def language_model(run: Run) -> LanguageModel:
    """The trained language model of a run. Raises ModelError."""

    def load() -> LanguageModel:
        from model.language_model import load_language_run

        return load_language_run(run.folder)

    return _language_models().recall(run.id, load)


def corpus(run: Run) -> Corpus:
    """The running text that a language model was trained and tested on; runs on the same text share it."""

    def load() -> Corpus:
        from model.runs.texts import corpus_of

        return corpus_of(run)

    return _corpora().recall(run.spec["data"]["sha256"], load)
