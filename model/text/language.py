"""A text as one stream of tokens, words or characters, for models that predict the next one."""

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from model.errors import SettingsError
from model.text.running import join
from model.text.segmentation import Segmentation, iterate_keys, segment
from model.text.vocabulary import UNK, Token, Tokenized, Vocabulary

__all__ = ["LINE_END", "UNITS", "LanguageVocabulary", "iterate_pieces", "join", "pieces", "shown"]

UNITS = ("words", "characters")
LINE_END = "\n"

_LINE_ENDS = re.compile(r"[\n\r\v\f\x85\u2028\u2029](?:\s*[\n\r\v\f\x85\u2028\u2029])?")
_CHARACTER = re.compile("\r\n|(?s:.)")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LONGEST_LINE = 1 << 16  # characters segmented at once: a novel may stand in one line
_BREAKS = re.compile("[\\s，。、！？；：]")  # no token reaches across one of these
_SHOWN = {LINE_END: "⏎", " ": "␣", "\t": "⇥"}


def pieces(text: str, unit: str) -> Segmentation:
    """The tokens of a text, in order: their keys, and spans in code points of the text as typed.

    As "words", the tokens of `segment` with one token "\\n" for every run of line ends. As "characters", each code
    point as typed, save that "\\r\\n" and "\\r" are "\\n". Raises SettingsError for another unit.
    """
    if _checked(unit) == "characters":
        spans = [match.span() for match in _CHARACTER.finditer(text)]
        return Segmentation([_plain(text[start:end]) for start, end in spans], spans)
    keys, spans = [], []
    for start, end, is_line_end in _stretches(text):
        found = Segmentation([LINE_END], [(0, end - start)]) if is_line_end else segment(text[start:end])
        keys += found.keys
        spans += [(start + first, start + last) for first, last in found.spans]
    return Segmentation(keys, spans)


def iterate_pieces(text: str, unit: str) -> Iterator[Sequence[str]]:
    """The keys of `pieces`, a stretch of the text at a time, fast and in bounded memory."""
    if _checked(unit) == "characters":
        yield _plain(text)
        return
    line_ends = []  # of the one stretch that `iterate_keys` has just asked for

    def stretches() -> Iterator[str]:
        for start, end, is_line_end in _stretches(text):
            line_ends.append(is_line_end)
            yield "" if is_line_end else text[start:end]

    for keys in iterate_keys(stretches()):
        yield [LINE_END] if line_ends.pop() else keys


class LanguageVocabulary:
    """The vocabulary of a language model: words or characters with their ids, and texts as streams of ids."""

    def __init__(self, unit: str, vocabulary: Vocabulary):
        self.unit = _checked(unit)
        self.vocabulary = vocabulary

    @classmethod
    def fit(
        cls, text: str, *, unit: str, min_frequency: int = 2, max_size: int | None = None
    ) -> "LanguageVocabulary":
        """Counts the tokens of a training text; see `Vocabulary.fit_keys` for what is kept."""
        keys = iterate_pieces(text, unit)
        return cls(unit, Vocabulary.fit_keys(keys, min_frequency=min_frequency, max_size=max_size))

    def __len__(self) -> int:
        return len(self.vocabulary)

    @property
    def words(self) -> list[str]:
        """The keys by id; the first two stand for padding and for what is unknown."""
        return self.vocabulary.words

    @property
    def counts(self) -> list[int]:
        """How often each was seen in training, by id."""
        return self.vocabulary.counts

    def encode(self, text: str) -> np.ndarray:
        """Ids of the whole text as one stream, int32 (N,); an unknown token is UNK."""
        return self.vocabulary.ids_of(chain.from_iterable(iterate_pieces(text, self.unit)))

    def tokenize(self, text: str, *, max_tokens: int | None = None) -> Tokenized:
        """The tokens of a text as typed, with their ids; of more than max_tokens the LAST ones are kept.

        `truncated_at` is then the offset at which the kept part begins: what comes next depends on what came last.
        """
        keys, spans = pieces(text, self.unit)
        cut = max_tokens is not None and len(keys) > max_tokens
        if cut:
            keys, spans = keys[-max_tokens:], spans[-max_tokens:]
        ids = self.vocabulary.ids_of(keys)
        tokens = [
            Token(text[start:end], start, end, known)
            for (start, end), known in zip(spans, (ids != UNK).tolist(), strict=True)
        ]
        return Tokenized(tokens, ids, spans[0][0] if cut else None)

    def shown(self, token_id: int) -> str:
        """A token as it can be seen alone: "⏎" for a line end, "␣" for a space, a code point for others."""
        return shown(self.words[token_id])

    def save(self, path: str | os.PathLike) -> None:
        """Writes one JSON file, in the format of `Vocabulary`; the unit stands in the settings."""
        self.vocabulary.save(path)

    @classmethod
    def load(cls, path: str | os.PathLike, *, unit: str) -> "LanguageVocabulary":
        """Reads what `save` wrote; raises ModelError, with the reason, for anything else."""
        return cls(unit, Vocabulary.load(path))


def shown(key: str) -> str:
    """A key as it can be seen alone; see `LanguageVocabulary.shown`."""
    if key in _SHOWN or len(key) != 1:
        return _SHOWN.get(key, key)
    if unicodedata.category(key).startswith("M"):
        return "◌" + key
    return key if key.isprintable() else f"U+{ord(key):04X}"


def _stretches(text: str) -> Iterator[tuple[int, int, bool]]:
    """The text as [start, end) of lines and of what ends them, with True for the latter."""
    start = 0
    for ends in _LINE_ENDS.finditer(text):
        yield from _line(text, start, ends.start())
        yield *ends.span(), True
        start = ends.end()
    yield from _line(text, start, len(text))


def _line(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    while end - start > _LONGEST_LINE:
        limit = start + _LONGEST_LINE
        cut = max((match.end() for match in _BREAKS.finditer(text, start, limit)), default=limit)
        yield start, cut, False
        start = cut
    yield start, end, False


def _plain(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", LINE_END).replace("\r", LINE_END)
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def _checked(unit: str) -> str:
    if unit not in UNITS:
        raise SettingsError(f"unit is {unit!r}; choose {' or '.join(UNITS)}.")
    return unit
