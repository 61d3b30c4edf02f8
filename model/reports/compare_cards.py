"""The first cards of a comparison's report: the claim, every side on one chart, how it learned, what it cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from model.explain.export_words import name_of, plain
from model.reports.charts import Axis, spanning
from model.reports.compare_charts import Curve, Point, Strip, line_chart, strip_chart
from model.reports.compare_words import (
    BASELINES,
    NOTHING,
    SCALES,
    SWITCHED,
    Document,
    Scale,
    legend,
    notes,
    number,
    panel,
    place_of,
    prose,
    seconds,
    section,
    share_from,
    sides_by_key,
    switch,
)
from model.reports.parts import table

Sides = Mapping[str, Mapping[str, Any]]
_FAR = 0.6  # of the other rows' width: a baseline farther out is an arrow at the edge
_HEADS = ("", "dot: one seed · line and band: mean, 95\u00a0% interval", "mean, 95\u00a0% interval")


def headline_card(document: Document) -> str:
    """What may be said, and what to know with it."""
    found = document["headline"]
    return (
        f'<section class="card headline" aria-label="What may be said">'
        f'<p class="claim">{prose(found["sentence"])}</p>\n{notes(found["notes"])}</section>\n'
    )


def claim_card(document: Document) -> str:
    """Every seed of every side, with the baselines, the controls and the parameters, for each metric; and a table."""
    sides = sides_by_key(document)
    panels = "".join(panel("metric", metric, _strips(document, sides, metric), title=scale.title)
                     for metric, scale in SCALES.items())  # fmt: skip
    return section(
        "Every seed, every side",
        "On the test texts. Parameters are those without embeddings; in brackets, how far from "
        f"{_reference(document, sides)}. Intervals hold for other texts, and with several seeds for other seeds too.",
        legend(sides, list(sides)),
        panels,
        id="sides",
        aside=switch("metric", "Metric", SWITCHED, place="sides"),
    )


def figures_card(document: Document) -> str:
    """The same as a table: every metric with its interval and the spread of its seeds."""
    sides = sides_by_key(document)
    header = ["Side", *(scale.title for scale in SCALES.values()), "Seeds", "Seeds’ sd of accuracy"]
    rows = [
        [side["title"], *(_with_interval(side["metrics"][name], scale) for name, scale in SCALES.items()),
         f"{len(side['seeds'])}", _spread(side["metrics"]["accuracy"])]
        for side in sides.values()
    ]  # fmt: skip
    attributes = [place_of(sides, key) for key in sides]
    for name, title in BASELINES.items():
        found = document["baselines"].get(name)
        if found:
            cells = [_baseline_cell(found, metric, scale) for metric, scale in SCALES.items()]
            rows.append([title, *cells, NOTHING, NOTHING])
            attributes.append("")
    return section(
        "The figures",
        "Mean over the seeds with its 95\u00a0% interval. Loss is cross-entropy in nats; the calibration error is "
        "the mean distance of confidence from accuracy in 15 bins. Higher is better for accuracy and F1, lower for "
        "the others.",
        table(header, rows, attributes=attributes),
        id="figures",
    )


def learning_card(document: Document) -> str:
    """Validation accuracy and loss after each epoch, with bands from the lowest to the highest seed."""
    sides = sides_by_key(document)
    panels = {}
    for metric in ("accuracy", "loss"):
        curves = [_learning(sides, key, metric) for key in sides]
        if any(curve.points for curve in curves):
            panels[metric] = _learning_chart([curve for curve in curves if curve.points], SCALES[metric])
    return section(
        "How they learned",
        "Validation after each epoch: mean of the seeds, band from the lowest to the highest. The checkpoint with "
        f"the {document['protocol']['selection']} is the one tested.",
        legend(sides, [key for key, side in sides.items() if side["curves"]]) if panels else "",
        *(panel("curve", metric, chart, title=SCALES[metric].title) for metric, chart in panels.items()),
        id="learning",
        aside=switch("curve", "Curve", {metric: SCALES[metric].title for metric in panels}, place="learning"),
    )


def cost_card(document: Document) -> str:
    """Parameters, training time, speed and the time of one prediction."""
    sides = sides_by_key(document)
    header = ["Side", "Parameters", "Without embeddings", "Hidden size", "Training", "Epochs, best", "Texts a second",
              "One prediction"]  # fmt: skip
    rows = []
    for side in sides.values():
        cost, single = side["cost"], side["cost"].get("milliseconds_per_prediction")
        epochs = f"{cost['epochs']:.3g}, {cost['best_epoch']:.3g}"
        rows.append(
            [
                side["title"],
                number(side["parameters"]),
                f"{number(side['parameters_without_embeddings'])}\n{share_from(side)}".strip(),
                number(side["hidden_size"]),
                seconds(cost["seconds"]),
                epochs,
                number(cost["documents_per_second"]),
                NOTHING if single is None else f"{single:.1f}\u00a0ms",
            ]
        )
    return section(
        "Cost",
        "Means over the seeds, as the machine measured itself while training. Texts a second: in training. "
        "One prediction: one text alone, from its letters to its probabilities.",
        table(header, rows, attributes=[place_of(sides, key) for key in sides]),
        id="cost",
    )


# ---------------------------------------------------------------------------------------------------------------


def _strips(document: Document, sides: Sides, metric: str) -> str:
    scale, rows = SCALES[metric], []
    for key, side in sides.items():
        figures = side["metrics"][metric]
        note = f"{number(side['parameters_without_embeddings'])} parameters {share_from(side)}".strip()
        dots = [
            (scale.factor * value, f"{side['title']}, seed {seed}: {scale.value(value)}")
            for seed, value in zip(side["seeds"], figures["seeds"], strict=True)
        ]
        rows.append(
            Strip(
                side["title"],
                note,
                side["colour"],
                scale.factor * figures["estimate"],
                _ends(figures, scale),
                dots,
                (scale.value(figures["estimate"]), scale.between(figures)),
                place_of(sides, key),
            )
        )
    rows = _with_baselines(rows, document["baselines"], metric, scale)
    values = [value for row in rows for value in _reach(row) if row.colour != "base" or _is_near(row, rows)]
    axis = spanning(scale.title, values)
    unit = scale.unit
    chart = strip_chart(rows, axis=axis, word=lambda tick: plain(tick, axis.digits) + unit, heads=_HEADS)
    return chart + f'<p class="soft across">{scale.title}: {scale.better}</p>\n'


def _with_baselines(rows: list[Strip], baselines: Mapping[str, Any], metric: str, scale: Scale) -> list[Strip]:
    """The majority class before the sides, TF-IDF behind them."""
    made = {}
    for name, title in BASELINES.items():
        found = baselines.get(name) or {}
        if metric not in found:
            continue
        value = found[metric]
        own = _of_baseline(found, metric)
        dots = [(scale.factor * value, f"{title}: {scale.value(value)}")]
        made[name] = Strip(title, "no network", "base", scale.factor * value, _ends(own, scale), dots,
                           (scale.value(value), scale.between(own)))  # fmt: skip
    first, last = (made.get(name) for name in BASELINES)
    return [*([first] if first else []), *rows, *([last] if last else [])]


def _is_near(row: Strip, rows: Sequence[Strip]) -> bool:
    """Whether a baseline is near enough the sides to stand on their axis."""
    values = [value for other in rows if other.colour != "base" for value in _reach(other)]
    low, high = min(values), max(values)
    room = _FAR * max(high - low, 1e-9) + 1e-9
    return low - room <= row.estimate <= high + room


def _reach(row: Strip) -> list[float]:
    return [row.estimate, *(row.interval or ()), *(value for value, _ in row.dots)]


def _ends(figures: Mapping[str, Any], scale: Scale) -> tuple[float, float] | None:
    if figures["low"] is None or figures["high"] is None:
        return None
    return scale.factor * figures["low"], scale.factor * figures["high"]


def _reference(document: Document, sides: Sides) -> str:
    side = sides.get(document["reference"])
    return side["title"] if side else name_of(document["reference"])


def _with_interval(figures: Mapping[str, Any], scale: Scale) -> str:
    between = scale.between(figures)
    return scale.value(figures["estimate"]) + (f"\n{between}" if between else "")


def _spread(figures: Mapping[str, Any]) -> str:
    return NOTHING if figures["sd"] is None else f"{100 * figures['sd']:.1f} points"


def _baseline_cell(found: Mapping[str, Any], metric: str, scale: Scale) -> str:
    if metric not in found:
        return NOTHING
    return _with_interval(_of_baseline(found, metric), scale)


def _of_baseline(found: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """A baseline's metric; accuracy alone has an interval."""
    ends = (found["low"], found["high"]) if metric == "accuracy" else (None, None)
    return {"estimate": found[metric], "low": ends[0], "high": ends[1]}


