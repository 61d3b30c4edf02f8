"""One training: network, optimizer and what is known of its course; `loop.fit` says in which order things happen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from model.compare.metrics import classification_metrics
from model.errors import ModelError
from model.explain.network import softmax
from model.networks.classifiers import TextClassifier
from model.training.batches import Documents, training_batches
from model.training.checkpoint import load_checkpoint, save_checkpoint
from model.training.device import PrivateRandomness, recurrence_dtype
from model.training.failures import no_number
from model.training.inference import logits
from model.training.optimizer import Optimizer, one_cycle
from model.training.probe import probe_interval, probe_outputs
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
    ended: str | None = None  # why, once it has: "epochs", "early stop" or "stopped"


class Trainer:
    """The state of one training and its single steps; `network` is changed in place."""

    def __init__(
        self,
        network: TextClassifier,
        train: Documents,
        validation: Documents,
        settings: Settings,
        *,
        probe: Documents | None = None,
    ) -> None:
        self.network, self.train, self.validation, self.settings = network, train, validation, settings
        self.device = network.embedding.weight.device
        network.rnn_autocast = recurrence_dtype(settings.precision, self.device)
        self.optimizer = Optimizer(network, settings)
        self.progress = Progress()
        self.class_weights = _class_weights(train, network.architecture.classes, settings)
        self.best: dict[str, torch.Tensor] = {}
        self.probe = probe
        # Before a checkpoint is loaded: what the network says before training, also in one that goes on.
        self.untrained = None if probe is None else probe_outputs(network, probe)
        self.started = time.perf_counter()

    def boot(self) -> Event:
        """The first event: what is trained, where, and what came before."""
        event = {
            "kind": "boot",
            "device": self.device.type,
            "precision": self._precision,
            "epochs": self.settings.epochs,
            "documents": len(self.train),
            "resumed_after": self.progress.epoch,
            "history": list(self.progress.history),
        }
        return event if self.untrained is None else {**event, "probe": self.untrained}

    def epoch(self, enough: Callable[[], bool]) -> Iterator[Event]:
        """One pass over the training texts; yields progress and returns the epoch's event.

        An epoch that `enough` breaks off returns None, but the first: its event has the share of it that was done.
        """
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
                while True:
                    self._rate(number - 1 + done / len(batches))
                    totals += self._update(batches[done])
                    done += 1
                    if done == len(batches) or time.perf_counter() - told >= PROGRESS_SECONDS:
                        break
            told = time.perf_counter()
            loss, accuracy, rate = self._running(totals, told - began, number)
            if done < len(batches):
                yield {
                    "kind": "progress", "epoch": number, "share": done / len(batches), "loss": loss,
                    "accuracy": accuracy, "documents_per_second": rate,
                    "learning_rate": self.optimizer.learning_rate,
                }  # fmt: skip
                if enough():
                    break
        share = done / len(batches)
        if share < 1 and number > 1:
            return None
        self.optimizer.flush()
        elapsed = time.perf_counter() - began
        self.progress.training_seconds += elapsed
        event = self._validated(number, self._running(totals, elapsed, number))
        return event if share == 1 else {**event, "share": share}

    def _validated(self, number: int, running: tuple[float, float, float]) -> Event:
        """The event of an epoch whose updates are done, from (loss, accuracy, rate) in training."""
        self.network.eval()
        scores = logits(self.network, self.validation)  # (N, C)
        if not np.isfinite(scores).all():
            raise no_number(self.settings, epoch=number, precision=self._precision)
        event = {
            "kind": "epoch", "epoch": number, "train": {"loss": running[0], "accuracy": running[1]},
            "validation": classification_metrics(softmax(scores), self.validation.labels.cpu().numpy()),
            "learning_rate": self.optimizer.learning_rate, "documents_per_second": running[2],
        }  # fmt: skip
        if self.probe is not None:
            classes, epochs = self.network.architecture.classes, self.settings.epochs
            if number % probe_interval(self.probe, classes=classes, epochs=epochs) == 0:
                event["probe"] = probe_outputs(self.network, self.probe)
        return event

    def judge(self, event: Event) -> bool:
        """Take note of an epoch: is it the best, should the learning rate fall."""
        progress = self.progress
        progress.epoch = event["epoch"]
        self._tick()
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
        """Whether too many epochs have gone by without a better one."""
        patience = self.settings.patience
        return patience is not None and self.progress.bad_epochs >= patience

    def finish(self) -> Event:
        """Give the network the weights of its best epoch, and tell what came out."""
        self.network.load_state_dict(self.best)
        self.network.eval()
        progress = self.progress
        documents = len(self.train) * sum(event.get("share", 1.0) for event in progress.history)
        return {
            "kind": "done", "epochs": progress.epoch, "best_epoch": progress.best_epoch,
            "validation": progress.history[progress.best_epoch - 1]["validation"], "seconds": progress.seconds,
            "documents_per_second": documents / max(progress.training_seconds, 1e-9), "ended": progress.ended,
        }  # fmt: skip

    def end(self, why: str) -> None:
        """Note why the training ends; what was begun since the last epoch counts in its seconds alone."""
        self._tick()
        self.progress.ended = why

    def save(self, path: Path) -> None:
        """Write the checkpoint; right after an epoch, or once the training has ended."""
        tensors = {
            "network": self.network.state_dict(),
            "best": self.best,
            "optimizer": self.optimizer.state(),
        }
        save_checkpoint(path, tensors=tensors, state=asdict(self.progress))

    def load(self, path: Path) -> None:
        """Go on from a checkpoint. Raises ModelError for one of another training."""
        tensors, state = load_checkpoint(path)
        try:
            self.network.load_state_dict(tensors["network"])
            self.optimizer.load_state(tensors["optimizer"])
            self.best = {name: value.to(self.device) for name, value in tensors["best"].items()}
            self.progress = Progress(**state)
            if self.progress.ended != "stopped":  # whether epochs are left is for the settings to say
                self.progress.ended = None
        except (KeyError, TypeError, RuntimeError) as error:
            raise ModelError(f"checkpoint {path} is of another training ({error}); delete it") from error

    @property
    def _precision(self) -> str:
        return "float32" if self.network.rnn_autocast is None else "bfloat16"

    def _tick(self) -> None:
        now = time.perf_counter()
        self.progress.seconds += now - self.started
        self.started = now

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
            raise no_number(self.settings, epoch=epoch, precision=self._precision)
        return loss / documents, correct / documents, documents / max(seconds, 1e-9)


def _class_weights(train: Documents, classes: int, settings: Settings) -> torch.Tensor | None:
    """Weight of each class, N / (C * its count): rare classes count as much as common ones. -> (C,) or None."""
    if settings.class_weights == "none":
        return None
    counts = torch.bincount(train.labels, minlength=classes).clamp(min=1)
    return len(train) / (classes * counts.float())
