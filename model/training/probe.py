"""What a network says about a few fixed texts while it learns: its attention forming, epoch by epoch."""

from __future__ import annotations

from typing import Any

from model.explain.network import softmax
from model.networks.classifiers import TextClassifier
from model.training.batches import Documents
from model.training.device import PrivateRandomness
from model.training.inference import outputs

MOST_NUMBERS = 2_000_000  # told by one training: a checkpoint's head, which holds its history, ends at 100 MB
_DIGITS = 4


def probe_outputs(network: TextClassifier, documents: Documents) -> list[dict[str, Any]]:
    """Outputs for each of N texts: {"probabilities": [C], "weights": [T], None without attention}, to 4 decimals.

    The network is left as it was, and nobody's random numbers move.
    """
    told: list[dict[str, Any]] = [{} for _ in range(len(documents))]
    with PrivateRandomness(0, network.embedding.weight.device):
        for index, output in outputs(network, documents):
            probabilities = softmax(output.logits.float().cpu().numpy())  # (B, C)
            weights = None if output.attention is None else output.attention.weights.float().cpu().numpy()  # (B, T)
            for row, place in enumerate(index):
                length = documents.lengths[place]
                told[place] = {
                    "probabilities": _rounded(probabilities[row]),
                    "weights": None if weights is None else _rounded(weights[row, :length]),
                }
    return told


def probe_interval(documents: Documents, *, classes: int, epochs: int) -> int:
    """Epochs from one probe to the next: 1, unless long texts, many classes and many epochs come together."""
    numbers = int(documents.lengths.sum()) + len(documents) * classes
    return max(1, -(-numbers * epochs // MOST_NUMBERS))


def _rounded(values: Any) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]
