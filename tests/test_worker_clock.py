"""A clock that is set back and forward in mid-run changes neither the order of the queue nor a result."""

import json
import subprocess
import sys
import time

import pytest

from model.runs.crew import Crew
from model.runs.jobs import JobQueue
from model.runs.launch import Process
from model.runs.run import REPOSITORY, Run
from model.studies.training import execute
from tests.worker_trainings import assert_like_unbroken, epochs, events, small_runs, wait_for

YEAR = 365 * 86_400.0

# The worker as it is, by a clock that a file sets.
WORKER = """
import sys, time
real, real_ns = time.time, time.time_ns
shift = lambda: float(open(sys.argv[2]).read() or 0)
time.time, time.time_ns = lambda: real() + shift(), lambda: real_ns() + int(shift() * 1e9)
from model.worker import main
sys.exit(main([sys.argv[1]]))
"""


@pytest.fixture
def clock(tmp_path, monkeypatch):
    """A function that sets the clock of this process and of its workers, in seconds from the true time."""
    path, real, real_ns = tmp_path / "clock", time.time, time.time_ns
    shift = [0.0]

    def set_clock(seconds):
        shift[0] = seconds
        draft = path.with_suffix(".new")
        draft.write_text(str(seconds))
        draft.replace(path)

    def launch(run: Run, *, threads: int, gpu: str | None) -> Process:
        with open(run.folder / "worker.log", "ab") as log:
            command = [sys.executable, "-c", WORKER, str(run.folder), str(path)]
            return subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log, start_new_session=True)

    set_clock(0.0)
    monkeypatch.setattr(time, "time", lambda: real() + shift[0])
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + int(shift[0] * 1e9))
    set_clock.launch = launch
    return set_clock


def test_setting_the_clock_in_mid_run_changes_no_result_order_or_duration(tmp_path, clock):
    root = tmp_path / "runs"
    whole, broken, second, third = small_runs(root, 4)
    queue = JobQueue(root, cores=1, gpus=(), launch=clock.launch)
    try:
        begun = time.monotonic()
        queue.submit(broken)
        wait_for(lambda: len(epochs(broken)) >= 1)
        clock(-YEAR)
        assert queue.submit(second) == 1
        wait_for(lambda: len(epochs(broken)) >= 2)
        clock(+YEAR)
        assert queue.submit(third) == 2
        assert [queue.position(run.id) for run in (broken, second, third)] == [0, 1, 2]
        tickets = [run.state["ticket"] for run in (broken, second, third)]
        assert tickets == sorted(set(tickets))
        wait_for(lambda: broken.state["state"] == "done")
        lasted = time.monotonic() - begun
        assert abs(broken.state["since"] - time.time()) < 60, "the state's time is the clock's as it is now"
        queue.cancel(second.id)
        queue.cancel(third.id)
        wait_for(lambda: not any(run.claimed for run in (broken, second, third)), seconds=30)
    finally:
        queue.close()
    told = broken.events()[0]
    times = [event["t"] for event in told]
    assert times == sorted(times) and times[-1] - times[0] < lasted, "durations between events are true"
    assert 0 < broken.report["seconds"] < lasted and broken.report["documents_per_second"] > 0
    for event in told:
        assert event.get("seconds", 0.0) < lasted and event.get("documents_per_second", 1.0) > 0
    clock(0.0)
    with whole.claim():
        execute(whole)
    assert_like_unbroken(broken, whole, processes=1)


def test_a_server_restarted_under_another_clock_keeps_the_order(tmp_path, clock, monkeypatch):
    root = tmp_path / "runs"
    runs = small_runs(root, 3)
    monkeypatch.setattr(Crew, "has_place", lambda crew, run: False)  # nothing is to start here

    for place, shift in enumerate((YEAR, 0.0, -YEAR)):
        clock(shift)
        queue = JobQueue(root, cores=1, gpus=())
        try:
            queue.submit(runs[place])
            assert [queue.position(run.id) for run in runs[: place + 1]] == list(range(1, place + 2))
        finally:
            queue.close()
    assert [json.loads((run.folder / "state.json").read_text())["state"] for run in runs] == ["queued"] * 3
    assert events(runs[0], "boot") == []
