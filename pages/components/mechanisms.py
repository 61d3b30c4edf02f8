"""Drawings of the networks, one each, made from what a preset is: the words below, the decision on top.

Where two networks differ in one thing, their drawings do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from model.networks.presets import PRESETS, Preset
from pages.components import drawing
from pages.components.drawing import COLOURS, COLUMNS, INK, VECTOR, Row

WEIGHTS = (0.22, 0.08, 0.55, 0.15)  # what attention makes of the four words
HEADS = ((0.65, 0.1, 0.15, 0.1), (0.1, 0.15, 0.6, 0.15), (0.1, 0.4, 0.1, 0.4), (0.3, 0.1, 0.5, 0.1))
EARLIER = (0.3, 0.1, 0.6)  # of the three states before the last
LATER = (0.15, 0.65, 0.2)  # of the three states after the first, where the reading goes backwards

FORWARD, BACKWARD = Row(166), Row(147)
UPPER_FORWARD, UPPER_BACKWARD = Row(118), Row(99)
SECOND = Row(68)  # the LSTM that reads weighted states
BASE, SCORE, TALL = 129.0, 138.0, 58.0  # where bars stand, where scores come to be, how tall a weight of 1 is


@cache
def svg(preset: str) -> str:
    """The drawing of a preset. Raises KeyError for an unknown one."""
    kind = PRESETS[preset]
    draw, _ = _POOLINGS[kind.pooling]
    return drawing.picture([*drawing.words(), *draw(kind), *drawing.decision()], description(preset))


def description(preset: str) -> str:
    """What the drawing of a preset shows, in words."""
    kind = PRESETS[preset]
    cell = {"lstm": "an LSTM", "gru": "a GRU", "rnn": "an Elman RNN"}[kind.cell]
    ways = "from left to right and from right to left" if kind.bidirectional else "from left to right"
    layers = ", and a second layer reads the states of the first" if kind.layers == 2 else ""
    where = "in each of two sentences " if kind.pooling == "hierarchical" else ""
    pools = _POOLINGS[kind.pooling][1][kind.bidirectional]
    return f"Drawing: four words; {where}{cell} reads them {ways}{layers}; {pools}."


# -- from words to states ----------------------------------------------------------------------------------------


def _read(kind: Preset, *, dark: bool = False, rows: tuple[Row, Row] = (FORWARD, BACKWARD)) -> list[str]:
    """The states of one layer, in one direction or both, above what they read."""
    parts = drawing.states(rows[0], cell=kind.cell, dark=dark)
    return parts + (drawing.states(rows[1], cell=kind.cell, backward=True, dark=dark) if kind.bidirectional else [])


def _from_words() -> list[str]:
    return [drawing.up(x, 197, FORWARD.bottom + 2) for x in COLUMNS]


def _weighed(kind: Preset, *, dark: bool = False, asked: Sequence[float] = COLUMNS, to: float = BASE) -> list[str]:
    """States, and the stems on which those that are asked go up to be weighed."""
    top = (BACKWARD if kind.bidirectional else FORWARD).top
    return _from_words() + drawing.stems(to, top - 1, asked) + _read(kind, dark=dark)


def _last(kind: Preset) -> list[str]:
    parts, rows = _from_words(), (FORWARD, BACKWARD)
    if kind.layers == 2:
        parts += _read(kind)
        rows = (UPPER_FORWARD, UPPER_BACKWARD)
        parts += [drawing.up(x, BACKWARD.top - 1, rows[0].bottom + 2) for x in COLUMNS]
    parts += [*_read(kind, dark=True, rows=rows), drawing.from_last(rows[0])]
    if kind.bidirectional:
        parts.append(drawing.from_last(rows[1], backward=True))
    return parts + drawing.vector([INK] * (2 if kind.bidirectional else 1))


# -- from states to a context ------------------------------------------------------------------------------------


def _into(x: float, columns: Sequence[float] = COLUMNS) -> list[tuple[float, float]]:
    """Points under the vector, near x, where lines from the columns come in."""
    return [(x + 0.12 * (column - 100), VECTOR[1] + 1.0) for column in columns]


def _summed(weights: Sequence[float], colour: str) -> list[str]:
    """One weight for each state, and their weighted sum."""
    return [
        *drawing.bars(weights, colour, columns=COLUMNS, base=BASE, tall=TALL, to=_into(100)),
        *drawing.vector([colour]),
    ]


def _mean(kind: Preset) -> list[str]:
    return [*_weighed(kind), '<g opacity=".5">', *_summed((0.25,) * 4, INK), "</g>"]


def _additive(kind: Preset) -> list[str]:
    rail = f"M{drawing.LEFT:g} {SCORE:g}H{COLUMNS[3]:g}"
    asked = drawing.asked(rail, SCORE, COLUMNS, COLOURS[0])
    return [*_weighed(kind), *asked, drawing.question(SCORE, COLOURS[0]), *_summed(WEIGHTS, COLOURS[0])]


def _feedforward(kind: Preset) -> list[str]:
    return _weighed(kind, to=SCORE + 6.6) + drawing.own_scores(SCORE) + _summed(WEIGHTS, COLOURS[0])


def _stacked(kind: Preset) -> list[str]:
    to = [(x, SECOND.bottom + 1) for x in COLUMNS]
    return [
        *_weighed(kind, to=SCORE + 6.6),
        *drawing.own_scores(SCORE),
        *drawing.bars(WEIGHTS, COLOURS[0], columns=COLUMNS, base=BASE, tall=48, to=to),
        *drawing.states(SECOND, cell="lstm", dark=True),
        drawing.from_last(SECOND),
        *drawing.vector([INK]),
    ]


def _multihead(kind: Preset) -> list[str]:
    parts = _weighed(kind)
    for head, (weights, colour) in enumerate(zip(HEADS, COLOURS, strict=True)):
        y = 132.2 + 4.1 * head
        parts += drawing.asked(f"M4 {y:g}H{COLUMNS[3]:g}", y, COLUMNS, colour, radius=1.7)
        parts.append(drawing.dot(4, y, colour, 2.2))
        columns = [x + 8 * (head - 1.5) for x in COLUMNS]
        to = _into(76 + 16 * head, columns)
        parts += drawing.bars(weights, colour, columns=columns, base=BASE, tall=52, to=to, half=3.2)
    return parts + drawing.vector(COLOURS)


def _dot(kind: Preset) -> list[str]:
    """The last state asks; in both directions, each by itself, the backward one those later in the text."""
    parts = _weighed(kind, dark=True, asked=COLUMNS if kind.bidirectional else COLUMNS[:3])
    if not kind.bidirectional:
        path = f"M{COLUMNS[3]:g} {FORWARD.top:g}V{SCORE:g}H{COLUMNS[0]:g}"
        to = _into(84, COLUMNS[:3])
        return [
            *parts,
            *drawing.asked(path, SCORE, COLUMNS[:3], COLOURS[0]),
            *drawing.bars(EARLIER, COLOURS[0], columns=COLUMNS[:3], base=BASE, tall=TALL, to=to),
            drawing.from_last(FORWARD),
            *drawing.vector([COLOURS[0], INK]),
        ]
    low, high = 141.5, 134.5
    path = f"M{COLUMNS[3] + FORWARD.half:g} {FORWARD.middle - 4:g}H186.5V{low:g}H{COLUMNS[0]:g}"
    parts += drawing.asked(path, low, COLUMNS[:3], COLOURS[0])
    parts += drawing.asked(
        f"M{COLUMNS[0] - 8:g} {BACKWARD.top:g}V{high:g}H{COLUMNS[3]:g}", high, COLUMNS[1:], COLOURS[1]
    )
    for weights, colour, shown, shift, x in (
        (EARLIER, COLOURS[0], COLUMNS[:3], -4.5, 92),
        (LATER, COLOURS[1], COLUMNS[1:], 4.5, 108),
    ):
        columns = [column + shift for column in shown]
        to = _into(x, columns)
        parts += drawing.bars(weights, colour, columns=columns, base=BASE, tall=TALL, to=to, half=4)
    parts += [drawing.from_last(FORWARD), drawing.from_last(BACKWARD, backward=True)]
    return parts + drawing.vector([INK, COLOURS[0], COLOURS[1], INK])


def _hierarchical(kind: Preset) -> list[str]:
    """Twice the same: words in their sentence, then sentences in the text."""
    rows, colour = (Row(171, 12), Row(158, 12)), COLOURS[0]
    sentences, upper = (54.0, 146.0), (Row(103, 12, 16), Row(90, 12, 16))
    parts = [drawing.frame(5.5, 99, 118.5), drawing.frame(101, 194.5, 118.5)]
    parts += [drawing.up(x, 197, rows[0].bottom + 2) for x in COLUMNS] + drawing.stems(143, rows[1].top - 1)
    for columns in (COLUMNS[:2], COLUMNS[2:]):
        parts += drawing.states(rows[0], cell=kind.cell, columns=columns)
        parts += drawing.states(rows[1], cell=kind.cell, columns=columns, backward=True)
    parts += drawing.asked(f"M{drawing.LEFT:g} 150.5H{COLUMNS[3]:g}", 150.5, COLUMNS, colour)
    parts.append(drawing.question(150.5, colour))
    to = [(x, upper[0].bottom + 1) for x in (48, 60, 140, 152)]
    parts += drawing.bars((0.72, 0.28, 0.78, 0.22), colour, columns=COLUMNS, base=144, tall=24, to=to)
    parts += drawing.states(upper[0], cell=kind.cell, columns=sentences)
    parts += drawing.states(upper[1], cell=kind.cell, columns=sentences, backward=True)
    parts += drawing.stems(76, upper[1].top - 1, sentences)
    parts += drawing.asked(f"M{drawing.LEFT:g} 83H{sentences[1]:g}", 83, sentences, colour)
    parts.append(drawing.question(83, colour))
    parts += drawing.bars((0.3, 0.7), colour, columns=sentences, base=77, tall=20, to=((86, 57), (114, 57)))
    return parts + drawing.vector([colour])


_DOT = "asks the states it read before, and decides together with their weighted sum"
# How a pooling is drawn, and what the drawing says: of one direction, of both.
_POOLINGS: dict[str, tuple[Callable[[Preset], list[str]], tuple[str, str]]] = {
    "last": (_last, ("the last state decides", "the last states of both directions decide")),
    "mean": (_mean, ("every state counts the same, and their mean decides",) * 2),
    "additive": (_additive, ("one learned question gives every state a weight, and their weighted sum decides",) * 2),
    "dot": (_dot, (f"the last state {_DOT}", f"each direction's last state {_DOT}")),
    "feedforward": (_feedforward, ("each state gets a weight of its own, and their weighted sum decides",) * 2),
    "feedforward-stacked": (_stacked, ("a second LSTM reads the weighted states, and its last state decides",) * 2),
    "multihead": (_multihead, ("four learned questions, each with its own weights and weighted sum, decide",) * 2),
    "hierarchical": (
        _hierarchical,
        ("words get weights within their sentence, then the sentences get theirs, and their sum decides",) * 2,
    ),
}
