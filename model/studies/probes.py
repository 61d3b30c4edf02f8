"""The few validation texts on which a training is watched: short, of every class, the same for the same data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from model.data.datasets import load_builtin
from model.data.storage import first_texts
from model.text.segmentation import segment_keys

PROBES = 12  # the first three are pinned on the page
SHORTEST, LONGEST = 5, 40  # tokens of a text whose attention is read at a glance
_LOOKED_AT = 3000  # texts to choose from
_CHARACTERS = 2000


def choose_probe(texts: Sequence[str], labels: Sequence[str], *, count: int = PROBES) -> list[str]:
    """At most `count` of the texts, of 5 to 40 tokens where there are such, in turn from each class.

    Texts stand in the order of their hashes, as in every split, and the first of a class comes first; the first
    3,000 are looked at. Where a class has too few of that length its shortest longer ones follow, then shorter ones.
    Texts over 2,000 characters are never taken.
    """
    fit = [
        place for place, text in enumerate(texts[:_LOOKED_AT]) if 0 < len(text) <= _CHARACTERS and _is_unicode(text)
    ]
    sizes = dict(zip(fit, map(len, segment_keys([texts[place] for place in fit])), strict=True))
    by_class: dict[str, list[int]] = defaultdict(list)
    for place in sorted((place for place in fit if sizes[place]), key=lambda place: _rank(sizes[place])):
        by_class[labels[place]].append(place)
    rows = [by_class[label] for label in sorted(by_class)]
    turns = (row[turn] for turn in range(count) for row in rows if turn < len(row))
    return [texts[place] for place in islice(turns, count)]


def probe_of(root: Path, data: dict[str, Any]) -> list[str]:
    """`choose_probe` from the validation split of data as a spec names it, read without the rest in memory.

    Raises DataError for data that cannot be read.
    """
    if data["folder"] is None:
        return choose_probe(*load_builtin(data["name"]).validation)
    return choose_probe(*first_texts(root / data["folder"], _LOOKED_AT, split="validation"))


def _rank(tokens: int) -> int:
    return 0 if SHORTEST <= tokens <= LONGEST else tokens if tokens > LONGEST else 10**9 - tokens


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
