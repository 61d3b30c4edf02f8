"""Each preset as people know it: its title, what it does, whether it attends, and where it comes from."""

from __future__ import annotations

from typing import NamedTuple


class PresetWords(NamedTuple):
    """What people call a preset, what it does in one sentence, whether it attends, and where it comes from."""

    title: str
    about: str
    attends: bool
    source: str


PRESET_WORDS = {
    "rnn-mean": PresetWords(
        "RNN, mean of states", "Every state counts the same: their mean decides.", False, "Elman 1990"
    ),
    "lstm": PresetWords(
        "LSTM", "Reads from left to right; its last state decides.", False, "Hochreiter & Schmidhuber 1997"
    ),
    "gru": PresetWords(
        "GRU", "As the LSTM, with a simpler cell: a state, no memory beside it.", False, "Cho et al. 2014"
    ),
    "bilstm": PresetWords(
        "BiLSTM", "Reads in both directions; both last states decide.", False, "Schuster & Paliwal 1997"
    ),
    "bilstm-2layer": PresetWords(
        "BiLSTM, two layers", "A second BiLSTM reads the states of the first.", False, "Graves et al. 2013"
    ),
    "lstm-additive": PresetWords(
        "LSTM + additive attention",
        "A learned question gives every state a weight; their weighted sum decides.",
        True,
        "Yang et al. 2016, without its sentences",
    ),
    "bilstm-additive": PresetWords(
        "BiLSTM + additive attention",
        "The learned question weighs states that know the words on both sides.",
        True,
        "Yang et al. 2016, without its sentences",
    ),
    "lstm-dot": PresetWords(
        "LSTM + dot attention",
        "The last state asks all earlier ones; both it and their weighted sum decide.",
        True,
        "Luong et al. 2015",
    ),
    "bilstm-dot": PresetWords(
        "BiLSTM + dot attention",
        "Each direction's last state asks the states that it read before.",
        True,
        "Luong et al. 2015",
    ),
    "bilstm-feedforward": PresetWords(
        "BiLSTM + feed-forward attention",
        "A small layer weighs each state by itself and by its position.",
        True,
        "Raffel & Ellis 2015",
    ),
    "bilstm-feedforward-stacked": PresetWords(
        "BiLSTM + feed-forward attention, stacked",
        "The weighted states are not summed: a second LSTM reads them.",
        True,
        "Raffel & Ellis 2015, as a Keras layer",
    ),
    "bilstm-multihead": PresetWords(
        "BiLSTM + multi-head attention",
        "Several learned questions at once, a colour each, with weights of their own.",
        True,
        "Vaswani et al. 2017",
    ),
    "han": PresetWords(
        "Hierarchical attention",
        "Weighs the words in each sentence, then the sentences in the text.",
        True,
        "Yang et al. 2016",
    ),
}

LANGUAGE_PRESET_WORDS = {
    "lstm-lm": PresetWords(
        "LSTM language model",
        "Predicts the next word from its state alone.",
        False,
        "Zaremba et al. 2014",
    ),
    "awd-lstm-lm": PresetWords(
        "AWD-LSTM language model",
        "The LSTM, kept from learning by heart: dropped words, columns and recurrent weights, tied, averaged.",
        False,
        "Merity et al. 2018",
    ),
    "lstm-attention-lm": PresetWords(
        "LSTM language model + attention",
        "Its state asks all earlier ones in a window; state and answer together predict the next word.",
        True,
        "Luong et al. 2015, Daniluk et al. 2017",
    ),
    "awd-lstm-attention-lm": PresetWords(
        "AWD-LSTM language model + attention",
        "The AWD-LSTM, whose state asks all earlier ones in a window.",
        True,
        "Merity et al. 2018, Luong et al. 2015",
    ),
}


def preset_title(preset: str) -> str:
    """What people call a preset, of either kind; its own name where a newer version made it."""
    words = _words(preset)
    return words.title if words else preset


def has_attention(preset: str) -> bool:
    """Whether a preset, of either kind, learns where to look; False of one that a newer version made."""
    words = _words(preset)
    return bool(words and words.attends)


def _words(preset: str) -> PresetWords | None:
    return PRESET_WORDS.get(preset) or LANGUAGE_PRESET_WORDS.get(preset)
