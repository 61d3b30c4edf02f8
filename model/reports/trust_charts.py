"""The charts of a trust report as SVG inside the page: no script, colours from the page's style sheet.

Each is drawn 360 units wide, so that its letters stay readable on a phone. Strings are escaped here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model.explain.export_words import markup
from model.reports.charts import Axis, reaching

WIDTH, HEIGHT = 360, 226
COLOURS = 10  # of methods and of labels, in trust.css
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 18, 12, 38
_ROW = 26  # of a bar with its name

Figure = Mapping[str, Any]


def histogram(bins: Mapping[str, Sequence[int]], *, axis: Axis, about: str, mean: Figure | None = None) -> str:
    """Stacked bars of how many texts fall into each bin, one colour a label, with the mean and its interval."""
    labels = list(bins)
    if len(labels) > COLOURS:  # one colour for all: no one tells eleven apart
        bins = {"all": [sum(column) for column in zip(*bins.values(), strict=True)]}
        labels = ["all"]
    size = len(next(iter(bins.values())))
    sums = [sum(bins[label][place] for label in labels) for place in range(size)]
    total = sum(sums) or 1
    upright = reaching("share of texts", [max(sums) / total], percent=True)
    x, y = _scales(axis, upright)
    wide = (axis.high - axis.low) / size
    shapes = []
    for number, label in enumerate(labels):
        path = []
        for place in range(size):
            below = sum(bins[before][place] for before in labels[:number])
            if bins[label][place]:
                left, right = x(axis.low + place * wide), x(axis.low + (place + 1) * wide)
                low, high = y(below / total), y((below + bins[label][place]) / total)
                path.append(f"M{left + 0.5:.1f} {low:.1f}H{right - 0.5:.1f}V{high:.1f}H{left + 0.5:.1f}z")
        shapes.append(f'<path class="bar c{number}" d="{"".join(path)}"/>')
    if mean is not None and mean["mean"] is not None:
        at = x(mean["mean"])
        if mean["low"] is not None and mean["high"] is not None:
            shapes.append(_box(x(mean["low"]), _TOP, x(mean["high"]), HEIGHT - _BOTTOM, "spread"))
        shapes.append(f'<path class="mean" d="M{at:.1f} {_TOP}V{HEIGHT - _BOTTOM}"/>')
    return _picture(about, _frame(axis, upright) + "".join(shapes))


def curves(series: Mapping[str, Sequence[Figure]], *, classes: Mapping[str, str], about: str, horizontal: str) -> str:
    """Mean curves with the bands of their intervals, from 0 to 100 % of the tokens; `classes` gives the colours."""
    axis = Axis(horizontal, 0.0, 1.0, (0, 0.25, 0.5, 0.75, 1.0), percent=True)
    known = [point[end] for points in series.values() for point in points for end in ("mean", "low", "high")]
    upright = reaching("probability", [value for value in known if value is not None])
    x, y = _scales(axis, upright)
    bands, lines = [], []
    for name, points in series.items():
        places = [place / max(1, len(points) - 1) for place in range(len(points))]
        drawn = [(place, point) for place, point in zip(places, points, strict=True) if point["mean"] is not None]
        ends = [(place, point) for place, point in drawn if point["low"] is not None and point["high"] is not None]
        if len(ends) > 1:
            there = [f"{x(place):.1f} {y(point['high']):.1f}" for place, point in ends]
            back = [f"{x(place):.1f} {y(point['low']):.1f}" for place, point in reversed(ends)]
            bands.append(f'<path class="band {classes[name]}" d="M{"L".join(there + back)}z"/>')
        if drawn:
            line = "L".join(f"{x(place):.1f} {y(point['mean']):.1f}" for place, point in drawn)
            lines.append(f'<path class="line {classes[name]}" d="M{line}"/>')
    return _picture(about, _frame(axis, upright) + "".join(bands + lines))


def scatter(
    points: Sequence[Sequence[Any]],
    *,
    axes: tuple[Axis, Axis],
    labels: Sequence[str],
    about: str,
    across: float | None = None,
) -> str:
    """One dot a text, coloured by its label; `across` is a criterion on the upright axis."""
    x, y = _scales(*axes)
    colour = {label: f"c{number}" if len(labels) <= COLOURS else "c0" for number, label in enumerate(labels)}
    dots: dict[str, list[str]] = {}
    for right, up, label in points:  # a line of no length with round ends is a dot: one path for all of a label
        dots.setdefault(colour.get(label, "c0"), []).append(f"M{x(right):.1f} {y(up):.1f}h.01")
    shapes = [f'<path class="dots {name}" d="{"".join(path)}"/>' for name, path in dots.items()]
    if across is not None:
        shapes.append(f'<path class="criterion" d="M{_LEFT} {y(across):.1f}H{WIDTH - _RIGHT}"/>')
    return _picture(about, _frame(*axes) + "".join(shapes))


def bars(rows: Sequence[tuple[str, str, Figure]], *, band: tuple[float, float] | None, title: str, about: str) -> str:
    """A bar for each (name, class, figure) with its interval, over a band where random rankings lie."""
    values = [figure[end] for _, _, figure in rows for end in ("mean", "low", "high") if figure[end] is not None]
    axis = reaching(title, [*values, *(band or ())])
    left, bottom = 132, _TOP + _ROW * len(rows)
    height = bottom + _BOTTOM

    def x(value: float) -> float:
        return axis.place(value, left, WIDTH - _RIGHT)

    shapes = [_upright_lines(axis, x, _TOP, bottom)]
    if band:
        shapes.append(_box(x(min(band)), _TOP, max(x(max(band)), x(min(band)) + 1), bottom, "random-band"))
    for place, (name, colour, figure) in enumerate(rows):
        middle = _TOP + _ROW * (place + 0.5)
        shapes.append(_word(name, left - 8, middle + 4, anchor="end", most=left - 10, strong=True))
        if figure["mean"] is None:
            shapes.append(_word("undefined", left + 6, middle + 4))
            continue
        ends = sorted((x(0.0), x(figure["mean"])))
        shapes.append(_box(ends[0], middle - 6, ends[1], middle + 6, f"bar {colour}"))
        if figure["low"] is not None and figure["high"] is not None:
            low, high = x(figure["low"]), x(figure["high"])
            whisker = f"M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8"
            shapes.append(f'<path class="whisker" d="{whisker}"/>')
    shapes.append(f'<path class="base" d="M{x(0.0):.1f} {_TOP}V{bottom}"/>')
    return _picture(about, "".join(shapes), height=height)


def _scales(across: Axis, upright: Axis) -> tuple[Callable[[float], float], Callable[[float], float]]:
    return (
        lambda value: across.place(value, _LEFT, WIDTH - _RIGHT),
        lambda value: upright.place(value, HEIGHT - _BOTTOM, _TOP),
    )


def _frame(across: Axis, upright: Axis) -> str:
    """Lines and numbers of both axes, and their titles."""
    x, y = _scales(across, upright)
    shapes = [_upright_lines(across, x, HEIGHT - _BOTTOM, HEIGHT - _BOTTOM)]
    for tick in upright.ticks:
        shapes.append(f'<path class="grid" d="M{_LEFT} {y(tick):.1f}H{WIDTH - _RIGHT}"/>')
        shapes.append(_word(upright.word(tick), _LEFT - 5, y(tick) + 4, anchor="end"))
    turned = f' transform="rotate(-90 9 {(_TOP + HEIGHT - _BOTTOM) / 2:g})"'
    shapes.append(_word(upright.title, 9, (_TOP + HEIGHT - _BOTTOM) / 2, anchor="middle", extra=turned))
    return "".join(shapes)


def _upright_lines(axis: Axis, x: Callable[[float], float], top: float, bottom: float) -> str:
    shapes = []
    for tick in axis.ticks:
        shapes.append(f'<path class="grid" d="M{x(tick):.1f} {top:g}V{bottom + 4:g}"/>')
        shapes.append(_word(axis.word(tick), x(tick), bottom + 16, anchor="middle"))
    middle = (x(axis.low) + x(axis.high)) / 2
    shapes.append(_word(axis.title, middle, bottom + 32, anchor="middle"))
    return "".join(shapes)


def _box(left: float, top: float, right: float, bottom: float, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:g}" width="{max(0.0, right - left):.1f}" '
        f'height="{bottom - top:g}"/>'
    )


def _word(
    text: str,
    x: float,
    y: float,
    *,
    anchor: str = "start",
    most: float | None = None,
    strong: bool = False,
    extra: str = "",
) -> str:
    """A small line of text, squeezed where it would be wider than `most`."""
    squeezed = ""
    if most is not None and 6.2 * len(text) > most:
        squeezed = f' textLength="{most:g}" lengthAdjust="spacingAndGlyphs"'
    kind = ' class="strong"' if strong else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{squeezed}{extra}>{markup(text)}</text>'


def _picture(about: str, inside: str, *, height: float = HEIGHT) -> str:
    words = markup(about)
    return f'<svg class="chart" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{words}">{inside}</svg>'
