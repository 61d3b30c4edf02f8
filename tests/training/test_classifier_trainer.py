"""A step of training leaves its device alone: on a GPU one number asked for makes the host wait for all before it."""

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from model.networks.build import build_network
from model.training.batches import Documents
from model.training.classifier_trainer import ClassifierTrainer
from model.training.settings import Settings

# Not the hierarchical one: it looks for sentences among the ids, and only the device knows how many there are.
NETWORKS = [
    {"preset": "lstm"}, {"preset": "rnn-mean"}, {"preset": "bilstm-dot"}, {"preset": "bilstm-multihead"},
    {"preset": "bilstm-feedforward-stacked"}, {"preset": "bilstm-feedforward", "attention_weights": "uniform"},
    {"preset": "bilstm-additive", "locked_dropout": 0.2, "optimizer": "adamw", "weight_decay": 0.1},
]  # fmt: skip


MADE_OF_NUMBERS = (torch.tensor, torch.as_tensor, torch.Tensor.new_tensor)  # on the CPU first, and then copied


class _Carried(TorchFunctionMode):
    """Collects the calls that bring something from the CPU to another device."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_function__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        before, after = (
            {leaf.device.type for leaf in tree_leaves(tensors) if isinstance(leaf, torch.Tensor)}
            for tensors in ([arguments, options], result)
        )
        if after - {"cpu"} and ("cpu" in before or function in MADE_OF_NUMBERS):
            self.found.append(function)
        return result


def _trainer(device, **options):
    generator = np.random.default_rng(0)
    sequences = [generator.integers(2, 50, size) for size in generator.integers(1, 4, 30)]
    settings = Settings(batch_size=8, hidden_size=8, embedding_size=6, device="cpu", **options)
    with torch.device(device):
        network = build_network(settings.architecture(vocabulary_size=50, classes=3, embedding_size=6))
    documents = Documents(sequences, generator.integers(0, 3, 30), device=device)
    return ClassifierTrainer(network.train(), documents, documents, settings)


@pytest.mark.parametrize("options", NETWORKS, ids=lambda options: options["preset"])
def test_a_step_asks_its_device_nothing_and_brings_it_nothing(options):
    """On the device "meta" tensors have no numbers: whoever asks for one gets an error."""
    trainer = _trainer("meta", **options)
    epoch = trainer._steps(np.random.default_rng(1))
    assert {batch.mask is None for batch in epoch} == {True, False}
    for number in range(len(epoch)):
        with _Carried() as carried:
            sums = trainer._update(epoch[number])
        assert sums.device.type == "meta" and sums.shape == (3,)
        assert carried.found == []
