"""A process for each side of a comparison, so that neither has the other's allocator, threads or caches.

    python -m tests.benchmarks.side plain|ours FOLDER

It takes requests, a JSON object a line, and answers each with one: how long so many steps of training took. The plain
side is started as a person starts a script; ours as a training of the app is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from model.runs.launch import own_environment
from model.training import device
from tests.benchmarks.corpora import ROOT, load_documents
from tests.benchmarks.networks import Bench
from tests.benchmarks.sides import OurTraining, PlainTraining, Training, Work


class Side:
    """The process of one side, as the one that asks sees it; `with` it, and it ends.

    threads: CPU threads of its training. nice: how far it stands back behind other processes. cores: those it may
    use (None: all). Raises RuntimeError when the process ended instead of answering.
    """

    def __init__(
        self, kind: str, folder: Path, *, threads: int = 1, nice: int = 0, cores: Sequence[int] | None = None
    ) -> None:
        self.kind = kind
        environment = own_environment(threads) if kind == "ours" else _plain_environment(threads)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.side", kind, str(folder), str(threads)],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if nice:
            os.setpriority(os.PRIO_PROCESS, self._process.pid, nice)
        if cores is not None:
            os.sched_setaffinity(self._process.pid, cores)

    def train(self, bench: Bench, data: str, *, steps: int) -> Work:
        """So many steps more of this network on this data; its first ones pay for imports and warming up."""
        self._process.stdin.write(json.dumps({"bench": asdict(bench), "data": data, "steps": steps}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process of the {self.kind} side ended with {self._process.wait()}")
        return Work(**json.loads(answer))

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def main(kind: str, folder: str, threads: str) -> None:
    """Answer requests until there are no more."""
    torch.set_num_threads(int(threads))
    if kind == "ours":
        device.keep_memory()
    known, training = None, None
    for line in sys.stdin:
        request = json.loads(line)
        steps = request.pop("steps")
        if request != known:
            training = None  # its memory first
            known, training = request, _training(kind, Path(folder), request)
        print(json.dumps(training.run(steps)._asdict()), flush=True)


def _training(kind: str, folder: Path, request: dict[str, Any]) -> Training:
    bench = Bench(**request["bench"])
    corpus, documents = load_documents(folder, request["data"])
    network = bench.build(words=corpus.words, classes=corpus.classes)
    if kind == "plain":
        return PlainTraining(network, documents, seed=13, batch=bench.batch)
    return OurTraining(network, documents, bench.settings())


def _plain_environment(threads: int) -> dict[str, str]:
    """What a person's shell gives a script, but for the number of threads."""
    unset = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}


if __name__ == "__main__":
    main(*sys.argv[1:])
