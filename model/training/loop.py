"""The training loop, as a generator of events."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from model.compare.metrics import classification_metrics
from model.errors import LabError, ModelError
from model.explain.network import softmax
from model.networks.classifiers import TextClassifier
from model.training.batches import Documents, training_batches
from model.training.checkpoint import load_checkpoint, save_checkpoint
from model.training.device import PrivateRandomness, recurrence_dtype
from model.training.inference import logits
from model.training.optimizer import Optimizer, one_cycle
from model.training.settings import Settings

Event = dict[str, Any]

PROGRESS_SECONDS = 0.5  # between two progress events, and so between two chances to stop


@dataclass
class Progress:
    """What a training knows about itself besides tensors; saved in each checkpoint."""

    epoch: int = 0  # epochs done
    best_epoch: int = 0
    best_loss: float = math.inf  # validation, nats
    bad_epochs: int = 0  # since the best one
    rate_scale: float = 1.0  # of a plateau schedule
    seconds: float = 0.0
    training_seconds: float = 0.0  # without validation and checkpoints
    history: list[Event] = field(default_factory=list)


def fit(
    network: TextClassifier,
    train: Documents,
    validation: Documents,
    settings: Settings,
    *,
    checkpoint: Path | None = None,
) -> Iterator[Event]:
    """Train a network in place and leave it with the weights of its best epoch (lowest validation loss).

    Yields events, each with its "kind": boot (once; with the history of a training that goes on from `checkpoint`),
    progress (twice a second), epoch, improved, early_stop, done. Losses are cross-entropy in nats, unweighted and
    unsmoothed; rates are documents per second. Close the generator at any event to stop; what `checkpoint` holds
    then is the last epoch done. Raises LabError when the loss is no longer a number.
    """
    trainer = _Trainer(network, train, validation, settings)
    if checkpoint is not None and checkpoint.exists():
        trainer.load(checkpoint)
    yield trainer.boot()
    progress = trainer.progress
    stopped_early = trainer.out_of_patience()
    while progress.epoch < settings.epochs and not stopped_early:
        event = yield from trainer.epoch()
        improved = trainer.judge(event)
        stopped_early = trainer.out_of_patience()
        if checkpoint is not None:
            trainer.save(checkpoint)
        yield event
        if improved:
            yield {"kind": "improved", "epoch": progress.epoch, "validation": event["validation"]}
    if stopped_early:
        yield {"kind": "early_stop", "epoch": progress.epoch, "best_epoch": progress.best_epoch}
    yield trainer.finish()


class _Trainer:
    def __init__(self, network: TextClassifier, train: Documents, validation: Documents, settings: Settings) -> None:
        self.network, self.train, self.validation, self.settings = network, train, validation, settings
        self.device = network.embedding.weight.device
        network.rnn_autocast = recurrence_dtype(settings.precision, self.device)
        self.optimizer = Optimizer(network, settings)
        self.progress = Progress()
        self.class_weights = _class_weights(train, network.architecture.classes, settings)
        self.best: dict[str, torch.Tensor] = {}
        self.started = time.perf_counter()

    def boot(self) -> Event:
        return {
            "kind": "boot",
            "device": self.device.type,
            "precision": "float32" if self.network.rnn_autocast is None else "bfloat16",
            "epochs": self.settings.epochs,
            "documents": len(self.train),
            "resumed_after": self.progress.epoch,
            "history": list(self.progress.history),
        }

    def epoch(self) -> Iterator[Event]:
        """One pass over the training texts; yields progress and returns the epoch's event."""
        number = self.progress.epoch + 1
        generator = np.random.default_rng([self.settings.seed, number])
        batches = training_batches(self.train.lengths, self.settings.batch_size, generator)
        randomness = PrivateRandomness(int(generator.integers(2**31)), self.device)
        self.network.train()
        totals = torch.zeros(3, dtype=torch.float64, device=self.device)  # loss, correct, documents
        began = told = time.perf_counter()
        done = 0
        while done < len(batches):
            with randomness:
                while done < len(batches) and time.perf_counter() - told < PROGRESS_SECONDS:
                    self._rate(number - 1 + done / len(batches))
                    totals += self._update(batches[done])
                    done += 1
            told = time.perf_counter()
            loss, accuracy, rate = self._running(totals, told - began, number)
            if done < len(batches):
                yield {
                    "kind": "progress", "epoch": number, "share": done / len(batches), "loss": loss,
                    "accuracy": accuracy, "documents_per_second": rate,
                    "learning_rate": self.optimizer.learning_rate,
                }  # fmt: skip
        self.optimizer.flush()
        elapsed = time.perf_counter() - began
        loss, accuracy, rate = self._running(totals, elapsed, number)
        self.progress.training_seconds += elapsed
        self.network.eval()
        probabilities = softmax(logits(self.network, self.validation))
        return {
            "kind": "epoch", "epoch": number, "train": {"loss": loss, "accuracy": accuracy},
            "validation": classification_metrics(probabilities, self.validation.labels.cpu().numpy()),
            "learning_rate": self.optimizer.learning_rate, "documents_per_second": rate,
        }  # fmt: skip

    def judge(self, event: Event) -> bool:
        """Take note of an epoch: is it the best, should the learning rate fall."""
        progress = self.progress
        progress.epoch = event["epoch"]
        now = time.perf_counter()
        progress.seconds += now - self.started
        self.started = now
        event["seconds"] = progress.seconds
        progress.history.append(event)
        loss = event["validation"]["loss"]
        if not self.best or loss < progress.best_loss:
            progress.best_loss, progress.best_epoch, progress.bad_epochs = loss, progress.epoch, 0
            self.best = {name: value.clone() for name, value in self.network.state_dict().items()}
            return True
        progress.bad_epochs += 1
        if self.settings.schedule == "plateau":
            progress.rate_scale /= 2
        return False

    def out_of_patience(self) -> bool:
        patience = self.settings.patience
        return patience is not None and self.progress.bad_epochs >= patience

    def finish(self) -> Event:
        self.network.load_state_dict(self.best)
        self.network.eval()
        progress = self.progress
        documents = len(self.train) * progress.epoch
        return {
            "kind": "done", "epochs": progress.epoch, "best_epoch": progress.best_epoch,
            "validation": progress.history[progress.best_epoch - 1]["validation"], "seconds": progress.seconds,
            "documents_per_second": documents / max(progress.training_seconds, 1e-9),
        }  # fmt: skip

    def save(self, path: Path) -> None:
        tensors = {
            "network": self.network.state_dict(),
            "best": self.best,
            "optimizer": self.optimizer.state(),
        }
        save_checkpoint(path, tensors=tensors, state=asdict(self.progress))

    def load(self, path: Path) -> None:
        tensors, state = load_checkpoint(path)
        try:
            self.network.load_state_dict(tensors["network"])
            self.optimizer.load_state(tensors["optimizer"])
            self.best = {name: value.to(self.device) for name, value in tensors["best"].items()}
            self.progress = Progress(**state)
        except (KeyError, TypeError, RuntimeError) as error:
            raise ModelError(f"checkpoint {path} is of another training ({error}); delete it") from error

    def _rate(self, epochs_done: float) -> None:
        scale = self.progress.rate_scale
        if self.settings.schedule == "one-cycle":
            scale = one_cycle(epochs_done / self.settings.epochs)
        self.optimizer.learning_rate = self.settings.learning_rate * scale

    def _update(self, index: np.ndarray) -> torch.Tensor:
        """One step; returns summed loss, correct and number of the batch's documents. index: (B,) -> (3,)."""
        ids, mask = self.train.batch(index)
        labels = self.train.labels[torch.from_numpy(index).to(self.device)]
        embeddings = self.optimizer.embed(self.network.drop_words(ids))  # (B, T, E)
        logits = self.network.classify_embedded(embeddings, mask, self.network.sentences(ids)).logits  # (B, C)
        F.cross_entropy(
            logits, labels, weight=self.class_weights, label_smoothing=self.settings.label_smoothing
        ).backward()
        self.optimizer.step()
        with torch.no_grad():
            plain = F.cross_entropy(logits, labels, reduction="sum")
            correct = (logits.argmax(1) == labels).sum()
            return torch.stack([plain.double(), correct.double(), plain.new_tensor(len(index)).double()])

    def _running(self, totals: torch.Tensor, seconds: float, epoch: int) -> tuple[float, float, float]:
        loss, correct, documents = totals.tolist()
        if not math.isfinite(loss):
            raise LabError(
                f"the loss is no longer a number in epoch {epoch}; lower the learning rate"
                f" (now {self.settings.learning_rate:g}) or set clip (now {self.settings.clip})"
            )
        return loss / documents, correct / documents, documents / max(seconds, 1e-9)


def _class_weights(train: Documents, classes: int, settings: Settings) -> torch.Tensor | None:
    """Weight of each class, N / (C * its count): rare classes count as much as common ones. -> (C,) or None."""
    if settings.class_weights == "none":
        return None
    counts = torch.bincount(train.labels, minlength=classes).clamp(min=1)
    return len(train) / (classes * counts.float())
