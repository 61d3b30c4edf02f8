"""The measurements of a GPU go through on the CPU, on networks that take no time."""

import numpy as np
import pytest
import torch

from tests.benchmarks import benchmark_gpu
from tests.benchmarks.benchmark_gpu import rows_of
from tests.benchmarks.gpu_graphs import GraphedTraining
from tests.benchmarks.gpu_sharing import Trainings
from tests.benchmarks.gpu_texts import CLASSES, WORDS, made_texts
from tests.benchmarks.networks import Bench

SMALL = Bench("a", "bilstm-additive", 6, 4, 16, 1e-2)


def test_texts_are_as_long_as_those_of_ag_news():
    texts = made_texts(20_000, torch.device("cpu"))
    assert texts.lengths.mean() == pytest.approx(46.1, abs=1.0)
    assert texts.lengths.min() == 16 and 200 < texts.lengths.max() <= 253
    ids, mask = texts.batch(np.arange(2000))
    words = ids[mask]
    assert words.min() == 2 and words.max() < WORDS
    first, second = ((words == word).sum().item() for word in (2, 3))
    assert first == pytest.approx(2 * second, rel=0.1)  # Zipf
    assert set(texts.labels.tolist()) == set(range(CLASSES))


def test_a_recordable_step_learns_from_every_whole_batch():
    train = made_texts(100, torch.device("cpu"))
    training = GraphedTraining(SMALL.build(words=WORDS, classes=CLASSES), train, SMALL.settings())
    training.prepare()
    losses = []
    for number in range(12):
        loss, correct, texts = training.epoch(np.random.default_rng(number))
        assert texts == 96 and 0 <= correct <= 96  # six batches of 16; four texts are left over
        losses.append(loss / texts)
    assert losses[0] == pytest.approx(np.log(CLASSES), abs=0.1) and losses[-1] < losses[0] - 0.1


def test_each_part_gives_its_rows(monkeypatch):
    monkeypatch.setattr(benchmark_gpu, "BENCHES", {"a": SMALL, "b": SMALL})
    parts = ("epochs", "graphs", "attributions")
    rows = list(rows_of("cpu", texts=60, batches=(32,), repeats=1, plain_steps=2, examples=(1, 2), parts=parts))
    names = [row.what for row in rows]
    assert names[0] == "epoch of a, batch 32, float32" and "epoch by graphs of a, batch 32, float32" in names
    assert "leave_one_out of a, 200 tokens" in names and len(names) == 4 + 6 + 4
    assert all(seconds > 0 for row in rows for seconds in row.ours)
    assert rows[0].plain and not rows[0].goals, "a goal is for all texts on a GPU"


@pytest.mark.slow
def test_trainings_at_once_and_one_after_another():
    with Trainings("a", "cpu", count=2, texts=64, epochs=1) as trainings:
        assert trainings.together() > 0 and trainings.one_after_another() > 0
