"""Small real trainings that are broken off in every way, and what must be true of them in the end."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from model.data.datasets import resolve
from model.runs.run import REPOSITORY, Run
from model.studies.training import prepare
from model.training.settings import Settings
from tests.runs import processes

EPOCHS = 6
wait_for = partial(processes.wait_for, seconds=120.0)  # real trainings take a while

# A server without its pages: the queue alone. It tells that it is there by the file "serving".
SERVER = """
import sys, time
from pathlib import Path
from model.runs.jobs import JobQueue
root = Path(sys.argv[1])
queue = JobQueue(root, cores=1)
assert queue.trouble is None, queue.trouble
(root / "serving").touch()
while True:
    time.sleep(1)
"""


def small_runs(root: Path, count: int = 2, *, epochs: int = EPOCHS, owner: str | None = None) -> list[Run]:
    """Runs of the same settings on the same data, a few seconds each."""
    settings = Settings(vectors="none", epochs=epochs, hidden_size=32, embedding_size=16, patience=None)
    dataset = resolve("diagnostic:keyword:1200")
    return [
        prepare(root, dataset, presets=["bilstm-additive"], seeds=1, settings=settings, owner=owner)[0]
        for _ in range(count)
    ]


def start_server(root: Path) -> subprocess.Popen:
    """A server in a process of its own; whoever starts it kills it."""
    (root / "serving").unlink(missing_ok=True)
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(root)], cwd=REPOSITORY)
    wait_for(lambda: (root / "serving").exists() or server.poll() is not None)
    assert server.poll() is None
    return server


def events(run: Run, kind: str) -> list[dict]:
    return [event for event in run.events()[0] if event["kind"] == kind]


def epochs(run: Run) -> list[int]:
    return [event["epoch"] for event in events(run, "epoch")]


def assert_like_unbroken(broken: Run, whole: Run, *, processes: int) -> None:
    """The broken training ended as the whole one did, told each event once, and its folder holds nothing else."""
    assert broken.state["state"] == "done" and not broken.claimed and not broken.stop_asked
    assert len(events(broken, "boot")) == processes
    assert epochs(broken) == epochs(whole) == list(range(1, EPOCHS + 1)), "each epoch is told once, in order"
    assert [event["epoch"] for event in events(broken, "improved")] == [
        event["epoch"] for event in events(whole, "improved")
    ]
    assert len(events(broken, "done")) == 1 and broken.events()[0][-1]["kind"] == "done"
    for ours, theirs in zip(events(broken, "epoch"), events(whole, "epoch"), strict=True):
        for name in ("train", "validation", "learning_rate"):
            assert ours[name] == theirs[name]
    for line in (broken.folder / "events.jsonl").read_bytes().splitlines(keepends=True):
        assert line.endswith(b"\n") and json.loads(line)
    mine, others = (load_file(run.folder / "model.safetensors") for run in (broken, whole))
    assert mine.keys() == others.keys()
    for name, value in mine.items():
        np.testing.assert_array_equal(value, others[name], err_msg=name)
    for name in ("test", "validation", "best_epoch", "epochs", "baselines"):
        assert broken.report[name] == whole.report[name]
    extra = {path.name for path in broken.folder.iterdir()} - {path.name for path in whole.folder.iterdir()}
    assert extra <= {"worker.log", "claim.lock"}, "no checkpoint, no draft, no wish to stop is left"
