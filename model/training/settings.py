"""One frozen settings object per run: everything that can change a result, with its bounds and a sentence on each."""

from __future__ import annotations

import difflib
import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_type_hints

from model.errors import SettingsError
from model.networks.presets import PRESETS, Architecture

FIRST_SEED = 13  # of several trainings: 13, 14, …


def _option(default: Any, help: str, *, minimum=None, maximum=None, choices: tuple[str, ...] | None = None) -> Any:
    return field(default=default, metadata={"help": help, "minimum": minimum, "maximum": maximum, "choices": choices})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every option of a classifier and its training; `None` means: chosen from the preset or the vectors.

    Raises SettingsError for a wrong type, a value out of range or an unknown choice.
    """

    preset: str = _option("bilstm-additive", "The network and its attention mechanism.", choices=tuple(PRESETS))
    seed: int = _option(
        FIRST_SEED, "Fixes initialisation, shuffling and dropout; never the split.", minimum=0, maximum=2**31 - 1
    )
    device: str = _option(
        "auto", "Where to compute: CUDA, then MPS, then CPU.", choices=("auto", "cpu", "cuda", "mps")
    )

    layers: int | None = _option(None, "Recurrent layers on top of one another.", minimum=1, maximum=4)
    hidden_size: int = _option(64, "Size of the state of each layer and direction.", minimum=1, maximum=2048)
    embedding_size: int | None = _option(
        None,
        "Size of a word's vector; by default that of the pretrained vectors, else 64.",
        minimum=1,
        maximum=2048,
    )
    dropout: float = _option(0.5, "Share of the pooled text vector dropped in training.", minimum=0.0, maximum=0.95)
    embedding_dropout: float = _option(
        0.3,
        "Share of embedding dimensions dropped, the same ones over a whole text.",
        minimum=0.0,
        maximum=0.95,
    )
    locked_dropout: float = _option(
        0.0, "Share of state dimensions dropped, the same ones over a whole text.", minimum=0.0, maximum=0.95
    )
    weight_drop: float = _option(
        0.0,
        "Share of recurrent weights dropped at each step (Merity et al. 2018).",
        minimum=0.0,
        maximum=0.95,
    )
    word_dropout: float = _option(
        0.1, "Share of words shown to the network as unknown in training.", minimum=0.0, maximum=0.95
    )
    input_normalization: bool = _option(False, "BatchNorm, tanh and dropout between embedding and encoder.")
    position_bias: bool = _option(True, "Feed-forward attention: one bias per position instead of a shared one.")
    heads: int = _option(4, "Heads of multi-head attention.", minimum=1, maximum=64)
    attention_weights: str = _option(
        "learned",
        "Uniform freezes attention to 1/n: the control for what learning it adds.",
        choices=("learned", "uniform"),
    )

    vectors: str = _option("auto", "Pretrained word vectors: auto, none, glove, or the path of a file.")
    freeze_vectors: bool = _option(False, "Keep the pretrained vectors as they are.")
    min_frequency: int = _option(
        2, "Rarer words in the training texts count as unknown.", minimum=1, maximum=1_000_000
    )
    max_vocabulary: int | None = _option(
        50_000, "At most so many words, the most frequent.", minimum=1, maximum=5_000_000
    )
    max_tokens: int = _option(
        400, "Longer texts are cut at the end, and the cut is shown.", minimum=1, maximum=100_000
    )

    epochs: int = _option(10, "Passes over the training texts, at most.", minimum=1, maximum=1000)
    batch_size: int = _option(48, "Texts per update.", minimum=1, maximum=4096)
    optimizer: str = _option("adam", "Adam, or AdamW with decoupled weight decay.", choices=("adam", "adamw"))
    learning_rate: float = _option(2e-3, "Step size; the peak of a one-cycle schedule.", minimum=1e-8, maximum=1.0)
    weight_decay: float = _option(
        0.0, "Pull of all weights but the embeddings towards zero.", minimum=0.0, maximum=10.0
    )
    label_smoothing: float = _option(0.1, "Share of the target spread over all classes.", minimum=0.0, maximum=0.9)
    schedule: str = _option(
        "one-cycle",
        "How the learning rate moves over the training.",
        choices=("none", "plateau", "one-cycle"),
    )
    clip: float | None = _option(1.0, "Longest gradient allowed (L2 norm).", minimum=1e-6, maximum=1e6)
    patience: int | None = _option(
        4, "Epochs without a better validation loss before training stops.", minimum=1, maximum=1000
    )
    class_weights: str = _option("none", "Balanced: errors on rare classes count more.", choices=("none", "balanced"))
    precision: str = _option(
        "auto",
        "bfloat16 for the recurrence in training, where the machine is faster with it.",
        choices=("auto", "float32", "bfloat16"),
    )
    threads: int = _option(1, "CPU threads of one training.", minimum=1, maximum=256)

    def __post_init__(self) -> None:
        for name, kind in _TYPES.items():
            _check(name, getattr(self, name), kind, _FIELDS[name].metadata)

    @classmethod
    def from_dict(cls, options: dict[str, Any]) -> Settings:
        """Settings from names and values, as read from JSON or a form; unknown names raise SettingsError."""
        for name in options:
            if name not in _FIELDS:
                raise SettingsError(_unknown(name))
        return cls(**{name: _coerce(value, _TYPES[name]) for name, value in options.items()})

    def to_dict(self) -> dict[str, Any]:
        """Names and JSON values of all options."""
        return asdict(self)

    def architecture(
        self,
        *,
        vocabulary_size: int,
        classes: int,
        embedding_size: int,
        sentence_ends: tuple[int, ...] = (),
        closing_marks: tuple[int, ...] = (),
    ) -> Architecture:
        """Everything that shapes the network, with the preset's and the data's sizes and the vocabulary's marks."""
        preset = PRESETS[self.preset]
        return Architecture(
            cell=preset.cell,
            bidirectional=preset.bidirectional,
            pooling=preset.pooling,
            layers=self.layers or preset.layers,
            hidden_size=self.hidden_size,
            embedding_size=embedding_size,
            vocabulary_size=vocabulary_size,
            classes=classes,
            dropout=self.dropout,
            embedding_dropout=self.embedding_dropout,
            locked_dropout=self.locked_dropout,
            weight_drop=self.weight_drop,
            word_dropout=self.word_dropout,
            input_normalization=self.input_normalization,
            position_bias=self.position_bias,
            max_tokens=self.max_tokens,
            heads=self.heads,
            attention_weights=self.attention_weights,
            sentence_ends=sentence_ends,
            closing_marks=closing_marks,
        )


