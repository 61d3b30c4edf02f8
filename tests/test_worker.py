import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from model.runs.run import REPOSITORY
from model.runs.store import create_run
from tests.runs import processes

wait_for = partial(processes.wait_for, seconds=15.0)

# The worker as it is, around a training in small that is put in the place of the real one.
STUB = """
import sys, time, types
import model.worker as worker
from model.errors import SettingsError, Stopped

def train(run, *, stop, enough):
{body}

training = types.ModuleType("model.studies.training")
training.execute = train
sys.modules["model.studies.training"] = training
worker.GRACE = {grace}
worker.CLAIM_TIMEOUT = 0.2
sys.exit(worker.main([sys.argv[1]]))
"""
UNTIL_STOPPED = """
    run.set_state("running")
    run.append_event({"kind": "boot"})
    while True:
        time.sleep(0.01)
        if stop():
            raise Stopped(stop())
"""
DEAF = """
    run.set_state("running")
    run.append_event({"kind": "boot"})
    time.sleep(60)
"""


@pytest.fixture
def run(tmp_path):
    data = {
        "name": "none", "sha256": "0" * 64, "folder": None,
        "report": {"rows": 0, "dropped": {}, "duplicates": 0, "leaked_into_test": 0, "classes": {}, "train": 0,
                   "validation": 0, "test": 0},
    }  # fmt: skip
    return create_run(tmp_path, data=data, settings={"preset": "lstm", "seed": 13, "threads": 1}, versions={})


@pytest.fixture
def work():
    """A function that starts a worker on a run, with this body for its training; all are killed at the end."""
    started = []

    def start(run, body, *, grace=20.0, server=None):
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        environment.pop("ATTENTION_LAB_SERVER", None)
        if server:
            environment["ATTENTION_LAB_SERVER"] = str(server)
        code = STUB.format(body=body, grace=grace)
        command = [sys.executable, "-c", code, str(run.folder)]
        started.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_training_that_ends_well(run, work):
    process = work(run, "    run.set_state('done')")
    assert process.wait(15) == 0 and run.state["state"] == "done"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_interrupts(run, work, number):
    process = work(run, UNTIL_STOPPED)
    wait_for(lambda: run.events()[0])
    assert run.state["pid"] == process.pid and run.claimed
    process.send_signal(number)
    assert process.wait(15) == 0
    assert run.state["state"] == "interrupted" and "goes on when it starts again" in run.state["message"]


@pytest.mark.parametrize("with_signal", [True, False])
def test_cancelling_is_told_from_interrupting_with_or_without_a_signal(run, work, with_signal):
    process = work(run, UNTIL_STOPPED)
    wait_for(lambda: run.events()[0])
    run.set_state("cancelled")
    if with_signal:
        process.terminate()
    started = time.monotonic()
    assert process.wait(15) == 0
    assert run.state["state"] == "cancelled" and time.monotonic() - started < 5


def test_a_run_cancelled_before_its_worker_started_is_not_trained(run, work):
    run.set_state("cancelled")
    process = work(run, "    run.append_event({'kind': 'boot'})")
    assert process.wait(15) == 0
    assert run.state["state"] == "cancelled" and run.events()[0] == []


def test_a_worker_whose_server_is_gone_ends(run, work):
    process = work(run, UNTIL_STOPPED, server=os.getpid())
    wait_for(lambda: run.events()[0])
    time.sleep(0.3)
    assert process.poll() is None, "its server lives"
    process.terminate()
    process.wait(15)
    run.set_state("queued")
    orphan = work(run, UNTIL_STOPPED, server=1)
    assert orphan.wait(15) == 0 and run.state["state"] == "interrupted"


def test_killing_the_server_ends_the_worker(run):
    code = (
        "import sys, time; from model.runs import launch; from model.runs.run import Run\n"
        "launch.subprocess.Popen = lambda command, real=launch.subprocess.Popen, **options: real(\n"
        "    [sys.executable, '-c', sys.argv[2], command[-1]], **options)\n"
        "launch.launch(Run(sys.argv[1]), threads=1); time.sleep(60)\n"
    )
    body = STUB.format(body=UNTIL_STOPPED, grace=20)
    server = subprocess.Popen([sys.executable, "-c", code, str(run.folder), body], cwd=REPOSITORY)
    try:
        wait_for(lambda: run.events()[0])
    finally:
        server.kill()
        server.wait()
    wait_for(lambda: run.state["state"] == "interrupted" and not run.claimed)


def test_a_training_that_cannot_stop_is_ended_after_a_grace(run, work):
    process = work(run, DEAF, grace=0.3)
    wait_for(lambda: run.events()[0])
    process.terminate()
    assert process.wait(15) == 1
    assert run.state["state"] == "interrupted" and not run.claimed


@pytest.mark.parametrize(
    ("body", "message", "log"),
    [
        ("raise SettingsError('epochs is 0')", "epochs is 0", "epochs is 0\n"),
        (
            "raise ValueError('a\\n b')",
            "The training crashed (ValueError: a b).",
            "ValueError: a\n b\n",
        ),
        ("raise MemoryError", "Out of memory: choose a smaller batch_size", "MemoryError\n"),
        (
            'raise RuntimeError("DefaultCPUAllocator: can\'t allocate memory")',
            "Out of memory: choose a smaller batch_size",
            "can't allocate memory\n",
        ),
    ],
)
def test_a_failure_is_told_in_plain_words_and_its_story_in_the_log(run, work, body, message, log):
    process = work(run, f"    {body}")
    stderr = process.communicate(timeout=15)[1]
    assert process.returncode == 1 and run.state["state"] == "failed"
    assert run.state["message"].startswith(message) and stderr.endswith(log)


def test_a_run_that_another_process_trains_is_left_alone(run, work):
    with run.claim():
        run.set_state("running")
        process = work(run, "    run.append_event({'kind': 'boot'})")
        assert "is being trained by another process" in process.communicate(timeout=15)[1]
    assert process.returncode == 1 and run.state["state"] == "running" and run.events()[0] == []


@pytest.mark.parametrize("arguments", [[], ["/nowhere"], ["a", "b"]])
def test_what_is_no_run_is_refused_in_one_line(arguments):
    command = [sys.executable, "-m", "model.worker", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode in (1, 2) and len(done.stderr.splitlines()) == 1
    assert "RUN_DIR" in done.stderr or "is not a run" in done.stderr
