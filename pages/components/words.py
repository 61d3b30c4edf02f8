"""Names and numbers as people read them, and text that is shown as typed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal, NamedTuple

from model.runs.run import Run


class PresetWords(NamedTuple):
    """What people call a preset, what it does in one sentence, whether it attends, and where it comes from."""

    title: str
    about: str
    attends: bool
    source: str


PRESETS = {
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

STATES = {
    "queued": "waiting",
    "starting": "starting",
    "running": "training",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "interrupted": "interrupted",
}


def kind(method: str) -> Literal["weight", "signed"]:
    """Whether a method says only how much a token counts, or also for or against what."""
    return "weight" if method in ("attention", "saliency") else "signed"


def preset_title(preset: str) -> str:
    """What people call a preset; its own name where a newer version made it."""
    return PRESETS[preset].title if preset in PRESETS else preset


def attends(run: Run) -> bool:
    """Whether a run's network has learned attention weights."""
    words = PRESETS.get(run.spec["preset"])
    return bool(words and words.attends)


def literal(text: str) -> str:
    """Text that people typed, as Markdown that shows it letter by letter: no link, no image, no colour."""
    # An unseen joiner keeps addresses from becoming links, which escaping alone does not.
    text = re.sub(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", "\u2060", text, flags=re.IGNORECASE)
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@^])", r"\\\1", re.sub(r"\s+", " ", text))


def percent(share: float, digits: int = 1) -> str:
    """0.8625 -> 86.3 %."""
    return f"{100 * share:.{digits}f} %"


def points(difference: float) -> str:
    """0.029 -> +2.9 points."""
    return f"{signed(100 * difference, 1)} points"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, minus as a true minus."""
    return f"{value:+.{digits}f}".replace("-", "−")


def count(number: float) -> str:
    """12345.6 -> 12,346."""
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """Seconds as 3 ms, 1.4 s, 65 s, 12 min or 2.5 h."""
    if seconds < 1:
        return f"{max(1, round(1000 * seconds))} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def size(octets: float) -> str:
    """4812345 -> 4.8 MB."""
    for unit in ("bytes", "kB", "MB"):
        if octets < 1000:
            return f"{octets:.0f} {unit}" if unit == "bytes" else f"{octets:.1f} {unit}"
        octets /= 1000
    return f"{octets:.1f} GB"


def day(created: str) -> str:
    """A run's moment of creation, to the minute, in the server's time zone."""
    return datetime.fromisoformat(created).astimezone().strftime("%-d %b %Y, %H:%M")


def listed(parts: list[str]) -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
