"""Several trainings at once on one GPU, each in a process of its own as those of a duel are.

    python -m tests.benchmarks.gpu_sharing NAME DEVICE TEXTS EPOCHS

The process makes its texts and its network, warms up, says "ready", and at every line it reads trains so many epochs.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

import torch

from model.runs.launch import own_environment
from tests.benchmarks.corpora import ROOT
from tests.benchmarks.gpu_texts import CLASSES, WORDS, made_texts
from tests.benchmarks.networks import BENCHES

_VALIDATION = 64  # texts; an epoch's time is to be that of its training


class Trainings:
    """So many processes that are ready to train; `with` them, and they end."""

    def __init__(self, name: str, device: str, *, count: int, texts: int, epochs: int) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.gpu_sharing", name, device, str(texts), str(epochs)]
        self._processes = [
            subprocess.Popen(
                command, cwd=ROOT, env=own_environment(1), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(count)
        ]
        self._hear(self._processes)

    def together(self) -> float:
        """Seconds until all have trained, all at once."""
        return self._timed(self._processes)

    def one_after_another(self) -> float:
        """Seconds until all have trained, each beginning when the one before has ended."""
        return sum(self._timed([process]) for process in self._processes)

    def __enter__(self) -> Trainings:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.stdin.close()
            process.stdout.close()
            process.wait()

    def _timed(self, processes: Sequence[subprocess.Popen[str]]) -> float:
        started = time.perf_counter()
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        self._hear(processes)
        return time.perf_counter() - started

    @staticmethod
    def _hear(processes: Sequence[subprocess.Popen[str]]) -> None:
        for process in processes:
            if not process.stdout.readline():
                raise RuntimeError(f"a training ended with {process.wait()} instead of answering")


def main(name: str, device: str, texts: str, epochs: str) -> None:
    """Train whenever a line comes, until there are no more."""
    from model.training.classifier_trainer import ClassifierTrainer

    torch.set_num_threads(1)
    bench = BENCHES[name]
    network = bench.build(words=WORDS, classes=CLASSES).to(device)
    train = made_texts(int(texts), torch.device(device))
    trainer = ClassifierTrainer(network, train, made_texts(_VALIDATION, torch.device(device)), bench.settings())
    list(trainer.epoch(lambda: False))
    print("ready", flush=True)
    for _ in sys.stdin:
        for _ in range(int(epochs)):
            list(trainer.epoch(lambda: False))
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
