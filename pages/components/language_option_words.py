"""Every option of a language model's training as people read it, and where it stands in the form."""

from __future__ import annotations

from model.training.language_settings import LanguageSettings
from pages.components.option_words import OPTIONS, OptionWords
from pages.components.settings_form import Form

_LEFT_OPEN = "as the network"  # that was chosen: plain or regularised

LANGUAGE_OPTIONS = {
    "layers": OptionWords("Layers", "How many recurrent layers stand on one another."),
    "hidden_size": OPTIONS["hidden_size"],
    "embedding_size": OptionWords("Embedding size", "Numbers that stand for a word or a character."),
    "tied": OptionWords(
        "Tied weights",
        "The vectors that words are read with also tell how likely each is next, which halves the network.",
        _LEFT_OPEN,
    ),
    "attention_score": OptionWords(
        "Attention score",
        "How a state scores those before it: as they are (dot), through a matrix (general), or by a small layer.",
    ),
    "window": OptionWords("Window", "Attention looks back at so many states.", "the whole past, for short texts"),
    "attention_layers": OptionWords(
        "Attention layers", "The top layer looks back, or each layer at its own states and all of it decides."
    ),
    "min_frequency": OptionWords(
        "Min frequency",
        "Words and characters seen less often in the training text count as unknown.",
        "as usual; 2 for words, 1 for characters",
    ),
    "max_vocabulary": OptionWords("Max vocabulary", "Only so many are known, the most frequent.", "no limit"),
    "dropout": OptionWords(
        "Dropout",
        "Share of a state hidden before it predicts, so that no number is relied on.",
        f"{_LEFT_OPEN}; 0.2, AWD 0.4",
    ),
    "locked_dropout": OptionWords(
        "Locked dropout",
        "Share of word vectors and states hidden, the same over a whole segment.",
        f"{_LEFT_OPEN}; 0, AWD 0.3",
    ),
    "embedding_dropout": OptionWords(
        "Embedding dropout",
        "Share of words whose vectors are hidden wherever they stand.",
        f"{_LEFT_OPEN}; 0, AWD 0.1",
    ),
    "weight_drop": OptionWords(
        "Weight drop",
        "Share of the links from state to state cut at each step (Merity et al. 2018).",
        f"{_LEFT_OPEN}; 0, AWD 0.5",
    ),
    "weight_decay": OptionWords("Weight decay", "Pulls all weights but word vectors towards zero."),
    "patience": OPTIONS["patience"],
    "averaging": OptionWords(
        "Averaging",
        "From where validation stops improving, the mean of all weights since is kept (Merity et al. 2018).",
        _LEFT_OPEN,
    ),
    "epochs": OptionWords("Epochs", "How often the training text is read, at most."),
    "batch_size": OptionWords(
        "Batch size", "The training text is cut into so many pieces that are read side by side."
    ),
    "segment": OptionWords(
        "Segment", "Words or characters between two steps: errors go back that far, states are carried on."
    ),
    "learning_rate": OPTIONS["learning_rate"],
    "schedule": OPTIONS["schedule"],
    "optimizer": OptionWords(
        "Optimizer", "How steps are made: Adam adapts their size, SGD follows the gradient alone."
    ),
    "clip": OptionWords(
        "Clip", "Longer gradients are shortened to this, so that no passage upsets the network.", "never"
    ),
    "device": OPTIONS["device"],
    "precision": OPTIONS["precision"],
    "threads": OPTIONS["threads"],
}
LANGUAGE_GROUPS = {
    "Network": (
        *("layers", "hidden_size", "embedding_size", "tied"),
        *("attention_score", "window", "attention_layers"),
    ),
    "Words": ("min_frequency", "max_vocabulary"),
    "Against overfitting": (
        *("dropout", "locked_dropout", "embedding_dropout", "weight_drop"),
        *("weight_decay", "averaging", "patience"),
    ),
    "Training": (
        *("epochs", "batch_size", "segment", "learning_rate"),
        *("schedule", "optimizer", "clip", "device", "precision", "threads"),
    ),
}
LANGUAGE = Form(LanguageSettings, LANGUAGE_GROUPS, LANGUAGE_OPTIONS, "language-option")
