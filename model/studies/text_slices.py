"""Where a difference may lie: each text's length, its unknown words, and the distance between its cue words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.compare.slices import Slice, by_class, by_distance, by_length, by_unknown
from model.studies.predictions import Predictions
from model.text.segmentation import iterate_keys, segment
from model.text.vocabulary import UNK, Vocabulary


class TextFigures(NamedTuple):
    """Of N texts: tokens (N,), the share that the first run does not know (N,), and the distance between cues.

    distance: the tokens between a text's first and its last cue word, NaN where it has fewer than two; None for texts
    whose cues nobody knows.
    """

    tokens: np.ndarray
    unknown: np.ndarray
    distance: np.ndarray | None


def text_figures(found: Predictions) -> TextFigures:
    """Count the tokens of every text; of a text without any the share is NaN."""
    vocabulary = Vocabulary.load(Path(found.sides[0].runs[0].folder) / "vocabulary.json")
    ids = [vocabulary.encode_keys([keys])[0] for keys in iterate_keys(found.texts)]
    tokens = np.array([len(row) for row in ids])
    unknown = np.array([(row == UNK).mean() if len(row) else np.nan for row in ids])
    marks = None if found.other is not None else (found.dataset.rationales or {}).get("test")
    distance = None if marks is None else np.array([*map(_distance, found.texts, marks)], dtype=np.float64)
    return TextFigures(tokens, unknown, distance)


def slices_of(found: Predictions, figures: TextFigures) -> dict[str, list[Slice]]:
    """The texts in groups by length, class, unknown words and, where it is known, distance between cue words."""
    slices = {
        "length": by_length(figures.tokens),
        "class": by_class(found.labels, found.classes),
        "unknown": by_unknown(figures.unknown),
    }
    if figures.distance is not None and not np.isnan(figures.distance).all():
        slices["distance"] = by_distance(figures.distance)
    return slices


def _distance(text: str, marks: Sequence[tuple[int, int]] | None) -> float:
    if marks is None or len(marks) < 2:
        return float("nan")
    behind, before = min(end for _, end in marks), max(start for start, _ in marks)
    return float(sum(behind <= start and end <= before for start, end in segment(text).spans))
