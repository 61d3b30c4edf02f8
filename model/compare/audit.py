"""Where the weight of a data set's tokens goes: plain arrays of all tokens, text behind text, (M,), of N texts.

`lengths` (N,) says where texts end. "Times uniform" is a weight times its text's number of tokens: 1 is what even
weights would give. A text without weights (no token, or nothing to attend to) takes no part. Intervals are 95 %, over
other texts like these, by Student's t.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

FEWEST_TEXTS = 5  # with a word or a kind of token, for a figure that says something of others


class Means(NamedTuple):
    """Of each of K things: texts that have it, how often in all, its mean and that interval; NaN where unknown."""

    texts: np.ndarray
    count: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def text_of_token(lengths: np.ndarray) -> np.ndarray:
    """The number of the text of each token, (M,)."""
    return np.repeat(np.arange(len(lengths)), lengths)


def place_of_token(lengths: np.ndarray) -> np.ndarray:
    """How many tokens stand before each in its text, (M,)."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(int(np.sum(lengths))) - np.repeat(starts, lengths)


def tenths(lengths: np.ndarray, *, parts: int = 10) -> np.ndarray:
    """The part of its text in which the middle of each token lies, from 0 to parts - 1, (M,)."""
    return ((place_of_token(lengths) + 0.5) / np.repeat(lengths, lengths) * parts).astype(np.int64)


def times_uniform(weights: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Each weight (M,) times the number of tokens of its text; NaN in a text without weights."""
    has = np.repeat(_has_weights(weights, lengths), lengths)
    return np.where(has, weights * np.repeat(lengths, lengths), np.nan)


def group_shares(
    weights: np.ndarray, lengths: np.ndarray, groups: np.ndarray, *, count: int, among: np.ndarray | None = None
) -> list[dict[str, Any]]:
    """How much weight each group of tokens gets: groups (M,) from 0 to count - 1, anything else is no group.

    For each {"weight": mean share of a text's weight, "uniform": what even weights would give it, "times": the first
    by the second, "low", "high", "texts": that have such a token}. The ratio is one of means, its interval that of
    its linear form (Cochran 1977, section 6.3), None for fewer than five texts. `among` (N,) bool limits the texts.
    """
    asked = _has_weights(weights, lengths) & (True if among is None else among)
    number = int(asked.sum())
    text = text_of_token(lengths)
    counted = asked[text] & (groups >= 0) & (groups < count)
    cell = text[counted] * count + groups[counted]
    size = len(lengths) * count
    of_weight = np.bincount(cell, weights[counted], size).reshape(-1, count)[asked]  # (n, count)
    of_tokens = np.bincount(cell, minlength=size).reshape(-1, count)[asked] / lengths[asked, None]
    return [_share(of_weight[:, group], of_tokens[:, group], number) for group in range(count)]


def entropies(weights: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The entropy of each text's weights in nats, (N,), and as a share of the most that its tokens allow, (N,).

    NaN for a text without weights, and for the share of one with fewer than two tokens.
    """
    text = text_of_token(lengths)
    own = np.zeros_like(weights, dtype=np.float64)
    np.multiply(weights, np.log(weights, out=own.copy(), where=weights > 0), out=own, where=weights > 0)
    nats = np.where(_has_weights(weights, lengths), 0.0 - np.bincount(text, own, len(lengths)), np.nan)
    most = np.log(np.maximum(lengths, 1))
    shares = np.divide(nats, most, out=np.full(len(lengths), np.nan), where=most > 0)
    return nats, np.clip(shares, 0.0, 1.0)


def means_by_thing(things: np.ndarray, values: np.ndarray, lengths: np.ndarray, *, count: int) -> Means:
    """Mean value of each of `count` things, such as words, over the texts that have it.

    things, values (M,): which thing a token is, and a number of it; values that are not finite do not count. A text
    counts once, with the mean of its own tokens: twice in one text is not twice seen. Intervals need two texts.
    """
    known = np.isfinite(values)
    things, values, text = things[known], np.asarray(values, np.float64)[known], text_of_token(lengths)[known]
    pair, inverse = np.unique(text * count + things, return_inverse=True)
    in_text = np.bincount(inverse, values, len(pair)) / np.maximum(np.bincount(inverse, minlength=len(pair)), 1)
    thing = pair % count
    texts = np.bincount(thing, minlength=count)
    mean = _ratio(np.bincount(thing, in_text, count), texts, least=1)
    squares = np.bincount(thing, (in_text - mean[thing]) ** 2, count)
    error = np.sqrt(_ratio(squares, texts - 1, least=1) / np.maximum(texts, 1))
    reach = _t(np.maximum(texts - 1, 1)) * error
    return Means(texts, np.bincount(things, minlength=count), mean, mean - reach, mean + reach)


def tops(figures: np.ndarray, texts: np.ndarray, *, most: int) -> np.ndarray:
    """The things with the highest figures (K,), highest first, of those in five texts or more; at most `most`."""
    known = np.flatnonzero(np.isfinite(figures) & (texts >= FEWEST_TEXTS))
    return known[np.argsort(-figures[known], kind="stable")][:most]


def ranks(figures: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The rank of each thing among those in five texts or more, from 1 on, (K,); 0 for the others."""
    order = tops(figures, texts, most=len(figures))
    found = np.zeros(len(figures), np.int64)
    found[order] = np.arange(1, len(order) + 1)
    return found


def _has_weights(weights: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    return np.bincount(text_of_token(lengths), weights, len(lengths)) > 0


def _share(of_weight: np.ndarray, of_tokens: np.ndarray, number: int) -> dict[str, Any]:
    texts = int((of_tokens > 0).sum())
    row = {"weight": None, "uniform": None, "times": None, "low": None, "high": None, "texts": texts}
    if not texts:
        return row
    weight, uniform = float(of_weight.mean()), float(of_tokens.mean())
    times = weight / uniform
    row |= {"weight": weight, "uniform": uniform, "times": times}
    if texts >= FEWEST_TEXTS:
        error = float((of_weight - times * of_tokens).std(ddof=1)) / math.sqrt(number) / uniform
        reach = float(_t(np.array(number - 1))) * error
        row |= {"low": max(0.0, times - reach), "high": times + reach}
    return row


def _ratio(top: np.ndarray, bottom: np.ndarray, *, least: int) -> np.ndarray:
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom >= least)


def _t(degrees: np.ndarray) -> np.ndarray:
    from scipy.special import stdtrit  # a third of a second, which importing this file should not cost

    return stdtrit(degrees, 0.975)
