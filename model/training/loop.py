"""The training loop, as a generator of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from model.networks.classifiers import TextClassifier
from model.training.batches import Documents
from model.training.classifier_trainer import ClassifierTrainer
from model.training.device import keep_memory
from model.training.settings import Settings
from model.training.trainer import Event, Trainer

__all__ = ["Event", "fit", "follow"]


def fit(
    network: TextClassifier,
    train: Documents,
    validation: Documents,
    settings: Settings,
    *,
    checkpoint: Path | None = None,
    enough: Callable[[], bool] = lambda: False,
    probe: Documents | None = None,
) -> Iterator[Event]:
    """Train a network in place and leave it with the weights of its best epoch (lowest validation loss).

    Yields events, each with its "kind": boot (once; with the history of a training that goes on from `checkpoint`),
    progress (twice a second), epoch, improved, early_stop, done. Losses are cross-entropy in nats, unweighted and
    unsmoothed; rates are documents per second. Close the generator at any event to break off; what `checkpoint`
    holds then is the last epoch done.

    `enough` is asked after each progress and each epoch. Once it says so the training ends: with the best of its
    whole epochs, or, within the first, with what that has learned, which then counts as epoch 1 with a "share". The
    done event says why it "ended": "epochs", "early stop" or "stopped". With `probe`, boot and epochs tell the
    network's outputs for those texts (see `probe_outputs`), which changes nothing in the training.
    Raises LabError when the loss is no longer a number.
    """
    trainer = ClassifierTrainer(network, train, validation, settings, probe=probe)
    yield from follow(trainer, checkpoint=checkpoint, enough=enough)


def follow(trainer: Trainer, *, checkpoint: Path | None, enough: Callable[[], bool]) -> Iterator[Event]:
    """The events of a training of any kind, which goes on from `checkpoint` where there is one; see `fit()`."""
    keep_memory()
    if checkpoint is not None and checkpoint.exists():
        trainer.load(checkpoint)
    yield trainer.boot()
    progress = trainer.progress
    if progress.ended is None and _ended(trainer):
        trainer.end(_ended(trainer))
    while progress.ended is None:
        event = yield from trainer.epoch(enough)
        if event is None:
            trainer.end("stopped")
            break
        improved = trainer.judge(event)
        why = "stopped" if "share" in event else _ended(trainer)
        if why:
            trainer.end(why)
        if checkpoint is not None:
            trainer.save(checkpoint)
        yield event
        if improved:
            yield {"kind": "improved", "epoch": progress.epoch, "validation": event["validation"]}
        if not why and enough():
            trainer.end("stopped")
    if progress.ended == "stopped" and checkpoint is not None:
        trainer.save(checkpoint)  # killed before its report is there, it must not train on
    if progress.ended == "early stop":
        yield {"kind": "early_stop", "epoch": progress.epoch, "best_epoch": progress.best_epoch}
    yield trainer.finish()


def _ended(trainer: Trainer) -> str | None:
    """Why no epoch follows; None if one does."""
    if trainer.out_of_patience():
        return "early stop"
    return "epochs" if trainer.progress.epoch >= trainer.settings.epochs else None
