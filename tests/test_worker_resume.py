"""Real trainings in real processes, killed, cancelled and resumed: the result is that of an unbroken one."""

import os
import signal
import time

import pytest

from model.runs.bundle import bundle, unbundle
from model.runs.jobs import JobQueue
from model.runs.run import ACTIVE
from model.studies.training import execute
from tests.worker_trainings import (
    EPOCHS,
    assert_like_unbroken,
    epochs,
    events,
    small_runs,
    start_server,
    wait_for,
)


@pytest.fixture
def runs(tmp_path):
    """Two runs of the same settings on the same data."""
    return small_runs(tmp_path / "runs")


@pytest.fixture
def servers():
    """A function that starts a server on a folder of runs; all are killed at the end."""
    started = []

    def start(root):
        started.append(start_server(root))
        return started[-1]

    yield start
    for server in started:
        server.kill()
        server.wait()


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
    wait_for(lambda: len(events(broken, "boot")) == 2)
    queue.close()  # the server ends
    assert broken.state["state"] in ("interrupted", "done"), "on a fast machine it may have got through"

    queue = JobQueue(broken.folder.parent, cores=1)  # and starts again
    queues.append(queue)
    execute(whole)
    wait_for(lambda: queue.position(broken.id) is None)
    assert_like_unbroken(broken, whole, processes=3)

    # What a training writes is what a bundle may hold.
    again = unbundle(bundle(broken.folder, tmp_path / "run.zip"), tmp_path / "elsewhere")
    assert again.events() == broken.events() and again.report == broken.report
    assert (again.folder / "model.safetensors").read_bytes() == (broken.folder / "model.safetensors").read_bytes()


def test_servers_killed_with_and_without_their_worker_and_its_result_is_that_of_an_unbroken_run(runs, servers):
    whole, broken = runs
    root = broken.folder.parent
    broken.set_state("queued", ticket=1)
    server = servers(root)
    wait_for(lambda: len(epochs(broken)) >= 1)
    server.kill()  # its worker sees that, and stops
    server.wait()
    wait_for(lambda: not broken.claimed, seconds=30)
    assert broken.state["state"] == "interrupted" and "goes on when it starts again" in broken.state["message"]
    assert (broken.folder / "checkpoint.safetensors").exists() and len(epochs(broken)) < EPOCHS

    server = servers(root)
    wait_for(lambda: len(events(broken, "boot")) == 2 and len(epochs(broken)) >= 3)
    worker = broken.state["pid"]
    os.kill(server.pid, signal.SIGSTOP)  # so that it cannot say what became of its worker
    os.kill(worker, signal.SIGKILL)
    server.kill()
    server.wait()
    wait_for(lambda: not broken.claimed, seconds=30)
    assert broken.state["state"] in ACTIVE, "nobody was left to say otherwise"
    # What a write cut off by the kill leaves behind.
    with open(broken.folder / "events.jsonl", "ab") as log:
        log.write(b'{"t": 1.0, "kind": "epo')
    for draft in ("checkpoint.safetensors.tmp", ".report.json.0123abcd.tmp"):
        (broken.folder / draft).write_bytes(b"half")

    servers(root)
    execute(whole)
    wait_for(lambda: broken.state["state"] == "done" and not broken.claimed)
    assert_like_unbroken(broken, whole, processes=3)


def test_a_stopped_training_is_done_with_its_best_so_far(runs, queues):
    run = runs[0]
    queue = JobQueue(run.folder.parent, cores=1)
    queues.append(queue)
    queue.submit(run)
    wait_for(lambda: len(epochs(run)) >= 2)
    assert queue.stop(run.id)
    wait_for(lambda: queue.position(run.id) is None)
    assert run.state["state"] == "done" and run.report["ended"] == "stopped"
    assert 2 <= run.report["epochs"] < EPOCHS and len(epochs(run)) == run.report["epochs"]
    assert run.report["test"]["accuracy"] >= 0 and (run.folder / "model.safetensors").exists()


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
