"""What predicts the next token without a network: how often it is seen, alone and behind the few before it."""

from typing import NamedTuple

import numpy as np

from model.errors import DataError, SettingsError

LONGEST = 6  # tokens of an n-gram


class _Level(NamedTuple):
    """Counts of all n-grams of one length; an n-gram is a number with a digit per token, to the base V."""

    grams: np.ndarray  # sorted
    counts: np.ndarray  # of each: times seen, or how many different tokens stand before it
    contexts: np.ndarray  # sorted: the n-grams without their last token
    totals: np.ndarray  # of each context: the sum of its counts
    kinds: np.ndarray  # of each context: its different next tokens
    discount: float


def unigram_losses(train_ids: np.ndarray, ids: np.ndarray, *, vocabulary_size: int) -> np.ndarray:
    """Losses of every token but the first by its frequency in training, each count one higher (add one).

    Takes streams of ids (N,), of which 0, the padding, never occurs; returns float32 (N - 1,), nats.
    """
    train_ids, ids = _checked(train_ids, ids, vocabulary_size)
    counts = np.bincount(train_ids, minlength=vocabulary_size) + 1.0
    return -np.log(counts[ids[1:]] / (len(train_ids) + vocabulary_size - 1)).astype(np.float32)


def kneser_ney_losses(train_ids: np.ndarray, ids: np.ndarray, *, vocabulary_size: int, order: int = 3) -> np.ndarray:
    """Losses of every token but the first by interpolated Kneser-Ney smoothing: bigrams (order 2) or longer.

    The first tokens of the stream have as much context as there is. Takes and returns what `unigram_losses` does.
    Raises SettingsError for an order above `highest_order`. Source: Chen & Goodman 1999, "An empirical study of
    smoothing techniques for language modeling", section 2.7, interpolated, with one discount n1 / (n1 + 2 n2) per
    order; below the lowest order all tokens are equally likely.
    """
    train_ids, ids = _checked(train_ids, ids, vocabulary_size)
    highest = highest_order(vocabulary_size)
    if not 2 <= order <= highest:
        raise SettingsError(f"order is {order}; with {vocabulary_size:,} ids, choose 2 to {highest}.")
    probabilities = np.full(len(ids) - 1, 1 / (vocabulary_size - 1))
    for length, level in enumerate(_levels(train_ids, vocabulary_size, order), 1):
        first = max(0, length - 2)  # losses before it have less context, and keep what shorter n-grams give
        grams = _grams(ids, vocabulary_size, length)[int(length == 1) :]
        probabilities[first:] = _interpolated(level, grams, vocabulary_size, probabilities[first:])
    return -np.log(probabilities).astype(np.float32)


def highest_order(vocabulary_size: int, *, most: int = LONGEST) -> int:
    """The length of the longest n-grams, up to `most`, that can be counted with so many ids."""
    return next(order for order in range(most, 0, -1) if vocabulary_size**order < 1 << 63)


def _levels(train_ids: np.ndarray, size: int, order: int) -> list[_Level]:
    """Levels from single tokens up: the highest has times seen, the others how many tokens stand before."""
    grams, counts = np.unique(_grams(train_ids, size, order), return_counts=True)
    levels = [_level(grams, counts, size)]
    for length in range(order - 1, 0, -1):
        grams, counts = np.unique(grams % size**length, return_counts=True)
        levels.insert(0, _level(grams, counts, size))
    return levels


def _level(grams: np.ndarray, counts: np.ndarray, size: int) -> _Level:
    contexts, starts, kinds = np.unique(grams // size, return_index=True, return_counts=True)
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    # Without any n-gram seen once the estimate is 0, which would leave nothing for tokens never seen.
    discount = once / (once + 2 * twice) if once else 0.5
    return _Level(grams, counts, contexts, np.add.reduceat(counts, starts), kinds, discount)


def _interpolated(level: _Level, grams: np.ndarray, size: int, shorter: np.ndarray) -> np.ndarray:
    """Probabilities of n-grams' last tokens, from those with one token less of context."""
    counts = _found(level.grams, level.counts, grams)
    totals = _found(level.contexts, level.totals, grams // size)
    kinds = _found(level.contexts, level.kinds, grams // size)
    with np.errstate(invalid="ignore"):  # a context never seen says nothing
        known = (np.maximum(counts - level.discount, 0) + level.discount * kinds * shorter) / totals
    return np.where(totals > 0, known, shorter)


def _grams(ids: np.ndarray, size: int, length: int) -> np.ndarray:
    """The n-grams of a stream as numbers, int64 (N - length + 1,)."""
    grams = ids[: len(ids) - length + 1]
    for place in range(1, length):
        grams = grams * size + ids[place : len(ids) - length + 1 + place]
    return grams


def _found(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)


def _checked(train_ids: np.ndarray, ids: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    streams = np.asarray(train_ids, np.int64), np.asarray(ids, np.int64)
    for what, stream, least in zip(("training", "evaluated"), streams, (LONGEST, 2), strict=True):
        if len(stream) < least:
            raise DataError(f"The {what} stream has {len(stream)} tokens; n-grams need {least} or more.")
        if stream.min() < 1 or stream.max() >= size:
            raise DataError(f"The {what} stream has ids from {stream.min()} to {stream.max()}, not 1 to {size - 1}.")
    return streams
