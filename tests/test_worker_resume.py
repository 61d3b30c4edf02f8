"""Real trainings in real processes, killed, cancelled and resumed: the result is that of an unbroken one."""

import os
import signal
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from model.data.datasets import resolve
from model.runs.bundle import bundle, unbundle
from model.runs.jobs import JobQueue
from model.studies.training import execute, prepare
from model.training.settings import Settings

EPOCHS = 6


@pytest.fixture
def queues():
    """A list for the queues that a test opens; they are closed at its end."""
    opened = []
    yield opened
    for queue in opened:
        queue.close()


@pytest.fixture
def runs(tmp_path):
    """Two runs of the same settings on the same data."""
    settings = Settings(vectors="none", epochs=EPOCHS, hidden_size=32, embedding_size=16, patience=None)
    dataset = resolve("diagnostic:keyword:1200")
    return [
        prepare(tmp_path / "runs", dataset, presets=["bilstm-additive"], seeds=1, settings=settings)[0]
        for _ in range(2)
    ]


def epochs(run):
    return [event["epoch"] for event in run.events()[0] if event["kind"] == "epoch"]


def wait_for(condition, *, seconds=120.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def test_killed_twice_and_resumed_it_ends_like_an_unbroken_run(runs, queues, tmp_path):
    whole, broken = runs
    queue = JobQueue(broken.folder.parent, cores=1)
    queues.append(queue)
    queue.submit(broken)
    wait_for(lambda: len(epochs(broken)) >= 2)
    os.kill(broken.state["pid"], signal.SIGKILL)
    wait_for(lambda: broken.state["state"] == "failed")
    assert len(epochs(broken)) < EPOCHS and (broken.folder / "checkpoint.safetensors").exists()
    assert "was killed from outside" in broken.state["message"]

    queue.resume(broken)
    wait_for(lambda: sum(event["kind"] == "boot" for event in broken.events()[0]) == 2)
    queue.close()  # the server ends
    assert broken.state["state"] in ("interrupted", "done"), "on a fast machine it may have got through"

    queue = JobQueue(broken.folder.parent, cores=1)  # and starts again
    queues.append(queue)
    execute(whole)
    wait_for(lambda: queue.position(broken.id) is None)
    assert broken.state["state"] == "done"
    assert epochs(broken) == epochs(whole) == list(range(1, EPOCHS + 1)), "each epoch is told once"
    ours, theirs = (load_file(run.folder / "model.safetensors") for run in (broken, whole))
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)
    assert broken.report["test"] == whole.report["test"]
    assert not (broken.folder / "checkpoint.safetensors").exists()

    # What a training writes is what a bundle may hold.
    again = unbundle(bundle(broken.folder, tmp_path / "run.zip"), tmp_path / "elsewhere")
    assert again.events() == broken.events() and again.report == broken.report
    assert (again.folder / "model.safetensors").read_bytes() == (broken.folder / "model.safetensors").read_bytes()


def test_a_cancelled_training_shows_at_once_and_ends_soon(runs, queues):
    run = runs[0]
    queue = JobQueue(run.folder.parent, cores=1)
    queues.append(queue)
    queue.submit(run)
    wait_for(lambda: epochs(run))
    started = time.monotonic()
    assert queue.cancel(run.id) and run.state["state"] == "cancelled"
    assert time.monotonic() - started < 0.5
    wait_for(lambda: queue.position(run.id) is None, seconds=30)
    assert run.state["state"] == "cancelled" and run.report is None and not run.claimed
