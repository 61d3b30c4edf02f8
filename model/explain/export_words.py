"""How exports write text and numbers: text as typed and never as markup, numbers as the pages show them."""

import re
import unicodedata
from typing import Any, Literal

MOST_DRAWN = 3_000  # characters of one token, of one gap, and of the part that is not read
CUT_HERE = "cut here: the rest is not read"

# Amber for weights, blue for what speaks for the target, red for what speaks against it; as in export.css.
WEIGHT, WEIGHT_LINE, FOR, AGAINST = "#f59e0b", "#b45309", "#2563eb", "#c81e1e"
INK, SOFT, LINE = "#10161f", "#5f6b7a", "#dedad2"
STRENGTH = 0.45  # share of the colour in the strongest token's ground: words on it stay readable

_LONGEST_NAME = 60
# What XML forbids or a screen cannot show: C0 controls have pictures of their own, the others a common stand-in.
_UNSEEN = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: "\u2421",
    **dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd"),
}
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"})
_ADDRESSES = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """A text whose control characters and lone surrogates are pictures: fit for XML 1.0 and for UTF-8."""
    return text.translate(_UNSEEN)


def markup(text: str) -> str:
    """A text as it stands between HTML or XML tags, or in a quoted attribute; parsed, it is `visible(text)` again."""
    return visible(text).translate(_MARKUP)


def unlinked(text: str) -> str:
    """A text with an unseen joiner in each address, which Markdown would make a link even of escaped text."""
    return _ADDRESSES.sub("\u2060", text)


def shortened(text: str) -> str:
    """A text, cut behind `MOST_DRAWN` characters; what was left out is counted."""
    return text if len(text) <= MOST_DRAWN else f"{text[:MOST_DRAWN]}… ({len(text) - MOST_DRAWN:,} more characters)"


def name_of(label: Any) -> str:
    """A label or a method on one line: short, and unable to turn the direction of what stands after it."""
    name = _DIRECTIONS.sub("\ufffd", " ".join(str(label).split()))
    return visible(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…")


def plain(value: float, digits: int = 3) -> str:
    """A number with a true minus."""
    return f"{value:.{digits}f}".replace("-", "−")


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign; small ones keep two digits that say something."""
    if value and abs(value) < 0.5 * 10**-digits:
        return f"{value:+.1e}".replace("-", "−")
    return f"{value:+.{digits}f}".replace("-", "−")


def duration(seconds: float) -> str:
    """Seconds as 3 ms or 1.4 s."""
    return f"{max(1, round(1000 * seconds))} ms" if seconds < 1 else f"{seconds:.1f} s"


def direction(text: str) -> Literal["ltr", "rtl"]:
    """The reading direction of a text: that of its first letter that has one, as in HTML's dir=auto."""
    return strong_direction(text) or "ltr"


def strong_direction(text: str) -> Literal["ltr", "rtl"] | None:
    """The direction of the first letter that has one; None without such a letter."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return None


def mixed(colour: str, share: float, *, ground: str = "#ffffff") -> str:
    """A colour of `share` strength on its ground, both as #rrggbb."""
    pairs = zip(*(bytes.fromhex(shade[1:]) for shade in (colour, ground)), strict=True)
    return "#" + "".join(f"{round(share * over + (1 - share) * under):02x}" for over, under in pairs)
