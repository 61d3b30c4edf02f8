"""Where two sides differ: the texts that one gets right and the other does not, and both sides' colours on them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from model.compare.contrasts import CELLS, cells, right
from model.errors import SettingsError
from model.runs.run import Run
from model.studies.side_reading import read_text
from model.studies.sides import Side, sides_of
from model.studies.text_by_text import Classifiers, classifier_of
from model.text.segmentation import iterate_keys

if TYPE_CHECKING:
    from model.studies.predictions import Predictions

SORTS = ("confidence change", "length", "order")
SEED = 13
_PER_CELL = 12
_DIGITS = 4  # of a value that becomes a colour

Row = dict[str, Any]


def differing_texts(
    found: Predictions,
    first: str,
    second: str,
    *,
    cell: str | None = None,
    sort: Literal["confidence change", "length", "order"] = "confidence change",
    query: str = "",
    label: str | None = None,
    sample: int | None = None,
    seed: int = SEED,
) -> list[Row]:
    """Texts of two sides, by their keys, each as plain JSON, none computed anew.

    {"index", "text", "label", "cell", "first", "second"}: for each side {"right": share of its seeds, "probability":
    of the label, mean of its seeds, "prediction": of most seeds}. `cell` is one of `contrasts.CELLS`, "fixed" being
    what most seeds of the second side get right and most of the first do not; None is all. `query` asks for texts
    that hold all its words, whatever their case, `label` for those of a class. `sample` draws so many of them at
    random by `seed`. Sorted by how much the probability of the label differs, greatest first; by the number of
    tokens, fewest first; or in the order of the data. Raises SettingsError, RunError for what there is not.
    """
    _check(cell, CELLS, "kind of text")
    _check(label, found.classes, "class")
    if sort not in SORTS:
        raise SettingsError(f"there is no order {sort!r}; choose from {', '.join(SORTS)}")
    probabilities = [found.probabilities[found.side(key).key] for key in (first, second)]  # (S, N, C) each
    of_cell = cells(*probabilities, found.labels)  # (N,)
    asked = np.ones(len(of_cell), bool) if cell is None else of_cell == CELLS.index(cell)
    if label is not None:
        asked &= found.labels == found.classes.index(label)
    words = query.casefold().split()
    places = [
        place
        for place in np.flatnonzero(asked).tolist()
        if all(map(found.texts[place].casefold().__contains__, words))
    ]
    if sample is not None and sample < len(places):
        places = sorted(np.random.default_rng(seed).choice(places, max(0, sample), replace=False).tolist())
    places = _sorted(found, probabilities, places, sort)
    sides = [_answers(each, found, places) for each in probabilities]
    return [
        {
            "index": place,
            "text": found.texts[place],
            "label": found.classes[found.labels[place]],
            "cell": CELLS[of_cell[place]],
            "first": ours,
            "second": theirs,
        }
        for place, ours, theirs in zip(places, *sides, strict=True)
    ]


def colours(run: Run, text: str, *, classifiers: Classifiers | None = None) -> dict[str, Any]:
    """`colours_of` one run alone."""
    return colours_of(sides_of([run])[0], text, classifiers=classifiers)


def colours_of(side: Side, text: str, *, classifiers: Classifiers | None = None) -> dict[str, Any]:
    """The colours of one text, mean over a side's seeds: {"tokens", "values", "kind", "target"}.

    Tokens are [start, end, known]. Of a side with learned weights, kind "weight": its attention. Of any other, which
    has none or the same for all tokens, kind "signed": how much the logit of `target`, the class likeliest in
    the mean of the seeds, falls without each token. `classifiers` opens a run's model, by default from its
    folder. Raises RunError where the runs do not read the same tokens.
    """
    reading = read_text(side, text, classifiers=classifiers)
    rows = reading.weights() if side.attends else reading.attributions("leave_one_out")
    values = np.mean(np.asarray(rows, np.float64), axis=0)  # (T,)
    return {
        "tokens": reading.tokens,
        "values": [float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None for value in values.tolist()],
        "kind": "weight" if side.attends else "signed",
        "target": str(reading.models[0].classes_[reading.target]),
    }


def text_rows(
    found: Predictions,
    first: str,
    second: str,
    *,
    per_cell: int = _PER_CELL,
    seed: int = SEED,
    classifiers: Classifiers | None = None,
) -> dict[str, Any]:
    """At most `per_cell` texts of each cell with both sides' colours: {"pair": [first, second], "rows"}.

    A row is that of `differing_texts` with "tokens", those of the side that reads more of the text, and for each side
    "first_values" or "second_values" (None behind where that side stops), "first_kind" and "first_target". Cell by
    cell, drawn by `seed` and in the order of the data.
    """
    loaded = classifiers or cache(classifier_of)
    rows = []
    for cell in ("fixed", "broken", "both wrong", "both right"):
        drawn = differing_texts(found, first, second, cell=cell, sort="order", sample=per_cell, seed=seed)
        for row in drawn:
            sides = [colours_of(found.side(key), row["text"], classifiers=loaded) for key in (first, second)]
            tokens = max((each["tokens"] for each in sides), key=len)
            for name, each in zip(("first", "second"), sides, strict=True):
                row[f"{name}_values"] = each["values"] + [None] * (len(tokens) - len(each["tokens"]))
                row[f"{name}_kind"], row[f"{name}_target"] = each["kind"], each["target"]
            rows.append({**row, "tokens": tokens})
    return {"pair": [first, second], "rows": rows}


def _check(value: str | None, known: Sequence[str], what: str) -> None:
    if value is not None and value not in known:
        raise SettingsError(f"there is no {what} {value!r}; choose from {', '.join(map(str, known[:20]))}")


def _sorted(found: Predictions, probabilities: Sequence[np.ndarray], places: list[int], sort: str) -> list[int]:
    if sort == "order" or not places:
        return places
    if sort == "length":
        keys = np.array([len(keys) for keys in iterate_keys([found.texts[place] for place in places])])
    else:
        first, second = (_of_label(each, found, places) for each in probabilities)
        keys = -np.abs(second - first)
    return [places[rank] for rank in np.argsort(keys, kind="stable")]


def _of_label(probabilities: np.ndarray, found: Predictions, places: Sequence[int]) -> np.ndarray:
    """The probability of each text's label, mean over the seeds."""
    return probabilities[:, places, found.labels[places]].mean(axis=0)


def _answers(probabilities: np.ndarray, found: Predictions, places: list[int]) -> list[dict[str, Any]]:
    part = probabilities[:, places]  # (S, n, C)
    votes = np.stack([(part.argmax(axis=2) == column).sum(axis=0) for column in range(part.shape[2])], axis=1)
    predicted = (votes + part.mean(axis=0) / 2).argmax(axis=1)  # of equally many seeds, the likelier class
    shares = right(part, found.labels[places]).mean(axis=0)
    likely = _of_label(probabilities, found, places)
    return [
        {"right": float(share), "probability": round(float(p), 6), "prediction": found.classes[column]}
        for share, p, column in zip(shares, likely, predicted.tolist(), strict=True)
    ]
