"""Drawings of language models side by side, from the document of their comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from model.reports.compare_words import Scale
from model.studies.language_claims import digits
from pages.components.charts import GRID, REFERENCE, SOFT, plain, safe
from pages.components.compare_charts import Row, looks, side_row, sides_chart, slices_chart

Part = Mapping[str, Any]  # of a comparison's document

_CHANGE = Scale("Change of perplexity", 100, 1, "\u00a0%", "%", "lower is better")
_FAR = 0.3  # of a perplexity: what is further from the others stands at the edge


def perplexities(document: Part) -> go.Figure:
    """Every side with its seeds and interval, and below what counting alone reaches on the same tokens."""
    sides, colours = document["sides"], looks(document["sides"])
    rows = [side_row(side, side["perplexity"], document, colours[side["key"]].colour) for side in sides]
    rows += [
        Row(found["name"], "no network", [(found["perplexity"], "")], found["perplexity"], None, REFERENCE)
        for found in document["baselines"].values()
    ]
    largest = max(side["perplexity"]["estimate"] for side in sides)
    return sides_chart(rows, scale_of(largest), far=_FAR * largest)


def changes(pair: Part, kind: str, document: Part) -> go.Figure:
    """By how much the perplexity changes on each slice of one kind, in percent; the first line is all tokens.

    What has no interval is left to the table: among few tokens a change may be of any size.
    """
    sides = {side["key"]: side for side in document["sides"]}
    first, second = sides[pair["first"]], sides[pair["second"]]
    everything = {"title": "all", "tokens": document["data"]["test"], "change": pair["change"]} | {
        name: side["perplexity"] for name, side in (("first", first), ("second", second))
    }
    sure = [row for row in pair["slices"][kind] if row["note"] is None]
    rows = [{**row, "texts": row["tokens"], "difference": row["change"]} for row in (everything, *sure)]
    return slices_chart(
        rows,
        looks(document["sides"])[pair["second"]].colour,
        values=scale_of(first["perplexity"]["estimate"]),
        differences=_CHANGE,
        title="change of perplexity, %",
    )


def scale_of(perplexity: float) -> Scale:
    """How perplexities about as large as this one are written."""
    return Scale("Perplexity", 1, digits(perplexity), "", "", "lower is better")


def copied(sides: Sequence[Part], document: Part, *, value: str) -> go.Figure:
    """A line a side over k: the share of decided places that are "right", or the "weight" k places back.

    Of several seeds the line is their mean; what is right has a band from the lowest seed to the highest.
    """
    figure, colours = go.Figure(), looks(document["sides"])
    for side in sides:
        rows, look = side["copying"]["by_k"], colours[side["key"]]
        distances, name = [row["k"] for row in rows], safe(side["name"])
        if value == "right" and len(side["seeds"]) > 1:
            figure.add_scatter(
                x=[*distances, *reversed(distances)],
                y=[*(row["high"] for row in rows), *(row["low"] for row in reversed(rows))],
                mode="lines", line={"width": 0, "color": look.colour}, fill="toself", opacity=0.25,
                hoverinfo="skip", showlegend=False,
            )  # fmt: skip
        figure.add_scatter(
            x=distances, y=[row[value] for row in rows], mode="lines+markers", name=name, marker={"size": 5},
            line={"color": look.colour, "dash": look.dash, "width": 2}, cliponaxis=False,
            customdata=[row["places"] for row in rows],
            hovertemplate="%{x} back: %{y:.0%} of %{customdata:,} places<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_xaxes(title="words back, k", gridcolor=GRID, zeroline=False)
    figure.update_yaxes(range=[0, 1.03], tickformat=".0%", gridcolor=GRID, zeroline=False)
    if value == "right":
        figure.add_hline(y=0.95, line={"color": SOFT, "dash": "dot", "width": 1})
    figure.update_layout(legend={"orientation": "h", "y": -0.3, "x": 0})
    return plain(figure, height=290, legend=len(sides) > 1)
