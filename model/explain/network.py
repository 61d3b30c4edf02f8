"""What explaining asks of a network: logits of one text, of its baseline, and of the text with tokens deleted.

Nothing in this room knows words: a text is its ids (T,), a target is a column of the logits.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from model.errors import ModelError
from model.networks.classifiers import PAD, Output

# Measured on one core with hidden size 64 and 20 to 400 tokens a text: fewer at once pay for starting, more leave the
# processor's cache. It also bounds the memory.
TOKENS_AT_ONCE = 4000


class Network(Protocol):
    """A torch.nn.Module that can be explained, as `TextClassifier` can."""

    @property
    def classes(self) -> int:
        """C, the number of columns of its logits."""

    def embed(self, ids: Tensor) -> Tensor:
        """Ids (B, T) -> embeddings (B, T, E); PAD is the zero vector."""

    def sentences(self, ids: Tensor) -> Tensor | None:
        """Ids (B, T) -> the number of each token's sentence (B, T); None for a network that knows no sentences."""

    def classify_embedded(
        self, embeddings: Tensor, mask: Tensor | None = None, sentences: Tensor | None = None
    ) -> Output:
        """Embeddings (B, T, E), mask (B, T), None for no padding, and `sentences` -> logits (B, C) and attention."""


@contextmanager
def evaluating(network: Network) -> Iterator[torch.device]:
    """Keep the network in eval mode, leave it as it was, and give the device of its weights."""
    training = network.training
    if training:  # a network in eval mode is not touched: other threads may be using it
        network.eval()
    try:
        yield next(network.parameters()).device
    finally:
        if training:
            network.train()


def run(network: Network, ids: Sequence[int]) -> Output:
    """The output for one text, ids (T,): logits (1, C) and attention, without gradients."""
    with evaluating(network) as device, torch.inference_mode():
        row = as_row(ids, device)  # (1, T)
        return network.classify_embedded(network.embed(row), sentences=network.sentences(row))


def baseline_logits(network: Network, ids: Sequence[int]) -> np.ndarray:
    """Logits (C,) with every token's embedding set to that of PAD, the zero vector, and the length unchanged."""
    with evaluating(network) as device, torch.inference_mode():
        row = as_row(ids, device)  # (1, T)
        nothing = torch.zeros_like(network.embed(row))  # (1, T, E)
        return network.classify_embedded(nothing, sentences=network.sentences(row)).logits[0].cpu().numpy()


def shortened_logits(network: Network, ids: Sequence[int], kept: Sequence[np.ndarray]) -> np.ndarray:
    """Logits (N, C) of one text, ids (T,), with only some tokens kept: N >= 1 arrays of ascending positions.

    Lists of similar length run together, and never more than about 4,000 tokens at once, whatever N is.
    """
    ids = np.asarray(ids, dtype=np.int64)
    groups = list(similar_lengths([len(positions) for positions in kept]))
    with evaluating(network) as device, torch.inference_mode():
        logits = torch.cat([_logits(network, [ids[kept[i]] for i in group], device) for group in groups])
    return logits[np.argsort(np.concatenate(groups))].cpu().numpy()


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, C) of logits (N, C), in float64; each row sums to 1."""
    logits = logits.astype(np.float64)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def check_target(network: Network, *targets: int) -> None:
    """Raise ModelError unless each of `targets` is a column of the network's logits."""
    for target in targets:
        if not 0 <= target < network.classes:
            raise ModelError(
                f"the target is class {target}, but the network knows {network.classes}: choose 0 to"
                f" {network.classes - 1}"
            )


def as_row(ids: Sequence[int], device: torch.device) -> Tensor:
    """Ids (T,) as a batch of one text, (1, T) int64."""
    return torch.as_tensor(np.asarray(ids, dtype=np.int64), device=device).reshape(1, -1)


def as_rows(texts: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor | None]:
    """Ids (T,) of N >= 1 texts as a batch: (N, longest) int64, and the mask, None where all are of one length."""
    lengths = np.array([len(ids) for ids in texts])
    rows = np.full((len(texts), lengths.max()), PAD, np.int64)
    for row, ids in zip(rows, texts, strict=True):
        row[: len(ids)] = ids
    mask = None
    if lengths.min() < lengths.max():
        mask = torch.from_numpy(np.arange(lengths.max()) < lengths[:, None]).to(device)
    return torch.from_numpy(rows).to(device), mask


def similar_lengths(lengths: Sequence[int], *, longer: float | None = None) -> Iterator[np.ndarray]:
    """Numbers of the texts that run together: the longest is at most `longer` times the shortest longer than it, None
    for no such bound, and together they hold at most TOKENS_AT_ONCE after padding, or are one."""
    lengths = np.asarray(lengths)
    order = np.argsort(lengths, kind="stable")
    start = 0
    for stop in range(1, len(order) + 1):
        if stop < len(order):
            longest, shortest = lengths[order[stop]], lengths[order[start]]
            alike = longer is None or longest <= (1 + longer) * shortest
            if alike and (stop + 1 - start) * longest <= TOKENS_AT_ONCE:
                continue
        yield order[start:stop]
        start = stop


def _logits(network: Network, texts: Sequence[np.ndarray], device: torch.device) -> Tensor:
    ids, mask = as_rows(texts, device)  # (B, longest)
    return network.classify_embedded(network.embed(ids), mask, network.sentences(ids)).logits  # (B, C)
