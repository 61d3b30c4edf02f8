"""The two networks that everything is measured on, and what a step of theirs costs in matrix products."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from model.networks.classifiers import TextClassifier
from model.networks.presets import PRESETS
from model.training.settings import Settings


@dataclass(frozen=True)
class Bench:
    """A network and how we train it: preset, sizes, texts per batch and the peak of the learning rate."""

    name: str
    preset: str
    embedding: int
    hidden: int
    batch: int
    learning_rate: float

    def settings(self, *, seed: int = 13, epochs: int = 5) -> Settings:
        """Our settings; the plain loop takes the sizes of the network from them, and nothing else."""
        return Settings(
            preset=self.preset, hidden_size=self.hidden, embedding_size=self.embedding, vectors="none", epochs=epochs,
            batch_size=self.batch, learning_rate=self.learning_rate, seed=seed,
        )  # fmt: skip

    def build(self, *, words: int, classes: int, seed: int = 13) -> TextClassifier:
        """A new network, the same for the same seed."""
        torch.manual_seed(seed)
        settings = self.settings(seed=seed)
        return TextClassifier(
            settings.architecture(vocabulary_size=words, classes=classes, embedding_size=self.embedding)
        )

    def sized(self, *, hidden: int | None = None, batch: int | None = None) -> Bench:
        """The same with another hidden size or batch."""
        return replace(self, hidden=hidden or self.hidden, batch=batch or self.batch)


BENCHES = {
    "a": Bench("a", "lstm", 64, 32, 128, 4e-3),
    "b": Bench("b", "bilstm-additive", 100, 128, 64, 2e-3),
}


class Product(NamedTuple):
    """A matrix product (rows, inner) x (inner, columns), so many `times` in a step of training."""

    rows: int
    inner: int
    columns: int
    times: int

    @property
    def flop(self) -> int:
        """Floating point operations of all of them."""
        return 2 * self.rows * self.inner * self.columns * self.times


def products(bench: Bench, *, tokens: int) -> list[Product]:
    """All matrix products of a step of training, forward and backward, on a batch of texts of so many tokens.

    Those of the recurrence wait for one another, token after token; the input projections, the gradients of weights
    and the attention's projection are one product each. The last layer, a row a text, is left out.
    """
    preset = PRESETS[bench.preset]
    batch, inputs, hidden = bench.batch, bench.embedding, bench.hidden
    together, gates = batch * tokens, 4 * hidden
    found = []
    for _ in range(1 + preset.bidirectional):
        found += [
            Product(batch, hidden, gates, tokens),
            Product(batch, gates, hidden, tokens),
            Product(gates, together, hidden, 1),
            *_forward_and_backward(together, inputs, gates),
        ]
    if preset.pooling == "additive":
        states = hidden * (1 + preset.bidirectional)
        found += _forward_and_backward(together, states, hidden)
    return found


def flop_per_token(bench: Bench) -> int:
    """Of a step of training, forward and backward."""
    return sum(product.flop for product in products(bench, tokens=1)) // bench.batch


def _forward_and_backward(rows: int, inner: int, columns: int) -> list[Product]:
    """A linear layer, the gradient of its input, and that of its weights."""
    return [Product(rows, inner, columns, 1), Product(rows, columns, inner, 1), Product(inner, rows, columns, 1)]
