"""Trainings in small for the queue's tests, in processes of their own, and waiting for what they do."""

import subprocess
import sys
import time

from model.runs.run import REPOSITORY

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
        if run.title == "stoppable" and run.stop_asked:
            run.append_event({"kind": "stopped"})
            break
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
