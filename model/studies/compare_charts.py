"""The charts of a comparison's report as SVG inside the page: letters keep their size, whatever the width.

Places are shares of the width and the height, so nothing is scaled but lines and bands. What a mark says when it is
pointed at stands in its data-tip; the same numbers stand in the chart's words or beside it. Strings are escaped here.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from model.explain.export_words import markup
from model.studies.charts import Axis
from model.studies.compare_report_words import tip

SHADES = 8  # steps of a map of weights
_LANES = ("50%", "27%", "73%")  # dots that would cover one another stand in different ones
_TOUCHING = 2.2  # per cent of the width


class Strip(NamedTuple):
    """A row of a strip chart, in the axis's units: an estimate, its interval (or None) and dots with their words.

    `figures` is what stands at the right, `note` under the name; `attributes` are markup of our own.
    """

    title: str
    note: str
    colour: str
    estimate: float | None
    interval: tuple[float, float] | None
    dots: Sequence[tuple[float, str]]
    figures: tuple[str, str]
    attributes: str = ""


class Point(NamedTuple):
    """A point of a curve with both ends of its band, or None, and its words."""

    x: float
    y: float
    low: float | None
    high: float | None
    words: str


class Curve(NamedTuple):
    """A line with a band around it."""

    title: str
    colour: str
    points: Sequence[Point]
    attributes: str = ""


def strip_chart(
    strips: Sequence[Strip],
    *,
    axis: Axis,
    word: Callable[[float], str],
    zero: bool = False,
    heads: Sequence[str] = (),
) -> str:
    """A row for each name: every seed's dot, the mean as an upright line, and its 95 % interval as a band.

    What lies outside the axis is an arrow at its end. `word` writes a tick; `zero` draws a line at 0; `heads` are the
    words over the names, the chart and the figures.
    """
    ticks = [(f"{100 * axis.place(tick, 0, 1):.2f}%", word(tick)) for tick in axis.ticks]
    grid = "".join(f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="100%"/>' for x, _ in ticks)
    if zero and axis.low <= 0 <= axis.high:
        x = f"{100 * axis.place(0, 0, 1):.2f}%"
        grid += f'<line class="zero" x1="{x}" x2="{x}" y1="0" y2="100%"/>'
    rows = "".join(_strip(strip, axis, grid) for strip in strips)
    words = "".join(f'<text x="{x}" y="12" text-anchor="middle">{markup(text)}</text>' for x, text in ticks)
    above = ""
    if heads:
        above = (
            f'<div class="strip heads" aria-hidden="true">{"".join(f"<div>{markup(t)}</div>" for t in heads)}</div>'
        )
    below = f'<div class="strip axis" aria-hidden="true"><div></div><svg class="plot ticks">{words}</svg><div></div></div>'
    return f'<div class="strips">{above}{rows}{below}</div>\n'


def line_chart(
    curves: Sequence[Curve], *, axes: tuple[Axis, Axis], words: tuple[Callable, Callable], about: str
) -> str:
    """Curves over one axis with bands, and a dot at every point; `words` write the ticks of both axes."""
    across, upright = axes

    def x(value: float) -> float:
        return 100 * across.place(value, 0, 1)

    def y(value: float) -> float:
        return 100 - 100 * upright.place(value, 0, 1)

    frame = []
    for tick in upright.ticks:
        frame.append(f'<line class="grid" x1="0" x2="100%" y1="{y(tick):.2f}%" y2="{y(tick):.2f}%"/>')
        place = f'x="-8" y="{y(tick):.2f}%" dy="4" text-anchor="end"'
        frame.append(f"<text {place}>{markup(words[1](tick))}</text>")
    for tick in across.ticks:
        place = f'x="{x(tick):.2f}%" y="100%" dy="18" text-anchor="middle"'
        frame.append(f"<text {place}>{markup(words[0](tick))}</text>")
    drawn = "".join(_curve(curve, x, y) for curve in curves)
    return (
        f'<div class="frame"><svg class="plot lines" role="img" aria-label="{markup(about)}">{"".join(frame)}{drawn}'
        f'</svg></div><p class="across soft">{markup(across.title)}</p>\n'
    )


def weight_map(rows: Sequence[Sequence[float]], *, scale: float, about: str) -> str:
    """Rows of weights (T,) as cells, darker for more; `scale` is the weight that is darkest."""
    width = max((len(row) for row in rows), default=0)
    if not width or scale <= 0:
        return ""
    cells: dict[int, list[str]] = {}
    for place, row in enumerate(rows):
        for column, weight in enumerate(row):
            if shade := round(SHADES * min(1.0, abs(weight) / scale)):
                cells.setdefault(shade, []).append(f"M{column} {place}h1v1h-1z")
    shapes = "".join(f'<path class="h{shade}" d="{"".join(path)}"/>' for shade, path in sorted(cells.items()))
    return (
        f'<svg class="map" viewBox="0 0 {width} {len(rows)}" preserveAspectRatio="none" role="img"'
        f' style="--rows:{len(rows)}" aria-label="{markup(about)}"><rect class="row-mark" x="0" y="-1"'
        f' width="{width}" height="1"/>{shapes}</svg>'
    )


def _strip(strip: Strip, axis: Axis, grid: str) -> str:
    def x(value: float) -> float:
        return 100 * axis.place(value, 0, 1)

    shapes = [grid]
    estimate, ends = strip.estimate, strip.interval
    inside = estimate is not None and axis.low <= estimate <= axis.high
    if estimate is None:
        shapes.append('<text x="4" y="50%" dy="4">not defined</text>')
    elif not inside:
        left = estimate < axis.low
        place = 'x="2"' if left else 'x="100%" dx="-2" text-anchor="end"'
        words = f"◂ {strip.figures[0]}" if left else f"{strip.figures[0]} ▸"
        shapes.append(f'<text class="off" {place} y="50%" dy="4">{markup(words)}</text>')
    else:
        if ends is not None:
            low, high = x(ends[0]), x(ends[1])
            size = f'x="{low:.2f}%" width="{max(high - low, 0.2):.2f}%"'
            shapes.append(f'<rect class="band" {size} y="32%" height="36%" rx="4"/>')
        shapes += _dots(strip.dots, x)
        words = f"{strip.title}: {strip.figures[0]}" + (
            f", 95 % interval {strip.figures[1]}" if strip.figures[1] else ""
        )
        at = f"{x(estimate):.2f}%"
        shapes.append(f'<line class="mean mark" x1="{at}" x2="{at}" y1="18%" y2="82%"{tip(words)}/>')
    spoken = ", ".join([strip.title, *filter(None, strip.figures), *(words for _, words in strip.dots)])
    return (
        f'<div class="strip {strip.colour}"{strip.attributes}><div class="strip-name"><span>{markup(strip.title)}</span>'
        f"<small>{markup(strip.note)}</small></div>"
        f'<svg class="plot" role="img" aria-label="{markup(spoken)}">{"".join(shapes)}</svg>'
        f'<div class="strip-figures"><b>{markup(strip.figures[0])}</b> <span>{markup(strip.figures[1])}</span></div></div>\n'
    )


def _dots(dots: Sequence[tuple[float, str]], x: Callable[[float], float]) -> list[str]:
    """Dots side by side; where they would touch, in other lanes."""
    last = [-100.0] * len(_LANES)
    shapes = []
    for value, words in sorted(dots):
        at = x(value)
        lane = next((lane for lane, before in enumerate(last) if at - before >= _TOUCHING), 0)
        last[lane] = at
        shapes.append(f'<circle class="dot mark" cx="{at:.2f}%" cy="{_LANES[lane]}" r="3.6"{tip(words)}/>')
    return shapes


def _curve(curve: Curve, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    points = curve.points
    band = [(x(p.x), y(p.low), y(p.high)) for p in points if p.low is not None and p.high is not None]
    shapes = []
    if len(band) > 1:
        there = [f"{at:.2f} {high:.2f}" for at, _, high in band]
        back = [f"{at:.2f} {low:.2f}" for at, low, _ in reversed(band)]
        shapes.append(f'<path class="band" d="M{"L".join(there + back)}z"/>')
    if len(points) > 1:
        shapes.append(f'<path class="line" d="M{"L".join(f"{x(p.x):.2f} {y(p.y):.2f}" for p in points)}"/>')
    marks = "".join(
        f'<circle class="dot mark" cx="{x(p.x):.2f}%" cy="{y(p.y):.2f}%" r="3"{tip(p.words)}/>' for p in points
    )
    stretched = f'<svg viewBox="0 0 100 100" preserveAspectRatio="none">{"".join(shapes)}</svg>'
    return f'<g class="curve {curve.colour}"{curve.attributes}>{stretched}{marks}</g>'
