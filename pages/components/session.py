"""What outlives a rerun: the only home of session keys and of caches, each bounded and keyed by all it depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.errors import LabError, RunError
from model.runs.jobs import JobQueue
from model.runs.jobs import job_queue as queue_of
from model.runs.owners import COOKIE, owner_of
from model.runs.run import DEMO_ROOT, Run
from model.runs.store import find_run, list_runs, runs_root
from pages.components.memory import Memory

if TYPE_CHECKING:  # torch and pandas come when a page needs them, after the first paint
    import pandas as pd

    from model.data.splits import Dataset
    from model.estimator import AttentionClassifier


# -- errors ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def problems_shown() -> Iterator[None]:
    """Show a LabError as the sentence it is; what was drawn before it stays."""
    try:
        yield
    except LabError as error:
        st.error(str(error), icon=":material/error:")


# -- runs ------------------------------------------------------------------------------------------------------


def visitor() -> str | None:
    """Whose browser this is, as runs name their owners; None where it keeps no cookies."""
    return owner_of(st.context.cookies.get(COOKIE))


def job_queue() -> JobQueue:
    """The server's queue of trainings; it lives with the server and not in a cache, which anybody may clear."""
    return queue_of(runs_root())


def runs() -> list[Run]:
    """Every run a person can see: their own, newest first, then the demo runs."""
    return [*list_runs(runs_root()), *list_runs(DEMO_ROOT)]


def finished_runs() -> list[Run]:
    """Those of `runs` that can be read and compared."""
    return [run for run in runs() if run.state["state"] == "done"]


def run_of(run_id: str) -> Run:
    """The run with an id that may come from the address bar. Raises RunError."""
    return find_run(run_id, runs_root(), DEMO_ROOT)


# -- what is slow to load or compute -----------------------------------------------------------------------------


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


# -- session keys ------------------------------------------------------------------------------------------------


def shown_runs(page: int) -> int:
    """How many runs the library shows; more after each `show_more_runs`."""
    return st.session_state.setdefault("shown_runs", page)


def show_more_runs(page: int) -> None:
    """Show one page of runs more."""
    st.session_state["shown_runs"] = shown_runs(page) + page


def forget(keys: list[str]) -> None:
    """Put widgets back to their defaults."""
    for key in keys:
        st.session_state.pop(key, None)


def say_once(note: str) -> None:
    """Keep a sentence for the next rerun, which shows it by `said`."""
    st.session_state["note"] = note


def said() -> str | None:
    """The sentence kept by `say_once`, and forget it."""
    return st.session_state.pop("note", None)


def events_of(run: Run) -> list[dict[str, Any]]:
    """All events of a run; a live page reads only what was added since its last look."""
    known = st.session_state.setdefault("events", {})
    events, offset = known.get(run.id, ([], 0))
    fresh, offset = run.events(offset)
    known[run.id] = (events + fresh, offset)
    for run_id in list(known)[:-20]:
        del known[run_id]
    return known[run.id][0]


def drawn_since(key: str, data: dict[str, Any]) -> float:
    """Since when the component `key` has been given exactly this data, in seconds since 1970."""
    known = st.session_state.setdefault("drawn-since", {})
    content = hashlib.blake2s(json.dumps(data).encode(), digest_size=16).digest()
    if known.get(key, (None,))[0] != content:
        known[key] = (content, time.time())
    return known[key][1]


COMPARED = "compared"


def compare_only(chosen: list[str]) -> None:
    """Compare these runs and no others."""
    st.session_state[COMPARED] = chosen


def is_studying(key: Hashable) -> bool:
    """Whether this visitor has the tests of this study running."""
    return st.session_state.get("studying") == key


def set_studying(key: Hashable, on: bool) -> None:
    """Have the tests of this study run while the page is open, or no longer."""
    st.session_state["studying"] = key if on else None
