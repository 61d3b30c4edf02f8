"""The README's picture of speed: `python -m tests.benchmarks.plot RESULTS.json assets/screenshots/speed.svg`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.results import Results, load
from tests.benchmarks.table import Row, Spread, number, spread

WIDTH, HEIGHT = 960, 680
PANEL_WIDTH, PANEL_HEIGHT = 370, 210
LEFT, TOP, ACROSS, DOWN = 70, 84, 470, 290
FONT = "font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\""
INK, QUIET, GRID = "#1f2933", "#52606d", "#e4e7eb"
SIDES = (("ours", "#0b5fa5", ""), ("plain loop", "#b45309", ' stroke-dasharray="7 4"'))  # apart for every kind of eye
PANELS = {  # curve -> title, what lies along x
    "length": ("Training, documents a second", "tokens of a text"),
    "hidden": ("Training, documents a second", "hidden size"),
    "batch": ("Training, documents a second", "texts in a batch"),
    "rows": ("Predicting with tokenising, seconds", "texts"),
}


class LogAxis(NamedTuple):
    """From `low` to `high`, drawn from `start` to `end`, with equal steps for equal ratios."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value stands."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)


def main() -> None:
    """Draw the curves of a run that was not a quick one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    results = load(options.results)
    if results.quick:
        parser.error(f"{options.results} is of a --quick run, which measures nothing worth keeping")
    options.picture.write_text(draw(results), encoding="utf-8")
    print(f"{options.picture}: {options.picture.stat().st_size / 1000:.0f} kB")


def draw(results: Results) -> str:
    """The picture as SVG. Raises ValueError when a curve was not measured."""
    parts = []
    for place, (curve, (title, along)) in enumerate(PANELS.items()):
        rows = sorted((row for row in results.rows if row.curve == curve), key=lambda row: row.x)
        if not rows:
            raise ValueError(
                f"no curve {curve!r} was measured; run python -m tests.benchmarks --only curves --json FILE"
            )
        left, top = LEFT + place % 2 * ACROSS, TOP + place // 2 * DOWN
        parts.append(_panel(rows, f"{title}, by {along}" if along != "texts" else title, along, left, top))
    facts = results.machine
    networks = "Training: BiLSTM with additive attention (embedding 100, hidden 128). Predicting: LSTM (64, 32)."
    source = f"One core of {facts['cpu']}, torch {facts['torch']}, {facts['date'][:10]}. Strokes: lowest to highest."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' {FONT} role="img" aria-label="Speed of training and predicting, ours against a plain loop">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>'
        f"{_text(LEFT - 46, 34, 'Ours and the loop of most lessons, both axes logarithmic', 18, INK, weight=600)}"
        f"{''.join(parts)}{_text(LEFT - 46, HEIGHT - 34, networks, 12.5, QUIET)}"
        f"{_text(LEFT - 46, HEIGHT - 16, source, 12.5, QUIET)}</svg>\n"
    )


def _panel(rows: Sequence[Row], title: str, along: str, left: float, top: float) -> str:
    """A panel with both sides' lines; the upper left corner of its plot is at (left, top)."""
    bottom, right = top + PANEL_HEIGHT, left + PANEL_WIDTH
    values = [value for row in rows for value in (*row.ours, *row.plain)]
    x = LogAxis(rows[0].x / 1.1, rows[-1].x * 1.1, left, right)
    y = LogAxis(min(values) / 1.25, max(values) * 1.6, bottom, top)
    parts = [_text(left - 46, top - 14, title, 14.5, INK, weight=600)]
    for tick in ticks(y.low, y.high):
        level = y.place(tick)
        parts.append(f'<path d="M{left} {level:.1f}H{right}" stroke="{GRID}"/>')
        parts.append(_text(left - 8, level + 4.5, number(tick), 13, QUIET, anchor="end"))
    for row in rows:
        parts.append(_text(x.place(row.x), bottom + 19, _short(row.x), 13, QUIET, anchor="middle"))
    parts.append(_text(right, bottom + 37, along, 13, QUIET, anchor="end"))
    parts.append(f'<path d="M{left} {bottom}H{right}" stroke="{QUIET}"/>')
    for number_, (name, colour, dashes) in enumerate(SIDES):
        points = [(row.x, spread(row.plain if number_ else row.ours)) for row in rows]
        points = [(at, found) for at, found in points if found]
        if points:
            parts.append(_line(points, name, colour, dashes, x, y, above=_upper(rows, plain=bool(number_))))
    return "".join(parts)


def _line(
    points: Sequence[tuple[float, Spread]],
    name: str,
    colour: str,
    dashes: str,
    x: LogAxis,
    y: LogAxis,
    *,
    above: bool,
) -> str:
    """Medians joined up, a stroke from the lowest to the highest of each, the side's name beside one."""
    path = "L".join(f"{x.place(at):.1f} {y.place(found.median):.1f}" for at, found in points)
    drawn = [f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.5"{dashes}/>']
    for at, found in points:
        across = x.place(at)
        drawn.append(
            f'<path d="M{across:.1f} {y.place(found.low):.1f}V{y.place(found.high):.1f}" stroke="{colour}"/>'
            f'<circle cx="{across:.1f}" cy="{y.place(found.median):.1f}" r="4" fill="{colour}"/>'
        )
    at, found = points[len(points) // 2]
    falls = points[0][1].median > points[-1][1].median
    side = 8 if above == falls else -8  # where the line leaves room
    level = y.place(found.median) + (-9 if above else 19)
    anchor = "start" if side > 0 else "end"
    drawn.append(_text(x.place(at) + side, level, name, 14, colour, anchor=anchor, weight=600))
    return "".join(drawn)


def _upper(rows: Sequence[Row], *, plain: bool) -> bool:
    """Whether this side's line is mostly the upper one, so that its name goes above it."""
    higher = [spread(row.plain).median > spread(row.ours).median for row in rows if row.plain and row.ours]
    plain_is_upper = sum(higher) * 2 > len(higher)
    return plain_is_upper if plain else not plain_is_upper


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two: powers of ten, with 2 and 5 between them, or 3, where that leaves at most six."""
    found: list[float] = []
    for steps in ((1, 2, 5), (1, 3), (1,)):
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        found = [step * 10.0**decade for decade in decades for step in steps]
        found = [tick for tick in found if low <= tick <= high]
        if len(found) <= 6:
            break
    return found


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _text(
    x: float, y: float, words: str, size: float, colour: str, *, anchor: str = "start", weight: int = 400
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
        f' font-weight="{weight}">{escape(words)}</text>'
    )


if __name__ == "__main__":
    main()
