"""Drawings of the Compare page's growth, stability, audit and training sizes."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

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
        annotation_font_color=SOFT, annotation_position="top right" if best < max(epochs) else "top left",
    )  # fmt: skip
    figure.update_xaxes(dtick=max(1, round(len(epochs) / 8)), gridcolor=GRID, zeroline=False)
    figure.update_yaxes(range=[0, 1.08], tickformat=".0%", dtick=0.5, gridcolor=GRID, zeroline=False)
    figure.update_layout(legend={"orientation": "h", "y": -0.2, "x": 0})
    return charts.plain(figure, height=190, legend=True)
