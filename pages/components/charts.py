"""Drawings of numbers that are computed elsewhere: Vega-Lite while a training runs, Plotly for what is finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

if TYPE_CHECKING:  # it brings torch along
    from model.training.loop import Event

# Middle tones, legible on a light and on a dark ground, and told apart by people who see fewer hues.
PLAIN, ATTENTION, REFERENCE = "#7b8aa3", "#3f76f0", "#c77a12"
COLOURS = (PLAIN, ATTENTION, "#12938a", "#b0479a", "#7c5ce0", "#6c8f1f", "#d0574f", "#1b87a8")
GRID = "rgba(128, 136, 150, 0.22)"
SOFT = "#808896"


class Curve(NamedTuple):
    """How one of a training's numbers is drawn over its epochs."""

    title: str
    axis: Mapping[str, Any] = {}
    scale: Mapping[str, Any] = {"zero": False}
    tooltip: str = ".3f"


CURVES = {
    "accuracy": Curve("accuracy", axis={"format": ".0%"}),
    "loss": Curve("loss, nats"),
    # From thousands to tens: on a plain scale all but the beginning would lie flat.
    "perplexity": Curve("perplexity", axis={"tickCount": 5}, scale={"type": "log", "nice": False}, tooltip=",.1f"),
    "tokens_per_second": Curve(
        "tokens/s", axis={"format": "~s", "tickCount": 4}, scale={"zero": True}, tooltip=",.0f"
    ),
    "learning_rate": Curve(
        "learning rate", axis={"format": "~g", "tickCount": 4}, scale={"zero": True}, tooltip=".2g"
    ),
}


def curve_points(events: Mapping[str, Sequence[Event]], values: Sequence[str] = ("loss", "accuracy")) -> pd.DataFrame:
    """Trainings' events, by name, as points: epoch, part (training, validation), the values, name.

    What an event says of no part, such as its pace, is the training's.
    """
    points: dict[tuple, tuple] = {}  # by all that a later event takes the place of
    for name, told in events.items():
        for event in told:
            if event["kind"] == "progress":
                epoch = event["epoch"] - 1 + event["share"]
                points[name, epoch, "training"] = tuple(event[value] for value in values)
            elif event["kind"] == "epoch":
                for part, scores in (("training", event | event["train"]), ("validation", event["validation"])):
                    points[name, event["epoch"], part] = tuple(scores.get(value) for value in values)
    rows = [(epoch, part, *scores, name) for (name, epoch, part), scores in points.items()]
    return pd.DataFrame(rows, columns=["epoch", "part", *values, "name"])


def live_curves(*, value: str, names: Sequence[str], height: int = 280) -> dict[str, Any]:
    """One of `CURVES` over the epochs as a Vega-Lite spec: faint lines while training, strong ones on validation.

    height: of all but the legend, in pixels.

    A spec and not Altair's objects: they take a twentieth of a second to check, every second and for every visitor.
    """
    columns = 1 + (len(names) > 4)  # of the legend, for which there must be room
    training, validation = ({"filter": f"datum.part == '{part}'"} for part in ("training", "validation"))
    legend = {"orient": "bottom", "columns": columns, "labelLimit": 300, "symbolOpacity": 1}
    return {
        "height": height + 26 * -(-len(names) // columns),
        "background": "transparent",
        "encoding": _over_epochs(value, names, legend),
        "layer": [
            {"transform": [training], "mark": {"type": "line", "opacity": 0.45, "strokeWidth": 1.5}},
            {"transform": [validation], "mark": {"type": "line", "strokeWidth": 2.5}},
            {"transform": [validation], "mark": {"type": "point", "filled": True, "size": 45}},
        ],
    }


def small_curves(*, value: str, names: Sequence[str]) -> dict[str, Any]:
    """One of `CURVES` while training, small and without titles and legend, to stand beside a chart that has them."""
    encoding = _over_epochs(value, names, None)
    for axis in ("x", "y"):
        encoding[axis]["title"] = None
    return {
        "height": 150,
        "background": "transparent",
        "encoding": encoding,
        "transform": [{"filter": "datum.part == 'training'"}],
        "mark": {"type": "line", "strokeWidth": 1.5},
    }


def _over_epochs(value: str, names: Sequence[str], legend: dict[str, Any] | None) -> dict[str, Any]:
    curve = CURVES[value]
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    return {
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
            "title": curve.title,
            "axis": dict(curve.axis),
            "scale": dict(curve.scale),
        },
        "color": {
            "field": "name",
            "type": "nominal",
            "title": None,
            "scale": {"domain": list(names), "range": colours},
            "legend": legend,
        },
        "tooltip": [
            {"field": "name", "type": "nominal"},
            {"field": "part", "type": "nominal"},
            {"field": "epoch", "type": "quantitative", "format": ".2f"},
            {"field": value, "type": "quantitative", "format": curve.tooltip},
        ],
    }


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
