"""The charts of a comparison's report as SVG inside the page: letters keep their size, whatever the width.

Places are shares of the width and the height, so nothing is scaled but lines and bands. What a mark says when it is
pointed at stands in its data-tip; the same numbers stand in the chart's words or beside it. Strings are escaped here.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from model.explain.export_words import markup
from model.reports.charts import Axis
from model.reports.compare_words import tip

_MOST_WORDS = 50  # columns whose words have room below a map
SHADES = 8  # steps of a map of weights
_LANES = ("50%", "28%", "72%")  # dots that would cover one another stand in different ones
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
    """A line with a band around it, or with `upright` lines where there are few points and many bands would meet."""

    title: str
    colour: str
    points: Sequence[Point]
    attributes: str = ""
    upright: bool = False


def strip_chart(
    strips: Sequence[Strip],
    *,
    axis: Axis,
    word: Callable[[float], str],
    line: float | None = None,
    heads: Sequence[str] = (),
) -> str:
    """A row for each name: every seed's dot, the mean as an upright line, and its 95 % interval as a band.

    What lies outside the axis is an arrow at its end. `word` writes a tick; `line` is a value that matters; `heads`
    are the words over the names, the chart and the figures.
    """
    ticks = [(f"{100 * axis.place(tick, 0, 1):.2f}%", word(tick)) for tick in axis.ticks]
    grid = "".join(f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="100%"/>' for x, _ in ticks)
    if line is not None:
        x = f"{100 * axis.place(line, 0, 1):.2f}%"
        grid += f'<line class="zero" x1="{x}" x2="{x}" y1="0" y2="100%"/>'
    rows = "".join(_strip(strip, axis, grid) for strip in strips)
    words = "".join(f'<text x="{x}" y="12" text-anchor="middle">{markup(text)}</text>' for x, text in ticks)
    heading = "".join(f"<div>{markup(text)}</div>" for text in heads)
    above = f'<div class="strip heads" aria-hidden="true">{heading}</div>' if heads else ""
    ruler = f'<div class="strip-plot"><svg class="plot ticks">{words}</svg></div>'
    below = f'<div class="strip axis" aria-hidden="true"><div></div>{ruler}<div></div></div>'
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


def weight_map(
    rows: Sequence[Sequence[float]],
    *,
    scale: float,
    about: str,
    ends: tuple[str, str] = ("", ""),
    words: Sequence[str] = (),
) -> str:
    """Rows of weights (T,) as cells, darker for more; `scale` is the weight that is darkest.

    `ends` name the first and the last row. The `words` of the columns stand below where there are few.
    """
    width = max((len(row) for row in rows), default=0)
    if not width or scale <= 0:
        return ""
    cells: dict[int, list[str]] = {}
    for place, row in enumerate(rows):
        for column, weight in enumerate(row):
            if shade := round(SHADES * min(1.0, abs(weight) / scale)):
                cells.setdefault(shade, []).append(f"M{column} {place}h1v1h-1z")
    shapes = "".join(f'<path class="h{shade}" d="{"".join(path)}"/>' for shade, path in sorted(cells.items()))
    below = ""
    if len(words) == width <= _MOST_WORDS:
        spans = "".join(f"<span>{markup(word)}</span>" for word in words)
        below = f'<span></span><div class="words" aria-hidden="true">{spans}</div>'
    first, last = map(markup, ends)
    return (
        f'<div class="mapped"><div class="ends" aria-hidden="true"><span>{first}</span><span>{last}</span></div>'
        f'<svg class="map" viewBox="0 0 {width} {len(rows)}" preserveAspectRatio="none" role="img"'
        f' style="--rows:{len(rows)}" aria-label="{markup(about)}"><rect class="row-mark" x="0" y="-9"'
        f' width="{width}" height="1"/>{shapes}</svg>{below}</div>\n'
    )


def _strip(strip: Strip, axis: Axis, grid: str) -> str:
    figure, between = strip.figures
    spoken = ", ".join(filter(None, [strip.title, figure, between, *(words for _, words in strip.dots)]))
    return (
        f'<div class="strip {strip.colour}"{strip.attributes}>'
        f'<div class="strip-name"><span>{markup(strip.title)}</span><small>{markup(strip.note)}</small></div>'
        f'<div class="strip-plot"><svg class="plot" role="img" aria-label="{markup(spoken)}">{grid}'
        f"{''.join(_marks(strip, axis))}</svg></div>"
        f'<div class="strip-figures"><b>{markup(figure)}</b> <span>{markup(between)}</span></div></div>\n'
    )


def _marks(strip: Strip, axis: Axis) -> list[str]:
    """The band, the dots and the mean; or an arrow to where they are."""
    estimate, ends, (figure, between) = strip.estimate, strip.interval, strip.figures

    def x(value: float) -> float:
        return 100 * axis.place(value, 0, 1)

    if estimate is None:
        return ['<text x="4" y="50%" dy="4">not defined</text>']
    if estimate < axis.low:
        return [f'<text class="off" x="2" y="50%" dy="4">◂ {markup(figure)}</text>']
    if estimate > axis.high:
        return [f'<text class="off" x="100%" dx="-2" y="50%" dy="4" text-anchor="end">{markup(figure)} ▸</text>']
    shapes = []
    if ends is not None:
        low, high = x(ends[0]), x(ends[1])
        size = f'x="{low:.2f}%" width="{max(high - low, 0.2):.2f}%"'
        shapes.append(f'<rect class="reach" {size} y="33%" height="34%" rx="4"/>')
    shapes += _dots(strip.dots, x)
    words = f"{strip.title}: {figure}" + (f", 95\u00a0% interval {between}" if between else "")
    at = f"{x(estimate):.2f}%"
    return [*shapes, f'<line class="mean mark" x1="{at}" x2="{at}" y1="20%" y2="80%"{tip(words)}/>']


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
    if curve.upright:
        path = "".join(f"M{at:.2f} {low:.2f}V{high:.2f}" for at, low, high in band)
        shapes.append(f'<path class="ends" d="{path}"/>')
    elif len(band) > 1:
        there = [f"{at:.2f} {high:.2f}" for at, _, high in band]
        back = [f"{at:.2f} {low:.2f}" for at, low, _ in reversed(band)]
        shapes.append(f'<path class="reach" d="M{"L".join(there + back)}z"/>')
    if len(points) > 1:
        shapes.append(f'<path class="line" d="M{"L".join(f"{x(p.x):.2f} {y(p.y):.2f}" for p in points)}"/>')
    marks = "".join(
        f'<circle class="dot mark" cx="{x(p.x):.2f}%" cy="{y(p.y):.2f}%" r="3"{tip(p.words)}/>' for p in points
    )
    stretched = f'<svg viewBox="0 0 100 100" preserveAspectRatio="none">{"".join(shapes)}</svg>'
    return f'<g class="curve {curve.colour}"{curve.attributes}>{stretched}{marks}</g>'
