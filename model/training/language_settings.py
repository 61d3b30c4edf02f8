"""The settings of a language model: everything that can change a result, with bounds and a sentence on each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from model.networks.language_presets import (
    ATTENTION_LAYERS,
    LANGUAGE_PRESETS,
    MOST_WINDOW,
    SCORES,
    LanguageArchitecture,
)
from model.training.options import Options, option
from model.training.settings import FIRST_SEED

# What a preset stands for where an option says nothing. With regularization: Merity et al. 2018, whose own rates are
# for larger networks and hundreds of epochs. On War and Peace with 8 epochs (validation perplexity): these 84,
# twice as much and more 92, none 90 (tests/benchmarks/LANGUAGE_MODELS.md).
_PLAIN = {
    "tied": False, "dropout": 0.2, "locked_dropout": 0.0, "embedding_dropout": 0.0, "weight_drop": 0.0,
    "averaging": "off",
}  # fmt: skip
_REGULARIZED = {
    "tied": True, "dropout": 0.2, "locked_dropout": 0.1, "embedding_dropout": 0.05, "weight_drop": 0.2,
    "averaging": "non-monotonic",
}  # fmt: skip
_MIN_FREQUENCY = {"words": 2, "characters": 1}


def _rate(help: str) -> float | None:
    return option(None, f"{help}; by default the preset's.", minimum=0.0, maximum=0.95)


@dataclass(frozen=True, kw_only=True)
class LanguageSettings(Options):
    """Every option of a language model and its training; `meant` says what stands for a None that leaves it open.

    Raises SettingsError for a wrong type, a value out of range or an unknown choice.
    """

    preset: str = option(
        "lstm-attention-lm", "The network, its regularisation and its attention.", choices=tuple(LANGUAGE_PRESETS)
    )
    seed: int = option(
        FIRST_SEED, "Fixes initialisation, dropout and where a pass begins.", minimum=0, maximum=2**31 - 1
    )
    device: str = option(
        "auto", "Where to compute: CUDA, then MPS, then CPU.", choices=("auto", "cpu", "cuda", "mps")
    )

    unit: str = option(
        "words", "What is predicted: the next word or the next character.", choices=tuple(_MIN_FREQUENCY)
    )
    min_frequency: int | None = option(
        None,
        "Rarer tokens of the training text count as unknown; by default 2 for words, 1 for characters.",
        minimum=1,
        maximum=1_000_000,
    )
    max_vocabulary: int | None = option(
        20_000, "At most so many different tokens, the most frequent.", minimum=1, maximum=5_000_000
    )

    layers: int = option(2, "Recurrent layers on top of one another.", minimum=1, maximum=4)
    hidden_size: int = option(200, "Size of the state of each layer.", minimum=1, maximum=2048)
    embedding_size: int = option(200, "Size of a token's vector.", minimum=1, maximum=2048)
    tied: bool | None = option(
        None, "The decoder's weights are the embeddings (Press & Wolf 2017); by default the preset's choice."
    )
    attention_score: str = option("general", "How a state scores the states before it.", choices=SCORES)
    window: int | None = option(
        50,
        "Attention reaches back so many states; none: all, for short texts.",
        minimum=1,
        maximum=MOST_WINDOW,
    )
    attention_layers: str = option(
        "top", "Attention over the states of the top layer, or of each layer over its own.", choices=ATTENTION_LAYERS
    )

    dropout: float | None = _rate(
        "Share of the output state's columns dropped in training, the same ones at each step"
    )
    locked_dropout: float | None = _rate("The same for embeddings and the states between layers")
    embedding_dropout: float | None = _rate("Share of all words dropped at once, wherever they stand")
    weight_drop: float | None = _rate("Share of the recurrent weights dropped at each update")

    epochs: int = option(10, "Passes over the training text, at most.", minimum=1, maximum=1000)
    batch_size: int = option(20, "Pieces of the training text that are read side by side.", minimum=1, maximum=4096)
    segment: int = option(
        35, "Tokens per update; gradients end there, states are carried on.", minimum=1, maximum=2000
    )
    optimizer: str = option("adam", "Adam, or plain gradient descent.", choices=("adam", "sgd"))
    learning_rate: float = option(2e-3, "Step size; the peak of a one-cycle schedule.", minimum=1e-8, maximum=100.0)
    schedule: str = option(
        "one-cycle",
        "How the learning rate moves over the training.",
        choices=("none", "plateau", "one-cycle"),
    )
    weight_decay: float = option(
        0.0, "Pull of all weights but the embeddings towards zero.", minimum=0.0, maximum=10.0
    )
    averaging: str | None = option(
        None,
        "Averaging of weights once validation stops improving (Merity et al. 2018); by default the preset's choice.",
        choices=("off", "non-monotonic"),
    )
    clip: float | None = option(0.5, "Longest gradient allowed (L2 norm).", minimum=1e-6, maximum=1e6)
    patience: int | None = option(
        4, "Epochs without a better validation loss before training stops.", minimum=1, maximum=1000
    )
    precision: str = option(
        "auto",
        "bfloat16 for the recurrence in training, where the machine is faster with it.",
        choices=("auto", "float32", "bfloat16"),
    )
    threads: int = option(1, "CPU threads of one training.", minimum=1, maximum=256)

    @property
    def meant(self) -> LanguageSettings:
        """These settings with a value for every option that was left to the preset or the unit."""
        preset = LANGUAGE_PRESETS[self.preset]
        values = _REGULARIZED if preset.regularized else _PLAIN
        values = {**values, "min_frequency": _MIN_FREQUENCY[self.unit]}
        return replace(self, **{name: value for name, value in values.items() if getattr(self, name) is None})

    def architecture(self, *, vocabulary_size: int) -> LanguageArchitecture:
        """Everything that shapes the network, with the preset's choices and the vocabulary's size."""
        meant = self.meant
        return LanguageArchitecture(
            vocabulary_size=vocabulary_size,
            embedding_size=meant.embedding_size,
            hidden_size=meant.hidden_size,
            layers=meant.layers,
            attention=LANGUAGE_PRESETS[self.preset].attention,
            score=meant.attention_score,
            window=meant.window,
            attention_layers=meant.attention_layers,
            tied=meant.tied,
            dropout=meant.dropout,
            locked_dropout=meant.locked_dropout,
            embedding_dropout=meant.embedding_dropout,
            weight_drop=meant.weight_drop,
        )
