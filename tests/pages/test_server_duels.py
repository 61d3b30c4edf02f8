"""The server sees to duels: from its start, without a visit, and in whatever folder of runs a page asks for."""

import asyncio

import pytest

import app as server
from model.runs import jobs
from model.runs.jobs import JobQueue
from model.studies.duel import begin
from pages.components import session
from tests.runs.processes import fake_launch, go, wait_for
from tests.studies.duels import small_plan


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder of runs for this test alone, and trainings that do nothing."""
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(jobs, "_queues", {})
    monkeypatch.setattr(jobs, "JobQueue", lambda root: JobQueue(root, cores=1, gpus=(), launch=fake_launch))
    monkeypatch.setattr(server, "_warm_up", lambda: None)
    return tmp_path / "runs"


@pytest.fixture
def duel(root):
    from model.data.datasets import load_builtin

    begun = begin(root, load_builtin("diagnostic:keyword:200"), small_plan(presets=("lstm", "gru"), seeds=1))
    for run in begun.runs():
        go(run)
    return begun


def test_a_server_trains_duels_from_its_start(duel):
    async def serve():
        async with server.lifespan(server.app):
            await asyncio.to_thread(wait_for, lambda: duel.state == "done", seconds=30)

    asyncio.run(serve())


def test_a_pages_queue_sees_to_duels_too(duel, queues):
    queues.append(session.job_queue())
    assert session.job_queue() is queues[0]
    wait_for(lambda: duel.state == "done", seconds=30)
