"""Settings to start from, by the size of the data: few texts need more and smaller steps, many need fewer passes.

Measured on parts of imdb-short's training texts, 1,000 others of them to score (`lstm`, `bilstm-additive`; mean of
two seeds, of one at 1,500): with 150 texts the defaults stay at chance (0.49, 0.49), with these 0.59 and 0.73; with
400 texts 0.54 and 0.54 become 0.68 and 0.78; with 1,500 texts 0.74 and 0.82 become 0.82 and 0.85. Words seen once
added nothing there, so `min_frequency` stays. Whole texts instead of 400 tokens: 0.75 against 0.66 on 1,100 film
reviews of 770 words on average (ERASER), in 2.4 times the time. Five epochs of 16,000 AG News titles are 0.6 points
behind ten (`lstm`), within the error of 2,266 texts; they are suggested for six times as many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from model.training.settings import Settings


class Suggestion(NamedTuple):
    """A value for an option of `Settings`, and in one sentence why."""

    option: str
    value: Any
    reason: str


FEW = ((250, {"batch_size": 8, "epochs": 40}), (1000, {"batch_size": 16, "epochs": 20}), (2500, {"batch_size": 16}))
MANY = ((1_000_000, {"epochs": 2}), (300_000, {"epochs": 3}), (100_000, {"epochs": 5}))
LONGEST, LONG_UP_TO = 1000, 20_000  # tokens; training texts, beyond which whole long texts would take too long
_DEFAULTS = Settings()


def suggested(profile: Mapping[str, Any]) -> list[Suggestion]:
    """What to set other than the defaults for the data of a profile (see `model.data.profile`); often nothing.

    A value never depends on validation or test texts: only on how many training texts there are, and how long.
    """
    texts = profile["splits"]["train"]
    found = [*_few(texts), *_many(texts), *_long(texts, profile["lengths"])]
    return [suggestion for suggestion in found if suggestion.value != getattr(_DEFAULTS, suggestion.option)]


def _few(texts: int) -> list[Suggestion]:
    size = next((values for limit, values in FEW if texts < limit), None)
    if size is None:
        return []
    batch = size["batch_size"]
    found = [
        Suggestion(
            "batch_size",
            batch,
            f"Batches of {batch} make {_DEFAULTS.batch_size // batch} times as many steps of the"
            f" {texts:,} training texts as the usual {_DEFAULTS.batch_size}.",
        )
    ]
    if "epochs" in size:
        epochs = size["epochs"]
        found += [
            Suggestion("epochs", epochs, f"So few texts must be read more often to be learned: {epochs} epochs."),
            Suggestion(
                "patience",
                epochs // 4 if epochs > 20 else 8,
                "With few validation texts the loss goes up and down, so training is not ended at the first rise.",
            ),
        ]
    return found


def _many(texts: int) -> list[Suggestion]:
    size = next((values for limit, values in MANY if texts >= limit), None)
    if size is None:
        return []
    epochs = size["epochs"]
    return [
        Suggestion(
            "epochs", epochs, f"{epochs} epochs of {texts:,} training texts are steps enough, and sooner done."
        )
    ]


def _long(texts: int, lengths: Mapping[str, Any]) -> list[Suggestion]:
    """Whole texts, where more than one in twenty would be cut and there are not too many of them."""
    usual = _DEFAULTS.max_tokens
    if lengths["p95"] <= usual or texts > LONG_UP_TO:
        return []
    tokens = min(LONGEST, -(-lengths["p95"] // 100) * 100)
    return [
        Suggestion("max_tokens", tokens, f"More than one text in twenty is longer than the usual {usual} tokens.")
    ]
