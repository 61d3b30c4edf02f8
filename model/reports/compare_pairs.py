"""The cards of a comparison's report on its pairs: the difference, where it comes from, and how sure it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from model.explain.export_words import markup, name_of, plain
from model.reports.charts import Axis, spanning
from model.reports.compare_charts import Strip, strip_chart
from model.reports.compare_words import (
    CELLS,
    NOTHING,
    SCALES,
    SWITCHED,
    Document,
    Scale,
    notes,
    number,
    p_value,
    panel,
    prose,
    section,
    sides_by_key,
    switch,
)
from model.reports.parts import table

Sides = Mapping[str, Mapping[str, Any]]
Pair = Mapping[str, Any]

_KINDS = {
    "attention": "attention against none",
    "control": "learned against uniform weights",
    "averaging": "uniform weights against no attention",
}
_SLICES = {
    "length": ("By length", "tokens in the text"),
    "class": ("By class", "label of the text"),
    "unknown": ("By unknown words", "share of the tokens that the models never met"),
    "distance": ("By distance of the cue words", "tokens between the first and the last cue word"),
}
_HEADS = ("", "dot: one seed’s difference · line and band: mean, 95\u00a0% interval", "difference")
_MOST_CLASSES = 20  # of a matrix that anybody reads


def differences_card(document: Document) -> str:
    """Every pair's difference with its interval, for each metric, on one chart with a line at zero."""
    sides, pairs = sides_by_key(document), document["pairs"]
    if not pairs:
        return ""
    panels = "".join(
        panel("metric", metric, _forest(pairs, sides, metric), title=scale.title) for metric, scale in SCALES.items()
    )
    return section(
        "The differences",
        "Second side minus first, on the same test texts. A band that reaches over the line at zero leaves open "
        "which side is better." + _several(pairs),
        panels,
        id="differences",
        aside=switch("metric", "Metric", SWITCHED, place="pairs"),
    )


def pairs_card(document: Document) -> str:
    """One pair at a time: its sentence, its figures, its slices, its confusion, its tests seed by seed."""
    sides, pairs = sides_by_key(document), document["pairs"]
    titles = {str(place): pair_title(pair, sides) for place, pair in enumerate(pairs)}
    panels = "".join(
        panel("pair", str(place), _pair(document, pair, sides), title=titles[str(place)])
        for place, pair in enumerate(pairs)
    )
    return section(
        "One pair at a time",
        "",
        switch("pair", "Pair", titles, place="pairs", as_list=True),
        panels,
        id="pairs",
    )


def pair_title(pair: Pair, sides: Sides) -> str:
    """Which side against which."""
    return f"{sides[pair['second']]['title']} against {sides[pair['first']]['title']}"


# ---------------------------------------------------------------------------------------------------------------


def _forest(pairs: Sequence[Pair], sides: Sides, metric: str) -> str:
    scale, rows = SCALES[metric], []
    for pair in pairs:
        found, first, second = pair["differences"][metric], sides[pair["first"]], sides[pair["second"]]
        seeds = found["seeds"] or []
        dots = [
            (scale.factor * value, f"seed {seed}: {scale.difference(value)} {scale.of_difference}")
            for seed, value in zip(second["seeds"], seeds, strict=False)
        ]
        kind = _KINDS.get(pair["kind"])
        note = f"against {first['title']}" + (f" · {kind}" if kind else "")
        rows.append(_difference_strip(second["title"], note, second["colour"], found, scale, dots))
    return _difference_chart(rows, scale)


def _difference_strip(
    title: str, note: str, colour: str, found: Mapping[str, Any], scale: Scale, dots: Sequence[tuple[float, str]] = ()
) -> Strip:
    estimate = None if found["estimate"] is None else scale.factor * found["estimate"]
    known = None not in (found["low"], found["high"])
    ends = (scale.factor * found["low"], scale.factor * found["high"]) if known else None
    figures = scale.difference(found["estimate"]), scale.between(found, signed=True)
    return Strip(title, note, colour, estimate, ends, dots, figures)


def _axis(rows: Sequence[Strip]) -> Axis:
    """An axis for all these differences, with zero on it."""
    values = [0.0]
    for row in rows:
        values += [value for value in (row.estimate, *(row.interval or ())) if value is not None]
        values += [value for value, _ in row.dots]
    return spanning("difference", values)


def _difference_chart(rows: Sequence[Strip], scale: Scale, axis: Axis | None = None) -> str:
    axis = axis or _axis(rows)

    def word(tick: float) -> str:
        return "0" if abs(tick) < 1e-9 else f"{tick:+.{axis.digits}f}".replace("-", "−")

    chart = strip_chart(rows, axis=axis, word=word, line=0.0, heads=_HEADS if any(row.dots for row in rows) else ())
    return chart + f'<p class="soft across">{scale.of_difference} of {scale.title.lower()}; {scale.better}</p>\n'


def _several(pairs: Sequence[Pair]) -> str:
    if len(pairs) < 2:
        return ""
    return f" These are {len(pairs)} comparisons, each at 95 %; none is corrected for the others."


def _pair(document: Document, pair: Pair, sides: Sides) -> str:
    first, second = sides[pair["first"]], sides[pair["second"]]
    parts = [f'<p class="claim">{prose(pair["sentence"])}</p>\n', notes(pair["notes"])]
    parts.append(_figures(pair, first, second))
    axis = _axis([_slice_strip(row, second) for rows in pair["slices"].values() for row in rows])
    charts = [_slices(kind, rows, second, axis) for kind, rows in pair["slices"].items() if rows]
    if charts:
        parts.append(f'<div class="columns">{"".join(charts)}</div>\n')
    parts.append(_confusions(document, pair, first, second))
    parts.append(_by_seed(pair, first, second))
    return "".join(parts)


