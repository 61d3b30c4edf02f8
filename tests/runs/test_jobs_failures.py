"""Workers that crash, are killed, cannot be started, or have no room to say so: the queue goes on."""

import os
import signal

import pytest

from model.errors import RunError
from model.runs import crew, jobs
from model.runs.run import Run
from tests.runs.processes import fake_launch, go, pid_of, wait_for, wait_state


def test_a_worker_that_ignores_cancelling_is_killed(make_run, open_queue, monkeypatch):
    monkeypatch.setattr(crew, "STOP_GRACE", 0.2)
    queue = open_queue()
    run = make_run(title="stubborn")
    queue.submit(run)
    wait_state(run, "running")
    wait_for(lambda: run.events()[0])
    queue.cancel(run.id)
    wait_for(lambda: queue.position(run.id) is None)
    assert not run.claimed and run.state["state"] == "cancelled"


def test_a_crash_says_what_the_log_said_last_and_can_be_resumed(make_run, open_queue):
    queue = open_queue()
    run = make_run(title="crash")
    go(run)
    queue.submit(run)
    wait_state(run, "failed")
    assert run.state["message"] == (
        "The training process ended unexpectedly with exit code 1. It can be resumed."
        " Last words: ValueError: the moon is in the wrong phase"
    )
    wait_for(lambda: queue.position(run.id) is None)
    queue.resume(run)
    wait_for(lambda: len(run.events()[0]) == 2)


def test_a_killed_worker_fails_and_can_be_resumed(make_run, open_queue):
    queue = open_queue()
    run = make_run()
    queue.submit(run)
    wait_for(lambda: run.events()[0])
    with pytest.raises(RunError, match="is still being trained"):
        queue.resume(run)
    os.kill(pid_of(run), signal.SIGKILL)
    wait_state(run, "failed")
    assert "was killed from outside" in run.state["message"]
    queue.resume(run)
    wait_state(run, "running")
    with pytest.raises(RunError, match="is running already"):
        queue.submit(run)
    go(run)
    wait_state(run, "done")
    with pytest.raises(RunError, match="is finished"):
        queue.resume(run)


def test_a_process_that_cannot_be_started_fails_its_job_and_the_next_one_starts(make_run, open_queue):
    first, second = make_run(title="no"), make_run()

    def picky(run, *, threads, gpu):
        if run.title == "no":
            raise OSError(12, "Cannot allocate memory")
        return fake_launch(run, threads=threads)

    queue = open_queue(launch=picky)
    for run in (first, second):
        queue.submit(run)
    wait_state(second, "running")
    assert first.state["message"] == "The training process could not be started: Cannot allocate memory."


def test_a_job_that_cannot_be_written_waits_and_the_queue_goes_on(make_run, open_queue, monkeypatch):
    monkeypatch.setattr(jobs, "RETRY", 0.3)
    first, second = make_run(), make_run()
    full = [True]
    real = Run.set_state

    def set_state(run, state, **options):
        if full and run.id == first.id and state == "starting":
            raise RunError("no space left on the disk")
        return real(run, state, **options)

    monkeypatch.setattr(Run, "set_state", set_state)
    queue = open_queue(cores=2)
    for run in (first, second):
        queue.submit(run)
    wait_state(second, "running")
    assert queue.position(first.id) == 1
    full.clear()
    wait_state(first, "running")


def test_on_a_full_disk_what_became_of_a_job_is_written_later(make_run, open_queue, monkeypatch):
    monkeypatch.setattr(crew, "RETRY", 0.1)
    monkeypatch.setattr(crew, "STOP_GRACE", 0.1)
    cancelled, crashed = make_run(title="stubborn"), make_run(title="crash")
    queue = open_queue(cores=2)
    for run in (cancelled, crashed):
        queue.submit(run)
        wait_for(lambda run=run: run.events()[0])
    real = Run.set_state

    def full(run, state, **options):
        raise RunError("no space left on the disk")

    monkeypatch.setattr(Run, "set_state", full)
    with pytest.raises(RunError, match="no space left"):
        queue.cancel(cancelled.id)
    go(crashed)
    wait_for(lambda: not cancelled.claimed and not crashed.claimed)
    assert cancelled.state["state"] == crashed.state["state"] == "running"
    monkeypatch.setattr(Run, "set_state", real)
    wait_state(cancelled, "cancelled")
    wait_state(crashed, "failed")
