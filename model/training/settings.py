"""One frozen settings object per run: everything that can change a result, with its bounds and a sentence on each."""

from __future__ import annotations

from dataclasses import dataclass

from model.networks.presets import PRESETS, Architecture
from model.training.options import Options, option

FIRST_SEED = 13  # of several trainings: 13, 14, …


@dataclass(frozen=True, kw_only=True)
class Settings(Options):
    """Every option of a classifier and its training; `None` means: chosen from the preset or the vectors.

    Raises SettingsError for a wrong type, a value out of range or an unknown choice.
    """

    preset: str = option("bilstm-additive", "The network and its attention mechanism.", choices=tuple(PRESETS))
    seed: int = option(
        FIRST_SEED, "Fixes initialisation, shuffling and dropout; never the split.", minimum=0, maximum=2**31 - 1
    )
    device: str = option(
        "auto", "Where to compute: CUDA, then MPS, then CPU.", choices=("auto", "cpu", "cuda", "mps")
    )

    layers: int | None = option(None, "Recurrent layers on top of one another.", minimum=1, maximum=4)
    hidden_size: int = option(64, "Size of the state of each layer and direction.", minimum=1, maximum=2048)
    embedding_size: int | None = option(
        None,
        "Size of a word's vector; by default that of the pretrained vectors, else 64.",
        minimum=1,
        maximum=2048,
    )
    dropout: float = option(0.5, "Share of the pooled text vector dropped in training.", minimum=0.0, maximum=0.95)
    embedding_dropout: float = option(
        0.3,
        "Share of embedding dimensions dropped, the same ones over a whole text.",
        minimum=0.0,
        maximum=0.95,
    )
    locked_dropout: float = option(
        0.0, "Share of state dimensions dropped, the same ones over a whole text.", minimum=0.0, maximum=0.95
    )
    weight_drop: float = option(
        0.0,
        "Share of recurrent weights dropped at each step (Merity et al. 2018).",
        minimum=0.0,
        maximum=0.95,
    )
    word_dropout: float = option(
        0.1, "Share of words shown to the network as unknown in training.", minimum=0.0, maximum=0.95
    )
    input_normalization: bool = option(False, "BatchNorm, tanh and dropout between embedding and encoder.")
    position_bias: bool = option(True, "Feed-forward attention: one bias per position instead of a shared one.")
    heads: int = option(4, "Heads of multi-head attention.", minimum=1, maximum=64)
    attention_weights: str = option(
        "learned",
        "Uniform freezes attention to 1/n: the control for what learning it adds.",
        choices=("learned", "uniform"),
    )

    vectors: str = option("auto", "Pretrained word vectors: auto, none, glove, or the path of a file.")
    freeze_vectors: bool = option(False, "Keep the pretrained vectors as they are.")
    min_frequency: int = option(
        2, "Rarer words in the training texts count as unknown.", minimum=1, maximum=1_000_000
    )
    max_vocabulary: int | None = option(
        50_000, "At most so many words, the most frequent.", minimum=1, maximum=5_000_000
    )
    max_tokens: int = option(
        400, "Longer texts are cut at the end, and the cut is shown.", minimum=1, maximum=100_000
    )

    epochs: int = option(10, "Passes over the training texts, at most.", minimum=1, maximum=1000)
    batch_size: int = option(48, "Texts per update.", minimum=1, maximum=4096)
    optimizer: str = option("adam", "Adam, or AdamW with decoupled weight decay.", choices=("adam", "adamw"))
    learning_rate: float = option(2e-3, "Step size; the peak of a one-cycle schedule.", minimum=1e-8, maximum=1.0)
    weight_decay: float = option(
        0.0, "Pull of all weights but the embeddings towards zero.", minimum=0.0, maximum=10.0
    )
    label_smoothing: float = option(0.1, "Share of the target spread over all classes.", minimum=0.0, maximum=0.9)
    schedule: str = option(
        "one-cycle",
        "How the learning rate moves over the training.",
        choices=("none", "plateau", "one-cycle"),
    )
    clip: float | None = option(1.0, "Longest gradient allowed (L2 norm).", minimum=1e-6, maximum=1e6)
    patience: int | None = option(
        4, "Epochs without a better validation loss before training stops.", minimum=1, maximum=1000
    )
    class_weights: str = option("none", "Balanced: errors on rare classes count more.", choices=("none", "balanced"))
    precision: str = option(
        "auto",
        "bfloat16 for the recurrence in training, where the machine is faster with it.",
        choices=("auto", "float32", "bfloat16"),
    )
    threads: int = option(1, "CPU threads of one training.", minimum=1, maximum=256)

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


parse_assignment = Settings.parse_assignment
