"""One training: network, optimizer and what is known of its course; `loop.follow` says what happens when."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from model.errors import ModelError
from model.training.checkpoint import load_checkpoint, save_checkpoint
from model.training.device import PrivateRandomness, recurrence_dtype
from model.training.failures import no_number
from model.training.optimizer import Optimizer, one_cycle

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
    averaged: int = 0  # updates in the mean of the weights, for a training that averages them
    seconds: float = 0.0
    training_seconds: float = 0.0  # without validation and checkpoints
    history: list[Event] = field(default_factory=list)
    ended: str | None = None  # why, once it has: "epochs", "early stop" or "stopped"


class Trainer(ABC):
    """The state of one training and its single steps; `network` is changed in place.

    A kind of training says what its steps are, how one updates the network, and what is measured. `amount` is what an
    epoch goes through, in the unit of `rate_name`, which is how events call the speed.
    """

    rate_name: str
    amount: int

    def __init__(self, network: nn.Module, settings: Any, optimizer: Optimizer) -> None:
        self.network, self.settings, self.optimizer = network, settings, optimizer
        self.device = network.embedding.weight.device
        network.rnn_autocast = recurrence_dtype(settings.precision, self.device)
        self.precision = "float32" if network.rnn_autocast is None else "bfloat16"
        self.progress = Progress()
        self.best: dict[str, Tensor] = {}
        self.started = time.perf_counter()

    @abstractmethod
    def boot(self) -> Event:
        """The first event: what is trained, where, and what came before."""

    @abstractmethod
    def _steps(self, generator: np.random.Generator) -> Sequence[Any]:
        """The steps of one epoch, in their order."""

    @abstractmethod
    def _update(self, step: Any) -> Tensor:
        """One step; returns sums over what it went through, for `_measured()` to read. -> (sums,) float64."""

    @abstractmethod
    def _measured(self, totals: list[float]) -> tuple[dict[str, float], float]:
        """What was measured in training, "loss" first, and how much was gone through, from the sums of updates."""

    @abstractmethod
    def _validated(self, number: int) -> Event:
        """What an epoch's event tells besides the training: "validation" with its "loss", and more."""

    def epoch(self, enough: Callable[[], bool]) -> Iterator[Event]:
        """One pass over the training data; yields progress and returns the epoch's event.

        An epoch that `enough` breaks off returns None, but the first: its event has the share of it that was done.
        """
        number = self.progress.epoch + 1
        generator = np.random.default_rng([self.settings.seed, number])
        steps = self._steps(generator)
        randomness = PrivateRandomness(int(generator.integers(2**31)), self.device)
        self.network.train()
        totals = torch.zeros((), dtype=torch.float64, device=self.device)
        began = told = time.perf_counter()
        done = 0
        while done < len(steps):
            with randomness:
                while True:
                    self._rate(number - 1 + done / len(steps))
                    totals = totals + self._update(steps[done])
                    done += 1
                    if done == len(steps) or time.perf_counter() - told >= PROGRESS_SECONDS:
                        break
            told = time.perf_counter()
            measures, rate = self._running(totals, told - began, number)
            if done < len(steps):
                yield {
                    "kind": "progress", "epoch": number, "share": done / len(steps), **measures,
                    self.rate_name: rate, "learning_rate": self.optimizer.learning_rate,
                }  # fmt: skip
                if enough():
                    break
        share = done / len(steps)
        if share < 1 and number > 1:
            return None
        self.optimizer.flush()
        elapsed = time.perf_counter() - began
        self.progress.training_seconds += elapsed
        measures, rate = self._running(totals, elapsed, number)
        self.network.eval()
        event = {
            "kind": "epoch", "epoch": number, "train": measures, "learning_rate": self.optimizer.learning_rate,
            self.rate_name: rate, **self._validated(number),
        }  # fmt: skip
        return event if share == 1 else {**event, "share": share}

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
            self.best = {name: value.clone() for name, value in self._candidate().items()}
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
        amount = self.amount * sum(event.get("share", 1.0) for event in progress.history)
        return {
            "kind": "done", "epochs": progress.epoch, "best_epoch": progress.best_epoch,
            "validation": progress.history[progress.best_epoch - 1]["validation"], "seconds": progress.seconds,
            self.rate_name: amount / max(progress.training_seconds, 1e-9), "ended": progress.ended,
        }  # fmt: skip

    def end(self, why: str) -> None:
        """Note why the training ends; what was begun since the last epoch counts in its seconds alone."""
        self._tick()
        self.progress.ended = why

    def save(self, path: Path) -> None:
        """Write the checkpoint; right after an epoch, or once the training has ended."""
        save_checkpoint(path, tensors=self._tensors(), state=asdict(self.progress))

    def load(self, path: Path) -> None:
        """Go on from a checkpoint. Raises ModelError for one of another training."""
        tensors, state = load_checkpoint(path)
        try:
            self._restore(tensors)
            self.progress = Progress(**state)
            if self.progress.ended != "stopped":  # whether epochs are left is for the settings to say
                self.progress.ended = None
        except (KeyError, TypeError, RuntimeError) as error:
            raise ModelError(f"checkpoint {path} is of another training ({error}); delete it") from error

    def _candidate(self) -> dict[str, Tensor]:
        """The weights that the last validation was of."""
        return self.network.state_dict()

    def _tensors(self) -> dict[str, dict[str, Tensor]]:
        return {"network": self.network.state_dict(), "best": self.best, "optimizer": self.optimizer.state()}

    def _restore(self, tensors: dict[str, dict[str, Tensor]]) -> None:
        self.network.load_state_dict(tensors["network"])
        self.optimizer.load_state(tensors.get("optimizer", {}))  # plain gradient descent has nothing to keep
        self.best = {name: value.to(self.device) for name, value in tensors["best"].items()}

    def _tick(self) -> None:
        now = time.perf_counter()
        self.progress.seconds += now - self.started
        self.started = now

    def _rate(self, epochs_done: float) -> None:
        scale = self.progress.rate_scale
        if self.settings.schedule == "one-cycle":
            scale = one_cycle(epochs_done / self.settings.epochs)
        self.optimizer.learning_rate = self.settings.learning_rate * scale

    def _running(self, totals: Tensor, seconds: float, epoch: int) -> tuple[dict[str, float], float]:
        sums = totals.tolist()
        if not math.isfinite(sums[0]):
            raise self._no_number(epoch)
        measures, amount = self._measured(sums)
        return measures, amount / max(seconds, 1e-9)

    def _no_number(self, epoch: int) -> ModelError:
        return no_number(self.settings, epoch=epoch, precision=self.precision)
