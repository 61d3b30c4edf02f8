"""Small charts of a table: how many texts a class has, and how long they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair
import pandas as pd

from pages.components.charts import ATTENTION, COLOURS, PLAIN

_SPLITS = ("train", "validation", "test")
_HEIGHT = 170  # pixels


def classes(counts: Mapping[str, Mapping[str, int]], *, most: int) -> altair.Chart:
    """Texts of each class, a bar a class, its parts the splits; the `most` largest classes."""
    largest = sorted(counts, key=lambda label: -sum(counts[label].values()))[:most]
    rows = [
        {"class": label[:40], "split": split, "texts": counts[label].get(split, 0), "place": place}
        for label in largest
        for place, split in enumerate(_SPLITS)
    ]
    return (
        altair.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=altair.X("texts:Q", title=None, axis=altair.Axis(tickCount=4, format=",d")),
            y=altair.Y(
                "class:N", title=None, sort=[label[:40] for label in largest], axis=altair.Axis(labelLimit=160)
            ),
            color=altair.Color(
                "split:N",
                title=None,
                scale=altair.Scale(domain=list(_SPLITS), range=[ATTENTION, COLOURS[2], PLAIN]),
                legend=altair.Legend(orient="bottom"),
            ),
            order="place:O",
            tooltip=["class", "split", altair.Tooltip("texts", format=",")],
        )
        .properties(height=altair.Step(26), background="transparent")
    )


def lengths(bins: Sequence[Sequence[float]]) -> altair.Chart:
    """Texts by their number of tokens; bins: (low, high, texts) each."""
    rows = pd.DataFrame(bins, columns=["low", "high", "texts"])
    return (
        altair.Chart(rows)
        .mark_bar(color=ATTENTION, binSpacing=1)
        .encode(
            x=altair.X("low:Q", bin="binned", title="tokens"),
            x2="high:Q",
            y=altair.Y("texts:Q", title=None, axis=altair.Axis(tickCount=4, format=",d")),
            tooltip=["low", "high", altair.Tooltip("texts", format=",")],
        )
        .properties(height=_HEIGHT, background="transparent")
    )
