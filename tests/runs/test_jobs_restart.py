"""Servers that end, are killed, start again, or are two: what was left unfinished goes on, in its order."""

import os
import subprocess
import sys
import time

import pytest

from model.errors import RunError
from model.runs.jobs import JobQueue, job_queue
from model.runs.launch import available_cores
from model.runs.run import REPOSITORY
from tests.runs.processes import fake_launch, go, pid_of, wait_for, wait_state


def test_closing_interrupts_and_the_next_queue_goes_on_in_the_old_order(make_run, open_queue):
    queue = open_queue()
    runs = [make_run(seed=seed) for seed in range(3)]
    for run in runs:
        queue.submit(run)
    wait_for(lambda: runs[0].events()[0])
    worker = pid_of(runs[0])
    queue.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert [run.state["state"] for run in runs] == ["interrupted", "queued", "queued"]
    with pytest.raises(RunError, match="closing"):
        queue.submit(make_run())

    newer = make_run()
    queue = open_queue()
    queue.submit(newer)
    wait_state(runs[0], "running")
    assert [queue.position(run.id) for run in [*runs, newer]] == [0, 1, 2, 3]


def test_closing_kills_a_worker_that_does_not_end(make_run, open_queue):
    queue = open_queue()
    run = make_run(title="stubborn")
    queue.submit(run)
    wait_for(lambda: run.events()[0])
    queue.close(grace=0.2)
    assert not run.claimed and run.state["state"] == "interrupted"


def test_what_a_killed_server_left_is_recovered_by_ticket_not_by_id(make_run, open_queue):
    runs = [make_run(seed=seed) for seed in range(4)]
    left = ("queued", 30), ("running", 10), ("interrupted", 40), ("starting", 20)
    for run, (state, ticket) in zip(runs, left, strict=True):
        run.set_state(state, ticket=ticket)
    by_hand = make_run()
    by_hand.set_state("interrupted")  # on the command line: nobody asked a server for it
    ended = [make_run() for _ in range(2)]
    for run, state in zip(ended, ("failed", "cancelled"), strict=True):
        run.set_state("queued", ticket=5)
        run.set_state(state)
    queue = open_queue()
    wait_state(runs[1], "running")
    assert [queue.position(run.id) for run in runs] == [2, 0, 3, 1]
    assert all(queue.position(run.id) is None for run in [by_hand, *ended])
    assert by_hand.state["state"] == "interrupted"
    assert [run.state["message"][:22] for run in (runs[0], runs[2])] == ["", "The server was restart"]


def test_what_a_visitor_had_just_begun_when_the_server_was_killed_is_queued(make_run, open_queue):
    old = make_run()
    old.set_state("queued", ticket=2**52)  # the clock was ahead then
    theirs = [make_run(owner="a" * 64) for _ in range(2)]
    at_the_shell = make_run()  # whose own process trains it
    queue = open_queue()
    wait_state(old, "running")
    assert [queue.position(run.id) for run in (old, *theirs, at_the_shell)] == [0, 1, 2, None]
    assert 2**52 < theirs[0].state["ticket"] < theirs[1].state["ticket"] and at_the_shell.state["ticket"] is None


def test_a_worker_that_outlives_its_server_is_waited_for(make_run, open_queue):
    run = make_run()
    run.set_state("running", ticket=1)
    orphan = fake_launch(run, threads=1)
    wait_for(lambda: run.events()[0])
    queue = open_queue()
    time.sleep(0.2)
    assert len(run.events()[0]) == 1 and queue.position(run.id) == 1, "two processes would write one checkpoint"
    orphan.terminate()
    orphan.wait()
    wait_for(lambda: len(run.events()[0]) == 2)
    go(run)
    wait_state(run, "done")


def test_a_second_server_only_shows_until_the_first_ends(make_run, open_queue):
    first = open_queue()
    run = make_run()
    first.submit(run)
    wait_state(run, "running")
    second = open_queue()
    assert first.trouble is None
    other = make_run()
    with pytest.raises(RunError, match=r"another Attention Lab server works on .*; use that one"):
        second.submit(other)
    assert other.state["state"] == "cancelled" and second.position(run.id) is None
    first.close()
    wait_for(lambda: second.trouble is None and second.position(run.id) == 0)
    wait_state(run, "running")


def test_a_root_that_cannot_be_used_is_told_at_submit_not_at_start(tmp_path, make_run):
    (tmp_path / "file").write_text("")
    queue = JobQueue(tmp_path / "file", launch=fake_launch)
    assert "cannot be written" in queue.trouble
    run = make_run()
    with pytest.raises(RunError, match="cannot be written"):
        queue.submit(run)
    queue.close()


def test_a_server_that_ends_takes_its_workers_with_it(make_run, root):
    run = make_run()
    code = (
        "import sys; from tests.runs.processes import fake_launch; from model.runs.jobs import JobQueue\n"
        "from model.runs.run import Run; import time\n"
        "run = Run(sys.argv[1]); queue = JobQueue(run.folder.parent, launch=fake_launch); queue.submit(run)\n"
        "while not run.events()[0]: time.sleep(0.01)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", code, str(run.folder)]
    subprocess.run(command, env=environment, cwd=root, check=True, timeout=30)
    assert run.state["state"] == "interrupted" and not run.claimed


def test_one_queue_per_process_and_folder(root, tmp_path):
    first = job_queue(root)
    try:
        assert job_queue(root) is first and first.root == root and first.running == available_cores() >= 1
    finally:
        first.close()
