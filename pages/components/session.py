"""Whose browser this is, the runs it can see, and what it did that outlives a rerun."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from model.errors import LabError
from model.runs.catalogue import entries
from model.runs.jobs import JobQueue
from model.runs.jobs import job_queue as queue_of
from model.runs.kinds import CLASSIFIER, LANGUAGE_MODEL
from model.runs.owners import COOKIE, owner_of
from model.runs.run import DEMO_ROOT, ENDED, Run
from model.runs.store import find_run, runs_root
from model.studies.duel_course import follow

if TYPE_CHECKING:  # torch and pandas come when a page needs them, after the first paint
    from streamlit.runtime.uploaded_file_manager import UploadedFile


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
    """The server's queue of trainings, which sees to the duels as well.

    It lives with the server and not in a cache, which anybody may clear.
    """
    queue = queue_of(runs_root())
    follow(queue)  # for a folder of runs that was not the server's when it started
    return queue


def finished_runs() -> list[Run]:
    """The classifiers that can be read and compared: those trained here, newest first, then the demo runs."""
    return _finished(CLASSIFIER)


def finished_language_models() -> list[Run]:
    """The language models that can be read and compared, in the same order."""
    return _finished(LANGUAGE_MODEL)


def _finished(kind: str) -> list[Run]:
    found = (*entries(runs_root()), *entries(DEMO_ROOT))
    return [entry.run for entry in found if entry.state == "done" and entry.run.kind == kind]


def unfinished_runs(kind: str = CLASSIFIER) -> list[Run]:
    """The runs of a kind that wait or are being trained, the oldest first."""
    found = reversed(entries(runs_root()))
    return [entry.run for entry in found if entry.state not in ENDED and entry.run.kind == kind]


def run_of(run_id: str) -> Run:
    """The run with an id that may come from the address bar. Raises RunError."""
    return find_run(run_id, runs_root(), DEMO_ROOT)


# -- session keys ------------------------------------------------------------------------------------------------


def shown_runs(page: int) -> int:
    """How many runs the library shows; more after each `show_more_runs`."""
    return st.session_state.setdefault("shown_runs", page)


def show_more_runs(page: int) -> None:
    """Show one page of runs more."""
    st.session_state["shown_runs"] = shown_runs(page) + page


def values_of(keys: Sequence[str]) -> tuple[Any, ...]:
    """What widgets are set to by now, None for one that was never drawn."""
    return tuple(st.session_state.get(key) for key in keys)


def show(key: str, value: Any) -> None:
    """Have a widget that is about to be drawn show a value, and leave alone one that does.

    A value that is set goes to the browser, where it would undo what a person did while this run was under way.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def forget(keys: list[str]) -> None:
    """Put widgets back to their defaults."""
    for key in keys:
        st.session_state.pop(key, None)


def let_go_of(file: UploadedFile) -> None:
    """Have the server forget an uploaded file that is on its disk by now, instead of at the end of the visit."""
    context = get_script_run_ctx()
    manager = context.uploaded_file_mgr if context else None
    if isinstance(manager, MemoryUploadedFileManager):  # as Streamlit's own chat input does
        manager.remove_file(session_id=context.session_id, file_id=file.file_id)


def say_once(note: str) -> None:
    """Keep a sentence for the next rerun, which shows it by `said`."""
    st.session_state["note"] = note


def said() -> str | None:
    """The sentence kept by `say_once`, and forget it."""
    return st.session_state.pop("note", None)


def turn(name: str) -> int:
    """How often `next_turn` was called for this name."""
    return st.session_state.get(f"turn-{name}", 0)


def next_turn(name: str) -> None:
    """Have something drawn anew: another shuffle, another text."""
    st.session_state[f"turn-{name}"] = turn(name) + 1


def set_options(settings: dict[str, Any]) -> None:
    """Have the settings form show other values, as if a person had typed them."""
    st.session_state.setdefault(OPTIONS, {}).update(settings)


def options_are(settings: dict[str, Any]) -> bool:
    """Whether the settings form shows these values already, or is about to."""
    known = {name: st.session_state.get(f"option-{name}") for name in settings} | st.session_state.get(OPTIONS, {})
    return all(known[name] == value for name, value in settings.items())


def events_of(run: Run) -> list[dict[str, Any]]:
    """All events of a run; a live page reads only what was added since its last look."""
    known = st.session_state.setdefault("events", {})
    events, offset = known.get(run.id, ([], 0))
    fresh, offset = run.events(offset)
    known[run.id] = (events + fresh, offset)
    for run_id in list(known)[:-20]:
        del known[run_id]
    return known[run.id][0]


def unchanged_for(name: str, value: Hashable) -> float:
    """Seconds since `name` has had this value."""
    of, since = st.session_state.get(f"since-{name}", (None, 0.0))
    if of != value:
        since = time.monotonic()
        st.session_state[f"since-{name}"] = (value, since)
    return time.monotonic() - since


def drawn_since(key: str, data: dict[str, Any]) -> float:
    """Since when the component `key` has been given exactly this data, in seconds since 1970."""
    known = st.session_state.setdefault("drawn-since", {})
    content = hashlib.blake2s(json.dumps(data).encode(), digest_size=16).digest()
    if known.get(key, (None,))[0] != content:
        known[key] = (content, time.time())
    return known[key][1]


OPTIONS = "options"  # what this visitor set in the settings form, by option
COMPARED = "compared"
STUDYING = "studying"  # the key of the study that this visitor has running


def compare_only(chosen: list[str]) -> None:
    """Compare these runs and no others."""
    st.session_state[COMPARED] = chosen


def is_studying(key: Hashable) -> bool:
    """Whether this visitor has the tests of this study running."""
    return st.session_state.get(STUDYING) == key


def set_studying(key: Hashable, on: bool) -> None:
    """Have the tests of this study run while the page is open, or no longer."""
    st.session_state[STUDYING] = key if on else None
