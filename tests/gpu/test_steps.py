"""On CUDA: a step of training waits for nothing, stays in cuDNN, and loses no gradient to its precision."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model.networks.build import build_network
from model.training.batches import Documents
from model.training.classifier_trainer import ClassifierTrainer
from model.training.settings import Settings

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")

DEVICE = torch.device("cuda")
WORDS, CLASSES = 5000, 4
PRESETS = ("lstm", "rnn-mean", "bilstm-2layer", "bilstm-additive", "bilstm-dot", "bilstm-feedforward-stacked")


def documents(texts, longest, *, device=DEVICE):
    generator = np.random.default_rng(0)
    sequences = [generator.integers(2, WORDS, size) for size in generator.integers(1, longest, texts)]
    return Documents(sequences, generator.integers(0, CLASSES, texts), device=device)


def trainer_of(train, **options):
    settings = Settings(embedding_size=32, hidden_size=32, batch_size=64, **options)
    torch.manual_seed(13)
    network = build_network(settings.architecture(vocabulary_size=WORDS, classes=CLASSES, embedding_size=32))
    return ClassifierTrainer(network.to(DEVICE).train(), train, train, settings)


@pytest.fixture
def waiting_is_an_error():
    """A function after which whatever makes the host wait for the GPU raises RuntimeError."""
    yield lambda: torch.cuda.set_sync_debug_mode("error")
    torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_step_waits_for_nothing(preset, precision, waiting_is_an_error):
    trainer = trainer_of(documents(600, 40), preset=preset, precision=precision, weight_decay=0.1, optimizer="adamw")
    epoch = trainer._steps(np.random.default_rng(1))
    totals = torch.zeros((), dtype=torch.float64, device=DEVICE)
    for number in range(2):  # libraries and the optimizer's moments are made on the way
        trainer._update(epoch[number])
    torch.cuda.synchronize()
    waiting_is_an_error()
    for number in range(len(epoch)):
        trainer._rate(number / len(epoch))
        totals = totals + trainer._update(epoch[number])
    torch.cuda.set_sync_debug_mode("default")
    loss, correct, texts = totals.tolist()
    assert texts == 600 and 0 <= correct <= 600 and np.isfinite(loss)


def test_taking_a_batch_waits_for_nothing_and_gives_what_the_cpu_gives(waiting_is_an_error):
    here, there = documents(500, 30, device="cpu"), documents(500, 30)
    plan = np.array_split(np.random.default_rng(2).permutation(500), 9)
    torch.cuda.synchronize()
    waiting_is_an_error()
    epoch = there.epoch(plan)
    batches = [epoch[number] for number in range(len(epoch))]
    torch.cuda.set_sync_debug_mode("default")
    for batch, expected in zip(batches, here.epoch(plan), strict=True):
        assert batch.ids.cpu().equal(expected.ids) and batch.labels.cpu().equal(expected.labels)
        assert (batch.mask is None) == (expected.mask is None)
        assert batch.mask is None or batch.mask.cpu().equal(expected.mask)


def test_ids_past_the_words_are_unknown_on_the_gpu_too():
    flat = np.array([2, 7, 3, 9], np.int32)
    ids, _ = Documents.of_flat(flat, [0], [4], words=7, device=DEVICE).batch(np.array([0]))
    assert ids.tolist() == [[2, 1, 3, 1]] and flat.tolist() == [2, 7, 3, 9]


@pytest.mark.parametrize("preset", ["lstm", "bilstm-additive"])
def test_the_precision_of_training_loses_no_gradient_in_large_batches(preset):
    """Each text's part in the gradient of a mean is small: float16 makes it 0 where nothing scales the loss."""
    train = documents(2048, 60)
    trainer = trainer_of(train, preset=preset, dropout=0.0, embedding_dropout=0.0, word_dropout=0.0)
    ids, mask = train.batch(np.arange(2048))
    gradients = []
    for dtype in (None, trainer.network.rnn_autocast):
        trainer.network.rnn_autocast = dtype
        embeddings = trainer.network.embed(ids).detach().requires_grad_()
        logits = trainer.network.classify_embedded(embeddings, mask).logits
        F.cross_entropy(logits, train.labels).backward()
        gradients.append(embeddings.grad)
    exact, ours = gradients
    assert (ours - exact).norm() / exact.norm() < 0.05
    lost = (ours == 0) & (exact.abs() > 1e-3 * exact.abs().max())
    assert not lost.any()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_recurrence_runs_in_cudnn(precision):
    """Packed texts, or weights that lie apart, would leave its quick kernels; of the latter torch warns."""
    trainer = trainer_of(documents(300, 30), preset="bilstm-additive", precision=precision)
    ids, mask = trainer.train.batch(np.arange(64))
    assert mask is not None
    encoded = trainer.network.encode(trainer.network.embed(ids), mask)
    pending, names = [encoded.states.states.grad_fn], set()
    while pending:
        node = pending.pop()
        if node is not None and node.name() not in names:
            names.add(node.name())
            pending += [parent for parent, _ in node.next_functions]
    assert "CudnnRnnBackward0" in names, names
