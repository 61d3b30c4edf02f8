"""Names and numbers as people read them, and text that is shown as typed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from model.explain.export_words import unlinked
from model.networks.preset_words import has_attention, preset_title
from model.runs.run import Run

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


def attends(run: Run) -> bool:
    """Whether a run's network has learned attention weights."""
    return has_attention(run.spec["preset"])


def side_name(side: str) -> str:
    """A side of a duel's plan: bilstm-additive:uniform -> BiLSTM + additive attention, uniform weights."""
    preset, _, control = side.partition(":")
    return preset_title(preset) + (f", {control} weights" if control else "")


def literal(text: str) -> str:
    """Text that people typed, as Markdown that shows it letter by letter: no link, no image, no colour."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@^])", r"\\\1", re.sub(r"\s+", " ", unlinked(text)))


def percent(share: float, digits: int = 1) -> str:
    """0.8625 -> 86.3 %."""
    return f"{100 * share:.{digits}f} %"


def points(difference: float) -> str:
    """0.029 -> +2.9 points."""
    return f"{signed(100 * difference, 1)} points"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, minus as a true minus."""
    return f"{value:+.{digits}f}".replace("-", "−")


def perplexity(value: float | None) -> str:
    """1.8, 12.34, 123.4 and 12345.6 -> 1.80, 12.3, 123 and 12,346; None, which no float could hold, is ∞."""
    if value is None:
        return "∞"
    return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f}"


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
