"""Estimated against actual time and memory of ten varied trainings: python -m tests.benchmarks.benchmark_estimates

The estimate is asked for as the Train page does. Then the training runs as the queue runs it, in a worker of its own,
and is timed from the start of that process until its report is there; memory is the process's peak of resident pages
(Linux). Patience never strikes: "at most" is what is estimated. The training "beside another" has a second one of its
kind at its side.

An estimate can know nothing of what else the machine will do. "busy" is how many seconds passed for each second of
the processor, while the estimate was made and while the training ran: 1 on an idle machine. "pace" is the ratio of
the seconds with that divided out. Where the two differ by more than a third the pair is marked with * and done again,
once; if the machine is still unlike, its pace is judged instead. --only takes a part of a name.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from model.data.dataset import dataset_hash
from model.data.datasets import load_builtin
from model.data.splits import Dataset, Split, save_dataset
from model.runs.launch import launch
from model.runs.store import keep_data
from model.studies import estimate
from model.studies.training import prepare
from model.training.settings import Settings

LIMIT = 2.0
ALIKE, TRIES = 4 / 3, 2


class Case(NamedTuple):
    data: str
    rows: int | None  # of the training texts; None for all
    options: dict
    beside: int = 0


PLAIN = {"vectors": "none"}
CASES = {
    "tiny": Case("diagnostic:keyword", 200, {"preset": "lstm", "epochs": 10, **PLAIN}),
    "tiny, many epochs": Case("diagnostic:order", None, {"preset": "gru", "epochs": 40, **PLAIN}),
    "one epoch": Case("rotten-tomatoes", None, {"preset": "rnn-mean", "epochs": 1}),
    "mostly defaults": Case("rotten-tomatoes", None, {"preset": "bilstm-additive", "epochs": 6}),
    "wide": Case("rotten-tomatoes", 1500, {"preset": "bilstm-2layer", "hidden_size": 200, "epochs": 3, **PLAIN}),
    "sentences": Case("imdb-short", None, {"preset": "han", "epochs": 1}),
    "long texts": Case("imdb", 1500, {"preset": "bilstm-multihead", "epochs": 2, "max_tokens": 300}),
    "five classes": Case("bbc-news", None, {"preset": "lstm-dot", "epochs": 2, "max_tokens": 150, "batch_size": 99}),
    "many texts": Case("rotten-tomatoes", 40_000, {"preset": "lstm", "epochs": 1, "batch_size": 256, **PLAIN}),
    "beside another": Case("chinese-reviews", 3000, {"preset": "bilstm-dot", "epochs": 3}, 1),
}  # fmt: skip


class Figures(NamedTuple):
    """What was estimated and what came, and how busy the machine was at each."""

    seconds: tuple[float, float]
    megabytes: tuple[float, float]
    busy: tuple[float, float]

    @property
    def alike(self) -> bool:
        """Whether the machine was about as busy."""
        return max(self.busy) / min(self.busy) <= ALIKE

    @property
    def pace(self) -> float:
        """The ratio of estimated and actual seconds, had the machine been as busy at both."""
        return (self.seconds[0] / self.busy[0]) / (self.seconds[1] / self.busy[1])

    @property
    def furthest(self) -> float:
        """The factor between an estimate and what came."""
        time = self.seconds[0] / self.seconds[1] if self.alike else self.pace
        memory = self.megabytes[0] / self.megabytes[1]
        return max(time, 1 / time, memory, 1 / memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    only = parser.parse_args().only
    began, worst = time.monotonic(), 1.0
    columns = f"{'estimated':>10} {'actual':>8} {'ratio':>6}"
    print(f"{'training':20} {columns}   {columns}   busy      pace")
    for name, case in CASES.items():
        if only in name:
            for _ in range(TRIES):
                figures = _compare(case)
                pairs = (("s", *figures.seconds), ("M", *figures.megabytes))
                cells = [f"{a:8.1f} {unit} {b:6.1f} {unit} {a / b:6.2f}" for unit, a, b in pairs]
                busy = (
                    f"{figures.busy[0]:.1f}, {figures.busy[1]:.1f} {' ' if figures.alike else '*'} {figures.pace:.2f}"
                )
                print(f"{name:20} {'   '.join(cells)}   {busy}", flush=True)
                if figures.alike:
                    break
            worst = max(worst, figures.furthest)
    inside = "all within" if worst <= LIMIT else "NOT all within"
    print(f"{inside} a factor of {LIMIT:g}: the furthest is {worst:.2f}; {time.monotonic() - began:.0f} s in all")


def _compare(case: Case) -> Figures:
    settings = Settings.from_dict({"patience": None, **case.options})
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        data = _data(root, case)
        runs = prepare(root, data, presets=[settings.preset], seeds=1 + case.beside, settings=settings)
        processor, began = _processor(), time.monotonic()
        asked = estimate.begin(root, data, [settings.to_dict()])
        while not asked.done:
            time.sleep(0.1)
        if asked.error:
            raise SystemExit(asked.error)
        before = (time.monotonic() - began) / (_processor() - processor)
        processor, began = _processor(), time.monotonic()
        process, *beside = [launch(run, threads=1) for run in runs]
        most, run = 0.0, runs[0]
        while not (run.folder / "report.json").exists() and process.poll() is None:
            most = max(most, _peak(process.pid))
            time.sleep(0.05)
        seconds = time.monotonic() - began
        for each in (process, *beside):
            each.wait()
        if run.report is None:
            raise SystemExit(f"{run.state['state']}: {run.state['message']}")
        during = (time.monotonic() - began) * len(runs) / (_processor() - processor)
    result = asked.results[0]
    return Figures((result["seconds"], seconds), (result["megabytes"], most), (before, during))


def _processor() -> float:
    """Seconds of the processor that all ended processes of ours have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _data(root: Path, case: Case) -> dict:
    """The data as a spec names it; cut, or repeated with a number in every text, it lies below `root`."""
    whole = load_builtin(case.data)
    if case.rows is None:
        return {"name": whole.name, "sha256": whole.sha256, "folder": None, "report": whole.report}
    texts, labels = whole.train
    times = -(-case.rows // len(texts))
    many = [f"{text} {turn}" if turn else text for turn in range(times) for text in texts][: case.rows]
    train = Split(many, (labels * times)[: case.rows])
    tenth = case.rows // 10
    splits = {"train": train, "validation": Split(*(c[:tenth] for c in whole.validation)),
              "test": Split(*(c[:tenth] for c in whole.test))}  # fmt: skip
    counts = {name: len(split.texts) for name, split in splits.items()}
    labelled = [label for split in splits.values() for label in split.labels]
    report = {**whole.report, **counts, "classes": {label: labelled.count(label) for label in whole.classes}}
    dataset = Dataset(name="cut.csv", **splits, classes=whole.classes, report=report, sha256=dataset_hash(splits))
    folder = keep_data(root, dataset.sha256, lambda draft: save_dataset(dataset, draft))
    return {"name": dataset.name, "sha256": dataset.sha256, "folder": folder, "report": report}


def _peak(pid: int) -> float:
    """Megabytes that a process has had in memory at most."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM")), 0.0)


if __name__ == "__main__":
    main()