def _figures(pair: Pair, first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    rows = []
    for metric, scale in SCALES.items():
        found = pair["differences"][metric]
        part = found["seeds_part"]
        rows.append(
            [
                scale.title,
                scale.value(first["metrics"][metric]["estimate"]),
                scale.value(second["metrics"][metric]["estimate"]),
                f"{scale.difference(found['estimate'])} {scale.of_difference}",
                scale.between(found, signed=True) or NOTHING,
                _bootstrap(found.get("bootstrap"), scale),
                NOTHING if part is None else f"{100 * part:.0f}\u00a0%",
            ]
        )
    header = ["Metric", first["title"], second["title"], "Difference", "95 % interval", "Texts alone (bootstrap)",
              "Variance from seeds"]  # fmt: skip
    return table(header, rows)


def _bootstrap(ends: Sequence[float] | None, scale: Scale) -> str:
    return NOTHING if not ends else scale.between({"low": ends[0], "high": ends[1]}, signed=True)


def _slice_strip(row: Mapping[str, Any], second: Mapping[str, Any]) -> Strip:
    scale = SCALES["accuracy"]
    texts = f"{row['texts']:,} {'text' if row['texts'] == 1 else 'texts'}"
    before, after = (row[side]["estimate"] for side in ("first", "second"))
    note = f"{texts} · {plain(100 * before, 1)} → {scale.value(after)}"
    return _difference_strip(name_of(row["title"]), note, second["colour"], row["difference"], scale)


def _slices(kind: str, rows: Sequence[Mapping[str, Any]], second: Mapping[str, Any], axis: Axis) -> str:
    title, note = _SLICES.get(kind, (name_of(kind).capitalize(), ""))
    strips = [_slice_strip(row, second) for row in rows]
    return (
        f'<div class="slice"><h3>{markup(title)}</h3><p class="soft">{markup(note)}; accuracy first → second</p>\n'
        f"{_difference_chart(strips, SCALES['accuracy'], axis)}</div>\n"
    )


def _confusions(document: Document, pair: Pair, first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    classes = [name_of(label) for label in document["data"]["classes"]]
    if not 1 < len(classes) <= _MOST_CLASSES:
        return ""
    difference = pair["confusion"]
    largest = max((abs(cell) for row in difference for cell in row), default=0) or 1
    own = max((cell for side in (first, second) for row in side["confusion"] for cell in row), default=0) or 1
    matrices = (
        (first["title"], first["confusion"], own, False),
        (second["title"], second["confusion"], own, False),
        ("Difference", difference, largest, True),
    )
    inside = "".join(
        _matrix(title, cells, classes, most=most, signed=signed) for title, cells, most, signed in matrices
    )
    return (
        "<h3>Confusion</h3>\n"
        '<p class="soft">Texts, mean of the seeds: a row for each label, a column for what was said. Difference: '
        f'second minus first, blue more and red fewer.</p>\n<div class="columns three">{inside}</div>\n'
    )


def _matrix(
    title: str, cells: Sequence[Sequence[float]], classes: Sequence[str], *, most: float, signed: bool
) -> str:
    head = "".join(f'<th scope="col"><span class="away">said </span>{markup(name)}</th>' for name in classes)
    rows = "".join(
        f'<tr><th scope="row">{markup(name)}</th>{"".join(_cell(cell, most, signed) for cell in row)}</tr>'
        for name, row in zip(classes, cells, strict=True)
    )
    label = markup(f"Confusion: {title}")
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{label}"><h4>{markup(title)}</h4>'
        f'<table class="matrix"><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n'
    )


def _cell(value: float, most: float, signed: bool) -> str:
    kind = "less" if value < 0 else "more"
    digits = 0 if abs(value - round(value)) < 0.05 else 1
    words = f"{value:+,.{digits}f}".replace("-", "−") if signed else f"{value:,.{digits}f}"
    words = "0" if words in ("+0", "−0") else words
    return f'<td class="{kind}" style="--a:{min(1.0, abs(value) / most):.2f}">{words}</td>'


def _by_seed(pair: Pair, first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """The four cells, and McNemar's test of each seed's two models."""
    cells = " · ".join(f"{name} {number(pair['cells'][name])}" for name in CELLS)
    parts = [f'<h3>Text by text</h3>\n<p class="soft">By what most seeds say: {markup(cells)}.</p>\n']
    accuracy = SCALES["accuracy"]
    differences = pair["differences"]["accuracy"]["seeds"] or [None] * len(pair["mcnemar"])
    rows = [
        [f"seed {test['seed']}", number(test["fixed"]), number(test["broken"]),
         f"{accuracy.difference(change)} points" if change is not None else NOTHING, p_value(test["p_value"])]
        for test, change in zip(pair["mcnemar"], differences, strict=True)
    ]  # fmt: skip
    if rows:
        parts.append(table(["Seed", "Fixed", "Broken", "Difference", "McNemar’s exact p"], rows))
        parts.append(
            '<p class="soft">McNemar’s test compares the two trained models of one seed, not the two architectures: '
            "fixed are texts that only the second model got right, broken those that only the first did.</p>\n"
        )
    return "".join(parts)
