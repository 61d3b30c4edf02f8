"""Where attention may help a language model: on rare words, on words said before and how long ago, and on names."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.compare.language_scores import by_distance, by_frequency, since_last
from model.compare.slices import Slice
from model.text.language import LanguageVocabulary, pieces
from model.text.vocabulary import UNK


class TokenKinds(NamedTuple):
    """Of the N - 1 predicted tokens of a stream: what they are, whatever was predicted.

    frequency: occurrences in the training text; distance: tokens since the last occurrence in this stream, inf where
    there is none; both NaN for unknown tokens, which are all one to a model. names: whether it is a name, None where
    the text does not tell (`name_places`).
    """

    known: np.ndarray
    frequency: np.ndarray
    distance: np.ndarray
    names: np.ndarray | None


def token_kinds(text: str, ids: np.ndarray, vocabulary: LanguageVocabulary) -> TokenKinds:
    """Look at every token of a text but the first; ids (N,) are those of the whole text."""
    known = ids != UNK
    names = name_places(text) if vocabulary.unit == "words" else None
    return TokenKinds(
        known[1:],
        np.where(known, np.asarray(vocabulary.counts)[ids], np.nan)[1:],
        np.where(known, since_last(ids), np.nan)[1:],
        None if names is None or not (names & known)[1:].any() else (names & known)[1:],
    )


def slices_of(kinds: TokenKinds) -> dict[str, list[Slice]]:
    """The predicted tokens in groups, by "distance", "frequency", "names" and "unknown", those that there are."""
    found = {"distance": by_distance(kinds.distance), "frequency": by_frequency(kinds.frequency)}
    if kinds.names is not None:
        before = np.isfinite(kinds.distance)
        found["names"] = [
            Slice("names said before", kinds.names & before),
            Slice("names said for the first time", kinds.names & ~before),
            Slice("other words", kinds.known & ~kinds.names),
        ]
    if not kinds.known.all():
        found["unknown"] = [Slice("known", kinds.known), Slice("unknown", ~kinds.known)]
    return found


def name_places(text: str) -> np.ndarray:
    """Which words of a text are names, as far as capital letters tell, (N,) bool in the order of `pieces`.

    A name begins with a capital, has small letters too, and follows a word or a comma on its line: at the beginning
    of a line, a sentence or a quotation every word has a capital. Of scripts without capitals nothing is a name; of
    German every noun.
    """
    found, before = [], ""
    for key, (start, end) in zip(*pieces(text, "words"), strict=True):
        word = text[start:end]
        inside = before == "," or before[-1:].isalnum()
        found.append(inside and word[0].isupper() and not word.isupper())
        before = key
    return np.array(found, bool)
