import os
import signal
import subprocess
import sys
import time

import pytest

from model.errors import RunError
from model.runs import crew, jobs
from model.runs.jobs import JobQueue, job_queue
from model.runs.launch import available_cores, last_line, launch
from model.runs.run import REPOSITORY, Run
from model.runs.store import delete_run

# A training in small: everything a worker does with its run, but no imports and no arithmetic. It goes on until the
# file "go" appears in its folder, and its title says how it ends.
FAKE = """
import os, signal, sys, time
from model.runs.run import Run
run = Run(sys.argv[1])
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append("signal"))
with run.claim(timeout=30):
    run.set_state("running")
    run.append_event({"kind": "boot", "pid": os.getpid()})
    while not (run.folder / "go").exists():
        time.sleep(0.01)
        if stop and run.title != "stubborn":
            run.set_state("cancelled" if run.state["state"] == "cancelled" else "interrupted")
            sys.exit(0)
    if run.title == "crash":
        sys.exit("ValueError: the moon is in the wrong phase")
    run.set_state("done")
"""


def fake_launch(run, *, threads, gpu=None):
    with open(run.folder / "worker.log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", FAKE, str(run.folder)], cwd=REPOSITORY, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(jobs, "TICK", 0.02)


@pytest.fixture
def open_queue(root):
    """A function that opens a queue on `root`; all are closed at the end, and with them their processes."""
    opened = []

    def opener(**options):
        opened.append(JobQueue(root, **{"cores": 1, "launch": fake_launch, **options}))
        return opened[-1]

    yield opener
    for queue in opened:
        queue.close()


def wait_for(condition, *, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def wait_state(run, state, *, seconds=10.0):
    wait_for(lambda: run.state["state"] == state, seconds=seconds)


def go(run):
    (run.folder / "go").touch()


def pid_of(run):
    return next(event["pid"] for event in reversed(run.events()[0]) if event["kind"] == "boot")


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


def test_a_server_that_ends_takes_its_workers_with_it(make_run, root):
    run = make_run()
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path; from test_jobs import fake_launch; from model.runs.jobs import JobQueue\n"
        "from model.runs.run import Run; import time\n"
        "run = Run(sys.argv[1]); queue = JobQueue(run.folder.parent, launch=fake_launch); queue.submit(run)\n"
        "while not run.events()[0]: time.sleep(0.01)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", code, str(run.folder), os.path.dirname(__file__)]
    subprocess.run(command, env=environment, cwd=root, check=True, timeout=30)
    assert run.state["state"] == "interrupted" and not run.claimed


def test_the_worker_gets_its_threads_and_its_log(make_run, monkeypatch):
    run = make_run()
    seen = {}

    class Popen:
        def __init__(self, command, *, env, stdout, **options):
            seen.update(command=command, env=env, log=stdout.name, **options)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    launch(run, threads=3)
    assert seen["command"] == [sys.executable, "-m", "model.worker", str(run.folder)]
    wanted = {"OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "3", "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0",
              "ATTENTION_LAB_SERVER": str(os.getpid())}  # fmt: skip
    assert wanted.items() <= seen["env"].items()
    assert seen["env"]["PYTHONPATH"].split(os.pathsep)[0] == str(REPOSITORY)
    assert seen["start_new_session"] and seen["log"] == str(run.folder / "worker.log")


def test_the_last_words_of_a_log(tmp_path):
    log = tmp_path / "worker.log"
    assert last_line(log) == ""
    log.write_bytes(b"x\n" * 10_000 + b"  the end \xff \n\n")
    assert last_line(log) == "the end \ufffd"
    log.write_bytes(b"y" * 100_000)
    assert last_line(log) == "y" * 500


def test_one_queue_per_process_and_folder(root, tmp_path):
    first = job_queue(root)
    try:
        assert job_queue(root) is first and first.root == root and first.running == available_cores() >= 1
    finally:
        first.close()
