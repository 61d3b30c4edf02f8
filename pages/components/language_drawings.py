"""Drawings of the language models: the words so far below, the next one on top; where two differ, so do they."""

from __future__ import annotations

from functools import cache

from model.networks.language_presets import LANGUAGE_PRESETS
from pages.components import drawing
from pages.components.drawing import COLOURS, COLUMNS, INK, Row

WORDS, NEXT = ("to", "be", "or", "not"), "to"
WEIGHTS = (0.62, 0.14, 0.24)  # of the three states before the last

LOWER, UPPER = Row(173, 15), Row(148, 15)
BASE, SCORE, TALL = 129.0, 138.0, 56.0  # where bars stand, where scores come to be, how tall a weight of 1 is
HIDDEN = (-6.0, 4.0)  # places in a state that dropout hides, the same ones in every state


@cache
def svg(preset: str) -> str:
    """The drawing of a language model. Raises KeyError for an unknown preset."""
    kind = LANGUAGE_PRESETS[preset]
    parts = [*drawing.words(WORDS), *_layers()]
    parts += _attention() if kind.attention else drawing.vector([INK])
    parts += [drawing.from_last(UPPER), *(_hidden() if kind.regularized else []), *drawing.decision(NEXT)]
    return drawing.picture(parts, description(preset))


def description(preset: str) -> str:
    """What the drawing of a language model shows, in words."""
    kind = LANGUAGE_PRESETS[preset]
    asks = ", asks the states before it, and tells the next word together with their weighted sum"
    hides = "; numbers of states and links between them are hidden at random" if kind.regularized else ""
    return (
        "Drawing: four words; an LSTM of two layers reads them from left to right; its last state"
        f"{asks if kind.attention else ' tells the next word'}{hides}."
    )


def legend() -> list[tuple[str, str]]:
    """The signs of the drawings: each as a small SVG, and what it stands for."""
    states, memory, attention, *_ = drawing.legend()
    row = Row(5, 12, 9)
    asking = drawing.asked("M50 20V11H10", 11, (10.0, 30.0), COLOURS[0])
    chain = drawing.states(row, cell="gru", columns=(11.0, 45.0))
    return [
        states,
        memory,
        (drawing.sign(asking), "the last state asks all before it, never a later one"),
        attention,
        (
            drawing.sign([*chain, *_holes(row, (11.0, 45.0)), _cut(28, row.middle)]),
            "AWD: numbers and links hidden at random while it learns",
        ),
    ]


def _layers() -> list[str]:
    parts = [drawing.up(x, 197, LOWER.bottom + 2) for x in COLUMNS]
    parts += [drawing.up(x, LOWER.top - 1, UPPER.bottom + 1) for x in COLUMNS]
    return [*parts, *drawing.states(LOWER, cell="lstm"), *drawing.states(UPPER, cell="lstm", dark=True)]


def _attention() -> list[str]:
    """The last state asks those before it, and stands beside their weighted sum."""
    path = f"M{COLUMNS[3]:g} {UPPER.top:g}V{SCORE:g}H{COLUMNS[0]:g}"
    to = [(84 + 0.12 * (x - 100), drawing.VECTOR[1] + 1.0) for x in COLUMNS[:3]]
    return [
        *drawing.stems(BASE, UPPER.top - 1, COLUMNS[:3]),
        *drawing.asked(path, SCORE, COLUMNS[:3], COLOURS[0]),
        *drawing.bars(WEIGHTS, COLOURS[0], columns=COLUMNS[:3], base=BASE, tall=TALL, to=to),
        *drawing.vector([COLOURS[0], INK]),
    ]


def _hidden() -> list[str]:
    """What dropout hides: the same numbers of every state, and links from one state to the next."""
    return [*_holes(LOWER, COLUMNS), _cut(COLUMNS[0] + 23, UPPER.middle), _cut(COLUMNS[2] + 23, LOWER.middle)]


def _holes(row: Row, columns: tuple[float, ...]) -> list[str]:
    return [
        f'<circle cx="{x + shift:g}" cy="{row.middle - 3.6:g}" r="2.2" stroke="{INK}" stroke-width="1"/>'
        for x in columns
        for shift in HIDDEN
    ]


def _cut(x: float, y: float) -> str:
    return drawing.line(f"M{x - 3:g} {y + 5:g}L{x + 3:g} {y - 5:g}", COLOURS[3], 2.2)
