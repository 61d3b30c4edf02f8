"""What a language model is made of, by name and by number; no torch here: a page may ask before it computes."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from model.errors import SettingsError
from model.networks.presets import check_choice, check_rate, check_size

SCORES = ("dot", "scaled-dot", "general", "additive")
ATTENTION_LAYERS = ("top", "all")
MOST_WINDOW = 2000


class LanguagePreset(NamedTuple):
    """What a preset's name stands for: whether it attends, and whether it is regularized as an AWD-LSTM is."""

    attention: bool
    regularized: bool


LANGUAGE_PRESETS = {
    "lstm-lm": LanguagePreset(False, False),
    "awd-lstm-lm": LanguagePreset(False, True),
    "lstm-attention-lm": LanguagePreset(True, False),
    "awd-lstm-attention-lm": LanguagePreset(True, True),
}


@dataclass(frozen=True, kw_only=True)
class LanguageArchitecture:
    """Everything that shapes a language model; values out of range raise SettingsError.

    Rates are probabilities of dropping, from 0 (off) to below 1. `dropout` acts on the features that are decoded and
    `locked_dropout` on embeddings and between layers (each the same columns at every step), `embedding_dropout` on
    whole words wherever they are read, `weight_drop` on recurrent weights. `tied`: the decoder's weights are the
    embeddings. `score`, `window` (how many earlier states can be attended to, None for all) and `attention_layers`
    (the last layer attends, or each over its own states) matter with `attention` alone.
    """

    vocabulary_size: int
    embedding_size: int = 200
    hidden_size: int = 200
    layers: int = 2
    attention: bool = False
    score: str = "general"
    window: int | None = 50
    attention_layers: str = "top"
    tied: bool = False
    dropout: float = 0.0
    locked_dropout: float = 0.0
    embedding_dropout: float = 0.0
    weight_drop: float = 0.0

    def __post_init__(self):
        check_choice("score", self.score, SCORES)
        check_choice("attention_layers", self.attention_layers, ATTENTION_LAYERS)
        for name, low, high in _SIZES:
            check_size(name, getattr(self, name), low, high)
        if self.window is not None:
            check_size("window", self.window, 1, MOST_WINDOW)
        for name in ("dropout", "locked_dropout", "embedding_dropout", "weight_drop"):
            check_rate(name, getattr(self, name))
        for name in ("attention", "tied"):
            if not isinstance(getattr(self, name), bool):
                raise SettingsError(f"{name} is {getattr(self, name)!r}: give True or False.")

    @property
    def layer_sizes(self) -> tuple[tuple[int, int], ...]:
        """Columns in and out of each layer; a tied network without attention decodes the last layer's states."""
        last = self.embedding_size if self.tied and not self.attention else self.hidden_size
        sizes = [self.embedding_size] + [self.hidden_size] * (self.layers - 1) + [last]
        return tuple(pairwise(sizes))

    @property
    def attending_layers(self) -> tuple[int, ...]:
        """Which layers attend, counted from 0; none without attention."""
        if not self.attention:
            return ()
        return tuple(range(self.layers)) if self.attention_layers == "all" else (self.layers - 1,)


_SIZES = (
    ("vocabulary_size", 3, 10_000_000),
    ("embedding_size", 1, 4096),
    ("hidden_size", 1, 4096),
    ("layers", 1, 8),
)
