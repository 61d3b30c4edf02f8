"""Both sides train: on every text of an epoch, or on as many batches as asked for, spread over all lengths."""

import numpy as np
import pytest
import torch

from model.training.batches import Documents
from tests.benchmarks.networks import Bench
from tests.benchmarks.sides import OurTraining, PlainTraining

BENCH = Bench("tiny", "bilstm-additive", 8, 8, 20, 1e-2)


@pytest.fixture
def documents():
    generator = np.random.default_rng(0)
    lengths = np.arange(200) % 50 + 1
    return Documents([generator.integers(2, 40, length) for length in lengths], np.arange(200) % 2)


@pytest.fixture(params=["plain", "ours"])
def training(request, documents):
    network = BENCH.build(words=40, classes=2)
    if request.param == "plain":
        return PlainTraining(network, documents, seed=1, batch=20)
    return OurTraining(network, documents, BENCH.settings())


def test_an_epoch_reads_every_text_once(training):
    batches = training.epoch(np.random.default_rng(0))
    assert np.array_equal(np.sort(np.concatenate(batches)), np.arange(200))


def test_steps_change_the_network_and_are_counted(training):
    network = training.network if isinstance(training, PlainTraining) else training.trainer.network
    before = {name: value.clone() for name, value in network.state_dict().items()}
    work = training.run(3)
    assert 40 < work.documents <= 60 and work.seconds > 0 and work.processor > 0
    assert work.tokens > work.documents
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == set(before)


def test_few_steps_are_spread_over_all_lengths(training):
    """Any single batch of ours has texts of one length nearly; a third of them, three times, has the mean of all."""
    means = []
    for seed in range(20):
        batches = training._batches(5, np.random.default_rng(seed))
        assert len(batches) == 5
        means.append(training.train.lengths[np.concatenate(batches)].mean())
    assert max(abs(mean - 25.5) for mean in means) < 6


def test_more_steps_than_an_epoch_has(training):
    epoch = len(training.epoch(np.random.default_rng(0)))
    assert len(training._batches(2 * epoch + 3, np.random.default_rng(0))) >= 2 * epoch + 3


def test_the_plain_side_drops_nothing(documents):
    network = BENCH.build(words=40, classes=2)
    PlainTraining(network, documents, seed=1)
    network.train()
    ids, mask = documents.batch(np.arange(4))
    first, second = (network.classify_embedded(network.embed(ids), mask).logits for _ in range(2))
    assert torch.equal(first, second)
