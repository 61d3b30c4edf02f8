"""The cards of a comparison's report on texts: where two sides differ, and how attention grew while training."""

from collections.abc import Mapping, Sequence
from typing import Any

from model.explain.export_words import markup, name_of
from model.reports.compare_charts import weight_map
from model.reports.compare_tokens import coloured, recoloured, shades
from model.reports.compare_words import (
    CELLS,
    Document,
    key_of,
    panel,
    place_of,
    section,
    sides_by_key,
    switch,
)

Sides = Mapping[str, Mapping[str, Any]]

_MOST_DRAWN = 16_000  # tokens of all these texts, on both sides: a page stays below a megabyte
_MOST_GROWN = 8  # texts whose growth is shown
_CELLS = {
    "fixed": "wrong in most seeds of the first, right in most of the second",
    "broken": "right in most seeds of the first, wrong in most of the second",
    "both wrong": "wrong in most seeds of both",
    "both right": "right in most seeds of both",
}
_KINDS = {"weight": "coloured by attention weights", "signed": "coloured by leave-one-out for {}"}


def texts_card(document: Document) -> str:
    """A sample of the texts from each cell with both models' colours, which the script filters and sorts."""
    found, sides = document.get("texts"), sides_by_key(document)
    if not found or not found["rows"]:
        return ""
    first, second = (sides[key] for key in found["pair"])
    rows = _within(found["rows"])
    by_cell = sorted(rows, key=lambda row: CELLS.index(row["cell"]))
    articles = "".join(_example(row, first, second) for row in by_cell)
    counts = next(
        (pair["cells"] for pair in document["pairs"] if [pair["first"], pair["second"]] == found["pair"]), {}
    )
    of_cells = " · ".join(f"{name} {counts[name]:,}" for name in CELLS if name in counts)
    return section(
        "Where they differ",
        f"{second['title']} against {first['title']}: a sample of each cell, drawn once, with the mean colours of "
        f"the seeds. All test texts: {of_cells}. Amber: attention weight. Blue speaks for the class that was said, "
        "red and dotted against it (leave-one-out).",
        _filters(rows),
        f'<div id="examples">\n{articles}</div>\n',
        '<p class="soft" id="no-examples" hidden>No text of the sample fits.</p>\n',
        '<button type="button" id="more-examples" hidden>Show more</button>\n',
        id="texts",
    )


def growth_card(document: Document) -> str:
    """Weights, entropy and prediction after each epoch and before the first, for chosen texts."""
    sides = sides_by_key(document)
    grown = _one_run_a_side(document.get("growth") or [], sides)
    texts = grown[0]["texts"][:_MOST_GROWN] if grown else []
    if not texts:
        return ""
    epochs = sorted({epoch["epoch"] for one in grown for epoch in one["epochs"]})
    titles = {str(place): _opening(text["text"]) for place, text in enumerate(texts)}
    panels = "".join(
        panel("growth", str(place), _grown_text(grown, place, sides), title=titles[str(place)])
        for place in range(len(texts))
    )
    scrubber = (
        '<div class="scrubber needs-script" hidden><label for="epoch">Epoch</label>'
        f'<input type="range" id="epoch" min="0" max="{len(epochs) - 1}" step="1" value="{len(epochs) - 1}"'
        f' data-epochs="{" ".join(map(str, epochs))}"><output for="epoch"></output></div>\n'
    )
    return section(
        "How attention grew",
        "Validation texts that were watched while training, one seed of each side. A row of the map is an epoch, the "
        "first before any training; a column is a token, darker for more weight. Entropy is given as a share of the "
        "most it could be: 1 is uniform.",
        switch("growth", "Text", titles, place="growth", as_list=True),
        scrubber,
        panels,
        id="growth",
    )


# ---------------------------------------------------------------------------------------------------------------


