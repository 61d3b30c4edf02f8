"""The chart of attention by distance, as a Vega-Lite spec with its data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pages.components.charts import ATTENTION, COLOURS, REFERENCE
from pages.components.data_charts import Chart

_HUES = (REFERENCE, ATTENTION, *COLOURS[2:])  # amber first, as attention has everywhere


def distances(profiles: Mapping[str, np.ndarray], *, longest: int, unit: str) -> Chart:
    """Mean weight at each distance, a bar each and side by side for several models; from 2, the nearest there is.

    What lies beyond `longest` is summed in one bar more.
    """
    rows = [
        {"distance": str(distance), "weight": round(float(profile[distance]), 5), "model": name}
        for name, profile in profiles.items()
        for distance in range(2, min(longest + 1, len(profile)))
    ]
    beyond = {name: float(profile[longest + 1 :].sum()) for name, profile in profiles.items()}
    if any(share > 0 for share in beyond.values()):
        rows += [
            {"distance": f">{longest}", "weight": round(share, 5), "model": name} for name, share in beyond.items()
        ]
    order = [*map(str, range(2, longest + 1)), f">{longest}"]
    names = list(profiles)
    encoding = {
        "x": {
            "field": "distance",
            "type": "ordinal",
            "sort": order,
            "title": f"{unit}s back",
            "axis": {"labelAngle": 0, "labelOverlap": True},
        },
        "y": {"field": "weight", "type": "quantitative", "title": "mean weight"},
        "color": {
            "field": "model",
            "type": "nominal",
            "title": None,
            "scale": {"domain": names, "range": [_HUES[place % len(_HUES)] for place in range(len(names))]},
            "legend": {"orient": "bottom", "labelLimit": 300} if len(names) > 1 else None,
        },
        "xOffset": {"field": "model", "sort": names},
        "tooltip": [{"field": "model"}, {"field": "distance"}, {"field": "weight", "format": ".4f"}],
    }
    spec = {"mark": "bar", "height": 240, "background": "transparent", "encoding": encoding}
    return Chart(pd.DataFrame(rows), spec)
