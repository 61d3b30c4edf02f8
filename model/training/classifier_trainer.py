"""The training of a classifier: batches of texts, cross-entropy with smoothed labels, metrics on validation texts."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from model.compare.metrics import classification_metrics
from model.explain.network import softmax
from model.networks.classifiers import TextClassifier
from model.training.batches import Batch, Documents, Epoch, training_batches
from model.training.inference import logits
from model.training.optimizer import Optimizer
from model.training.probe import probe_interval, probe_outputs
from model.training.settings import Settings
from model.training.trainer import Event, Trainer


class ClassifierTrainer(Trainer):
    """The state of a classifier's training; with `probe`, events tell the network's outputs for those texts."""

    rate_name = "documents_per_second"

    def __init__(
        self,
        network: TextClassifier,
        train: Documents,
        validation: Documents,
        settings: Settings,
        *,
        probe: Documents | None = None,
    ) -> None:
        optimizer = Optimizer(network, settings, train_embedding=not settings.freeze_vectors)
        super().__init__(network, settings, optimizer)
        self.train, self.validation, self.amount = train, validation, len(train)
        self.class_weights = _class_weights(train, network.architecture.classes, settings)
        self.probe = probe
        # Before a checkpoint is loaded: what the network says before training, also in one that goes on.
        self.untrained = None if probe is None else probe_outputs(network, probe)

    def boot(self) -> Event:
        event = {
            "kind": "boot",
            "device": self.device.type,
            "precision": self.precision,
            "epochs": self.settings.epochs,
            "documents": len(self.train),
            "resumed_after": self.progress.epoch,
            "history": list(self.progress.history),
        }
        return event if self.untrained is None else {**event, "probe": self.untrained}

    def _steps(self, generator: np.random.Generator) -> Epoch:
        return self.train.epoch(training_batches(self.train.lengths, self.settings.batch_size, generator))

    def _update(self, batch: Batch) -> torch.Tensor:
        """One step; returns summed loss, correct and number of the batch's documents, (3,).

        Nothing here may ask a GPU for a number, nor copy one to it: the host would wait, and the GPU after it.
        """
        ids, mask, labels = batch
        embeddings = self.optimizer.embed(self.network.drop_words(ids))  # (B, T, E)
        logits = self.network.classify_embedded(embeddings, mask, self.network.sentences(ids)).logits  # (B, C)
        F.cross_entropy(
            logits, labels, weight=self.class_weights, label_smoothing=self.settings.label_smoothing
        ).backward()
        self.optimizer.step()
        with torch.no_grad():
            plain = F.cross_entropy(logits, labels, reduction="sum")
            correct = (logits.argmax(1) == labels).sum()
            return torch.stack([plain.double(), correct.double(), plain.new_full((), len(labels)).double()])

    def _measured(self, totals: list[float]) -> tuple[dict[str, float], float]:
        loss, correct, documents = totals
        return {"loss": loss / documents, "accuracy": correct / documents}, documents

    def _validated(self, number: int) -> Event:
        scores = logits(self.network, self.validation)  # (N, C)
        if not np.isfinite(scores).all():
            raise self._no_number(number)
        labels = self.validation.labels.cpu().numpy()
        event = {"validation": classification_metrics(softmax(scores), labels)}
        if self.probe is not None:
            classes, epochs = self.network.architecture.classes, self.settings.epochs
            if number % probe_interval(self.probe, classes=classes, epochs=epochs) == 0:
                event["probe"] = probe_outputs(self.network, self.probe)
        return event


def _class_weights(train: Documents, classes: int, settings: Settings) -> torch.Tensor | None:
    """Weight of each class, N / (C * its count): rare classes count as much as common ones. -> (C,) or None."""
    if settings.class_weights == "none":
        return None
    counts = torch.bincount(train.labels, minlength=classes).clamp(min=1)
    return len(train) / (classes * counts.float())
