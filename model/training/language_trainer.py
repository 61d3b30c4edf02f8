"""The training of a language model: segments of streams, carried state, and the mean of the weights where asked."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from model.compare.language_metrics import perplexity
from model.errors import DataError, SettingsError
from model.networks.language_models import LanguageNetwork
from model.training.decoder_loss import decoder_loss
from model.training.language_batches import Streams
from model.training.language_inference import token_losses
from model.training.language_settings import LanguageSettings
from model.training.optimizer import Optimizer
from model.training.trainer import Event, Trainer

WHOLE_PAST = 10_000  # states of a stream that attention may look back at without a window: cost is their square
NON_MONOTONIC = 5  # checks that a validation loss may be behind before averaging begins; Merity et al. (2018)


class LanguageTrainer(Trainer):
    """The state of a language model's training on the ids (N,) of one text, validated on those of another."""

    rate_name = "tokens_per_second"

    def __init__(
        self, network: LanguageNetwork, train: np.ndarray, validation: np.ndarray, settings: LanguageSettings
    ) -> None:
        self.averaging = settings.meant.averaging != "off"
        architecture = network.architecture
        optimizer = Optimizer(
            network,
            settings,
            by_row=not (architecture.tied or architecture.embedding_dropout or self.averaging),
            undecayed=[weight for weight in network.parameters() if weight.dim() == 1],
        )
        super().__init__(network, settings, optimizer)
        if len(validation) < 2:
            raise DataError(f"the validation text has {len(validation)} tokens; at least 2 are needed to predict one")
        self.validation = validation
        self.streams = Streams(train, count=settings.batch_size, segment=settings.segment, device=self.device)
        self.amount = self.streams.tokens
        if architecture.attention and architecture.window is None and self.streams.steps > WHOLE_PAST:
            raise SettingsError(
                f"window is none, the whole past, but each of the {self.streams.count} streams of this text has"
                f" {self.streams.steps:,} tokens, and at most {WHOLE_PAST:,} can be looked back at in training; set a"
                " window, or a larger batch_size"
            )
        self.mean: dict[str, Tensor] = {}  # of the weights after each update since averaging began

    def boot(self) -> Event:
        return {
            "kind": "boot",
            "device": self.device.type,
            "precision": self.precision,
            "epochs": self.settings.epochs,
            "tokens": self.amount,
            "resumed_after": self.progress.epoch,
            "history": list(self.progress.history),
        }

    def judge(self, event: Event) -> bool:
        improved = super().judge(event)
        if self.averaging and not self.mean and self._stands_still():
            self.mean = self._own_weights()
        return improved

    def _steps(self, generator: np.random.Generator) -> list[tuple[Tensor, Tensor]]:
        self.state = self.network.initial_state(self.streams.count)
        return self.streams.segments(generator)

    def _update(self, step: tuple[Tensor, Tensor]) -> Tensor:
        """One step; returns the summed loss and the number of the segment's tokens. (B, S), (B, S) -> (2,)."""
        ids, targets = step
        read = self.network.read(self.optimizer.embed(ids), self.state)
        self.state = read.state.detached()
        loss = decoder_loss(read.features.flatten(0, 1), *self.network.decoder, targets.flatten())
        loss.backward()
        self.optimizer.step()
        if self.mean:
            self._average()
        tokens = loss.new_full((), targets.numel(), dtype=torch.float64)  # new_tensor waits for a GPU
        return torch.stack([loss.detach().double() * tokens, tokens])

    def _own_weights(self) -> dict[str, Tensor]:
        return {name: value.clone() for name, value in self.network.state_dict().items()}

    def _average(self) -> None:
        self.progress.averaged += 1
        for name, value in self.network.state_dict().items():
            self.mean[name].lerp_(value, 1 / self.progress.averaged)

    def _stands_still(self) -> bool:
        """Whether the last validation is worse than the best of those before the `NON_MONOTONIC` before it."""
        *before, last = (event["validation"]["loss"] for event in self.progress.history)
        return len(before) > NON_MONOTONIC and last > min(before[:-NON_MONOTONIC])

    def _measured(self, totals: list[float]) -> tuple[dict[str, float], float]:
        loss, tokens = totals
        return {"loss": loss / tokens, "perplexity": perplexity(loss / tokens)}, tokens

    def _validated(self, number: int) -> Event:
        own = self._own_weights()
        self.network.load_state_dict(self._candidate())
        loss = float(np.mean(token_losses(self.network, self.validation), dtype=np.float64))
        self.network.load_state_dict(own)
        if not np.isfinite(loss):
            raise self._no_number(number)
        told = {"loss": loss, "perplexity": perplexity(loss), "tokens": len(self.validation) - 1}
        return {"validation": told, "averaging": bool(self.mean)}

    def _candidate(self) -> dict[str, Tensor]:
        return self.mean or super()._candidate()

    def _tensors(self) -> dict[str, dict[str, Tensor]]:
        return {**super()._tensors(), "mean": self.mean}

    def _restore(self, tensors: dict[str, dict[str, Tensor]]) -> None:
        super()._restore(tensors)
        self.mean = {name: value.to(self.device) for name, value in tensors.get("mean", {}).items()}
