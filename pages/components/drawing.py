"""The strokes that drawings of networks are made of: words, states, arrows, weights and what they decide, as SVG.

One grid for all, so that a thing stands in the same place in every drawing. Lines and letters take the colour of the
text around them, hence light and dark; colour means attention, and a dark block a state that decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

WIDTH, HEIGHT = 200, 220
WORDS = ("bad", "start", "great", "end")
COLUMNS = (31.0, 77.0, 123.0, 169.0)  # middle of each word's column
# Amber, as attention has everywhere; the others tell heads and directions apart. All reach 3 : 1 on both grounds.
COLOURS = ("#cf7c00", "#16958a", "#8a6be0", "#d6568d")
INK = "currentColor"
VECTOR = (44.0, 56.0)  # top and bottom of the vector that stands for the text
LEFT, RIGHT = 9.0, 191.0  # where the lines of last states go up, outside all columns


class Row(NamedTuple):
    """A row of states: its top, its height, and half of a state's width."""

    top: float
    height: float = 17.0
    half: float = 13.0

    @property
    def middle(self) -> float:
        """Where its arrows run."""
        return self.top + self.height / 2

    @property
    def bottom(self) -> float:
        """Where what is read comes in."""
        return self.top + self.height


def picture(parts: Iterable[str], description: str) -> str:
    """All the strokes as one line of SVG, with a description for those who cannot see it.

    It takes the colour of the text around it and shrinks with its place.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" '
        f'role="img" aria-label="{escape(description)}" fill="none" stroke-linecap="round" '
        'stroke-linejoin="round" font-family="Source Sans, system-ui, sans-serif" '
        f'style="display:block;max-width:220px;margin:0 auto">{"".join(parts)}</svg>'
    )


def words(texts: Sequence[str] = WORDS) -> list[str]:
    """The four words, each in a box."""
    return [
        _box(x - 21, 198, 42, 20, 5, f'fill="{INK}" fill-opacity=".08"') + _text(x, 212.2, 12.5, word)
        for x, word in zip(COLUMNS, texts, strict=True)
    ]


def decision(text: str = "positive") -> list[str]:
    """What the network says, and the arrow that leads there from the vector."""
    pill = _box(64, 3, 72, 23, 11.5, f'stroke="{INK}" stroke-width="1.5"')
    return [up(100, VECTOR[0] - 1, 28), pill, _text(100, 19, 12.5, text, weight=600)]


def vector(segments: Sequence[str]) -> list[str]:
    """The vector that stands for the text, made of parts that lie side by side."""
    top, bottom = VECTOR
    wide = 64 / len(segments)
    return [
        _box(68.75 + wide * place, top, wide - 1.5, bottom - top, 3, f'fill="{colour}"')
        for place, colour in enumerate(segments)
    ]


def states(
    row: Row, *, cell: str, backward: bool = False, dark: bool = False, columns: Sequence[float] = COLUMNS
) -> list[str]:
    """States in a row and the arrows from one to the next; an LSTM's memory runs through them as a second line.

    With `dark` the state that is read last is a dark block. An RNN's states are round, those with gates are not.
    """
    order, way = (columns[::-1], -1) if backward else (columns, 1)
    memory = cell == "lstm"
    lift = row.height * 0.19 if memory else 0.0
    parts = [_state(x, row, round_=cell == "rnn", dark=dark and x == order[-1]) for x in order]
    for here, there in pairwise(order):
        start, end = here + way * (row.half + 0.5), there - way * (row.half + 1)
        parts.append(line(f"M{start:g} {row.middle - lift:g}H{end - 2 * way:g}", INK, 1.3))
        parts.append(_head(end, row.middle - lift, way, 0))
    if memory:
        end = order[-1] - way * (row.half if dark else 0.0)
        parts.append(line(f"M{order[0]:g} {row.middle + lift + 0.6:g}H{end:g}", INK, 2.1, faint=0.55))
    return parts


def from_last(row: Row, *, backward: bool = False) -> str:
    """From a last state up, outside all columns, and into the vector from the side."""
    way, x, edge = (-1, COLUMNS[0] - row.half, LEFT) if backward else (1, COLUMNS[3] + row.half, RIGHT)
    y, bend = sum(VECTOR) / 2, 6 * way
    path = (
        f"M{x:g} {row.middle:g}H{edge - bend:g}Q{edge:g} {row.middle:g} {edge:g} {row.middle - 6:g}"
        f"V{y + 6:g}Q{edge:g} {y:g} {edge - bend:g} {y:g}H{100 + 36 * way:g}"
    )
    return line(path, INK, 1.8) + _head(100 + 33.5 * way, y, -way, 0)


def stems(top: float, bottom: float, columns: Iterable[float] = COLUMNS) -> list[str]:
    """From states up to where they are weighed."""
    return [line(f"M{x:g} {bottom:g}V{top:g}", INK, 1.3, faint=0.4) for x in columns]


def bars(
    weights: Sequence[float],
    colour: str,
    *,
    columns: Sequence[float],
    base: float,
    tall: float,
    to: Sequence[tuple[float, float]],
    half: float = 8.0,
) -> list[str]:
    """A bar for each weight and, as thick as the weight, the line that carries its state on to a point."""
    parts = []
    for x, weight, (end, top) in zip(columns, weights, to, strict=True):
        tip = base - tall * weight
        parts.append(line(f"M{x:g} {tip:g}L{end:g} {top:g}", colour, 0.6 + 0.75 * half * weight, faint=0.6))
        parts.append(_box(x - half, tip, 2 * half, tall * weight, 1.5, f'fill="{colour}"'))
    return parts


def question(y: float, colour: str) -> str:
    """What is asked of every state: it was learned."""
    return dot(LEFT, y, colour, 7.5) + _text(LEFT, y + 4.1, 11.5, "?", weight=700, fill="#fff")


def asked(path: str, y: float, columns: Iterable[float], colour: str, *, radius: float = 2.6) -> list[str]:
    """The way a question takes to the states, and a dot where it meets one: there a score comes to be."""
    return [line(path, colour, 1.5), *(dot(x, y, colour, radius) for x in columns)]


def own_scores(y: float) -> list[str]:
    """A small layer of each state's own, with the bias of its position: nothing is asked."""
    look = f'stroke="{COLOURS[0]}" stroke-width="1.6"'
    return [
        f'<circle cx="{x:g}" cy="{y:g}" r="6.6" {look}/>' + _text(x, y + 3.3, 9.5, str(place))
        for place, x in enumerate(COLUMNS, 1)
    ]


