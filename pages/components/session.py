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
from model.runs.run import DEMO_ROOT, Run
from model.runs.store import find_run, list_runs, runs_root
from pages.components.memory import Memory

if TYPE_CHECKING:  # torch and pandas come when a page needs them, after the first paint
    import pandas as pd

    from model.data.splits import Dataset
    from model.estimator import AttentionClassifier
    from model.runs.rationales import Rationale


# -- errors ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def problems_shown() -> Iterator[None]:
    """Show a LabError as the sentence it is; what was drawn before it stays."""
    try:
        yield
    except LabError as error:
        st.error(str(error), icon=":material/error:")


# -- runs ------------------------------------------------------------------------------------------------------


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


# -- the text that is read -----------------------------------------------------------------------------------------

TEXT = "text-box"
_EXAMPLE = "example"  # the text's place in a test set, and the hash of that data; None for one that was typed


def example() -> int | None:
    """The place in the test set of the text that is shown; None for a text that was typed."""
    return (st.session_state.get(_EXAMPLE) or (None,))[0]


def set_example(place: int | None, data: str = "") -> int | None:
    """Remember which test text of which data is shown, and return its place."""
    st.session_state[_EXAMPLE] = None if place is None else (place, data)
    return place


def example_is_of_other_data(data: str) -> bool:
    """Whether the text that is shown is a test text, but of other data than this."""
    return (st.session_state.get(_EXAMPLE) or (None, data))[1] != data


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


def keep_pick(key: str) -> None:
    """Remember the token just picked in a strip or in the rows of `key`, whichever it was."""
    choice = (st.session_state.get(key) or {}).get("selected") or {}
    st.session_state["pick"] = (choice.get("text"), choice.get("token"))


def pick(text: str) -> int | None:
    """The token picked last, if it was picked in the text of this signature."""
    of, token = st.session_state.get("pick", (None, None))
    return token if of == text and isinstance(token, int) and token >= 0 else None


def stop_computing(key: Hashable) -> None:
    """Remember that this visitor asked for no more of a slow method."""
    st.session_state.setdefault("stopped", set()).add(key)


def is_stopped(key: Hashable) -> bool:
    """Whether `stop_computing` was called."""
    return key in st.session_state.get("stopped", ())


def read_text(text: str) -> None:
    """Have the Read page open with this text."""
    st.session_state[TEXT] = text
    st.session_state[_EXAMPLE] = None


def edits(signature: str) -> dict[int, str]:
    """What was typed over the tokens of the text of this signature, by place; empty for a deleted one."""
    return _of_one_text("edits", signature)


def weight_edits(signature: str) -> dict[int, float]:
    """The attention weights set by hand, by place, for the text and model of this signature."""
    return _of_one_text("weight-edits", signature)


def _of_one_text(name: str, signature: str) -> dict:
    of, known = st.session_state.get(name, (None, {}))
    if of != signature:
        known = {}
        st.session_state[name] = (signature, known)
    return known


def turn(name: str) -> int:
    """How often `next_turn` was called for this name."""
    return st.session_state.get(f"turn-{name}", 0)


def next_turn(name: str) -> None:
    """Have something drawn anew: another shuffle, another text."""
    st.session_state[f"turn-{name}"] = turn(name) + 1


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


# -- many texts at once ------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=1, show_spinner=False)
def batches() -> Memory:
    """What models said of lists of texts lately, by run id and the texts' fingerprint."""
    return Memory(400)


def keep_list(texts: Any) -> None:
    """Keep the texts of an uploaded file, which the browser forgets on another page; None to forget them."""
    st.session_state["many-list"] = texts


def kept_list() -> Any:
    """The texts kept by `keep_list`, None where there are none."""
    return st.session_state.get("many-list")


def guess(signature: str) -> dict[str, Any]:
    """What a person marked and guessed in the text of this signature: "marked", "label", "revealed", "kept"."""
    return _of_one_text("guess", signature)


def add_my_mark(mark: Rationale) -> None:
    """Remember what this visitor marked: what others marked is not theirs to take."""
    st.session_state.setdefault("my-marks", []).append(mark)


def my_marks() -> str:
    """A line of JSON for each mark of this visit, as the file of rationales has them."""
    return "".join(f"{json.dumps(mark._asdict())}\n" for mark in st.session_state.get("my-marks", []))


def is_studying(key: Hashable) -> bool:
    """Whether this visitor has the tests of this study running."""
    return st.session_state.get("studying") == key


def set_studying(key: Hashable, on: bool) -> None:
    """Have the tests of this study run while the page is open, or no longer."""
    st.session_state["studying"] = key if on else None
