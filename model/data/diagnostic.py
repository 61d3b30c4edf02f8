"""Generated texts whose label is decided by words we know: does attention find them?"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model.data.diagnostic_words import WORDS, Words
from model.data.splits import Dataset, make_dataset
from model.data.tables import Table
from model.errors import DataError

PREFIX = "diagnostic:"
ROWS = 2000
SEED = 13
LEAST_ROWS, MOST_ROWS = 20, 1_000_000


class _Draw:
    """Choices by random() alone, the one method whose sequence Python promises for a seed in every version."""

    def __init__(self, seed: int):
        self._random = random.Random(seed).random

    def below(self, count: int) -> int:
        return int(self._random() * count)

    def one(self, words: Sequence[str]) -> str:
        return words[self.below(len(words))]

    def filler(self, words: Words, least: int, most: int) -> list[str]:
        return [self.one(words.filler) for _ in range(least + self.below(most - least + 1))]

    def places(self, count: int, among: int) -> list[int]:
        chosen: list[int] = []
        while len(chosen) < count:
            place = self.below(among)
            if place not in chosen:
                chosen.append(place)
        return chosen


Marked = tuple[list[str], list[int]]  # words, and the places of those that decide


def _keyword(draw: _Draw, words: Words, target: int, variant: int) -> Marked:
    text = draw.filler(words, 8, 20)
    place = 1 + draw.below(len(text) - 2)  # within the text: dot attention can give its last token no weight
    text[place] = draw.one(words.keywords[target])
    return text, [place]


def _distractor(draw: _Draw, words: Words, target: int, variant: int) -> Marked:
    text = draw.filler(words, 10, 24)
    place, *others = draw.places(4 + variant, len(text))
    text[place] = draw.one(words.keywords[target])
    for other in others:
        text[other] = draw.one(words.distractors)
    return text, [place]


def _negation(draw: _Draw, words: Words, target: int, variant: int) -> Marked:
    text = draw.filler(words, 8, 20)
    place = 1 + draw.below(len(text) - 1)
    text[place] = draw.one(words.judgements[target ^ variant])
    if not variant:
        return text, [place]
    text[place - 1] = words.negation
    return text, [place - 1, place]


def _order(draw: _Draw, words: Words, target: int, variant: int) -> Marked:
    text = draw.filler(words, 8, 20)
    first, second = sorted(draw.places(2, len(text)))
    text[first], text[second] = words.ordered[target], words.ordered[1 - target]
    return text, [first, second]


def _majority(draw: _Draw, words: Words, target: int, variant: int) -> Marked:
    text = draw.filler(words, 12, 24)
    total = 5 if variant else 3
    places = draw.places(total, len(text))
    minority = 1 + draw.below(total // 2)
    for rank, place in enumerate(places):
        text[place] = draw.one(words.counted[target if rank >= minority else 1 - target])
    return text, sorted(places)


def _long_range(draw: _Draw, words: Words, target: int, variant: int) -> Marked:
    text = draw.filler(words, 30, 60)
    first, last = draw.below(3), len(text) - 1 - draw.below(3)
    text[first] = words.paired[variant]
    text[last] = words.paired[variant if target else 1 - variant]
    return text, [first, last]


@dataclass(frozen=True)
class Task:
    """A question that generated texts ask; `make` writes one text of the class with index `target`."""

    title: str
    description: str
    classes: tuple[str, str]  # as the words' pairs; "{0}" and "{1}" stand for the ordered words
    make: Callable[[_Draw, Words, int, int], Marked]


TASKS: dict[str, Task] = {
    "keyword": Task(
        title="One keyword",
        description="One word decides; all others say nothing.",
        classes=("negative", "positive"),
        make=_keyword,
    ),
    "distractor": Task(
        title="A keyword among distractors",
        description="One word decides; three or four colourful others do not.",
        classes=("negative", "positive"),
        make=_distractor,
    ),
    "negation": Task(
        title="Negation",
        description='"good" against "not good": neither word alone says anything.',
        classes=("negative", "positive"),
        make=_negation,
    ),
    "order": Task(
        title="Two words in order",
        description="Both words are in every text; the label is the one that comes first.",
        classes=("{0} first", "{1} first"),
        make=_order,
    ),
    "majority": Task(
        title="Majority",
        description="Animals and fruit, three or five in all: which are more?",
        classes=("animals", "fruit"),
        make=_majority,
    ),
    "long-range": Task(
        title="A long-range pair",
        description="A colour at the start and one at the end, 30 to 60 words in all: the same or not?",
        classes=("different", "same"),
        make=_long_range,
    ),
}


def generate(task: str, *, rows: int = ROWS, language: str = "en", seed: int = SEED) -> Dataset:
    """Write texts for a task, half of them of each class, none twice, with the character spans that decide.

    `rationales` holds, per text, the spans of exactly those words of which the label is a function. The split is
    that of any table: 80/10/10 by hash. Raises DataError for an unknown task or language, or rows out of range.
    """
    if task not in TASKS:
        raise DataError(f"There is no diagnostic task {task!r}; there are {', '.join(TASKS)}.")
    if language not in WORDS:
        raise DataError(f"Diagnostic texts are in {' or '.join(WORDS)}, not in {language!r}.")
    if not LEAST_ROWS <= rows <= MOST_ROWS:
        raise DataError(
            f"Diagnostic data has {LEAST_ROWS} to {MOST_ROWS:,} rows, not {rows:,}; choose a number there."
        )
    words, draw = WORDS[language], _Draw(seed)
    classes = [name.format(*words.ordered) for name in TASKS[task].classes]
    written: dict[str, tuple[str, list[tuple[int, int]]]] = {}
    while len(written) < rows:
        target, variant = len(written) % 2, len(written) // 2 % 2
        text, spans = _joined(words, *TASKS[task].make(draw, words, target, variant))
        written.setdefault(text, (classes[target], spans))
    table = Table(
        texts=list(written),
        labels=[label for label, _ in written.values()],
        splits=None,
        columns=["text", "label"],
        text_columns=("text",),
        label_column="label",
        split_column=None,
        rows=rows,
        dropped={},
        encoding=None,
        format="generated",
        rationales=[spans for _, spans in written.values()],
    )
    name = _name(task, language, rows)
    # Other seeds have no name that generate_named would understand.
    return make_dataset(table, name=name if seed == SEED else f"seed {seed} of {name}")


def generate_named(name: str) -> Dataset:
    """Write the data that "diagnostic:<task>[:zh][:rows]" stands for; raises DataError for another form."""
    task, *rest = name.removeprefix(PREFIX).split(":")
    language = rest.pop(0) if rest and rest[0] in WORDS else "en"
    rows = rest.pop(0) if rest else str(ROWS)
    if rest or not (rows.isascii() and rows.isdigit()):
        strange = rest[0] if rest else rows
        raise DataError(
            f"{name}: {strange!r} is no number of rows; "
            f"write {PREFIX}<task>[:zh][:rows], such as {PREFIX}order:zh:500."
        )
    return generate(task, rows=int(rows), language=language)


def catalogue() -> list[dict]:
    """List the tasks as datasets.catalogue() lists data sets."""
    return [
        {
            "name": PREFIX + name,
            "title": task.title,
            "description": task.description,
            "language": "en, zh",
            "rows": ROWS,
            "classes": [label.format(*WORDS["en"].ordered) for label in task.classes],
            "origin": "generated, any size: " + PREFIX + name + "[:zh][:rows]",
            "licence": "none needed",
            "available": True,
            "install": None,
        }
        for name, task in TASKS.items()
    ]


def _joined(words: Words, text: Sequence[str], marks: Sequence[int]) -> tuple[str, list[tuple[int, int]]]:
    starts, at = [], 0
    for word in text:
        starts.append(at)
        at += len(word) + len(words.glue)
    return words.glue.join(text), [(starts[mark], starts[mark] + len(text[mark])) for mark in marks]


def _name(task: str, language: str, rows: int) -> str:
    parts = [task, *([language] if language != "en" else []), *([str(rows)] if rows != ROWS else [])]
    return PREFIX + ":".join(parts)
