"""Words set in lines without a font at hand: an approximate width for every script, and lines that read both ways."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby

from model.explain.export_words import strong_direction

# Widths in em, between those of Helvetica and of DejaVu Sans.
_WIDTHS = {
    **dict.fromkeys("ijl|'’‘", 0.27),
    **dict.fromkeys("ftrI()[]!.,:;/\\-`·", 0.36),
    **dict.fromkeys("mwMW@%—…", 0.93),
}
_CAPITAL, _LETTER, _JOINED, _FULL = 0.68, 0.58, 0.48, 1.0
SPACE = 0.3
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_NO_START = ("Pe", "Pf", "Po")  # closing marks stay with what they close


def width(text: str) -> float:
    """The approximate width of a text in em; marks add nothing, nor does what joins on to an emoji."""
    total, before = 0.0, ""
    for character in text:
        if before != _JOINER:
            total += _width(character)
        before = character
    return total


@lru_cache(maxsize=4096)
def _width(character: str) -> float:
    if character in _WIDTHS:
        return _WIDTHS[character]
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf") or ord(character) in _SKIN_TONES:
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or category == "So":
        return _FULL
    if unicodedata.bidirectional(character) == "AL":
        return _JOINED
    return _CAPITAL if category == "Lu" else SPACE if category == "Zs" else _LETTER


@dataclass(kw_only=True, eq=False)
class Word:
    """A stretch of text without white space: of token number `token`, or of none; `space` is what stands behind it.

    `set_lines` sets `x` and `y`, its left end and its base line, and `way`, the direction it is read in.
    """

    text: str
    token: int | None = None
    kind: str = "word"  # or "cut", "mark"
    space: str = ""
    x: float = 0.0
    y: float = 0.0
    way: str = "ltr"
    size: float = 16.0

    @cached_property
    def width(self) -> float:
        """The width without the space behind, in the units of `size`."""
        return self.size * width(self.text)

    @property
    def gap(self) -> float:
        """The width of the space behind; a line break has none."""
        return self.size * SPACE * min(len(self.space), 8)


def words_of(text: str, *, token: int | None = None, kind: str = "word", size: float = 16.0) -> list[Word]:
    """A text cut at white space, in words that joined with their spaces give it back; the first may be empty."""
    parts = re.split(r"(\s+)", text)
    pairs = zip(parts[::2], [*parts[1::2], ""], strict=True)
    return [Word(text=word, space=space, token=token, kind=kind, size=size) for word, space in pairs if word or space]


def set_lines(
    words: Iterable[Word], *, left: float, right: float, top: float, leading: float, direction: str
) -> tuple[list[Word], float]:
    """Set words in lines between `left` and `right`; returns them with their places, and the last base line.

    A word longer than a line is cut into several. A line is turned for right-to-left text as a whole, and its words
    that read the other way turned back: the bidirectional algorithm on words, without its explicit embeddings.
    """
    room, lines, line, used = right - left, [], [], 0.0
    for cluster in _clusters(words, room):
        wanted = sum(word.width for word in cluster) + sum(word.gap for word in cluster[:-1])
        if line and used + wanted > room:
            lines.append(line)
            line, used = [], 0.0
        line += cluster
        used += wanted + cluster[-1].gap
        if "\n" in cluster[-1].space:
            lines.append(line)
            line, used = [], 0.0
    if line:
        lines.append(line)
    y = top
    for place, line in enumerate(lines):
        y = top + place * leading
        items = _visual(line, direction)
        x = left if direction == "ltr" else right - sum(map(_breadth, items))
        for item in items:
            if isinstance(item, Word):
                item.x, item.y = x, y
            x += _breadth(item)
    return [word for line in lines for word in line], y


def _clusters(words: Iterable[Word], room: float) -> Iterable[list[Word]]:
    """Words that no line break may part: those without space between, in scripts that have spaces."""
    cluster: list[Word] = []
    for word in words:
        for part in _parts(word, room):
            if cluster and _may_break(cluster, part, room):
                yield cluster
                cluster = []
            cluster.append(part)
    if cluster:
        yield cluster


def _may_break(cluster: Sequence[Word], word: Word, room: float) -> bool:
    before = cluster[-1]
    if before.space or not before.text or not word.text:
        return bool(before.space)
    if sum(other.width for other in cluster) + word.width > room:
        return True
    full = unicodedata.east_asian_width(before.text[-1]) in "WF" or unicodedata.east_asian_width(word.text[0]) in "WF"
    return full and unicodedata.category(word.text[0]) not in _NO_START


def _parts(word: Word, room: float) -> Iterable[Word]:
    if word.width <= room:
        return [word]
    parts, start, used, step = [], 0, 0.0, word.size
    for place, character in enumerate(word.text):
        wanted = step * _width(character)
        if used + wanted > room and place > start:
            parts.append(word.text[start:place])
            start, used = place, 0.0
        used += wanted
    parts.append(word.text[start:])
    last = len(parts) - 1
    return [
        Word(text=part, token=word.token, kind=word.kind, size=word.size, space=word.space if place == last else "")
        for place, part in enumerate(parts)
    ]


def _visual(line: Sequence[Word], direction: str) -> list[Word | float]:
    """A line from left to right: its words, and the widths of the spaces between them."""
    known = [strong_direction(word.text) or _number_direction(word.text) for word in line]
    for place, word in enumerate(line):
        before = line[place - 1].way if place else direction
        after = next((way for way in known[place:] if way), direction)
        word.way = known[place] or (before if before == after else direction)
    runs: list[list[Word | float]] = []
    for way, words in groupby(line, key=lambda word: word.way):
        items = [item for word in words for item in (word, word.gap)]
        last = items.pop()  # the space behind a run is read in the direction of the whole
        items = items if way == "ltr" else items[::-1]
        runs.append([*items, last] if direction == "ltr" else [last, *items])
    return [item for run in (runs if direction == "ltr" else runs[::-1]) for item in run]


def _breadth(item: Word | float) -> float:
    return item.width if isinstance(item, Word) else item


def _number_direction(text: str) -> str | None:
    return "ltr" if any(unicodedata.bidirectional(character) in ("EN", "AN") for character in text) else None
