"""What a GPU makes of our training: an epoch of 120,000 texts as long as AG News', several at once, attributions.

    python -m tests.benchmarks.benchmark_gpu [--device cuda] [--texts 120000] [--batches 256,512,1024,2048,4096]
                                             [--repeats 3] [--plain-steps 200] [--json FILE]
                                             [--only epochs,graphs,sharing,attributions]

Seconds are those of the clock, from an idle GPU to an idle GPU. The plain way is the loop of most lessons on the same
GPU, on a part of the texts and scaled up: random batches of 16, each brought there by itself. An epoch is all that
`fit()` does but validation. "graphs" is an experiment (see `gpu_graphs`). Together and one after another: processes
that share the GPU without NVIDIA's MPS. "--device cpu --texts 2000" shows that all of it works.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from model.explain.attribution import attribute, attribute_many
from model.training.batches import Documents
from model.training.classifier_trainer import ClassifierTrainer
from model.training.settings import Settings
from tests.benchmarks import machine
from tests.benchmarks.gpu_graphs import GraphedTraining
from tests.benchmarks.gpu_sharing import Trainings
from tests.benchmarks.gpu_texts import CLASSES, TEXTS, WORDS, made_texts
from tests.benchmarks.networks import BENCHES, Bench
from tests.benchmarks.sides import PlainTraining
from tests.benchmarks.table import Goal, Row, table

BATCHES = (256, 512, 1024, 2048, 4096)
PRECISIONS = ("float32", "bfloat16")  # autocast makes float16 of the latter in cuDNN's recurrent layers
GOALS = {"a": 1.5, "b": 3.0}  # seconds
PLAIN_STEPS = 200
LONG, SHORT = 200, 20  # tokens of texts to explain
PARTS = ("epochs", "graphs", "sharing", "attributions")
METHODS = ("saliency", "integrated_gradients", "leave_one_out")


def measure(*, quick: bool, device: str = "cuda") -> list[Row]:
    """All rows; quick: a turn each, of few texts."""
    if quick:
        few = rows_of(device, texts=1_000, batches=(256,), repeats=1, plain_steps=10, together=(2,), examples=(1, 8))
        return list(few)
    return list(rows_of(device, texts=TEXTS, batches=BATCHES, repeats=3))


def rows_of(
    device: str,
    *,
    texts: int,
    batches: Sequence[int],
    repeats: int,
    plain_steps: int = PLAIN_STEPS,
    together: Sequence[int] = (2, 4),
    examples: tuple[int, int] = (10, 256),
    parts: Sequence[str] = PARTS,
) -> Iterator[Row]:
    """Rows of some parts; `together`: trainings at once; `examples`: long texts and short ones to explain."""
    train = made_texts(texts, torch.device(device))
    if "epochs" in parts:
        for bench in BENCHES.values():
            plain = tuple(_plain_epoch(bench, train, plain_steps) for _ in range(repeats))
            yield from _epochs(bench, train, batches, repeats, plain)
    if "sharing" in parts:
        for count in together:
            yield from _sharing(device, count, texts=texts // 6, repeats=repeats)
    if "attributions" in parts:
        yield from _attributions(torch.device(device), *examples)
    if "graphs" in parts:  # last: what cannot be recorded may leave CUDA in disorder
        for bench in BENCHES.values():
            for settings in _settings(bench, batches):
                network = _network(bench, torch.device(device))
                network.rnn_autocast = None if settings.precision == "float32" else torch.bfloat16
                yield _graphed(GraphedTraining(network, train, settings), bench, repeats)


def _settings(bench: Bench, batches: Sequence[int]) -> list[Settings]:
    return [
        replace(bench.sized(batch=batch).settings(), precision=precision)
        for batch in batches
        for precision in PRECISIONS
    ]


def _named(bench: Bench, settings: Settings) -> str:
    return f"{bench.name}, batch {settings.batch_size}, {settings.precision}"


def _epochs(
    bench: Bench, train: Documents, batches: Sequence[int], repeats: int, plain: tuple[float, ...]
) -> Iterator[Row]:
    device = train.labels.device
    goals = (Goal(GOALS[bench.name]),) if len(train) == TEXTS and device.type == "cuda" else ()
    for settings in _settings(bench, batches):
        trainer = ClassifierTrainer(_network(bench, device), train, train, settings)
        trainer._validated = lambda number: {}  # an epoch alone
        seconds = _timed(lambda trainer=trainer: list(trainer.epoch(lambda: False)), device, repeats)
        what = f"epoch of {_named(bench, settings)}"
        yield Row("gpu", what, "s", seconds, plain, goals=goals, device=device.type)


def _graphed(training: GraphedTraining, bench: Bench, repeats: int) -> Row:
    """An epoch by CUDA graphs; what torch refuses to record is said in the row."""
    generator, device = np.random.default_rng(13), training.device
    row = Row("gpu", f"epoch by graphs of {_named(bench, training.settings)}", "s", (), device=device.type)
    started = time.perf_counter()
    try:
        training.prepare()
        recorded = time.perf_counter() - started
        seconds = _timed(lambda: training.epoch(generator), device, repeats)
    except RuntimeError as error:
        return replace(row, note=f"not to be recorded: {str(error).splitlines()[0]}")
    return replace(row, ours=seconds, note=f"recorded in {recorded:.1f} s")


def _plain_epoch(bench: Bench, train: Documents, steps: int) -> float:
    """Seconds of an epoch of the plain loop, from some of its steps."""
    device = train.labels.device
    training = PlainTraining(_network(bench, device), train, seed=13)
    training.run(max(1, steps // 10))
    _wait(device)
    started = time.perf_counter()
    work = training.run(steps)
    _wait(device)
    return (time.perf_counter() - started) * len(train) / work.documents


def _sharing(device: str, count: int, *, texts: int, repeats: int) -> Iterator[Row]:
    for name, bench in BENCHES.items():
        with Trainings(name, device, count=count, texts=texts, epochs=1) as trainings:
            together, alone = zip(
                *((trainings.together(), trainings.one_after_another()) for _ in range(repeats)), strict=True
            )
        what = f"{count} trainings of {name} at once, batch {bench.batch}; plain: one after another"
        yield Row("gpu", what, "s", together, alone, device=device)


def _attributions(device: torch.device, long: int, short: int) -> Iterator[Row]:
    bench = BENCHES["b"]
    network, generator = _network(bench, device).eval(), np.random.default_rng(13)
    texts = generator.integers(2, WORDS, (long, LONG))
    many = [generator.integers(2, WORDS, size) for size in generator.integers(SHORT // 2, 2 * SHORT, short)]
    for method in METHODS:
        attribute(network, texts[0], method=method, target=0)
        seconds = tuple(
            _timed(lambda ids=ids, way=method: attribute(network, ids, method=way, target=0), device, 1, warm=0)[0]
            for ids in texts
        )
        yield Row("gpu", f"{method} of {bench.name}, {LONG} tokens", "s", seconds, device=device.type)
        all_at_once = _timed(
            lambda way=method: attribute_many(network, many, method=way, targets=[0] * len(many)), device, 1
        )
        yield Row("gpu", f"{method} of {bench.name}, {short} short texts", "s", all_at_once, device=device.type)


def _network(bench: Bench, device: torch.device) -> torch.nn.Module:
    return bench.build(words=WORDS, classes=CLASSES).to(device)


def _timed(work: Callable[[], object], device: torch.device, repeats: int, *, warm: int = 1) -> tuple[float, ...]:
    """Seconds of each repeat, after some that do not count."""
    seconds = []
    for _ in range(warm + repeats):
        _wait(device)
        started = time.perf_counter()
        work()
        _wait(device)
        seconds.append(time.perf_counter() - started)
    return tuple(seconds[warm:])


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def main() -> None:
    """Measure what is asked for and print it, row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--texts", type=int, default=TEXTS)
    parser.add_argument("--batches", default=",".join(map(str, BATCHES)))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--plain-steps", type=int, default=PLAIN_STEPS)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = machine.facts(threads=1)
    print(machine.in_words(found))
    batches = [int(batch) for batch in options.batches.split(",")]
    rows = []
    for row in rows_of(
        options.device, texts=options.texts, batches=batches, repeats=options.repeats,
        plain_steps=options.plain_steps, parts=options.only.split(","),
        examples=(10, 256) if options.texts >= TEXTS // 10 else (1, 8),
    ):  # fmt: skip
        rows.append(row)
        print(row.what, *(f"{second:.3f}" for second in row.ours), row.note, flush=True)
        if options.json:  # each time: what was measured stays when the machine's time is up
            told = {"machine": found, "rows": [row.to_dict() for row in rows]}
            options.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