def _learning(sides: Sides, key: str, metric: str) -> Curve:
    side, scale, points = sides[key], SCALES[metric], []
    for row in side["curves"]:
        figures = row[metric]
        if figures["mean"] is None:
            continue
        words = f"{side['title']}, epoch {row['epoch']}: {scale.value(figures['mean'])}"
        if figures["n"] > 1:
            words += f", seeds {scale.between(figures)}"
        low, high = _ends(figures, scale) or (None, None)
        points.append(Point(row["epoch"], scale.factor * figures["mean"], low, high, words))
    return Curve(side["title"], side["colour"], points, place_of(sides, key))


def _learning_chart(curves: Sequence[Curve], scale: Scale) -> str:
    values = [end for curve in curves for point in curve.points for end in point[1:4] if end is not None]
    epochs = [point.x for curve in curves for point in curve.points]
    upright = spanning(scale.title, values)
    ends = [f"{curve.title} ends at {plain(curve.points[-1].y, scale.digits)}{scale.unit}" for curve in curves]
    first, last = min(epochs), max(epochs)
    step = max(1, -(-(last - first) // 6))
    across = Axis("epoch", first - 0.001, max(last, first + 1), list(range(first, last + 1, step)))
    return line_chart(
        curves,
        axes=(across, upright),
        words=(lambda tick: f"{tick}", lambda tick: plain(tick, upright.digits) + scale.unit),
        about=f"Validation {scale.title.lower()} by epoch: {'; '.join(ends)}",
    )