_FIELDS = {item.name: item for item in fields(Settings)}
_TYPES: dict[str, Any] = get_type_hints(Settings)


def parse_assignment(text: str) -> tuple[str, Any]:
    """Name and typed value of `key=value`, as given to --set; `none` is None where an option may be empty."""
    name, separator, value = text.partition("=")
    name, value = name.strip(), value.strip()
    if not separator:
        raise SettingsError(f"--set {text!r} has no '='; write it as name=value, for example hidden_size=128")
    if name not in _FIELDS:
        raise SettingsError(_unknown(name))
    return name, _parse(name, value, _TYPES[name])


def _parse(name: str, value: str, kind: Any) -> Any:
    options = _options(kind)
    if type(None) in options and value.lower() == "none":
        return None
    if bool in options:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if value.lower() not in words:
            raise SettingsError(f"{name} is {value!r}; write true or false")
        return words[value.lower()]
    if str in options:
        return value
    number = int if int in options else float
    try:
        return number(value)
    except ValueError:
        wanted = "a whole number" if number is int else "a number"
        raise SettingsError(f"{name} is {value!r}; it must be {wanted}") from None


def _options(kind: Any) -> tuple[Any, ...]:
    return getattr(kind, "__args__", (kind,))


def _coerce(value: Any, kind: Any) -> Any:
    # JSON and numpy know 1 and 1.0 as one number; a float option accepts both.
    if hasattr(value, "item"):
        value = value.item()
    if float in _options(kind) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _check(name: str, value: Any, kind: Any, rules: Any) -> None:
    options = _options(kind)
    if value is None and type(None) in options:
        return
    fits = type(value) in options or (float in options and type(value) is int)
    if not fits:
        wanted = " or ".join("none" if option is type(None) else option.__name__ for option in options)
        raise SettingsError(f"{name} is {value!r} ({type(value).__name__}); it must be {wanted}")
    if rules["choices"] and value not in rules["choices"]:
        near = difflib.get_close_matches(value, rules["choices"], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SettingsError(f"{name} is {value!r}; choose one of {', '.join(rules['choices'])}{hint}")
    low, high = rules["minimum"], rules["maximum"]
    if low is not None and not (math.isfinite(value) and low <= value <= high):
        raise SettingsError(f"{name} is {value!r}; it must lie between {low:g} and {high:g}")


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _FIELDS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(_FIELDS)}"
    return f"there is no option {name!r}; {hint}"
