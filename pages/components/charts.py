"""Drawings of numbers that are computed elsewhere: Vega-Lite while a training runs, Plotly for what is finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

if TYPE_CHECKING:  # it brings torch along
    from model.training.loop import Event

# Middle tones, legible on a light and on a dark ground, and told apart by people who see fewer hues.
PLAIN, ATTENTION, REFERENCE = "#7b8aa3", "#3f76f0", "#c77a12"
COLOURS = (PLAIN, ATTENTION, "#12938a", "#b0479a", "#7c5ce0", "#6c8f1f", "#d0574f", "#1b87a8")
GRID = "rgba(128, 136, 150, 0.22)"
SOFT = "#808896"


def curve_points(events: Mapping[str, Sequence[Event]]) -> pd.DataFrame:
    """Trainings' events, by name, as points: epoch, part (training, validation), loss, accuracy, name."""
    points: dict[tuple, tuple] = {}  # by all that a later event takes the place of
    for name, told in events.items():
        for event in told:
            if event["kind"] == "progress":
                epoch = event["epoch"] - 1 + event["share"]
                points[name, epoch, "training"] = event["loss"], event["accuracy"]
            elif event["kind"] == "epoch":
                for part in ("train", "validation"):
                    scores = event[part]
                    points[name, event["epoch"], "training" if part == "train" else part] = (
                        scores["loss"],
                        scores["accuracy"],
                    )
    rows = [(epoch, part, *scores, name) for (name, epoch, part), scores in points.items()]
    return pd.DataFrame(rows, columns=["epoch", "part", "loss", "accuracy", "name"])


def live_curves(*, value: str, names: Sequence[str]) -> dict[str, Any]:
    """Loss or accuracy over the epochs as a Vega-Lite spec: faint lines while training, strong ones on validation.

    A spec and not Altair's objects: they take a twentieth of a second to check, every second and for every visitor.
    """
    accuracy = value == "accuracy"
    columns = 1 + (len(names) > 4)  # of the legend, for which there must be room
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    training, validation = ({"filter": f"datum.part == '{part}'"} for part in ("training", "validation"))
    return {
        "height": 280 + 26 * -(-len(names) // columns),
        "background": "transparent",
        "encoding": {
            "x": {
                "field": "epoch",
                "type": "quantitative",
                "title": "epoch",
                "axis": {"tickMinStep": 1, "format": "d"},
                "scale": {"nice": False, "zero": True},
            },
            "y": {
                "field": value,
                "type": "quantitative",
                "title": "accuracy" if accuracy else "loss, nats",
                "axis": {"format": ".0%"} if accuracy else {},
                "scale": {"zero": False},
            },
            "color": {
                "field": "name",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(names), "range": colours},
                "legend": {
                    "orient": "bottom", "columns": columns, "labelLimit": 300, "symbolOpacity": 1
                },
            },
            "tooltip": [
                {"field": "name", "type": "nominal"},
                {"field": "part", "type": "nominal"},
                {"field": "epoch", "type": "quantitative", "format": ".2f"},
                {"field": value, "type": "quantitative", "format": ".3f"},
            ],
        },
        "layer": [
            {"transform": [training], "mark": {"type": "line", "opacity": 0.45, "strokeWidth": 1.5}},
            {"transform": [validation], "mark": {"type": "line", "strokeWidth": 2.5}},
            {"transform": [validation], "mark": {"type": "point", "filled": True, "size": 45}},
        ],
    }  # fmt: skip


def safe(text: str) -> str:
    """What people typed, for Plotly, which reads a little HTML in names."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def short_names(names: Sequence[str], most: int) -> list[str]:
    """What people typed in so many letters each, cut in the middle; with numbers where that makes two alike."""
    cut = [_middle_cut(name, most) for name in names]
    if len(set(cut)) == len(set(names)):
        return cut
    return [f"{number} {_middle_cut(name, most - 3)}" for number, name in enumerate(names, 1)]


def _middle_cut(text: str, most: int) -> str:
    head = (most - 1) * 2 // 3
    return text if len(text) <= most else f"{text[:head]}…{text[head + 1 - most :]}"


def plain(figure: go.Figure, *, height: int, legend: bool = False) -> go.Figure:
    """A figure without ground or margins, for a card."""
    layout: dict[str, Any] = {
        "height": height, "margin": {"l": 8, "r": 12, "t": 12, "b": 8}, "showlegend": legend,
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
    }  # fmt: skip
    return figure.update_layout(**layout)
