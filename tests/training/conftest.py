"""A small task for the training loop: is word 5 in the text?"""

import numpy as np
import pytest
import torch

from model.networks.build import build_network
from model.training import trainer
from model.training.batches import Documents
from model.training.device import PrivateRandomness
from model.training.loop import fit
from model.training.settings import Settings

VOCABULARY = 60
SETTINGS = Settings(
    preset="bilstm-additive", hidden_size=8, embedding_size=8, epochs=4, batch_size=16, learning_rate=1e-2
)


class Task:
    """400 training and 100 validation texts of random words, a network on its seed, and its training."""

    settings = SETTINGS

    def __init__(self):
        self.train, self.validation = self.texts(400, 0), self.texts(100, 1)

    @staticmethod
    def texts(count, seed):
        """Random words; a text is of class 1 where word 5 stands in it."""
        generator = np.random.default_rng(seed)
        sequences, labels = [], []
        for _ in range(count):
            ids = generator.integers(6, VOCABULARY, size=generator.integers(3, 12)).astype(np.int32)
            label = int(generator.integers(2))
            if label:
                ids[generator.integers(len(ids))] = 5
            sequences.append(ids)
            labels.append(label)
        return Documents(sequences, labels)

    def network(self, settings=SETTINGS):
        with PrivateRandomness(settings.seed, torch.device("cpu")):
            return build_network(settings.architecture(vocabulary_size=VOCABULARY, classes=2, embedding_size=8))

    def events(self, network, *, settings=SETTINGS, **options):
        return fit(network, self.train, self.validation, settings, **options)

    def weights(self, network):
        return {name: value.tolist() for name, value in network.state_dict().items()}


@pytest.fixture(scope="session")
def task():
    return Task()


@pytest.fixture
def every_batch(monkeypatch):
    """Progress is told after every batch, of which an epoch has 25 or 26."""
    monkeypatch.setattr(trainer, "PROGRESS_SECONDS", 0.0)
