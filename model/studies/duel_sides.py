"""The networks of a duel's sides: what each differs in, and sizes that give as many parameters to each.

The rule, with match="parameters": attention sides and their controls have the hidden_size of the plan's settings, so
that a control differs from its learned twin in attention alone. A plain side gets the hidden_size with which its
parameters, embeddings apart, come nearest to those of the attention side on the same encoder (cell, directions,
layers); one that has no such side, to those of the first attention side. Where several attention sides stand on one
encoder the first of them counts. A duel without attention is matched to its first side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from model.networks.presets import PRESETS
from model.studies.duel_plan import DuelPlan, attends, is_control
from model.training.settings import Settings

WITHIN = 0.05  # the share of parameters by which two sides may differ and still count as matched
_LARGEST = 2048  # as `Settings.hidden_size` has it


class DuelSide(NamedTuple):
    """One side: its key as in the plan, all its settings but the seed, and its parameters without embeddings."""

    key: str
    settings: Settings
    parameters: int

    def to_dict(self) -> dict[str, Any]:
        """What a record keeps of it."""
        own = {name: getattr(self.settings, name) for name in ("preset", "attention_weights", "hidden_size")}
        return {"key": self.key, "settings": own, "parameters": self.parameters}


def duel_sides(plan: DuelPlan, *, classes: int, embedding_size: int) -> list[DuelSide]:
    """The sides of a plan in its order, for texts of so many classes and word vectors of that size."""
    count = lambda settings: parameters_of(settings, classes=classes, embedding_size=embedding_size)  # noqa: E731
    sides = [DuelSide(key, settings, count(settings)) for key in plan.presets for settings in [plan.settings_of(key)]]
    if plan.match == "sizes":
        return sides
    return [_matched(side, wanted, count) if (wanted := _opposite(side, sides)) else side for side in sides]


def parameters_of(settings: Settings, *, classes: int, embedding_size: int) -> int:
    """How many parameters a network has, embeddings apart: counted on the network itself, which takes no memory."""
    import torch

    from model.networks.build import build_network

    architecture = settings.architecture(vocabulary_size=2, classes=classes, embedding_size=embedding_size)
    with torch.device("meta"):
        network = build_network(architecture)
    named = network.named_parameters()
    return sum(value.numel() for name, value in named if name != "embedding.weight")


def embedding_size_of(settings: Settings, texts: Sequence[str]) -> int:
    """The columns of the word vectors that a training on such texts takes: a fair sample of them is enough.

    Raises DataError for vectors that cannot be read.
    """
    from model.text.vocabulary import Vocabulary
    from model.training.word_vectors import columns_of, pretrained_vectors

    return columns_of(settings, pretrained_vectors(settings, Vocabulary.fit(texts, min_frequency=1)))


def _opposite(side: DuelSide, sides: Sequence[DuelSide]) -> DuelSide | None:
    """The side whose parameters a plain one is to have; None for one that keeps its size."""
    learned = [other for other in sides if attends(other.key) and not is_control(other.key)]
    learned = learned or [other for other in sides if attends(other.key)] or [sides[0]]
    if attends(side.key) or side is learned[0]:
        return None
    return next((other for other in learned if _encoder(other) == _encoder(side)), learned[0])


def _encoder(side: DuelSide) -> tuple[str, bool, int]:
    preset = PRESETS[side.settings.preset]
    return preset.cell, preset.bidirectional, side.settings.layers or preset.layers


def _matched(side: DuelSide, wanted: DuelSide, count: Callable[[Settings], int]) -> DuelSide:
    """The side with the hidden_size that brings its parameters nearest to another's; more units, more parameters."""
    sized = lambda size: replace(side.settings, hidden_size=size)  # noqa: E731
    low, high = 1, _LARGEST  # the smallest size with at least as many parameters lies between them
    while low < high:
        middle = (low + high) // 2
        if count(sized(middle)) < wanted.parameters:
            low = middle + 1
        else:
            high = middle
    sizes = [size for size in (low - 1, low) if size >= 1]
    best = min((sized(size) for size in sizes), key=lambda settings: abs(count(settings) - wanted.parameters))
    return DuelSide(side.key, best, count(best))
