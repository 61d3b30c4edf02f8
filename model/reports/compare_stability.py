"""The cards of a comparison's report on stability under other seeds, and on what more training texts bring."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from model.explain.export_words import markup, name_of, plain
from model.explain.rows import TITLES
from model.reports.charts import Axis, spanning
from model.reports.compare_charts import Curve, Point, line_chart, weight_map
from model.reports.compare_tokens import recoloured, shades
from model.reports.compare_words import (
    NOTHING,
    SCALES,
    Document,
    Scale,
    legend,
    notes,
    panel,
    place_of,
    prose,
    section,
    sides_by_key,
    switch,
)
from model.reports.parts import table

Figure = Mapping[str, Any]
Record = Mapping[str, Any]

_MOST_EXAMPLES = 6
_APART = 0.012  # of the width: sides stand beside one another at each size, so that no interval hides another
_MOST_WORDS = 6  # of one text in the table of its heaviest words


def stability_card(document: Document) -> str:
    """Rank correlation and distance across seeds, attributions' beside them, and texts seed by seed."""
    found = document.get("stability")
    if not found or not found["rows"]:
        return ""
    examples = [record for record in found["examples"] if record["tokens"]][:_MOST_EXAMPLES]
    titles = {str(place): name_of(record["text"]) for place, record in enumerate(examples)}
    panels = "".join(
        panel("stability", place, _example(record), title=titles[place])
        for place, record in zip(titles, examples, strict=True)
    )
    seeds = {"mean": "mean"} | {str(seed): f"seed {seed}" for seed in found["seeds"]}
    shown = (
        '<h3>Text by text</h3>\n<p class="soft">A row of the map is a seed, a column a token. Underlined tokens '
        "flip: in the top tenth under one seed, in the lower half under another.</p>\n"
        + switch("stability", "Text", titles, place="stability", as_list=True)
        + switch("seed", "Weights of", seeds, place="stability")
        + panels
    )
    return section(
        "Is it stable?",
        f"{name_of(found['name'])}: {found['texts']:,} texts under all {len(found['seeds'])} seeds.",
        f'<p class="claim">{prose(found["sentence"])}</p>\n',
        notes(found["notes"]),
        _measures(found),
        shown if examples else "",
        id="stability",
    )


def shares_card(document: Document) -> str:
    """Accuracy and F1 against the number of training texts, and what each pair's difference becomes."""
    found, sides = document.get("shares"), sides_by_key(document)
    if not found:
        return ""
    keys = [key for key in found["sides"] if key in sides]
    metrics = ("accuracy", "macro_f1")
    panels = "".join(
        panel("share", metric, _share_chart(found, keys, sides, metric), title=SCALES[metric].title)
        for metric in metrics
    )
    return section(
        "What more data brings",
        "Every size holds the texts of the smaller ones, of each class alike, and is trained for the same maximum of "
        "updates; validation and test are the same. Dots: mean of the seeds; upright lines: 95 % interval.",
        legend(sides, keys),
        panels,
        _share_differences(found, sides),
        id="shares",
        aside=switch("share", "Metric", {metric: SCALES[metric].title for metric in metrics}, place="shares"),
    )


# ---------------------------------------------------------------------------------------------------------------


def _measures(found: Mapping[str, Any]) -> str:
    header = [
        "Row",
        "Kendall’s tau",
        "Distance",
        "Distance by chance",
        "Tokens that flip",
        "Attention’s tau is higher by",
    ]
    rows = []
    for name, cells in found["rows"].items():
        against = found["against"].get(name)
        rows.append(
            [
                TITLES.get(name) or name_of(name),
                _figure(cells["tau"]),
                _figure(cells["distance"]),
                _figure(cells.get("chance")),
                _figure(cells.get("flipping"), scale=SCALES["accuracy"]),
                _figure(against["tau"], signed=True) if against else "",
            ]
        )
    return table(header, rows)


def _figure(figure: Figure | None, *, signed: bool = False, scale: Scale | None = None) -> str:
    """A mean with its interval over texts."""
    if figure is None or figure["mean"] is None:
        return NOTHING
    scale = scale or Scale("", 1, 2, "", "", "")
    value = scale.difference(figure["mean"]) if signed else scale.value(figure["mean"])
    between = scale.between(figure, signed=signed)
    return f"{value} ({between})" if between else value


