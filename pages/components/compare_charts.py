"""The drawings of a comparison, from its document: sides, learning curves and slices of the texts."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from model.reports.compare_words import BASELINES, SCALES, Scale
from pages.components.charts import ATTENTION, GRID, PLAIN, REFERENCE, SOFT, plain, safe, short_names

Part = Mapping[str, Any]  # of a comparison's document

UNIFORM = "#12938a"
# Attention in hues of its own; what is of one kind and one colour is told apart by its dashes.
_LEARNED = (ATTENTION, "#b0479a", "#7c5ce0", "#6c8f1f", "#1b87a8")
_DASHES = ("solid", "dot", "dash", "dashdot", "longdash")
_ROW = 62  # height of a line with two lines of words above its band
_WIDE = 48  # letters of a name on one line
MOST_SLICES = 20


class Look(NamedTuple):
    """How a side is drawn."""

    colour: str
    dash: str


class Row(NamedTuple):
    """A line of the chart of sides: words above, the seeds as dots, their mean as a tick, its interval as a band."""

    name: str
    about: str
    dots: Sequence[tuple[float, str]]
    mean: float
    interval: tuple[float, float] | None
    colour: str


def looks(sides: Sequence[Part]) -> dict[str, Look]:
    """By key: grey without attention, green with uniform weights, blue and other hues with learned ones."""
    met = {"plain": 0, "control": 0, "attends": 0}
    found = {}
    for side in sides:
        kind = "attends" if side["attends"] else "control" if side["control"] else "plain"
        place, met[kind] = met[kind], met[kind] + 1
        if kind == "attends":
            found[side["key"]] = Look(_LEARNED[place % len(_LEARNED)], _DASHES[place // len(_LEARNED) % len(_DASHES)])
        else:
            found[side["key"]] = Look(PLAIN if kind == "plain" else UNIFORM, _DASHES[place % len(_DASHES)])
    return found


# -- all sides ---------------------------------------------------------------------------------------------------


def rows_of(document: Part, metric: str) -> list[Row]:
    """Every side with the parameters that it has, between the two baselines."""
    colours = looks(document["sides"])
    rows = [
        side_row(side, side["metrics"][metric], document, colours[side["key"]].colour) for side in document["sides"]
    ]
    before, after = (_baseline_row(document, key, metric) for key in ("majority", "tfidf_logistic_regression"))
    return [*([before] if before else []), *rows, *([after] if after else [])]


def side_row(side: Part, figures: Part, document: Part, colour: str) -> Row:
    """A side with one of its figures, and the parameters that it has against those of the reference."""
    seeds = [(value, f"seed {seed}") for value, seed in zip(figures["seeds"], side["seeds"], strict=True)]
    about = f"{side['parameters_without_embeddings']:,} parameters"
    if side["key"] == document["reference"]:
        about += ", the reference"
    else:
        about += f", {100 * side['parameters_from_reference']:+.1f} %".replace("-", "−")
    interval = None if figures["low"] is None else (figures["low"], figures["high"])
    return Row(side["name"], about, seeds, figures["estimate"], interval, colour)


def _baseline_row(document: Part, key: str, metric: str) -> Row | None:
    """Only an accuracy has an interval here; of a calibration error nothing is known."""
    found = document["baselines"][key]
    if found.get(metric) is None:
        return None
    interval = (found["low"], found["high"]) if metric == "accuracy" else None
    about = "always the same answer" if key == "majority" else "reads no order"
    return Row(BASELINES[key], about, [(found[metric], "")], found[metric], interval, REFERENCE)


def sides_chart(rows: Sequence[Row], scale: Scale, *, far: float = 0.15) -> go.Figure:
    """Seeds as dots, means as ticks, intervals as bands; further than `far` from the rest they are at the edge."""
    near, (low, high) = _near(rows, scale, far)
    figure = go.Figure()
    for place, row in enumerate(reversed(rows)):
        _words(figure, row, place, scale)
        if row in near:
            _band(figure, row, place, scale)
        else:
            side = "left" if row.mean < low else "right"
            figure.add_annotation(
                x=low if side == "left" else high, y=place, showarrow=False, xanchor=side, font={"color": SOFT},
                text=f"◂ {scale.value(row.mean)}" if side == "left" else f"{scale.value(row.mean)} ▸",
            )  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.4, len(rows) - 0.15])
    figure.update_xaxes(range=[low, high], tickformat=_tick(scale, high - low), gridcolor=GRID, zeroline=False)
    return plain(figure, height=40 + _ROW * len(rows))


def _words(figure: go.Figure, row: Row, place: int, scale: Scale) -> None:
    """Name and parameters on the left, the figure and its interval on the right; both above the band."""
    name = safe(textwrap.shorten(row.name, 2 * _WIDE, placeholder=" …"))
    figures = f"<b>{scale.value(row.mean)}</b>"
    if row.interval:
        ends = {"low": row.interval[0], "high": row.interval[1]}
        figures += f" ({scale.between(ends)})"
    lines = (("left", 0, f"<b>{name}</b><br>{safe(row.about)}"), ("right", 1, f"<br>{figures}"))
    for anchor, x, text in lines:
        figure.add_annotation(
            x=x, xref="paper", y=place + 0.2, text=text, showarrow=False, xanchor=anchor, yanchor="bottom",
            align=anchor, font={"size": 12},
        )  # fmt: skip


def _band(figure: go.Figure, row: Row, place: int, scale: Scale) -> None:
    if row.interval:
        figure.add_scatter(
            x=list(row.interval), y=[place, place], mode="lines", opacity=0.25, hoverinfo="skip",
            line={"color": row.colour, "width": 12},
        )  # fmt: skip
    figure.add_scatter(
        x=[dot for dot, _ in row.dots],
        y=[place + (0.05 * (-1) ** number if len(row.dots) > 1 else 0.0) for number in range(len(row.dots))],
        mode="markers", cliponaxis=False, name=row.name, marker={"color": row.colour, "size": 8},
        customdata=[f"{title} {scale.value(dot)}".strip() for dot, title in row.dots],
        hovertemplate="%{customdata}<extra>" + safe(row.name) + "</extra>",
    )  # fmt: skip
    if len(row.dots) > 1:
        figure.add_scatter(
            x=[row.mean], y=[place], mode="markers", cliponaxis=False, hoverinfo="skip",
            marker={"symbol": "line-ns", "size": 16, "line": {"width": 2.5, "color": row.colour}},
        )  # fmt: skip


def _near(rows: Sequence[Row], scale: Scale, far: float) -> tuple[list[Row], tuple[float, float]]:
    """The lines that are drawn, and the axis: one far away would press all others together."""
    near = [row for row in rows if not _apart(row, rows, far)]
    low, high = _ends(near)
    near = [row for row in rows if low - (high - low) / 2 <= row.mean <= high + (high - low) / 2]
    low, high = _ends(near)
    margin = max(0.02 if scale.factor == 100 else 0.01, 0.08 * (high - low))
    return near, (max(0.0, low - margin), min(1.0, high + margin) if scale.factor == 100 else high + margin)


def _ends(rows: Sequence[Row]) -> tuple[float, float]:
    ends = [end for row in rows for end in (*(row.interval or ()), *(dot for dot, _ in row.dots))]
    return min(ends), max(ends)


def _apart(row: Row, rows: Sequence[Row], far: float) -> bool:
    """Whether a line is further from the others than these are spread, and than `far`."""
    others = [other.mean for other in rows if other is not row]
    if not others:
        return False
    reach = max(far, max(others) - min(others))
    return row.mean < min(others) - reach or row.mean > max(others) + reach


def _tick(scale: Scale, reach: float) -> str:
    """How the axis writes its numbers: finer where it is short."""
    if scale.factor == 100:
        return ".0%" if reach > 0.06 else ".1%"
    return f",.{max(0, scale.digits - (reach > 0.06))}f"


def learning_chart(sides: Sequence[Part], metric: str) -> go.Figure:
    """Validation accuracy or loss over the epochs: the seeds' mean, in a band from the lowest to the highest."""
    figure, colours = go.Figure(), looks(sides)
    share = metric == "accuracy"
    for side in sides:
        epochs = [point["epoch"] for point in side["curves"]]
        mean, low, high = ([point[metric][part] for point in side["curves"]] for part in ("mean", "low", "high"))
        look = colours[side["key"]]
        if len(side["seeds"]) > 1:
            figure.add_scatter(
                x=[*epochs, *reversed(epochs)], y=[*high, *reversed(low)], mode="lines", line={"width": 0},
                fill="toself", fillcolor=_faint(look.colour), hoverinfo="skip", legendgroup=side["key"],
                showlegend=False,
            )  # fmt: skip
        figure.add_scatter(
            x=epochs, y=mean, mode="lines+markers", legendgroup=side["key"], marker={"size": 5},
            name=safe(textwrap.shorten(side["name"], _WIDE, placeholder=" …")),
            line={"color": look.colour, "width": 2.2, "dash": look.dash},
            customdata=[point[metric]["n"] for point in side["curves"]],
            hovertemplate=f"epoch %{{x}}: %{{y:{'.1%' if share else '.3f'}}}, %{{customdata}} still training"
            f"<extra>{safe(side['name'])}</extra>",
        )  # fmt: skip
    longest = max((len(side["curves"]) for side in sides), default=1)
    figure.update_xaxes(title="epoch", dtick=max(1, round(longest / 8)), gridcolor=GRID, zeroline=False)
    figure.update_yaxes(tickformat=".0%" if share else ".2f", gridcolor=GRID, zeroline=False)
    figure.update_layout(legend={"orientation": "h", "y": -0.2, "x": 0, "yanchor": "top"})
    return plain(figure, height=340 + 20 * len(sides), legend=True)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.16)"


