"""The words of a training split, their ids and how often each was seen: one JSON file."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.errors import ModelError, SettingsError
from model.text.segmentation import KeyValues, iterate_keys, look_up_key, segment

PAD, UNK = 0, 1

# In look-up form, in which the full-width marks are the ASCII ones, … is ... and ⁉ is !? already. A semicolon ends no
# sentence, and the full-width one cannot be told from it.
_SENTENCE_ENDS = tuple(". ! ? ... .. !! ?? ?! !? 。 । ॥ ؟ ۔ ։ ። ။ ། ។ ‽".split())
_CLOSING_MARKS = tuple("\"'”»›)]}」』】》〉〕")  # straight quotes too: behind the end of a sentence they mostly close

_RESERVED = ["<pad>", "<unk>"]
_FORMAT = "attention-lab vocabulary 1"
_MOST_BYTES = 256 << 20
_MOST_SEEN = 1 << 53  # every smaller count is exact as a float, in any reader of JSON


class Token(NamedTuple):
    """One vocabulary entry with its span: `text` stands in [start, end), code points of the text as typed."""

    text: str
    start: int
    end: int
    known: bool


class Tokenized(NamedTuple):
    """A text's tokens, their ids int32 (T,), and where the kept part ends (an offset) if the text was cut."""

    tokens: list[Token]
    ids: np.ndarray
    truncated_at: int | None


class Vocabulary:
    """Words and ids, in order of frequency; a word's id is its place in `words`, and 0 and 1 are PAD and UNK.

    `counts` are frequencies in training, as long as `words`; UNK's is that of all words left out, so that they sum to
    the number of training tokens. Ids are never looked up among the first two, so a token "<pad>" is no PAD.
    """

    def __init__(self, words: Sequence[str], counts: Sequence[int]):
        self.words = list(words)
        self.counts = list(counts)
        self._ids = _Ids(zip(self.words[2:], range(2, len(self.words)), strict=True))

    @classmethod
    def fit(cls, texts: Iterable[str], *, min_frequency: int = 2, max_size: int | None = None) -> "Vocabulary":
        """Counts the tokens of training texts; see `fit_keys`."""
        return cls.fit_keys(iterate_keys(texts), min_frequency=min_frequency, max_size=max_size)

    @classmethod
    def fit_keys(
        cls, keys_per_text: Iterable[Sequence[str]], *, min_frequency: int = 2, max_size: int | None = None
    ) -> "Vocabulary":
        """Keeps the keys seen at least min_frequency times, the most frequent first, ties in code-point order.

        max_size bounds the number of ids, PAD and UNK included. Raises SettingsError for values out of range.
        """
        seen = Counter()
        for keys in keys_per_text:
            seen.update(keys)
        ranked = sorted(seen.items(), key=lambda item: (-item[1], item[0]))
        words, counts = [word for word, _ in ranked], np.array([count for _, count in ranked], np.int64)
        return cls.of_ranked(words, counts, min_frequency=min_frequency, max_size=max_size)

    @classmethod
    def of_ranked(
        cls, keys: Sequence[str], counts: np.ndarray, *, min_frequency: int = 2, max_size: int | None = None
    ) -> "Vocabulary":
        """`fit_keys` of keys that are counted and in that order already: a vocabulary is the first of them.

        counts: (K,) integers, never rising. So the id of a kept key is its place among `keys` and the two reserved.
        """
        _check_at_least("min_frequency", min_frequency, 1)
        kept = int(np.searchsorted(-counts, -min_frequency, side="right"))
        if max_size is not None:
            _check_at_least("max_size", max_size, 3)
            kept = min(kept, max_size - len(_RESERVED))
        known = counts[:kept].tolist()
        return cls([*_RESERVED, *keys[:kept]], [0, int(counts.sum()) - sum(known), *known])

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, texts: Iterable[str], *, max_tokens: int | None = None) -> list[np.ndarray]:
        """Ids of each text, int32 (T,), cut at the end after max_tokens; an unknown word is UNK."""
        return list(self.iterate_ids(texts, max_tokens=max_tokens))

    def iterate_ids(self, texts: Iterable[str], *, max_tokens: int | None = None) -> Iterator[np.ndarray]:
        """`encode`, a text at a time."""
        _check_max_tokens(max_tokens)
        if isinstance(texts, str):
            raise TypeError("texts is one str; give a sequence of them, such as [text]")
        values = KeyValues(self._ids.__getitem__)
        for text in texts:
            ids = np.fromiter(values.of(text), np.int32)
            yield ids if max_tokens is None or len(ids) <= max_tokens else ids[:max_tokens].copy()

    def encode_keys(
        self, keys_per_text: Iterable[Sequence[str]], *, max_tokens: int | None = None
    ) -> list[np.ndarray]:
        """Ids of texts that are segmented already, as `encode` gives them."""
        _check_max_tokens(max_tokens)
        return [self.ids_of(keys[:max_tokens]) for keys in keys_per_text]

    def ids_of(self, keys: Iterable[str]) -> np.ndarray:
        """Ids of keys, int32 (N,); an unknown one is UNK."""
        return np.fromiter(map(self._ids.__getitem__, keys), np.int32)

    def tokenize(self, text: str, *, max_tokens: int | None = None) -> Tokenized:
        """The tokens of one text as typed, with their ids, cut at the end after max_tokens."""
        _check_max_tokens(max_tokens)
        keys, spans = segment(text)
        cut = max_tokens is not None and len(keys) > max_tokens
        keys, spans = keys[:max_tokens], spans[:max_tokens]
        tokens = [
            Token(text[start:end], start, end, key in self._ids)
            for key, (start, end) in zip(keys, spans, strict=True)
        ]
        return Tokenized(tokens, self.encode_keys([keys])[0], spans[-1][1] if cut else None)

    def frequency(self, word: str) -> int:
        """How often a word, typed in any case, was seen in training; 0 if it is not in the vocabulary."""
        word_id = self._ids.get(look_up_key(word))
        return 0 if word_id is None else self.counts[word_id]

    def sentence_ends(self) -> tuple[int, ...]:
        """Ids of the words that end a sentence, such as . ! ? ... 。"""
        return self._known(_SENTENCE_ENDS)

    def closing_marks(self) -> tuple[int, ...]:
        """Ids of the quotes and brackets that, right behind the end of a sentence, still belong to it."""
        return self._known(_CLOSING_MARKS)

    def _known(self, words: Iterable[str]) -> tuple[int, ...]:
        return tuple(self._ids[word] for word in words if word in self._ids)

    def save(self, path: str | os.PathLike) -> None:
        """Writes one JSON file, whole or not at all."""
        path = Path(path)
        unfinished = path.with_name(path.name + ".unfinished")
        content = {"format": _FORMAT, "words": self.words, "counts": self.counts}
        unfinished.write_text(json.dumps(content), encoding="ascii")  # a lone surrogate would not survive UTF-8
        os.replace(unfinished, path)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Vocabulary":
        """Reads what `save` wrote; raises ModelError, with the reason, for anything else."""
        path = Path(path)
        try:
            size = path.stat().st_size
            if size > _MOST_BYTES:
                raise ValueError(f"it has {size:,} bytes, more than {_MOST_BYTES:,}")
            content = json.loads(path.read_bytes())
            _check_content(content)
        except OSError as error:
            raise ModelError(f"The vocabulary {path} cannot be read: {error.strerror or error}.") from error
        except (ValueError, RecursionError) as error:
            raise ModelError(
                f"{path} is not a vocabulary saved by this program: {error}. Save or download the model again."
            ) from error
        return cls(content["words"], content["counts"])


