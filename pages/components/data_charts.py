"""Small charts of a table, as Vega-Lite specs with their data: how many texts a class has, and how long they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from pages.components.charts import ATTENTION, COLOURS, PLAIN

_SPLITS = {"train": ATTENTION, "validation": COLOURS[2], "test": PLAIN}
_HEIGHT = 170  # pixels
_LABEL = 40  # characters of a class's name
_COUNTS = {"tickCount": 4, "format": ",d"}


class Chart(NamedTuple):
    """What `st.vega_lite_chart` takes."""

    data: pd.DataFrame
    spec: dict[str, Any]


def classes(counts: Mapping[str, Mapping[str, int]], *, most: int) -> Chart:
    """Texts of each class, a bar a class, its parts the splits; the `most` largest classes."""
    largest = sorted(counts, key=lambda label: -sum(counts[label].values()))[:most]
    rows = [
        {"class": label[:_LABEL], "split": split, "texts": counts[label].get(split, 0), "place": place}
        for label in largest
        for place, split in enumerate(_SPLITS)
    ]
    encoding = {
        "x": {"field": "texts", "type": "quantitative", "title": None, "axis": _COUNTS},
        "y": {
            "field": "class",
            "type": "nominal",
            "title": None,
            "sort": [label[:_LABEL] for label in largest],
            "axis": {"labelLimit": 160},
        },
        "color": {
            "field": "split",
            "type": "nominal",
            "title": None,
            "scale": {"domain": list(_SPLITS), "range": list(_SPLITS.values())},
            "legend": {"orient": "bottom"},
        },
        "order": {"field": "place", "type": "ordinal"},
        "tooltip": [{"field": "class"}, {"field": "split"}, {"field": "texts", "format": ","}],
    }
    spec = {"mark": "bar", "height": {"step": 26}, "background": "transparent", "encoding": encoding}
    return Chart(pd.DataFrame(rows), spec)


def lengths(bins: Sequence[Sequence[float]]) -> Chart:
    """Texts by their number of tokens; bins: (low, high, texts) each."""
    encoding = {
        "x": {"field": "low", "type": "quantitative", "bin": "binned", "title": "tokens"},
        "x2": {"field": "high"},
        "y": {"field": "texts", "type": "quantitative", "title": None, "axis": _COUNTS},
        "tooltip": [{"field": "low"}, {"field": "high"}, {"field": "texts", "format": ","}],
    }
    mark = {"type": "bar", "color": ATTENTION, "binSpacing": 1}
    spec = {"mark": mark, "height": _HEIGHT, "background": "transparent", "encoding": encoding}
    return Chart(pd.DataFrame(bins, columns=["low", "high", "texts"]), spec)
