"""What a network is made of, by name and by number; no torch here, so that a page may ask before it computes."""

from dataclasses import dataclass
from typing import NamedTuple

from model.errors import SettingsError

CELLS = ("lstm", "gru", "rnn")
POOLINGS = ("last", "mean", "additive", "dot", "feedforward", "feedforward-stacked", "multihead", "hierarchical")


class Preset(NamedTuple):
    """The part of an architecture that a preset's name stands for; everything else is an option."""

    cell: str
    bidirectional: bool
    pooling: str
    layers: int = 1


PRESETS = {
    "rnn-mean": Preset("rnn", False, "mean"),
    "lstm": Preset("lstm", False, "last"),
    "gru": Preset("gru", False, "last"),
    "bilstm": Preset("lstm", True, "last"),
    "bilstm-2layer": Preset("lstm", True, "last", layers=2),
    "lstm-additive": Preset("lstm", False, "additive"),
    "bilstm-additive": Preset("lstm", True, "additive"),
    "lstm-dot": Preset("lstm", False, "dot"),
    "bilstm-dot": Preset("lstm", True, "dot"),
    "bilstm-feedforward": Preset("lstm", True, "feedforward"),
    "bilstm-feedforward-stacked": Preset("lstm", True, "feedforward-stacked"),
    "bilstm-multihead": Preset("lstm", True, "multihead"),
    "han": Preset("gru", True, "hierarchical"),
}


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Everything that shapes a network; values out of range raise SettingsError.

    `Architecture(**PRESETS["lstm"]._asdict(), vocabulary_size=20_000, classes=2)` is the network of a preset.
    Rates are probabilities of dropping, from 0 (off) to below 1. `dropout` acts on the pooled vector and between
    layers, `embedding_dropout` on the embeddings (the same columns at every token), `locked_dropout` likewise on each
    layer's states, `weight_drop` on recurrent weights, `word_dropout` on whole words. `max_tokens` matters to
    `position_bias` alone, which has one bias per position; `heads` to multi-head attention alone; `sentence_ends` and
    `closing_marks`, ids of tokens, to hierarchical networks alone.
    """

    cell: str
    bidirectional: bool
    pooling: str
    layers: int
    vocabulary_size: int
    classes: int
    embedding_size: int = 64
    hidden_size: int = 64
    dropout: float = 0.0
    embedding_dropout: float = 0.0
    locked_dropout: float = 0.0
    weight_drop: float = 0.0
    word_dropout: float = 0.0
    input_normalization: bool = False
    position_bias: bool = False
    max_tokens: int = 400
    heads: int = 4
    attention_weights: str = "learned"
    sentence_ends: tuple[int, ...] = ()
    closing_marks: tuple[int, ...] = ()

    def __post_init__(self):
        check_choice("cell", self.cell, CELLS)
        check_choice("pooling", self.pooling, POOLINGS)
        check_choice("attention_weights", self.attention_weights, ("learned", "uniform"))
        for name, low, high in _SIZES:
            check_size(name, getattr(self, name), low, high)
        for name in _RATES:
            check_rate(name, getattr(self, name))
        for name in ("bidirectional", "input_normalization", "position_bias"):
            if not isinstance(getattr(self, name), bool):
                raise SettingsError(f"{name} is {getattr(self, name)!r}: give True or False.")
        for name in ("sentence_ends", "closing_marks"):
            _check_ids(name, getattr(self, name), self.vocabulary_size)
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON made it a list
        if self.pooling == "multihead" and self.states_size % self.heads:
            raise SettingsError(
                f"heads is {self.heads}, which does not divide the {self.states_size} columns of the states "
                "(hidden_size, twice that when bidirectional): change heads or hidden_size."
            )

    @property
    def states_size(self) -> int:
        """Columns of an encoder's states: hidden_size for each direction."""
        return self.hidden_size * (2 if self.bidirectional else 1)

    @property
    def pooled_size(self) -> int:
        """Columns of the one vector that stands for a text."""
        if self.pooling == "dot":  # last states and contexts of all layers
            return 2 * self.states_size * self.layers
        return self.hidden_size if self.pooling == "feedforward-stacked" else self.states_size

    @property
    def attention_rows(self) -> int:
        """Rows of attention weights per text: one per head, or per layer and direction; 0 without attention."""
        if self.pooling in ("last", "mean"):
            return 0
        if self.pooling == "dot":
            return self.layers * (2 if self.bidirectional else 1)
        return self.heads if self.pooling == "multihead" else 1


_SIZES = (
    ("layers", 1, 8),
    ("vocabulary_size", 2, 10_000_000),
    ("classes", 2, 100_000),
    ("embedding_size", 1, 4096),
    ("hidden_size", 1, 4096),
    ("max_tokens", 1, 1_000_000),
    ("heads", 1, 64),
)
_RATES = ("dropout", "embedding_dropout", "locked_dropout", "weight_drop", "word_dropout")


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise SettingsError unless the value of an option is one of its choices."""
    if value not in choices:
        raise SettingsError(f"{name} is {value!r}: choose one of {', '.join(choices)}.")


def check_size(name: str, value: object, low: int, high: int) -> None:
    """Raise SettingsError unless the value of an option is a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SettingsError(f"{name} is {value!r}: give a whole number from {low} to {high}.")


def check_rate(name: str, value: object) -> None:
    """Raise SettingsError unless the value of an option is a probability of dropping."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < 1.0:
        raise SettingsError(f"{name} is {value!r}: give a number from 0 (off) to below 1.")


def _check_ids(name: str, ids: object, vocabulary_size: int) -> None:
    if not isinstance(ids, tuple | list) or not all(type(i) is int and 1 < i < vocabulary_size for i in ids):
        raise SettingsError(f"{name} is {ids!r}: give ids of words, whole numbers from 2 to {vocabulary_size - 1}.")
