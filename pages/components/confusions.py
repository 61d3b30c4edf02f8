"""Which labels are taken for which: of one side, and of one beside another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from pages.components.charts import ATTENTION, SOFT, plain, safe, short_names

FEWER = "#d0574f"
MOST_NUMBERED = 12  # classes whose cells show their numbers
FEW = 6  # classes for which there is room for decimals, and for longer names
_NOTHING = "rgba(128, 136, 150, 0.06)"


def confusion(counts: np.ndarray, labels: Sequence[str], *, colour: str) -> go.Figure:
    """Counts of label (down) against prediction (across), each cell with its number while they are few."""
    hover = "label %{customdata[0]}, predicted %{customdata[1]}: %{z:,.1f}<extra></extra>"
    heat = _heat(counts, labels, hover, colorscale=[[0, _NOTHING], [1, colour]], zmin=0)
    return _figure(heat, counts, labels, [f"{count:,.0f}" for count in counts.flat], strong=counts.max() / 2)


def difference(counts: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """How many more (blue) or fewer (red) texts of each label are predicted as each class, (C, C)."""
    most = max(1.0, float(np.abs(counts).max()))
    hover = "label %{customdata[0]}, predicted %{customdata[1]}: %{z:+,.1f}<extra></extra>"
    scale = [[0, FEWER], [0.5, _NOTHING], [1, ATTENTION]]
    heat = _heat(counts, labels, hover, colorscale=scale, zmin=-most, zmax=most)
    digits = 1 if len(labels) <= FEW else 0
    return _figure(heat, counts, labels, [_signed(count, digits) for count in counts.flat], strong=most / 2)


def _heat(counts: np.ndarray, labels: Sequence[str], hover: str, **colours: object) -> go.Heatmap:
    names = [safe(label) for label in labels]
    return go.Heatmap(
        z=counts, customdata=[[[label, said] for said in names] for label in names], hovertemplate=hover,
        showscale=False, xgap=2, ygap=2, **colours,
    )  # fmt: skip


def _figure(
    heat: go.Heatmap, counts: np.ndarray, labels: Sequence[str], shown: Sequence[str], *, strong: float
) -> go.Figure:
    figure = go.Figure(heat)
    few = len(labels) <= FEW
    if len(labels) <= MOST_NUMBERED:
        for ((row, column), count), text in zip(np.ndenumerate(counts), shown, strict=True):
            figure.add_annotation(
                x=column, y=row, text=text, showarrow=False,
                font={"color": "#ffffff" if abs(count) > strong else SOFT, "size": 12 if few else 10},
            )  # fmt: skip
    names = [safe(name) for name in short_names([str(label) for label in labels], 24 if few else 14)]
    ticks = {"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False, "automargin": True}
    figure.update_yaxes(autorange="reversed", title="label", zeroline=False, **ticks)
    figure.update_xaxes(title="prediction", side="bottom", zeroline=False, **ticks)
    return plain(figure, height=max(230, 120 + (42 if few else 30) * len(names)))


def _signed(count: float, digits: int) -> str:
    return f"{count:+,.{digits}f}".replace("-", "−") if round(count, digits) else "0"