def _example(record: Record) -> str:
    """One text: coloured by the mean, or by the seed that is chosen; a map of all seeds; its heaviest words."""
    weights = record["weights"]
    means = [sum(column) / len(column) for column in zip(*weights, strict=True)]
    scale = max(max(row) for row in weights)
    flips = (record.get("flips") or {}).get("attention") or ()
    classes = record.get("classes")
    steps = [f'<li data-seed="mean" data-w="{shades(means, scale)}">mean of the seeds</li>']
    for seed, row, said in zip(record["seeds"], weights, record["probabilities"], strict=True):
        best = max(range(len(said)), key=said.__getitem__)
        label = name_of(classes[best]) if classes else f"class {best + 1}"
        steps.append(
            f'<li data-seed="{seed}" data-w="{shades(row, scale)}">seed {seed}: {markup(label)} {said[best]:.2f}</li>'
        )
    return (
        f'<div class="grown">{recoloured(record["text"], record["tokens"], means, scale=scale, marked=flips)}'
        f'<ol class="steps">{"".join(steps)}</ol>\n{_map(record, weights, scale)}'
        f'<p class="soft">darkest: {scale:.3f} of the weight</p>\n{_heaviest(record, means)}</div>\n'
    )


def _map(record: Record, weights: Sequence[Sequence[float]], scale: float) -> str:
    seeds = [str(seed) for seed in record["seeds"]]
    words = [record["text"][token[0] : token[1]] for token in record["tokens"]]
    ends = f"seed {seeds[0]}", f"seed {seeds[-1]}"
    return weight_map(weights, scale=scale, about=f"Weights by seed: {', '.join(seeds)}", ends=ends, words=words)


def _heaviest(record: Record, means: Sequence[float]) -> str:
    """The words with most weight, with the lowest and the highest seed."""
    order = sorted(range(len(means)), key=lambda place: -means[place])[:_MOST_WORDS]
    rows = []
    for place in order:
        start, end = record["tokens"][place][:2]
        column = [row[place] for row in record["weights"]]
        spread = f"{plain(min(column))} to {plain(max(column))}"
        rows.append(
            [name_of(record["text"][start:end]), plain(means[place]), spread, f"{means[place] * len(means):.1f} ×"]
        )
    return table(["Token", "Mean weight", "Lowest to highest seed", "Times uniform"], rows)


def _share_chart(found: Mapping[str, Any], keys: Sequence[str], sides: Mapping[str, Any], metric: str) -> str:
    scale, curves = SCALES[metric], []
    room = math.log10(max(found["shares"]) / min(found["shares"])) or 1.0
    for number, key in enumerate(keys):
        points, aside = [], _APART * room * (number - (len(keys) - 1) / 2)
        for cell in found["sides"][key]:
            figures = cell["metrics"][metric]
            ends = [None if figures[end] is None else scale.factor * figures[end] for end in ("low", "high")]
            words = f"{sides[key]['title']}, {cell['train']:,} training texts: {scale.value(figures['estimate'])}"
            between = scale.between(figures)
            words += f", 95 % interval {between}" if between else ""
            place = math.log10(cell["share"]) + aside
            points.append(Point(place, scale.factor * figures["estimate"], ends[0], ends[1], words))
        curves.append(Curve(sides[key]["title"], sides[key]["colour"], points, place_of(sides, key), upright=True))
    values = [end for curve in curves for point in curve.points for end in point[1:4] if end is not None]
    upright = spanning(scale.title, values)
    sizes = dict(zip(map(math.log10, found["shares"]), found["train"], strict=True))
    edge = room / 10
    across = Axis("training texts, on a logarithmic scale", min(sizes) - edge, max(sizes) + edge, [*sizes])
    return line_chart(
        curves,
        axes=(across, upright),
        words=(lambda tick: f"{sizes[tick]:,}", lambda tick: plain(tick, upright.digits) + scale.unit),
        about=f"{scale.title} by number of training texts",
    )


def _share_differences(found: Mapping[str, Any], sides: Mapping[str, Any]) -> str:
    """Each pair's difference in accuracy at each size."""
    scale, rows = SCALES["accuracy"], []
    for pair in found["pairs"]:
        if pair["first"] not in sides or pair["second"] not in sides:
            continue
        cells = []
        for figures in pair["differences"]:
            figures = figures.get("accuracy", figures) if figures else None
            between = scale.between(figures, signed=True) if figures else ""
            cells.append(f"{scale.difference(figures['estimate'])} ({between})" if between else NOTHING)
        rows.append([f"{sides[pair['second']]['title']} against {sides[pair['first']]['title']}", *cells])
    header = ["Points of accuracy", *(f"{rows_:,} training texts" for rows_ in found["train"])]
    return table(header, rows)