def frame(left: float, right: float, top: float) -> str:
    """What belongs to one sentence, down to its words."""
    look = f'fill="{INK}" fill-opacity=".05" stroke="{INK}" stroke-opacity=".3"'
    return _box(left, top, right - left, HEIGHT - 0.5 - top, 7, look)


def legend() -> list[tuple[str, str]]:
    """The signs of the drawings: each as a small SVG, and what it stands for."""
    row, amber = Row(5, 12, 9), COLOURS[0]
    signs = {
        "a state for each word; filled: a last state that decides": [
            *states(row, cell="gru", columns=(11.0, 45.0), dark=True)
        ],
        "the line through an LSTM's states: its memory": states(row, cell="lstm", columns=(11.0, 45.0)),
        "attention: how much a state counts": bars(
            (0.3, 0.9), amber, columns=(14.0, 40.0), base=20, tall=18, half=6, to=((14, 18), (40, 2))
        ),
        "a question that was learned, put to every state": [
            *asked(f"M{LEFT:g} 11H52", 11, (28.0, 46.0), amber),
            question(11, amber),
        ],
        "each state is weighed by itself, by its place too": [
            f'<g transform="translate({-COLUMNS[0] + 11:g} 0)">{own_scores(11)[0]}</g>',
            f'<g transform="translate({-COLUMNS[1] + 42:g} 0)">{own_scores(11)[1]}</g>',
        ],
        "the vector that stands for the text": [
            f'<g transform="translate(-44 -24) scale(.7)">{"".join(vector([amber, INK]))}</g>'
        ],
    }
    return [(sign(parts), about) for about, parts in signs.items()]


def sign(parts: Iterable[str]) -> str:
    """A small SVG of 56 by 22 for a legend; the words beside it say what it shows."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 56 22" width="56" height="22" aria-hidden="true" '
    return f'{svg}fill="none">{"".join(parts)}</svg>'


def dot(x: float, y: float, colour: str, radius: float) -> str:
    """A filled circle."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{colour}"/>'


def line(path: str, colour: str, wide: float, *, faint: float = 1.0) -> str:
    """A stroke."""
    opacity = f' stroke-opacity="{faint:g}"' if faint != 1 else ""
    return f'<path d="{path}" stroke="{colour}" stroke-width="{wide:.3g}"{opacity}/>'


def up(x: float, bottom: float, top: float) -> str:
    """An arrow upwards."""
    return line(f"M{x:g} {bottom:g}V{top + 3:g}", INK, 1.3) + _head(x, top, 0, -1)


def _state(x: float, row: Row, *, round_: bool, dark: bool) -> str:
    fill = f'fill="{INK}"' if dark else f'fill="{INK}" fill-opacity=".1"'
    look = f'{fill} stroke="{INK}" stroke-opacity=".65" stroke-width="1.1"'
    return _box(x - row.half, row.top, 2 * row.half, row.height, row.height / 2 if round_ else 4, look)


def _head(x: float, y: float, dx: int, dy: int) -> str:
    """The point of an arrow that goes along one axis."""
    back_x, back_y = x - 4.6 * dx, y - 4.6 * dy
    corners = f"L{back_x + 2.6 * dy:g} {back_y + 2.6 * dx:g}L{back_x - 2.6 * dy:g} {back_y - 2.6 * dx:g}Z"
    return f'<path d="M{x:g} {y:g}{corners}" fill="{INK}"/>'


def _box(x: float, y: float, width: float, height: float, radius: float, look: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" {look}/>'


def _text(x: float, y: float, size: float, text: str, *, weight: int = 400, fill: str = INK) -> str:
    look = f'font-size="{size:g}" font-weight="{weight}" fill="{fill}"'
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" {look}>{text}</text>'
