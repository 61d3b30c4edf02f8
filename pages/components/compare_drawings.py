"""Drawings of the Compare page's growth, stability, audit and training sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from model.explain.export_words import name_of
from pages.components import charts
from pages.components.charts import ATTENTION, GRID, PLAIN, REFERENCE, SOFT


def course(
    epochs: Sequence[int],
    probabilities: Sequence[float],
    entropies: Sequence[float | None],
    *,
    about: str,
    best: int,
    now: int,
) -> go.Figure:
    """One text over the epochs: the probability of a class and the entropy of the weights, with two epochs marked."""
    figure = go.Figure()
    lines = [(f"probability of {charts.safe(about)}", probabilities, PLAIN, "solid")]
    if any(entropy is not None for entropy in entropies):
        lines.append(("entropy, share of the most it could be", entropies, ATTENTION, "dash"))
    for name, values, colour, dash in lines:
        figure.add_scatter(
            x=list(epochs), y=list(values), mode="lines+markers", name=name,
            line={"color": colour, "width": 2, "dash": dash},
            marker={"size": [11 if epoch == now else 5 for epoch in epochs]},
            hovertemplate="epoch %{x}: %{y:.0%}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.add_vline(
        x=best, line={"color": REFERENCE, "dash": "dot", "width": 1.5}, annotation_text="kept",
        annotation_font_color=SOFT, annotation_position="bottom right" if best < max(epochs) else "bottom left",
    )  # fmt: skip
    figure.update_xaxes(dtick=max(1, round(len(epochs) / 8)), gridcolor=GRID, zeroline=False)
    figure.update_yaxes(range=[0, 1.08], tickformat=".0%", dtick=0.5, gridcolor=GRID, zeroline=False)
    figure.update_layout(legend={"orientation": "h", "y": -0.2, "x": 0})
    return charts.plain(figure, height=190, legend=True)


def spread(
    tokens: Sequence[str], values: np.ndarray, *, flipping: Sequence[int], seeds: Sequence[int], uniform: bool
) -> go.Figure:
    """A bar a token: the mean of values (S, T) over the seeds, from lowest to highest seed, each seed a dot."""
    mean, low, high = values.mean(axis=0), values.min(axis=0), values.max(axis=0)
    places = list(range(len(tokens)))
    flips = set(flipping)
    names = [charts.safe(name_of(token)) for token in tokens]
    figure = go.Figure()
    figure.add_bar(
        x=places, y=mean, marker={"color": [REFERENCE if place in flips else ATTENTION for place in places]},
        opacity=0.55, customdata=[[name, a, b] for name, a, b in zip(names, low, high, strict=True)],
        error_y={"type": "data", "array": high - mean, "arrayminus": mean - low, "color": SOFT, "thickness": 1.5,
                 "width": 3},
        hovertemplate="%{customdata[0]}: mean %{y:.3f}, %{customdata[1]:.3f} to %{customdata[2]:.3f}<extra></extra>",
    )  # fmt: skip
    for seed, row in zip(seeds, values, strict=True):
        figure.add_scatter(
            x=places, y=row, mode="markers", marker={"color": SOFT, "size": 4},
            hovertemplate=f"seed {seed}: %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    if uniform:
        figure.add_hline(y=1 / len(tokens), line={"color": SOFT, "dash": "dot", "width": 1})
    figure.update_xaxes(
        tickvals=places, ticktext=[f"↕ {name}" if place in flips else name for place, name in enumerate(names)],
        tickangle=-60, showgrid=False, zeroline=False, automargin=True, range=[-0.7, len(tokens) - 0.3],
    )  # fmt: skip
    figure.update_yaxes(gridcolor=GRID, zeroline=True, zerolinecolor=GRID)
    return charts.plain(figure, height=340)


class Times(NamedTuple):
    """How much weight some tokens get, times what even weights would give them; `share` of all tokens they are."""

    title: str
    times: float
    low: float | None
    high: float | None
    share: float
    texts: int


def times(rows: Sequence[Times]) -> go.Figure:
    """A line each, the first at the top: a dot with its 95 % interval, against even weights at 1."""
    figure = go.Figure()
    names = [charts.safe(row.title) for row in rows]
    for row, name in zip(rows, names, strict=True):
        if row.low is not None:
            figure.add_scatter(
                x=[row.low, row.high], y=[name, name], mode="lines", opacity=0.3, hoverinfo="skip",
                line={"color": ATTENTION, "width": 10},
            )  # fmt: skip
    figure.add_scatter(
        x=[row.times for row in rows], y=names, mode="markers+text", marker={"color": ATTENTION, "size": 8},
        text=[f"{row.times:.2f}" for row in rows], textposition="top center", textfont={"color": SOFT, "size": 11},
        cliponaxis=False, customdata=[[100 * row.share, row.texts, _ends(row)] for row in rows],
        hovertemplate="%{y}: %{x:.2f}%{customdata[2]} times even weights<br>%{customdata[0]:.1f} % of the tokens,"
        " in %{customdata[1]:,} texts<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=1, line={"color": SOFT, "dash": "dot"})
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False, automargin=True)
    low = min(
        0.8, *(row.times if row.low is None else row.low for row in rows)
    )  # never so near that little looks much
    high = max(1.2, *(row.times if row.high is None else row.high for row in rows))
    margin = 0.06 * (high - low)
    figure.update_xaxes(
        title="times even weights", range=[low - margin, high + margin], gridcolor=GRID, zeroline=False
    )
    return charts.plain(figure, height=110 + 32 * len(rows))


def _ends(row: Times) -> str:
    return "" if row.low is None else f" ({row.low:.2f} to {row.high:.2f})"


def entropies(bins: Sequence[Mapping[str, Any]], mean: float) -> go.Figure:
    """How many texts have weights of which entropy, as a share of the most it could be."""
    figure = go.Figure()
    figure.add_bar(
        x=[(each["low"] + each["high"]) / 2 for each in bins], y=[each["texts"] for each in bins],
        width=[0.92 * (each["high"] - each["low"]) for each in bins], marker={"color": ATTENTION}, opacity=0.7,
        customdata=[[each["low"], each["high"]] for each in bins],
        hovertemplate="%{customdata[0]:.0%} to %{customdata[1]:.0%}: %{y:,} texts<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=mean, line={"color": REFERENCE, "dash": "dot"})
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", gridcolor=GRID, zeroline=False)
    figure.update_yaxes(title="texts", gridcolor=GRID, zeroline=False)
    return charts.plain(figure, height=260)


class Sized(NamedTuple):
    """A line over the number of training texts: figures with their intervals, in percent or points."""

    name: str
    values: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]
    colour: str
    dash: str = "solid"


def by_size(train: Sequence[int], lines: Sequence[Sized], *, title: str, zero: bool = False) -> go.Figure:
    """Figures against the number of training texts, each with its interval; `zero` marks no difference."""
    figure = go.Figure()
    for place, line in enumerate(lines):
        name = charts.safe(line.name)
        shift = 1 + 0.012 * (place - (len(lines) - 1) / 2)  # so that intervals do not hide one another
        above = [high - value for high, value in zip(line.highs, line.values, strict=True)]
        below = [value - low for low, value in zip(line.lows, line.values, strict=True)]
        figure.add_scatter(
            x=[texts * shift for texts in train], y=list(line.values), mode="lines+markers", name=name,
            line={"color": line.colour, "width": 2.2, "dash": line.dash}, marker={"size": 7},
            error_y={"type": "data", "array": above, "arrayminus": below, "thickness": 1.6, "width": 4},
            customdata=[[texts, low, high] for texts, low, high in zip(train, line.lows, line.highs, strict=True)],
            hovertemplate="%{customdata[0]:,} texts: %{y:.1f} (%{customdata[1]:.1f} to %{customdata[2]:.1f})"
            "<extra>" + name + "</extra>",
        )  # fmt: skip
    if zero:
        figure.add_hline(y=0, line={"color": SOFT, "width": 1.5})
    figure.update_xaxes(
        type="log", title="training texts", tickvals=list(train), ticktext=[f"{texts:,}" for texts in train],
        gridcolor=GRID, zeroline=False,
    )  # fmt: skip
    figure.update_yaxes(title=title, gridcolor=GRID, zeroline=False)
    figure.update_layout(legend={"orientation": "h", "y": -0.3, "x": 0})
    return charts.plain(figure, height=300 + 20 * len(lines), legend=len(lines) > 1)