def _within(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """As many texts as a page has room for, from each cell in turn."""
    by_cell = {cell: [row for row in rows if row["cell"] == cell] for cell in CELLS}
    kept: list[Mapping[str, Any]] = []
    room = _MOST_DRAWN
    for turn in range(len(rows)):
        for of_cell in by_cell.values():
            if turn < len(of_cell):
                room -= 2 * len(of_cell[turn]["tokens"])
                if room < 0 and kept:
                    return kept
                kept.append(of_cell[turn])
    return kept


def _filters(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = [cell for cell in CELLS if any(row["cell"] == cell for row in rows)]
    labels = sorted({name_of(row["label"]) for row in rows})
    return (
        '<div class="filters needs-script" hidden>\n'
        f"{_choice('cell', 'Cell', {'': 'all', **{cell: cell for cell in cells}})}"
        f"{_choice('label', 'Label', {'': 'all', **{label: label for label in labels}})}"
        '<div class="choice"><label for="filter-words">Words</label>'
        '<input type="search" id="filter-words" autocomplete="off"></div>\n'
        f"{_choice('sort', 'Sort by', {'cell': 'cell', 'change': 'change', 'length': 'length', 'order': 'order'})}"
        f'<output id="found" aria-live="polite">{len(rows)} texts</output></div>\n'
    )


def _choice(name: str, title: str, options: Mapping[str, str]) -> str:
    inside = "".join(f'<option value="{markup(value)}">{markup(text)}</option>' for value, text in options.items())
    return (
        f'<div class="choice"><label for="filter-{name}">{title}</label>'
        f'<select id="filter-{name}">{inside}</select></div>\n'
    )


def _example(row: Mapping[str, Any], first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    label = name_of(row["label"])
    change = row["second"]["probability"] - row["first"]["probability"]
    about = (
        f' data-cell="{markup(row["cell"])}" data-label="{markup(label)}" data-change="{change:.4f}"'
        f' data-length="{len(row["tokens"])}" data-order="{row["index"]}"'
    )
    columns = "".join(
        _reading(row, which, side, label) for which, side in (("first", first), ("second", second))
    )  # fmt: skip
    kind = row["cell"].replace(" ", "-")
    moved = f"{100 * change:+.0f} points of probability for the label".replace("-", "−")
    return (
        f'<article class="example"{about}>\n'
        f'<div class="head"><h3>Text {row["index"] + 1:,}: label {markup(label)}</h3>'
        f'<p class="soft"><span class="cell {kind}">{row["cell"]}</span> {_CELLS[row["cell"]]} · {moved}</p>'
        f'</div>\n<div class="columns two">{columns}</div></article>\n'
    )


def _reading(row: Mapping[str, Any], which: str, side: Mapping[str, Any], label: str) -> str:
    said, kind, values = row[which], row[f"{which}_kind"], row[f"{which}_values"]
    seeds = len(side["seeds"])
    right = f"right in {round(seeds * said['right'])} of {seeds} seeds" if seeds > 1 else "one seed"
    words = f"said {name_of(said['prediction'])} · probability of {label} {said['probability']:.2f} · {right}"
    colours = _KINDS[kind].format(name_of(row.get(f"{which}_target", "")))
    return (
        f'<div class="reading"><p class="soft">{key_of(side)} {markup(words)} · {markup(colours)}</p>\n'
        f"{coloured(row['text'], row['tokens'], values, signed=kind != 'weight')}</div>\n"
    )


def _one_run_a_side(growth: Sequence[Mapping[str, Any]], sides: Sides) -> list[Mapping[str, Any]]:
    """Of each side the first run, of those that were watched on the same texts; those with weights first."""
    chosen: dict[str, Mapping[str, Any]] = {}
    for one in growth:
        if one["side"] in sides and one["epochs"]:
            chosen.setdefault(one["side"], one)
    found = sorted(chosen.values(), key=lambda one: not sides[one["side"]]["attends"])
    same = [text["text"] for text in found[0]["texts"]] if found else []
    return [one for one in found if [text["text"] for text in one["texts"]] == same]


def _grown_text(grown: Sequence[Mapping[str, Any]], place: int, sides: Sides) -> str:
    """The sides that learned weights one under the other; those without, or with frozen ones, side by side."""
    learned = "".join(_grown(one, place, sides) for one in grown if sides[one["side"]]["attends"])
    others = "".join(_grown(one, place, sides) for one in grown if not sides[one["side"]]["attends"])
    return learned + (f'<div class="columns three">{others}</div>\n' if others else "")


def _grown(one: Mapping[str, Any], place: int, sides: Sides) -> str:
    side, text = sides[one["side"]], one["texts"][place]
    outputs = [(epoch["epoch"], epoch["outputs"][place]) for epoch in one["epochs"]]
    outputs = [(epoch, output) for epoch, output in outputs if output is not None]
    weights = [output["weights"] for _, output in outputs if output["weights"]] if side["attends"] else []
    scale = max((weight for row in weights for weight in row), default=0.0)
    seed = f", seed {one['seed']}"
    title = side["title"] + seed
    parts = [f"<h3>{key_of(side, more=seed)}</h3>\n"]
    if weights:
        parts.append(recoloured(text["text"], text["tokens"], weights[-1], scale=scale))
    steps = "".join(_step(epoch, output, one["classes"], scale) for epoch, output in outputs)
    parts.append(f'<ol class="steps">\n{steps}</ol>\n')
    if weights:
        about = f"{title}: weights by epoch, from before training to the end"
        words = [text["text"][token[0] : token[1]] for token in text["tokens"]]
        ends = "before", f"epoch {outputs[-1][0]}"
        parts.append(weight_map(weights, scale=scale, about=about, ends=ends, words=words))
        parts.append(f'<p class="soft">darkest: {scale:.3f} of the weight</p>\n')
    return f'<div class="grown"{place_of(sides, one["side"])}>{"".join(parts)}</div>\n'


def _step(epoch: int, output: Mapping[str, Any], classes: Sequence[Any], scale: float) -> str:
    when = "before training" if epoch == 0 else f"epoch {epoch}"
    probabilities = output["probabilities"]
    best = max(range(len(probabilities)), key=probabilities.__getitem__)
    words = f"{when}: {name_of(classes[best])} {probabilities[best]:.2f}"
    if output.get("entropy") is not None:
        words += f" · entropy {output['entropy']:.2f}"
    values = f' data-w="{shades(output["weights"], scale)}"' if output["weights"] and scale else ""
    return f'<li data-epoch="{epoch}"{values}>{markup(words)}</li>\n'


def _opening(text: str) -> str:
    return name_of(text) or "an empty text"