class _Ids(dict):
    """Ids by word; any other word is UNK, and is not stored."""

    def __missing__(self, word):
        return UNK


def _check_content(content):
    if not isinstance(content, dict) or content.keys() != {"format", "words", "counts"}:
        raise ValueError("it must be an object of format, words and counts")
    if content["format"] != _FORMAT:
        raise ValueError(f"its format is {str(content['format'])[:60]!r}, not {_FORMAT!r}")
    words, counts = content["words"], content["counts"]
    if not isinstance(words, list) or not isinstance(counts, list) or len(words) != len(counts):
        raise ValueError("words and counts must be two lists of one length")
    if words[:2] != _RESERVED:
        raise ValueError(f"its first two words must be {_RESERVED}")
    for word in words:
        if not isinstance(word, str) or not word:
            raise ValueError(f"{str(word)[:60]!r} is not a word")
    if len(set(words[2:])) != len(words) - 2:
        twice = next(word for word, times in Counter(words[2:]).items() if times > 1)
        raise ValueError(f"the word {twice[:60]!r} stands in it twice")
    for count in counts:
        if type(count) is not int or not 0 <= count < _MOST_SEEN:  # True is an int to isinstance
            raise ValueError(f"{str(count)[:60]!r} is not a frequency")


def _check_at_least(name, value, least):
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise SettingsError(f"{name} is {value!r}; give a whole number of at least {least}.")


def _check_max_tokens(max_tokens):
    if max_tokens is not None:
        _check_at_least("max_tokens", max_tokens, 1)
