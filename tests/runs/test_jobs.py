"""What pages ask of the queue: to start, to cancel, to stop, and where a job stands."""

import time

import pytest

from model.errors import RunError
from model.runs.store import delete_run
from tests.runs.processes import go, wait_for, wait_state


def test_jobs_run_one_after_another_in_order(make_run, open_queue):
    queue = open_queue()
    runs = [make_run(seed=seed) for seed in range(3)]
    for run in runs:
        queue.submit(run)
    wait_state(runs[0], "running")
    assert [queue.position(run.id) for run in runs] == [0, 1, 2]
    assert [run.state["state"] for run in runs] == ["running", "queued", "queued"]
    go(runs[0])
    wait_state(runs[1], "running")
    assert [queue.position(run.id) for run in runs] == [None, 0, 1]
    go(runs[1])
    go(runs[2])
    wait_state(runs[2], "done")
    starts = [run.events()[0][0]["t"] for run in runs]
    assert starts == sorted(starts)


def test_threads_times_jobs_never_exceed_the_cores(make_run, open_queue):
    queue = open_queue(cores=4)
    runs = [make_run(threads=threads) for threads in (2, 1, 2, 1, 64)]
    for run in runs:
        queue.submit(run)
    wait_state(runs[1], "running")
    time.sleep(0.2)
    assert [run.state["state"] for run in runs] == ["running", "running", "queued", "queued", "queued"], (
        "2 + 1 threads run; the next wants 2 of the 1 left, and the one after it does not overtake it"
    )
    go(runs[0])
    wait_state(runs[3], "running")
    for run in runs[1:4]:
        go(run)
    wait_state(runs[4], "running")
    go(runs[4])
    wait_state(runs[4], "done")


def test_at_most_so_many_jobs_run(make_run, open_queue):
    queue = open_queue(cores=8, running=2)
    runs = [make_run() for _ in range(3)]
    for run in runs:
        queue.submit(run)
    wait_state(runs[1], "running")
    time.sleep(0.1)
    assert queue.position(runs[2].id) == 1


def test_a_full_queue_refuses_and_the_refused_can_be_resumed(make_run, open_queue):
    queue = open_queue(max_queued=2)
    running, *waiting, late = (make_run() for _ in range(4))
    queue.submit(running)
    wait_for(lambda: queue.position(running.id) == 0)
    assert [queue.submit(run) for run in waiting] == [1, 2]
    with pytest.raises(RunError, match=r"the queue is full \(2 trainings wait\)"):
        queue.submit(late)
    assert late.state["state"] == "cancelled" and "the queue is full" in late.state["message"]
    queue.cancel(waiting[0].id)
    assert queue.resume(late) == 2


def test_cancelling_shows_at_once_waiting_or_running(make_run, open_queue):
    queue = open_queue()
    running, waiting, last = (make_run() for _ in range(3))
    for run in (running, waiting, last):
        queue.submit(run)
    wait_state(running, "running")
    for run in (waiting, running):
        started = time.monotonic()
        assert queue.cancel(run.id)
        assert run.state["state"] == "cancelled" and time.monotonic() - started < 0.5
    wait_state(last, "running")
    assert running.state["state"] == waiting.state["state"] == "cancelled"
    assert waiting.events() == ([], 0), "it never started"
    assert not queue.cancel(running.id)
    go(last)
    wait_state(last, "done")
    assert not queue.cancel(last.id) and last.state["state"] == "done"
    with pytest.raises(RunError, match="is no run id"):
        queue.cancel("../../etc")


def test_deleting_a_waiting_run_takes_it_out_of_the_queue(make_run, open_queue):
    queue = open_queue()
    running, deleted, last = (make_run() for _ in range(3))
    for run in (running, deleted, last):
        queue.submit(run)
    wait_state(running, "running")
    delete_run(deleted)
    wait_for(lambda: queue.position(last.id) == 1)
    with pytest.raises(RunError, match="is being trained"):
        delete_run(running)
    go(running)
    wait_state(last, "running")


def test_a_run_of_another_folder_is_refused(tmp_path, make_run, open_queue):
    queue = open_queue()
    stranger = make_run(where=tmp_path / "elsewhere")
    with pytest.raises(RunError, match="but this queue works on"):
        queue.submit(stranger)


def test_tickets_rise_even_when_the_clock_is_set_back(make_run, open_queue, monkeypatch):
    queue = open_queue()
    runs = [make_run() for _ in range(3)]
    for run, now in zip(runs, (5_000_000_000_000_000_000, 1_000_000, 2_000_000), strict=True):
        monkeypatch.setattr(time, "time_ns", lambda now=now: now)
        queue.submit(run)
    tickets = [run.state["ticket"] for run in runs]
    assert tickets == sorted(set(tickets))
