"""The training loop of language models, as a generator of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from model.networks.language_models import LanguageNetwork
from model.training.language_settings import LanguageSettings
from model.training.language_trainer import LanguageTrainer
from model.training.loop import Event, follow


def fit_language_model(
    network: LanguageNetwork,
    train: np.ndarray,
    validation: np.ndarray,
    settings: LanguageSettings,
    *,
    checkpoint: Path | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train a network in place on ids (N,) of one text; it ends with the weights of its best epoch.

    The events are those of `loop.fit()`, with loss, perplexity and tokens a second in place of a classifier's
    figures; so are `checkpoint` and `enough`. Losses are mean nats per token, in training with dropout. Validation
    reads its ids (M,) as one stream from the zero state (`token_losses`), with averaged weights once "averaging" has
    begun, which are then the weights kept. Raises DataError for a text without two tokens, ModelError when the loss
    is no longer a number.
    """
    trainer = LanguageTrainer(network, train, validation, settings)
    yield from follow(trainer, checkpoint=checkpoint, enough=enough)
