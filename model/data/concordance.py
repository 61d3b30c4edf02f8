"""Where a word stands in many texts: how many have it, with which labels, and a few of them to read."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from model.text.segmentation import look_up_key, segment

Label = str | int

_MOST_CHUNKS = 1 << 18


class Example(NamedTuple):
    """A token in a text: the text's place among all, its label, and the token's span [start, end) in it."""

    text: int
    label: Label
    start: int
    end: int


@dataclass(frozen=True)
class Concordance:
    """`texts` have the word; `per_label` counts them by label, those without it included."""

    texts: int
    per_label: dict[Label, int]
    examples: list[Example]


def concordance(word: str, texts: Sequence[str], labels: Sequence[Label], *, limit: int = 5) -> Concordance:
    """Find the texts with a token looked up as `word` is, and at most `limit` of them, label by label in turn.

    The tokens are those of `segment`. Without segmenting every text: what does not hold the word's letters is passed
    over, and no token reaches across white space. Raises ValueError unless there is a label for each text.
    """
    if len(texts) != len(labels):
        raise ValueError(f"there are {len(texts)} texts but {len(labels)} labels")
    per_label = dict.fromkeys(sorted(set(labels), key=lambda label: (str(type(label)), label)), 0)
    found: dict[Label, list[int]] = {label: [] for label in per_label}
    has = _Holding(look_up_key(word))
    for place, (text, label) in enumerate(zip(texts, labels, strict=True)):
        if has.text(text):
            per_label[label] += 1
            if len(found[label]) < limit:
                found[label].append(place)
    in_turn = [place for row in zip_longest(*found.values()) for place in row if place is not None]
    examples = [_example(has.key, place, texts[place], labels[place]) for place in in_turn[:limit]]
    return Concordance(sum(per_label.values()), per_label, examples)


class _Holding:
    """Whether texts hold a key as a token; each stretch without white space is segmented once."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._ascii = key.isascii()
        self._loose = key.translate(_LOOSE)
        self._known: dict[str, bool] = {}

    def text(self, text: str) -> bool:
        """Whether the key is a token of the text."""
        if text.isascii():
            possible = self._ascii and self.key in text.lower()
        else:
            possible = self._loose in text.translate(_LOOSE)
        return bool(self.key) and possible and any(map(self._chunk, text.split()))

    def _chunk(self, chunk: str) -> bool:
        known = self._known.get(chunk)
        if known is None:
            lowered = chunk.lower()
            if chunk.isascii() and (self.key not in lowered or chunk.isalnum()):
                known = lowered == self.key
            else:
                known = self.key in segment(chunk).keys
            if len(self._known) >= _MOST_CHUNKS:
                self._known.clear()
            self._known[chunk] = known
        return known


class _Loose(dict):
    """For str.translate: each character alone as its compatible letters without case, marks and white space.

    A key comes from its token by NFKC and lower case, which look at neighbours (a mark joins on, a last sigma has a
    form of its own). Character by character, and without marks, token and key are translated alike, so that a text
    without the key's letters cannot have the token.
    """

    def __missing__(self, code: int) -> str:
        if 0xD800 <= code < 0xE000:
            return "\ufffd"  # as which a lone surrogate is looked up
        letters = unicodedata.normalize("NFKD", chr(code)).casefold()
        letters = unicodedata.normalize("NFKD", letters).replace("’", "'").replace("\u00ad", "")
        self[code] = "".join(
            letter for letter in letters if not unicodedata.category(letter).startswith("M") and not letter.isspace()
        )
        return self[code]


_LOOSE = _Loose()


def _example(key: str, place: int, text: str, label: Label) -> Example:
    keys, spans = segment(text)
    start, end = spans[keys.index(key)]
    return Example(place, label, start, end)
