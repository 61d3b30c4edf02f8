"""How well a text was predicted token by token: the figures of language models and of their baselines alike."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from model.errors import DataError
from model.text.vocabulary import UNK

LARGEST = 700.0  # nats, of which the exponential is still a number


def perplexity(loss: float) -> float:
    """The exponential of a mean loss in nats; infinite where no number is large enough."""
    return math.exp(loss) if loss <= LARGEST else math.inf


def language_metrics(ids: np.ndarray, losses: np.ndarray, *, characters: int) -> dict[str, Any]:
    """{"loss", "perplexity", "bits_per_token", "bits_per_character", "tokens", "unknown"} of one stream of tokens.

    ids: (N,). losses: nats (N-1,) of every token but the first; their mean is the loss, its exponential the
    perplexity. characters: of the text, over which its bits are spread: a figure to compare words with characters by,
    as far as few tokens are unknown. "unknown" is the share of the predicted tokens outside the vocabulary, which
    count as one token and make every figure look better than it is. Raises DataError without a prediction.
    """
    if len(losses) == 0:
        raise DataError("the text has fewer than two tokens, so none is predicted; take a longer one")
    loss = float(np.mean(losses, dtype=np.float64))
    bits = loss / math.log(2)
    return {
        "loss": loss,
        "perplexity": perplexity(loss),
        "bits_per_token": bits,
        "bits_per_character": bits * len(losses) / characters,
        "tokens": len(losses),
        "unknown": float((ids[1:] == UNK).mean()),
    }
