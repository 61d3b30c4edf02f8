"""Drawings of the Trust page's tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from model.explain.rows import TITLES
from pages.components import charts
from pages.components.charts import ATTENTION, COLOURS, REFERENCE, SOFT


def title(method: str) -> str:
    """What people call a row."""
    return TITLES.get(method, "Random rankings" if method == "random" else method)


def agreement(pair: Mapping[str, Any]) -> go.Figure:
    """How many texts have which Kendall's tau-b, stacked by label."""
    figure = go.Figure()
    for number, (label, counts) in enumerate(pair["histogram"].items()):
        width = 2 / max(1, len(counts))
        figure.add_bar(
            x=[-1 + width * (i + 0.5) for i in range(len(counts))], y=counts, width=0.92 * width,
            name=charts.safe(label), marker={"color": COLOURS[number % len(COLOURS)]},
            hovertemplate="τ about %{x:.2f}: %{y} texts<extra>" + charts.safe(label) + "</extra>",
        )  # fmt: skip
    mean = pair["tau"]["mean"]
    if mean is not None:
        figure.add_vline(x=mean, line={"color": SOFT, "dash": "dot"}, annotation_text=f"mean {mean:+.2f}")
    figure.update_layout(barmode="stack", legend={"orientation": "h", "y": -0.3, "x": 0})
    figure.update_xaxes(title="Kendall's τ", range=[-1, 1], gridcolor=charts.GRID, zeroline=True)
    figure.update_yaxes(title="texts", gridcolor=charts.GRID)
    return charts.plain(figure, height=310, legend=True)


def curves(table: Mapping[str, Any], kind: str) -> go.Figure:
    """The prediction's mean probability as top tokens go (deletion) or come (insertion), with 95 % bands."""
    figure = go.Figure()
    for number, (method, curve) in enumerate(table.items()):
        points = [point for point in curve[kind]["points"] if point["mean"] is not None]
        if not points:
            continue
        colour = SOFT if method == "random" else ATTENTION if method == "attention" else _colour(number)
        x = [100 * i / max(1, len(points) - 1) for i in range(len(points))]
        if all(point["low"] is not None for point in points):
            figure.add_scatter(
                x=x + x[::-1], y=[p["high"] for p in points] + [p["low"] for p in points][::-1], fill="toself",
                fillcolor=colour, opacity=0.12, line={"width": 0}, hoverinfo="skip", showlegend=False,
            )  # fmt: skip
        figure.add_scatter(
            x=x, y=[point["mean"] for point in points], mode="lines+markers", name=title(method),
            line={"color": colour, "width": 3 if method == "attention" else 1.8,
                  "dash": "dot" if method == "random" else "solid"},
            marker={"size": 4}, hovertemplate="%{x:.0f} %: %{y:.2f}<extra>" + title(method) + "</extra>",
        )  # fmt: skip
    removed = "removed" if kind == "deletion" else "kept"
    figure.update_xaxes(title=f"top words {removed}, %", gridcolor=charts.GRID, zeroline=False)
    figure.update_yaxes(title="probability of the prediction", gridcolor=charts.GRID, zeroline=False)
    figure.update_layout(legend={"orientation": "h", "y": -0.3, "x": 0})
    return charts.plain(figure, height=340, legend=True)


def permutation(points: Sequence[Sequence[float]]) -> go.Figure:
    """Median change of the probabilities over shuffles, against the largest weight, a dot a text."""
    figure = _dots(points, "largest weight %{x:.2f}, median change %{y:.2f}", ATTENTION)
    figure.update_xaxes(title="largest attention weight", range=[0, 1])
    figure.update_yaxes(title="median change when shuffled", rangemode="tozero")
    return figure


def adversary(points: Sequence[Sequence[float]]) -> go.Figure:
    """How far weights can go, against how far that moves the probabilities, a dot a text."""
    figure = _dots(points, "moved %{x:.3f}, divergence %{y:.2f}", REFERENCE)
    figure.add_hline(y=math.log(2), line={"color": SOFT, "dash": "dot"}, annotation_text="ln 2: nothing shared")
    figure.update_xaxes(title="change of the probabilities", rangemode="tozero")
    figure.update_yaxes(title="divergence of the weights, nats", range=[0, 0.75])
    return figure


def _dots(points: Sequence[Sequence[float]], hover: str, colour: str) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=[point[0] for point in points], y=[point[1] for point in points], mode="markers",
        marker={"color": colour, "size": 6, "opacity": 0.55}, hovertemplate=hover + "<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(gridcolor=charts.GRID, zeroline=False)
    figure.update_yaxes(gridcolor=charts.GRID, zeroline=False)
    return charts.plain(figure, height=310)


def _colour(number: int) -> str:
    others = [colour for colour in COLOURS if colour != ATTENTION]
    return others[number % len(others)]
