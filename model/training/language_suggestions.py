"""Settings to start from for a text: generated lines want a model that can copy, a short text more steps.

Measured with `lstm-lm` by words on 20,000 and 100,000 characters of War and Peace (validation perplexity): 38.8 and
92.8 with the defaults, 31.0 and 68.3 in batches of 5, 26.6 for the shorter with 20 epochs as well. Of generated words
`lstm-attention-lm` copies 97 % at the places that are decided, of 40,000 as of 200,000.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from model.data.repeat import LONGEST, PREFIX
from model.training.language_settings import LanguageSettings
from model.training.suggestions import Suggestion

COPYING: dict[str, Any] = {
    "layers": 1, "hidden_size": 64, "embedding_size": 64, "dropout": 0.0, "window": 64, "segment": 70,
    "learning_rate": 3e-3, "clip": 1.0,
}  # fmt: skip
_SMALL = "A small network is enough to copy, and takes larger steps."
_WHY = {
    "dropout": "What is to be copied must not be hidden.",
    "window": f"A line repeats up to {LONGEST} words, so that attention and errors have to go back further.",
}
_WHY["segment"] = _WHY["window"]
_STEPS_TO_COPY, _MOST_EPOCHS = 1_000, 50
_FEW_STEPS, _SMALL_BATCH = 150, 5
_DEFAULTS = LanguageSettings()


def suggested_language(profile: Mapping[str, Any], *, unit: str) -> list[Suggestion]:
    """What to set other than the defaults for the text of a profile (see `model.data.corpus_profile`); often nothing.

    A value depends on nothing but how long the training text is, and on whether it was generated.
    """
    tokens = profile["tokens"][unit]["train"]
    if profile["name"].partition(":")[0] == PREFIX and unit == "words":
        return _copying(tokens)
    return _short(tokens, unit)


def _copying(tokens: int) -> list[Suggestion]:
    found = [Suggestion(option, value, _WHY.get(option, _SMALL)) for option, value in COPYING.items()]
    steps = tokens / (_DEFAULTS.batch_size * COPYING["segment"])
    epochs = min(_MOST_EPOCHS, math.ceil(_STEPS_TO_COPY / steps))
    if epochs > _DEFAULTS.epochs:
        found.append(
            Suggestion("epochs", epochs, "Copying takes hundreds of steps to learn, however short the text.")
        )
    return found


def _short(tokens: int, unit: str) -> list[Suggestion]:
    steps = tokens / (_DEFAULTS.batch_size * _DEFAULTS.segment)
    if steps >= _FEW_STEPS:
        return []
    return [
        Suggestion(
            "batch_size",
            _SMALL_BATCH,
            f"Read in {_SMALL_BATCH} pieces side by side, about {tokens:,} {unit} make"
            f" {_DEFAULTS.batch_size // _SMALL_BATCH} times as many steps as in the usual {_DEFAULTS.batch_size}.",
        ),
        Suggestion("epochs", 2 * _DEFAULTS.epochs, "So short a text must be read more often to be learned."),
    ]
