"""Every option of a training as people read it: its name, one plain sentence, and what an empty field means."""

from __future__ import annotations

from typing import NamedTuple


class OptionWords(NamedTuple):
    """What people call an option, what it does, and, where it may be none, what that means."""

    label: str
    about: str
    empty: str = ""


OPTIONS = {
    "layers": OptionWords("Layers", "How many recurrent layers stand on one another.", "as drawn above"),
    "hidden_size": OptionWords("Hidden size", "Numbers in a state: more can hold more, and take longer."),
    "embedding_size": OptionWords("Embedding size", "Numbers that stand for a word.", "as the word vectors, else 64"),
    "attention_weights": OptionWords(
        "Attention weights", "Uniform gives every word the same weight: the control for what learning them adds."
    ),
    "heads": OptionWords("Heads", "How many questions multi-head attention asks; the other networks ignore it."),
    "position_bias": OptionWords(
        "Position bias", "Feed-forward attention may prefer places in the text; the other networks ignore it."
    ),
    "input_normalization": OptionWords(
        "Input normalization", "Brings word vectors to one scale before they are read (BatchNorm and tanh)."
    ),
    "vectors": OptionWords(
        "Vectors",
        "What the network knows of words beforehand; “auto” takes GloVe where it has 60 % of the training words.",
    ),
    "freeze_vectors": OptionWords("Freeze vectors", "Keeps these vectors as they are; learning on is mostly better."),
    "min_frequency": OptionWords("Min frequency", "Words seen less often in the training texts count as unknown."),
    "max_vocabulary": OptionWords("Max vocabulary", "Only so many words are known, the most frequent.", "no limit"),
    "max_tokens": OptionWords("Max tokens", "Longer texts are cut at the end; the Read page shows where."),
    "dropout": OptionWords(
        "Dropout", "Share of a text's vector hidden at each step, so that no number is relied on."
    ),
    "embedding_dropout": OptionWords(
        "Embedding dropout", "Share of the numbers of word vectors hidden, the same over a whole text."
    ),
    "locked_dropout": OptionWords(
        "Locked dropout", "Share of the numbers of states hidden, the same over a whole text."
    ),
    "weight_drop": OptionWords(
        "Weight drop", "Share of the links from state to state cut at each step (Merity et al. 2018)."
    ),
    "word_dropout": OptionWords("Word dropout", "Share of words shown to the network as unknown while it learns."),
    "label_smoothing": OptionWords(
        "Label smoothing", "Keeps the network from being too sure: a share of each answer goes to all classes."
    ),
    "weight_decay": OptionWords("Weight decay", "Pulls weights towards zero, so that none grows without need."),
    "patience": OptionWords(
        "Patience",
        "Training ends after so many epochs without a better validation loss.",
        "never; the best epoch is kept in any case",
    ),
    "epochs": OptionWords("Epochs", "How often all training texts are read, at most."),
    "batch_size": OptionWords("Batch size", "Texts per step: fewer make more and rougher steps."),
    "learning_rate": OptionWords("Learning rate", "Size of a step; lower it when the loss jumps or is no number."),
    "schedule": OptionWords(
        "Schedule", "One-cycle warms up, then slows to zero; plateau slows when validation gets no better."
    ),
    "optimizer": OptionWords("Optimizer", "How steps are made; AdamW keeps weight decay apart from the gradients."),
    "clip": OptionWords(
        "Clip", "Longer gradients are shortened to this, so that no text upsets the network.", "never"
    ),
    "class_weights": OptionWords(
        "Class weights", "Balanced: errors on rare classes count more, so that they are not passed over."
    ),
    "device": OptionWords("Device", "Where to compute; “auto” takes a GPU where there is one."),
    "precision": OptionWords(
        "Precision", "“auto” reads with bfloat16 where the machine is faster with it; results stay in float32."
    ),
    "threads": OptionWords("Threads", "Processor cores for one training; one is fastest beside other trainings."),
}
