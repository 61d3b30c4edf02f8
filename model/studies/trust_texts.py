"""Which texts of a split a study examines, and the words in them that are known to be the reason."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from model.data.dataset import Spans, Split
from model.data.rationales import Mark, spans_of
from model.errors import DataError, SettingsError
from model.runs.rationales import Rationale
from model.runs.records import digest
from model.text.vocabulary import Token


class StudyText(NamedTuple):
    """A text of a sample: its place in the split, its label, and the spans that the data and people mark, or None."""

    index: int
    text: str
    label: str
    rationale: Spans | None
    marks: Spans | None

    @property
    def name(self) -> str:
        """What its record is kept under: another text, label or mark has another name."""
        return digest(self)[:32]


def texts_of(
    split: Split,
    *,
    limit: int,
    seed: int,
    rationales: Sequence[Mark | None] | None = None,
    people: Sequence[Rationale] = (),
) -> list[StudyText]:
    """The texts of `sample` with their marks; `people` are matched by the text, the last one counts.

    Raises DataError for a split without texts and for rationales that do not fit it, SettingsError for the limit.
    """
    if not split.texts:
        raise DataError("there are no texts to test the model on; choose data with at least one")
    if limit < 1:
        raise SettingsError(f"the limit is {limit} texts; it must be at least 1")
    if rationales is not None and len(rationales) != len(split.texts):
        raise DataError(
            f"there are {len(split.texts):,} texts but {len(rationales):,} rationales; give one for each, or None"
        )
    marks = {mark.text: mark.spans for mark in people}
    texts = []
    for index in sample(split, limit=limit, seed=seed):
        text, given = split.texts[index], None if rationales is None else rationales[index]
        spans = None if given is None else spans_of(text, given, where=f"the rationale of text {index}")
        texts.append(StudyText(index, text, str(split.labels[index]), spans, marks.get(text)))
    return texts


def sample(split: Split, *, limit: int, seed: int) -> list[int]:
    """Places of at most `limit` texts of a split, of each label its share; a smaller limit gives the first of them.

    Within a label the order is that of a hash of `seed` and the text, whatever the order of the split.
    """
    by_label = defaultdict(list)
    for place, (text, label) in enumerate(zip(split.texts, split.labels, strict=True)):
        key = hashlib.sha256(f"{seed} {text}".encode("utf-8", "surrogatepass")).digest()
        by_label[str(label)].append((key, place))
    order = []
    for places in by_label.values():
        # The middle of the n-th of N equal parts: sorted by it, labels come up in proportion to their numbers.
        order += [((rank + 0.5) / len(places), *item) for rank, item in enumerate(sorted(places))]
    return [place for _, _, place in sorted(order)[:limit]]


def positions(tokens: Sequence[Token], spans: Spans | None) -> set[int] | None:
    """Places of the tokens of which a span holds some part; None without a mark."""
    if spans is None:
        return None
    return {
        place
        for place, token in enumerate(tokens)
        if any(start < token.end and token.start < end for start, end in spans)
    }
