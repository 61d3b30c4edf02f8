"""What the process of a job is given, and its last words."""

import os
import subprocess
import sys

from model.runs.launch import last_line, launch
from model.runs.run import REPOSITORY


def test_the_worker_gets_its_threads_and_its_log(make_run, monkeypatch):
    run = make_run()
    seen = {}

    class Popen:
        def __init__(self, command, *, env, stdout, **options):
            seen.update(command=command, env=env, log=stdout.name, **options)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    launch(run, threads=3)
    assert seen["command"] == [sys.executable, "-m", "model.worker", str(run.folder)]
    wanted = {"OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "3", "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000",
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