# -- one pair ----------------------------------------------------------------------------------------------------


def slices_chart(
    slices: Sequence[Part],
    colour: str,
    *,
    values: Scale = SCALES["accuracy"],
    differences: Scale = SCALES["accuracy"],
    title: str = "points of accuracy",
) -> go.Figure:
    """The difference between two sides on each slice of the texts, with its interval around zero."""
    figure = go.Figure()
    titles = short_names([str(each["title"]) for each in slices], 26)
    names = [f"{title} · {each['texts']:,}" for title, each in zip(titles, slices, strict=True)]
    for place, row in enumerate(slices):
        figures = row["difference"]
        if figures["low"] is not None:
            figure.add_scatter(
                x=[differences.factor * figures[end] for end in ("low", "high")], y=[place, place], mode="lines",
                opacity=0.25, hoverinfo="skip", line={"color": colour, "width": 12},
            )  # fmt: skip
    figure.add_scatter(
        x=[differences.factor * row["difference"]["estimate"] for row in slices], y=list(range(len(slices))),
        mode="markers", marker={"color": colour, "size": 9},
        customdata=[
            f"{values.value(row['first']['estimate'])} → {values.value(row['second']['estimate'])}:"
            f" {differences.difference(row['difference']['estimate'])} {differences.of_difference}"
            + (
                f" ({differences.between(row['difference'], signed=True)})"
                if row["difference"]["low"] is not None
                else ""
            )
            for row in slices
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=list(range(len(slices))), ticktext=[safe(name) for name in names], autorange="reversed",
        showgrid=False, zeroline=False, automargin=True,
    )  # fmt: skip
    zero = {"zeroline": True, "zerolinecolor": SOFT, "zerolinewidth": 2}
    figure.update_xaxes(title=title, gridcolor=GRID, rangemode="tozero", **zero)
    return plain(figure, height=90 + 34 * len(slices))
