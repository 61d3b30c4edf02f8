"""The library as a list: what a person searches, sorts and filters, and whose each run is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from model.networks.preset_words import preset_title
from model.runs.catalogue import Entry
from model.runs.owners import may_change
from pages.components import run_kinds, words

MOST_TAGS_SHOWN = 24

# What a person may sort by, and the key of each; those that have no such figure come last.
ORDERS: dict[str, Callable[[Entry], Any]] = {
    "Newest": lambda entry: -entry.created,
    "Accuracy": lambda entry: -entry.accuracy.estimate if entry.accuracy else 1.0,
    "Perplexity": lambda entry: math.inf if entry.perplexity is None else entry.perplexity,
    "Name": lambda entry: entry.title.casefold(),
    "Size": lambda entry: -entry.bytes,
    "Data": lambda entry: entry.run.spec["data"]["name"].casefold(),
}


class Shelf(NamedTuple):
    """Runs of one kind of owner, under one heading."""

    title: str
    about: str
    entries: list[Entry]


def found(entries: Sequence[Entry], *, wanted: str, tags: Sequence[str]) -> list[Entry]:
    """Those that have every word of `wanted` somewhere and every one of the tags, whatever the capitals."""
    parts, chosen = wanted.casefold().split(), {tag.casefold() for tag in tags}
    return [
        entry
        for entry in entries
        if chosen <= {tag.casefold() for tag in entry.tags} and all(part in _searchable(entry) for part in parts)
    ]


def _searchable(entry: Entry) -> str:
    run = entry.run
    preset = run.spec["preset"]
    parts = [entry.title, entry.notes, *entry.tags, run.id, preset, preset_title(preset), run_kinds.kind_of(run).name]
    parts += [run.spec["data"]["name"], words.STATES[entry.state], "demo" if run.read_only else ""]
    return " ".join(parts).casefold()


def shelves(entries: Sequence[Entry], *, visitor: str | None, order: str) -> list[Shelf]:
    """One's own runs first, then those that are nobody's, other people's, and the demo runs; each in this order."""
    kinds: dict[str, list[Entry]] = {kind: [] for kind in _KINDS}
    for entry in sorted(entries, key=lambda entry: entry.created, reverse=True):
        kinds[kind_of(entry, visitor)].append(entry)
    return [Shelf(*_KINDS[kind], sorted(kept, key=ORDERS[order])) for kind, kept in kinds.items() if kept]


_KINDS = {
    "own": ("Yours", "trained or uploaded in this browser"),
    "shared": ("Everybody’s", "made at the command line or without cookies: anybody may change them"),
    "other": ("Other people’s", "to read and compare; only they can change them"),
    "demo": ("Demo models", "they come with the code"),
}


def kind_of(entry: Entry, visitor: str | None) -> str:
    """Whose a run is: "own", "shared" (nobody's, so everybody may change it), "other" or "demo"."""
    if entry.run.read_only:
        return "demo"
    if entry.run.spec["owner"] is None:
        return "shared"
    return "own" if may_change(entry.run, visitor) else "other"


def tags_of(entries: Sequence[Entry]) -> list[str]:
    """All tags, each spelled as in the newest run that has it, the most used first."""
    counts: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for entry in entries:
        for tag in entry.tags:
            counts[tag.casefold()] += 1
            spelling.setdefault(tag.casefold(), tag)
    return [spelling[key] for key, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
