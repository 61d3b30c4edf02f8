"""Pages against real runs: two small models, trained once on generated texts in a folder of their own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model.data.diagnostic import generate
from model.runs.run import Run
from model.studies.duel import Duel, DuelPlan, begin
from model.studies.training import execute, prepare
from model.training.settings import Settings
from pages.components import session
from tests.pages.language_models import LANGUAGE_PRESETS, language_models

ROUTER = Path(__file__).resolve().parents[2] / "pages" / "router.py"
CHANGED = ("vectors", "hidden_size", "embedding_size", "epochs", "dropout", "embedding_dropout")
SMALL = Settings(vectors="none", hidden_size=8, embedding_size=8, epochs=2, dropout=0.0, embedding_dropout=0.0)


@pytest.fixture(autouse=True)
def main_module():
    """A script of Streamlit's takes the place of the main module, which later tests' processes would start from."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> dict[str, Run]:
    """A plain LSTM (two seeds) and a BiLSTM with attention (two seeds), by "preset seed"; do not change them."""
    root = tmp_path_factory.mktemp("runs")
    dataset = generate("keyword", rows=300)
    runs = prepare(root, dataset, presets=["lstm", "bilstm-additive"], seeds=2, settings=SMALL)
    for run in runs:
        execute(run)
    return {f"{run.spec['preset']} {run.spec['seed']}": run for run in runs}


@pytest.fixture(scope="session")
def dueled(tmp_path_factory) -> Duel:
    """A duel of three sides and two seeds on generated texts, trained to its end; do not change it."""
    root = tmp_path_factory.mktemp("duels")
    settings = SMALL.to_dict()
    plan = DuelPlan(
        presets=("bilstm", "bilstm-additive", "bilstm-additive:uniform"),
        seeds=2,
        settings={name: settings[name] for name in CHANGED} | {"learning_rate": 0.02},
    )
    duel = begin(root, generate("keyword", rows=300), plan)
    for run in duel.runs():
        execute(run)
    return duel


@pytest.fixture
def duel_root(dueled, no_demos, monkeypatch) -> Path:
    """The folder of the duel, as the pages see it."""
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(dueled.root))
    return dueled.root


@pytest.fixture
def no_demos(monkeypatch, tmp_path):
    """A library without the demo runs, which are another test's business."""
    monkeypatch.setattr(session, "DEMO_ROOT", tmp_path / "no-demos")


@pytest.fixture
def root(trained, no_demos, monkeypatch) -> Path:
    """The folder of the trained runs, as the pages see it."""
    folder = next(iter(trained.values())).folder.parent
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(folder))
    return folder


@pytest.fixture
def empty_root(no_demos, monkeypatch, tmp_path) -> Path:
    """A folder without runs."""
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path / "empty"))
    return tmp_path / "empty"


class Queue:
    """Stands in for the server's queue: takes runs and starts none."""

    running = 2

    def __init__(self) -> None:
        self.trouble = None
        self.submitted: list[Run] = []
        self.resumed: list[Run] = []
        self.cancelled: list[str] = []
        self.stopped: list[str] = []
        self.error: Exception | None = None

    def submit(self, run: Run) -> int:
        if self.error is not None and self.submitted:
            raise self.error
        self.submitted.append(run)
        return len(self.submitted)

    def resume(self, run: Run, *, by: str | None) -> int:
        self.resumed.append(run)
        run.set_state("queued", ticket=1)
        return 1

    def cancel(self, run_id: str, *, by: str | None = None) -> bool:
        self.cancelled.append(run_id)
        return True

    def stop(self, run_id: str, *, by: str | None) -> bool:
        self.stopped.append(run_id)
        return True

    def position(self, run_id: str) -> int | None:
        return next((place for place, run in enumerate(self.submitted, 1) if run.id == run_id), None)


@pytest.fixture
def queue(monkeypatch) -> Queue:
    """A queue that starts no processes, in the place of the server's."""
    queue = Queue()
    monkeypatch.setattr(session, "job_queue", lambda: queue)
    return queue


@pytest.fixture
def visit():
    """Open a page as a new visitor: visit("train", runs="a,b")."""

    def visit(page: str = "read", **query: str) -> AppTest:
        test = AppTest.from_file(str(ROUTER), default_timeout=60)
        if page != "read":
            test.run()
            test.query_params.clear()
            test.switch_page(f"{page}.py")
        for name, value in query.items():
            test.query_params[name] = value
        return test.run()

    return visit


@pytest.fixture
def read():
    """Wait as the browser does until the texts are read or refused; returns the page."""

    def read(test: AppTest) -> AppTest:
        deadline = time.monotonic() + 60
        while test.run().progress and time.monotonic() < deadline:
            time.sleep(0.2)
        assert not test.exception and not test.progress
        return test

    return read


@pytest.fixture
def upload():
    """Drop a file on the page, which lets go of it and shows what is on the disk."""

    def upload(test: AppTest, name: str, content: bytes) -> AppTest:
        uploader = next(iter(test.get("file_uploader")))
        uploader.upload(name, content, "text/plain")
        return test.run()

    return upload


def to_the_end(test: AppTest, name: str, *, times: int = 100) -> AppTest:
    """Press the button of a study and do as the clock does, until it is over; returns the page."""
    test.button(key=f"run-{name}").click().run()
    for _ in range(times):
        if not any(button.key == f"stop-{name}" for button in test.button):
            return test
        test.run()
    raise AssertionError(f"{name} never ended")


@pytest.fixture
def said():
    """All text of a page, to look for a sentence in it."""
    kinds = ("title", "header", "markdown", "caption", "error", "warning", "info", "success")
    return lambda test: "\n".join(str(element.value) for kind in kinds for element in test.get(kind))


@pytest.fixture
def drawn():
    """What a component was given to draw: drawn(test, "strip-0"), None where it is not on the page."""

    def drawn(test: AppTest, key: str) -> dict | None:
        for element in test.get("bidi_component"):
            if element.proto.id.endswith(f"-{key}"):
                return json.loads(element.proto.json)
        return None

    return drawn


@pytest.fixture
def follow(drawn):
    """Do as the browser does: ask for what is slower until nothing is left; returns the page."""

    def follow(test: AppTest) -> AppTest:
        for _ in range(60):
            asked = drawn(test, "rows")["ask"]
            if not asked:
                return test
            test.session_state["rows"] = {"asked": asked}
            test.run()
        raise AssertionError("the slower rows never ended")

    return follow


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A language model with attention over 6 states and one without, by preset, in a folder of their own."""
    root = tmp_path_factory.mktemp("language-models")
    return {run.spec["preset"]: run for run in language_models(root, "repeat:3000", presets=LANGUAGE_PRESETS)}


@pytest.fixture
def language_root(models, no_demos, monkeypatch):
    """The folder of these runs, as the pages see it."""
    folder = next(iter(models.values())).folder.parent
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(folder))
    return folder
