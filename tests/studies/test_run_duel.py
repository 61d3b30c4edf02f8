"""Duels that are really trained: to their end, after an interrupt, and by a server that was killed in the middle."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from model.errors import RunError
from model.runs import duels
from model.runs.jobs import JobQueue
from model.runs.run import REPOSITORY
from model.studies import duel as room
from model.studies.comparison import comparison
from model.studies.duel import DuelPlan, begin, list_duels, run_duel
from model.studies.duel_course import follow
from model.studies.sides import sides_of
from tests.runs.processes import fake_launch, go, wait_for
from tests.studies.duels import SMALL, small_plan

# A server without its pages that sees to duels; its trainings do nothing, and end when they are told to.
SERVER = """
import sys, time
from pathlib import Path
from model.runs.jobs import JobQueue
from model.studies.duel_course import follow
from tests.runs.processes import fake_launch
root = Path(sys.argv[1])
queue = JobQueue(root, cores=2, gpus=(), launch=fake_launch)
assert queue.trouble is None, queue.trouble
follow(queue)
while True:
    time.sleep(1)
"""


@pytest.fixture
def root(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def serve(root):
    """A function that starts such a server; all are killed at the end."""
    servers = []

    def start():
        servers.append(subprocess.Popen([sys.executable, "-c", SERVER, str(root)], cwd=REPOSITORY))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()
        server.wait()


def states(duel):
    return [run.state["state"] for run in duel.runs()]


@pytest.mark.slow  # the command has a fast one without the interrupt
def test_a_duel_is_trained_interrupted_gone_on_with_and_then_simply_there(root, dataset, monkeypatch):
    plan = DuelPlan(presets=("lstm", "lstm-additive"), seeds=1, settings=SMALL | {"epochs": 1, "hidden_size": 24})
    told = []

    def interrupt(duel, progress):
        told.append(progress)
        if progress["done"]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_duel(root, dataset, plan, on_progress=interrupt, jobs=1)
    (begun,) = list_duels(root)
    assert told[0] == {"done": 0, "running": 0, "waiting": 2, "failed": 0, "total": 2} or told[0]["running"]
    done = begun.runs()[0]
    assert done.state["state"] == "done" and "running" not in states(begun)
    assert not any(run.claimed for run in begun.runs()), "no process outlives the interrupt"
    report = done.report

    duel = run_duel(root, dataset, plan, jobs=2)
    assert duel.id == begun.id and states(duel) == ["done"] * 2 and done.report == report
    assert 0 < report["milliseconds_per_prediction"] < 1000

    document = comparison(duel.runs())
    assert [side["key"] for side in document["sides"]] == ["lstm", "lstm-additive"]
    assert document["protocol"]["paired"] and document["protocol"]["seeds"] == [13]
    assert abs(document["sides"][0]["parameters_from_reference"]) <= 0.05
    planned = {side["key"]: side["parameters"] for side in duel.record["sides"]}
    assert {side["key"]: side["parameters_without_embeddings"] for side in document["sides"]} == planned
    assert {side.key for side in sides_of(duel.runs())} == set(planned)

    monkeypatch.setattr(room, "begin", None)
    again = run_duel(root, dataset, plan)
    assert again.id == duel.id, "what is trained already is not trained again"


def test_another_plan_data_or_owner_is_another_duel(root, dataset, monkeypatch):
    visitors = begin(root, dataset, small_plan(), owner="a" * 64)
    mine = begin(root, dataset, small_plan())
    assert room._same_duel(root, dataset, small_plan()).id == mine.id != visitors.id
    assert room._same_duel(root, mine.data, small_plan()).id == mine.id
    assert room._same_duel(root, dataset, small_plan(seeds=1)) is None
    assert room._same_duel(root, {**mine.data, "sha256": "0" * 64}, small_plan()) is None
    monkeypatch.setattr("model.runs.model_file.versions", lambda: {"attention_lab": "9.9"})
    assert room._same_duel(root, dataset, small_plan()) is None, "another version may train otherwise"


def test_where_a_server_works_the_command_line_says_so(root, dataset, queues):
    queues.append(JobQueue(root, gpus=(), launch=fake_launch))
    with pytest.raises(RunError, match="another Attention Lab server works on"):
        run_duel(root, dataset, small_plan())
    assert duels.ids(root) == []


def test_the_command_line_trains_its_duel_alone(root, dataset, monkeypatch):
    other = begin(root, dataset, small_plan(seeds=1), owner="a" * 64)
    monkeypatch.setattr(room, "JobQueue", lambda root, **options: JobQueue(root, gpus=(), launch=_at_once, **options))
    duel = run_duel(root, dataset, small_plan(presets=("lstm", "gru"), seeds=1))
    assert duel.state == "done" and set(states(other)) == {"queued"}


def _at_once(run, *, threads, gpu=None):
    go(run)
    return fake_launch(run, threads=threads, gpu=gpu)


def test_a_server_killed_in_mid_duel_goes_on_when_it_starts_again(root, dataset, serve):
    duel = begin(root, dataset, small_plan(presets=("lstm", "lstm-additive")), owner="a" * 64)
    server = serve()
    wait_for(lambda: states(duel)[:2] == ["running"] * 2, seconds=30)
    first, second, *rest = duel.runs()
    go(first)
    wait_for(lambda: states(duel)[0] == "done", seconds=30)
    server.send_signal(signal.SIGKILL)
    server.wait()
    assert duel.state == "training"
    for run in duel.runs():
        if run.claimed:  # a real worker sees that its server is gone; this one is ended by hand
            os.kill(run.events()[0][-1]["pid"], signal.SIGTERM)
    wait_for(lambda: not any(run.claimed for run in duel.runs()), seconds=30)
    serve()
    for run in (second, *rest):
        go(run)
    wait_for(lambda: duel.state == "done", seconds=60)
    assert states(duel) == ["done"] * 4 and first.report == second.report


def test_a_queue_that_follows_duels_takes_them_up_once(root, dataset, queues):
    queues.append(JobQueue(root, cores=1, gpus=(), launch=fake_launch))
    for _ in range(3):
        follow(queues[0])
    duel = begin(root, dataset, small_plan(presets=("lstm", "gru"), seeds=1), owner="a" * 64)
    for run in duel.runs():
        go(run)
    wait_for(lambda: duel.state == "done", seconds=30)
    assert all(len(run.events()[0]) == 1 for run in duel.runs())


@pytest.mark.slow
def test_a_search_and_shares_in_earnest(root, dataset):
    plan = small_plan(search=2, shares=(0.3,), settings=SMALL | {"epochs": 4})
    duel = run_duel(root, dataset, plan)
    assert duel.state == "done" and duel.progress() == {
        "done": plan.trainings, "running": 0, "waiting": 0, "failed": 0, "total": plan.trainings,
    }  # fmt: skip
    assert all(np.isfinite(result["loss"]) for result in duel.record["search"]["results"])
    assert len(list(root.glob("2*-*"))) == plan.trainings - 2 * 3, "the candidates are gone"
