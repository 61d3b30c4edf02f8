"""Losses per token of one stream of text as perplexities with intervals: of one side, of two, and by kinds of token.

A side is all trainings that differ by their seed alone: losses (S, N) in nats of S seeds and the N predicted tokens
of a stream. The tokens are not independent of one another, as a hard page is hard for many of them; so no interval
counts them: the stream is cut into segments, and these count. There are at most 15, so that what hangs together stays
in one segment as far as it can, and more would hardly make an interval narrower (batch means; Schmeiser 1982). All
intervals are 95 % ones of a mean loss, shown by the exponentials of their ends. In simulated streams whose passages
have 150 tokens in the mean they held the truth in 89 to 95 %, with tokens as if independent in 50 to 60 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from model.compare.contrasts import difference_interval, side_interval
from model.compare.language_metrics import perplexity
from model.compare.slices import Slice
from model.errors import DataError, ModelError

SEGMENTS = 15
SEGMENT_TOKENS = 600  # at least; of a shorter stream there are fewer segments
FEWEST_SEGMENTS = 5  # with fewer there is no interval
FEWEST_TOKENS = 100  # of a slice that has an interval
_FREQUENCIES = (10, 100, 1_000, 10_000)
_DISTANCES = (11, 51, 201, 1_001, math.inf)
_NO_INTERVAL = {"low": None, "high": None, "seeds_part": None, "covers": None}

Figures = dict[str, Any]


def perplexity_figures(losses: np.ndarray) -> Figures:
    """The perplexity of one side from losses (S, N), and its interval over other stretches of text like this.

    {"estimate", "low", "high", "sd" (of the seeds' perplexities, None of one), "seeds_part", "covers", "seeds" (the
    perplexity of each)}. The estimate is the exponential of the mean over seeds and tokens. With several seeds the
    interval covers other seeds too: they are crossed with the segments, as with texts in `mean_interval`, and never
    count as further text. The ends are None where the stream has fewer than 5 segments of 600 tokens. Raises
    DataError without tokens, ModelError for losses that are not numbers.
    """
    losses = _checked(losses)
    seeds = [perplexity(mean) for mean in losses.mean(axis=1).tolist()]
    everywhere = np.ones(losses.shape[1], bool)
    spread = float(np.std(seeds, ddof=1)) if len(seeds) > 1 else None
    return _side(losses, everywhere) | {"sd": spread, "seeds": seeds}


def change_figures(first: np.ndarray, second: np.ndarray, *, paired: bool) -> Figures:
    """By what share the perplexity changes from one side to the other on the same tokens: -0.03 is 3 % less.

    {"estimate", "low", "high", "seeds_part", "covers", "seeds" (the change of each seed, None if not paired), "text"}
    from losses (S1, N) and (S2, N). Every token is held against itself, so that hard and easy stretches are no noise.
    `paired`: the same seeds in the same order. With several seeds on both sides the interval covers other seeds and
    other text, as in `difference_interval`; "text" is [low, high] over the segments alone, of the means over the
    seeds: these trained models as they are. Ends and errors as in `perplexity_figures`.
    """
    first, second = _checked(first), _checked(second)
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"a comparison needs the losses of the same tokens, not {first.shape}, {second.shape}")
    everywhere = np.ones(first.shape[1], bool)
    means = [losses.mean(axis=0, keepdims=True) for losses in (first, second)]
    alone = _change(*means, everywhere, paired=True)
    return _change(first, second, everywhere, paired=paired) | {
        "seeds": np.expm1(second.mean(axis=1) - first.mean(axis=1)).tolist() if paired else None,
        "text": [alone["low"], alone["high"]],
    }


def slice_rows(
    first: np.ndarray, second: np.ndarray, slices: Sequence[Slice], *, paired: bool
) -> list[dict[str, Any]]:
    """Both sides on the tokens of each slice, from losses (S1, N) and (S2, N).

    Rows {"title", "tokens", "share" (of all N), "first", "second", "change", "note"}: perplexities as {"estimate",
    "low", "high"}, the change with "covers" too. A segment weighs as much as it has tokens of the slice: the interval
    is that of a ratio, to first order. With fewer than 100 tokens, or nearly all of them in fewer than 5 segments,
    the ends are None, and "note" says so (else None). Slices without tokens are left out.
    """
    first, second = _checked(first), _checked(second)
    ends, rows = ("estimate", "low", "high"), []
    for title, places in slices:
        tokens = int(places.sum())
        if not tokens:
            continue
        sides = [_side(losses, places) for losses in (first, second)]
        change = _change(first, second, places, paired=paired)
        row = {name: {end: each[end] for end in ends} for name, each in zip(("first", "second"), sides, strict=True)}
        row["change"] = {name: change[name] for name in (*ends, "covers")}
        rows.append({"title": title, "tokens": tokens, "share": tokens / len(places), **row, "note": too_few(places)})
    return rows


def mean_figures(values: np.ndarray, places: np.ndarray, *, bounds: tuple[float, float]) -> Figures:
    """The mean of values (S, N) over some tokens of a stream, (N,) bool, with its interval over segments and seeds.

    {"estimate", "low", "high", "sd", "seeds_part", "covers"} as `side_interval` gives them; None but for the estimate
    where `too_few` says why. `bounds`: the least and the most that a mean can be.
    """
    scores = _segment_scores(values, places)
    if too_few(places):
        return {"estimate": float(scores.mean()), "sd": None, **_NO_INTERVAL}
    return side_interval(scores, bounds=bounds)


def too_few(places: np.ndarray) -> str | None:
    """Why some tokens of a stream, (N,) bool, have no interval; None where they have one."""
    tokens = _tokens_of_segments(places)
    if tokens.sum() < FEWEST_TOKENS:
        return f"fewer than {FEWEST_TOKENS} tokens have no interval"
    if round(tokens.sum() ** 2 / (tokens**2).sum()) < FEWEST_SEGMENTS:  # of one size, that weigh as much (Kish 1965)
        return "tokens from so few stretches of the text have no interval"
    return None


# -- kinds of token ----------------------------------------------------------------------------------------------


def by_frequency(counts: np.ndarray) -> list[Slice]:
    """Slices by how often each target (N,) occurs in the training text, in powers of ten; NaN is in none of them."""
    titles = ("fewer than 10 times", "10 to 99 times", "100 to 999 times", "1,000 to 9,999 times", "10,000 and more")
    return _cut(counts, _FREQUENCIES, titles)


def by_distance(distance: np.ndarray) -> list[Slice]:
    """Slices by how many tokens ago each target (N,) occurred last, inf where never; NaN is in none of them."""
    titles = ("1 to 10 tokens ago", "11 to 50", "51 to 200", "201 to 1,000", "more than 1,000", "not before")
    return _cut(distance, _DISTANCES, titles)


def since_last(ids: np.ndarray) -> np.ndarray:
    """How many tokens before each token of a stream (N,) the same one occurred last, (N,) float; inf where never."""
    order = np.argsort(ids, kind="stable")
    again = np.flatnonzero(ids[order][1:] == ids[order][:-1]) + 1
    distance = np.full(len(ids), math.inf)
    distance[order[again]] = order[again] - order[again - 1]
    return distance


# ----------------------------------------------------------------------------------------------------------------


def _cut(values: np.ndarray, edges: Sequence[float], titles: Sequence[str]) -> list[Slice]:
    """A slice below the first edge, one from each edge on."""
    values = np.asarray(values, np.float64)
    bins = np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))
    return [Slice(title, bins == number) for number, title in enumerate(titles) if (bins == number).any()]


def _segment(tokens: int) -> np.ndarray:
    """The number of each token's segment, (N,): consecutive stretches of one length."""
    return np.arange(tokens) * max(1, min(SEGMENTS, tokens // SEGMENT_TOKENS)) // tokens


def _tokens_of_segments(places: np.ndarray) -> np.ndarray:
    """How many of some tokens, (N,) bool, each segment has, (K,) int; those that have none are left out."""
    counts = np.bincount(_segment(len(places))[places])
    return counts[counts > 0]


def _segment_scores(losses: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A number for each seed and segment, (S, K), whose mean over the segments is the mean loss of some tokens.

    Of segments with equally many of them it is their mean loss. Else the segment's influence on the mean over all is
    added to that mean, so that the spread over the segments is the mean's own, to first order (Cochran 1977, 6.3).
    """
    segment, tokens = _segment(len(places))[places], _tokens_of_segments(places)
    sums = np.array([np.bincount(segment, row)[np.bincount(segment) > 0] for row in losses[:, places]])  # (S, K)
    means = sums.sum(axis=1, keepdims=True) / tokens.sum()
    return means + (sums - means * tokens) / tokens.mean()


def _side(losses: np.ndarray, places: np.ndarray) -> Figures:
    return _in_perplexity(mean_figures(losses, places, bounds=(0.0, math.inf)))


def _change(first: np.ndarray, second: np.ndarray, places: np.ndarray, *, paired: bool) -> Figures:
    before, after = _segment_scores(first, places), _segment_scores(second, places)
    if too_few(places):
        return _in_perplexity({"estimate": float(after.mean() - before.mean()), **_NO_INTERVAL}, less=1.0)
    return _in_perplexity(difference_interval(before, after, paired=paired, bounds=(-math.inf, math.inf)), less=1.0)


def _in_perplexity(figures: Figures, *, less: float = 0.0) -> Figures:
    """The figures of a loss as those of a perplexity, or of a ratio of two, less so much."""
    ends = {name: figures[name] for name in ("estimate", "low", "high")}
    return figures | {name: None if loss is None else perplexity(loss) - less for name, loss in ends.items()}


def _checked(losses: np.ndarray) -> np.ndarray:
    losses = np.asarray(losses, np.float64)
    if losses.ndim != 2 or len(losses) == 0:
        raise ValueError(f"losses of a side must be (seeds, tokens), not {losses.shape}")
    if losses.shape[1] == 0:
        raise DataError("no token of the text was predicted: a comparison needs a text of two tokens or more")
    if not np.isfinite(losses).all():
        raise ModelError(
            "the model's losses are not numbers, its weights have grown without bound: "
            "train again with a lower learning_rate, or with clip"
        )
    return losses
