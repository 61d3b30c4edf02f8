"""The two ways to train, step by step: the loop of most lessons, and ours."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from model.networks.classifiers import TextClassifier
from model.training.batches import Documents, training_batches
from model.training.classifier_trainer import ClassifierTrainer
from model.training.settings import Settings

PLAIN_BATCH = 16


class Work(NamedTuple):
    """What some steps went through, and their seconds on the clock and of processor time."""

    documents: int
    tokens: int
    seconds: float
    processor: float


class Training(ABC):
    """A training that goes on for as many steps as it is asked for."""

    def __init__(self, train: Documents, *, seed: int) -> None:
        self.train = train
        self._seeds = np.random.SeedSequence(seed)

    @abstractmethod
    def epoch(self, generator: np.random.Generator) -> list[np.ndarray]:
        """The batches of an epoch, in their order."""

    @abstractmethod
    def train_on(self, batches: Sequence[np.ndarray]) -> None:
        """One update from the texts at each of these indices, and all that belongs to it."""

    def run(self, steps: int) -> Work:
        """So many steps, on batches spread evenly over the lengths of an epoch's, so that any count is fair."""
        generator = np.random.default_rng(self._seeds.spawn(1)[0])
        batches = self._batches(steps, generator)
        started, used = time.perf_counter(), time.process_time()
        self.train_on(batches)
        seconds, processor = time.perf_counter() - started, time.process_time() - used
        read = np.concatenate(batches)
        return Work(len(read), int(self.train.lengths[read].sum()), seconds, processor)

    def _batches(self, steps: int, generator: np.random.Generator) -> list[np.ndarray]:
        """Whole epochs, and of one more as many batches as are left, evenly over its batches in order of length."""
        batches = []
        while len(batches) < steps:
            epoch, left = self.epoch(generator), steps - len(batches)
            if left < len(epoch):
                by_length = sorted(epoch, key=lambda index: self.train.lengths[index].max())
                places = (np.arange(left) + generator.random()) * len(epoch) / left
                epoch = [by_length[int(place)] for place in generator.permutation(places)]
            batches += epoch
        return batches


class PlainTraining(Training):
    """The loop of most lessons: random batches padded to their longest text, torch.optim.Adam as it comes, float32.

    The network is without dropout.
    """

    def __init__(self, network: TextClassifier, train: Documents, *, seed: int, batch: int = PLAIN_BATCH) -> None:
        super().__init__(train, seed=seed)
        network.embedding_dropout.rate = network.dropout.p = 0.0
        self.network, self.batch = network, batch
        self.optimizer = torch.optim.Adam(network.parameters())

    def epoch(self, generator: np.random.Generator) -> list[np.ndarray]:
        order = generator.permutation(len(self.train))
        return np.split(order, range(self.batch, len(order), self.batch))

    def train_on(self, batches: Sequence[np.ndarray]) -> None:
        self.network.train()
        for index in batches:
            ids, mask = self.train.batch(index)
            self.optimizer.zero_grad()
            output = self.network.classify_embedded(self.network.embed(ids), mask)
            F.cross_entropy(output.logits, self.train.labels[torch.from_numpy(index)]).backward()
            self.optimizer.step()


class OurTraining(Training):
    """The steps of `model.training`, as `fit()` takes them."""

    def __init__(self, network: TextClassifier, train: Documents, settings: Settings) -> None:
        super().__init__(train, seed=settings.seed)
        self.trainer = ClassifierTrainer(network, train, train, settings)

    def epoch(self, generator: np.random.Generator) -> list[np.ndarray]:
        return training_batches(self.train.lengths, self.trainer.settings.batch_size, generator)

    def train_on(self, batches: Sequence[np.ndarray]) -> None:
        self.trainer.network.train()
        for batch in self.train.epoch(batches):
            self.trainer._update(batch)  # a step alone: fit() would validate, and end with whole epochs
        self.trainer.optimizer.flush()
