"""What there is to know of a data set before a model is trained on it, as one JSON-able record."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from model.data.cautions import MAX_TOKENS, cautions
from model.data.dataset import SPLIT_NAMES, Dataset
from model.data.languages import language_name, languages, scripts
from model.data.sample import MOST_OF_ONE, Sample, sample_of
from model.errors import DataError
from model.text.segmentation import iterate_keys
from model.text.vectors import coverage, glove_available, load_vectors
from model.text.vocabulary import Vocabulary

MIN_FREQUENCY = 2  # of a word to be known: the default of a training
LENGTHS_OF = 20_000  # texts
_BINS = 24
_SAMPLES, _SAMPLE_LENGTH = 10, 2000
_SCRIPTS_OF = 4000  # texts
# What could not be decoded, and UTF-8 that was taken for Windows-1252 once: é as Ã©, ’ as â€™.
_DAMAGE = re.compile("\ufffd|Ã[\u0080-\u00bf]|â€[\u0080-\u00bf™œ\u009d˜“”]|Ã\u00a0")


class Facts(NamedTuple):
    """What the reading of a table found, which the texts that are kept do not tell."""

    name: str
    report: Mapping[str, Any]
    sha256: str
    classes: Mapping[str, Mapping[str, int]]  # label -> split -> texts
    given_splits: bool = False
    columns: Mapping[str, Any] | None = None
    encoding: str | None = None
    format: str | None = None
    conflicts: Sequence[Mapping[str, Any]] = ()


def profile_of(dataset: Dataset) -> dict[str, Any]:
    """The profile of a data set in memory, such as a built-in one; see `make_profile`."""
    counts = {name: Counter(getattr(dataset, name).labels) for name in SPLIT_NAMES}
    classes = {label: {name: counts[name][label] for name in SPLIT_NAMES} for label in dataset.classes}
    return make_profile(Facts(dataset.name, dataset.report, dataset.sha256, classes), sample_of(dataset))


def make_profile(
    facts: Facts, sample: Sample, *, progress: Callable[[float], None] = lambda share: None
) -> dict[str, Any]:
    """The profile of a data set, by the facts of its reading and a look at a sample of its texts.

    Shares are 0 to 1. What is found in the sample alone says at how many texts was looked. A share of unknown words
    found with a part of the training texts ("whole": False) is at most so high with all of them.
    """
    report, words = facts.report, _Words(sample, progress)
    looked_at = [text[:MOST_OF_ONE] for text in sample.splits["train"].texts[:_SCRIPTS_OF]]
    spoken = languages(looked_at)
    profile = {
        "name": facts.name,
        "rows": report["rows"],
        "kept": sum(report[name] for name in SPLIT_NAMES),
        "dropped": dict(report["dropped"]),
        "duplicates": report["duplicates"],
        "conflicting": report["dropped"].get("conflicting labels", 0),
        "leaked_into_test": report["leaked_into_test"],
        "also_in_validation": report["dropped"].get("also in validation", 0),
        "classes": {label: dict(counts) for label, counts in facts.classes.items()},
        "splits": {name: report[name] for name in SPLIT_NAMES},
        "given_splits": facts.given_splits,
        "sha256": facts.sha256,
        "report": dict(report),
        "columns": facts.columns and dict(facts.columns),
        "encoding": facts.encoding,
        "format": facts.format,
        "lengths": words.lengths(),
        "scripts": _rounded(scripts(looked_at)),
        "languages": _rounded(spoken or {}),
        "language_names": {code: language_name(code) for code in spoken or {}},
        "damaged": round(_damaged(looked_at), 5),
        "unknown": words.unknown(),
        "vocabulary": len(words.vocabulary) - 2,
        "glove": words.glove(),
        "samples": _samples(sample),
        "conflicts": [dict(conflict) for conflict in facts.conflicts],
    }
    return profile | {"warnings": cautions(profile, sample)}


class _Words:
    """The words of a sample, segmented once."""

    def __init__(self, sample: Sample, progress: Callable[[float], None]) -> None:
        self._sample, self._progress, self._done = sample, progress, 0
        self._texts = sum(len(split.texts) for split in sample.splits.values())
        train = sample.splits["train"].texts
        self._lengths = np.zeros(len(train), np.int64)
        self._seen = Vocabulary.fit_keys(self._counted(train), min_frequency=1)
        often = sum(count >= MIN_FREQUENCY for count in self._seen.counts[2:]) + 2  # they stand first
        counts = self._seen.counts
        self.vocabulary = Vocabulary(self._seen.words[:often], [0, sum(counts[often:]), *counts[2:often]])

    def _counted(self, texts: Sequence[str]) -> Iterator[list[str]]:
        for place, keys in enumerate(self._keys(texts)):
            self._lengths[place] = len(keys)
            yield keys

    def _keys(self, texts: Sequence[str]) -> Iterator[list[str]]:
        for keys in iterate_keys(text[:MOST_OF_ONE] for text in texts):
            self._done += 1
            if self._done % 256 == 0:
                self._progress(0.9 * self._done / self._texts)
            yield keys

    def lengths(self) -> dict[str, Any]:
        """Tokens per training text: a histogram [low, high, texts] whose last bin reaches to the longest, quantiles,
        and the shares of texts that are cut at MAX_TOKENS ("cut") and that have one word or none ("one_word")."""
        lengths = self._lengths[:LENGTHS_OF]
        median, p95, p99 = (int(np.quantile(lengths, q, method="higher")) for q in (0.5, 0.95, 0.99))
        width = next(width for width in _widths() if width * _BINS > p99)
        counts = np.bincount(np.minimum(lengths // width, _BINS))
        longest = int(lengths.max())
        bins = [[place * width, (place + 1) * width, int(count)] for place, count in enumerate(counts)]
        bins[-1][1] = max(bins[-1][1], longest + 1)
        return {
            "unit": "tokens", "bins": bins, "median": median, "p95": p95, "p99": p99, "longest": longest,
            "cut": round(float((lengths > MAX_TOKENS).mean()), 5), "one_word": round(float((lengths < 2).mean()), 5),
            "looked_at": len(lengths),
        }  # fmt: skip

    def unknown(self) -> dict[str, Any]:
        """Share of the tokens of validation and test that a vocabulary of the training texts lacks; with "once",
        the share of test tokens that it would lack if words seen once were kept.
        """
        shares = {}
        once = frozenset(self._seen.words[2:])
        known = frozenset(self.vocabulary.words[2:])
        for name in ("validation", "test"):
            lacking = never = total = 0
            for keys in self._keys(self._sample.splits[name].texts):
                lacking += len(keys) - sum(map(known.__contains__, keys))
                never += len(keys) - sum(map(once.__contains__, keys))
                total += len(keys)
            shares[name] = round(lacking / max(total, 1), 5)
            shares["once"] = round(never / max(total, 1), 5)
        looked_at = len(self._sample.splits["train"].texts)
        return {
            **shares, "min_frequency": MIN_FREQUENCY, "looked_at": looked_at,
            "whole": looked_at == self._sample.sizes["train"],
        }  # fmt: skip

    def glove(self) -> float | None:
        """Share of the training tokens that GloVe 50d knows; None where it is not installed."""
        if not glove_available():
            return None
        try:
            return round(coverage(load_vectors("glove", self.vocabulary).found, self.vocabulary).tokens, 5)
        except DataError:
            return None


def _damaged(texts: Sequence[str]) -> float:
    """The share of texts with characters that a wrong encoding leaves behind."""
    return sum(_DAMAGE.search(text) is not None for text in texts) / max(len(texts), 1)


def _widths() -> Iterator[int]:
    scale = 1
    while True:
        yield from (scale, 2 * scale, 5 * scale)
        scale *= 10


def _samples(sample: Sample) -> list[dict[str, str]]:
    """Ten texts: one of each class first, then the next in order."""
    rows = [
        (text, label, name)
        for name in ("train", "test", "validation")
        for text, label in zip(*sample.splits[name], strict=True)
    ]
    first: dict[str, int] = {}
    for place, (_, label, _) in enumerate(rows):
        first.setdefault(label, place)
    places = dict.fromkeys([*(first[label] for label in sorted(first)), *range(min(_SAMPLES, len(rows)))])
    return [
        {"text": _cut(rows[place][0]), "label": rows[place][1], "split": rows[place][2]}
        for place in list(places)[:_SAMPLES]
    ]


def _cut(text: str) -> str:
    return text if len(text) <= _SAMPLE_LENGTH else text[: _SAMPLE_LENGTH - 1] + "…"


def _rounded(shares: Mapping[str, float]) -> dict[str, float]:
    return {key: round(share, 5) for key, share in shares.items()}
