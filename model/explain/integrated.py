"""Integrated gradients, for several texts at once: logits along the path, which cost little, say where to look."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.explain.target_logit import TargetLogit

IG_POINTS = 3  # points of Gauss-Legendre quadrature in each part of the path
IG_MOST_POINTS = 400
IG_TOLERANCE = 0.01
SMALLEST_CHANGE = 0.1  # a smaller change of the logit is judged as if it were this large

# Where the logit is asked before any gradient, which costs three times as much: at the ends of equal parts first,
# then inside each part with too large a share of all ups and downs. Where it runs nearly straight, parts are joined.
SCAN_PARTS, SCAN_INTO, SCAN_ROUNDS = 8, 3, 6
LARGEST_SHARE, LARGEST_BEND, WIDEST_PART = 0.2, 0.02, 0.5

# Rows of a batch with gradients: 8 for long texts, more for short ones (measured on one core).
_FEWEST_ROWS, _TOKENS_PER_BACKWARD = 8, 8000


class Part(NamedTuple):
    """Integrated gradients (T,) along a part of one text's path, and how far their sum misses the part's change."""

    text: int
    start: float
    stop: float
    values: Tensor
    error: float


Course = dict[float, float]  # of one text: the logit at shares of its embeddings


def integrated_gradients(logit: TargetLogit, _: np.random.Generator) -> Tensor:
    """Sundararajan et al. (2017, equation 1), (N, T): the path is cut finer where the values do not add up.

    A trained LSTM can change its mind within a thousandth of the path. More points everywhere would be needed to see
    it there; the logits at both ends of a part say where to look. Parts that miss their change are halved, until all
    errors of a text together are 1 % of its whole change or `IG_MOST_POINTS` are spent on it.
    """
    return torch.stack([torch.stack([part.values for part in own]).sum(0) for own in _parts(logit)])


def integrated_gradients_nearby(logit: TargetLogit) -> Callable[[Tensor], Tensor]:
    """The same for one text with other embeddings, (B, T, E) -> (B, T): with the points that suit this text.

    Points chosen anew for each text would move the values by as much as they may be wrong.
    """
    [parts] = _parts(logit)

    def integrate(embeddings: Tensor) -> Tensor:
        spans = [(text, part.start, part.stop) for part in parts for text in range(len(embeddings))]
        return _between(logit, embeddings, spans).unflatten(0, (len(parts), len(embeddings))).sum(0)

    return integrate


def scan(logit: TargetLogit, *, parts: int, into: int, rounds: int, share: float) -> list[Course]:
    """The logit along each text's path, (N,): at the ends of equal parts, then inside those that hold too much.

    A part with more than `share` of all changes of the logit is cut `into` equal ones, `rounds` times at most.
    """
    asked = [(text, place / parts) for text in range(len(logit.ids)) for place in range(parts + 1)]
    courses: list[Course] = [{} for _ in logit.ids]
    for _ in range(rounds + 1):
        _ask(logit, courses, asked)
        asked = [
            (text, start + (stop - start) * step / into)
            for text, course in enumerate(courses)
            for start, stop in _large(course, share)
            for step in range(1, into)
        ]
        if not asked:
            break
    return [dict(sorted(course.items())) for course in courses]


def rows_at_once(logit: TargetLogit) -> int:
    """How many texts of this length run together with gradients."""
    return max(_FEWEST_ROWS, _TOKENS_PER_BACKWARD // logit.tokens)


def _parts(logit: TargetLogit) -> list[list[Part]]:
    """The path of each text from PAD to its embeddings, in parts short enough."""
    courses = scan(logit, parts=SCAN_PARTS, into=SCAN_INTO, rounds=SCAN_ROUNDS, share=LARGEST_SHARE)
    allowed = [IG_TOLERANCE * max(abs(course[1.0] - course[0.0]), SMALLEST_CHANGE) for course in courses]
    found: list[list[Part]] = [[] for _ in courses]
    spent = [0] * len(courses)
    spans = [(text, *span) for text, course in enumerate(courses) for span in pairwise(_joined(course))]
    while spans:
        for part in _integrate(logit, spans, courses):
            found[part.text].append(part)
            spent[part.text] += IG_POINTS
        coarse = []
        for text, own in enumerate(found):
            if sum(part.error for part in own) > allowed[text] and spent[text] < IG_MOST_POINTS:
                coarse += [part for part in own if part.error > allowed[text] / len(own)]
                found[text] = [part for part in own if part.error <= allowed[text] / len(own)]
        middles = [(part.start + part.stop) / 2 for part in coarse]
        _ask(logit, courses, [(part.text, middle) for part, middle in zip(coarse, middles, strict=True)])
        spans = [
            span
            for part, middle in zip(coarse, middles, strict=True)
            for span in ((part.text, part.start, middle), (part.text, middle, part.stop))
        ]
    return found


def _ask(logit: TargetLogit, courses: Sequence[Course], asked: Sequence[tuple[int, float]]) -> None:
    if asked:
        texts, shares = zip(*asked, strict=True)
        for text, share, value in zip(texts, shares, logit.along(shares, texts), strict=True):
            courses[text][share] = value


def _large(course: Course, share: float) -> list[tuple[float, float]]:
    """The parts of a path that hold more than a share of all changes of the logit."""
    spans = list(pairwise(sorted(course)))
    changes = [abs(course[stop] - course[start]) for start, stop in spans]
    allowed = share * max(sum(changes), SMALLEST_CHANGE)
    return [span for span, change in zip(spans, changes, strict=True) if change > allowed]


def _joined(course: Course) -> list[float]:
    """Ends of parts in which neighbours are joined as long as the logit runs nearly straight and none is too wide."""
    shares, logits = np.array(list(course)), np.array(list(course.values()))
    allowed = LARGEST_BEND * max(np.abs(np.diff(logits)).sum(), SMALLEST_CHANGE)
    ends = [0]
    for place in range(2, len(shares)):
        here, there = shares[ends[-1] : place + 1], logits[ends[-1] : place + 1]
        bend = np.abs(there - np.interp(here, here[[0, -1]], there[[0, -1]])).max()
        if bend > allowed or here[-1] - here[0] > WIDEST_PART:
            ends.append(place - 1)
    return shares[[*ends, -1]].tolist()


def _integrate(
    logit: TargetLogit, spans: Sequence[tuple[int, float, float]], courses: Sequence[Course]
) -> list[Part]:
    values = _between(logit, logit.embeddings, spans)
    changes = [courses[text][stop] - courses[text][start] for text, start, stop in spans]
    errors = np.abs(values.sum(1).numpy(force=True) - changes).tolist()
    return [Part(*span, *found) for span, *found in zip(spans, values, errors, strict=True)]


def _between(logit: TargetLogit, embeddings: Tensor, spans: Sequence[tuple[int, float, float]]) -> Tensor:
    """Integrated gradients (P, T) in float64 between two shares of embeddings (B, T, E): P times number in the batch,
    start and stop. The batch holds the embeddings of each text, or others of the only text."""
    from captum.attr import IntegratedGradients

    explainer, at_once = IntegratedGradients(logit), max(1, rows_at_once(logit) // IG_POINTS)
    values = []
    for first in range(0, len(spans), at_once):
        numbers, *ends = zip(*spans[first : first + at_once], strict=True)
        numbers = torch.tensor(numbers, device=embeddings.device)
        start, stop = (torch.tensor(end, dtype=embeddings.dtype, device=embeddings.device) for end in ends)
        chosen = embeddings[numbers]  # (P, T, E)
        found = explainer.attribute(
            stop[:, None, None] * chosen,
            baselines=start[:, None, None] * chosen,
            additional_forward_args=numbers % len(logit.ids),
            n_steps=IG_POINTS,
        )
        values.append(found.detach().sum(-1).double())
    return torch.cat(values)
