"""The figures of a comparison for other programs: one long table for a spreadsheet, and LaTeX for a paper."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from model.explain.export_tables import csv_table
from model.explain.export_words import name_of
from model.reports.compare_words import (
    BASELINES,
    NOTHING,
    SCALES,
    Document,
    number,
    p_value,
    seconds,
    share_from,
    sides_by_key,
)
from model.reports.parts import csv_name, csv_number, latex_table, latex_tables, refusing

REFUSED = ("comparison", "pass what the command compare gave with --json")

_COLUMNS = ("table", "of", "against", "figure", "estimate", "low", "high", "n")
_COSTS = ("seconds", "documents_per_second", "epochs", "best_epoch", "milliseconds_per_prediction")
_PARAMETERS = ("hidden_size", "parameters", "parameters_without_embeddings", "parameters_from_reference")

Row = tuple[Any, ...]


def to_csv(document: Document) -> str:
    """A row a figure: table, of which side, against which, what, its value, both ends of its interval, and n.

    Of a pair, figures are the side's minus those of the one it stands against; n counts seeds, or texts in slices.
    Starts with a byte order mark, so that written as UTF-8 a spreadsheet reads it right; names that a spreadsheet
    would take for a formula have an apostrophe before them. Raises DataError for a malformed document.
    """
    with refusing(*REFUSED):
        return csv_table(_COLUMNS, _csv_rows(document))


def to_latex(document: Document) -> str:
    r"""Sides, pairs, cost, stability and sizes of training data as LaTeX tables, for \usepackage{booktabs}.

    Raises DataError for a malformed document.
    """
    with refusing(*REFUSED):
        return latex_tables(_latex_tables(document))


def _csv_rows(document: Document) -> Iterator[list[str]]:
    for rows in (_sides(document), _pairs(document), _stability(document), _shares(document), _audit(document)):
        for row in rows:
            row = (*row, *[None] * (len(_COLUMNS) - len(row)))
            yield [*map(csv_name, row[:4]), *map(csv_number, row[4:])]


def _sides(document: Document) -> Iterator[Row]:
    for side in document["sides"]:
        name, seeds = side["name"], len(side["seeds"])
        for metric in SCALES:
            figures = side["metrics"][metric]
            yield "side", name, "", metric, figures["estimate"], figures["low"], figures["high"], seeds
            yield "side", name, "", f"{metric}, sd over seeds", figures["sd"], None, None, seeds
            for seed, value in zip(side["seeds"], figures["seeds"], strict=True):
                yield "seed", name, "", f"{metric}, seed {seed}", value, None, None, 1
        for figure in _PARAMETERS:
            yield "cost", name, "", figure, side[figure]
        for figure in _COSTS:
            yield "cost", name, "", figure, side["cost"].get(figure), None, None, seeds
        for row in side["curves"]:
            for metric in ("accuracy", "loss"):
                figure = f"{metric}, epoch {row['epoch']}"
                yield "curve", name, "", figure, *(row[metric][part] for part in ("mean", "low", "high", "n"))
    for name, title in BASELINES.items():
        found = document["baselines"].get(name)
        for metric in ("accuracy", "macro_f1", "loss") if found else ():
            ends = (found["low"], found["high"]) if metric == "accuracy" else (None, None)
            yield "baseline", title, "", metric, found[metric], *ends


def _pairs(document: Document) -> Iterator[Row]:
    names = {side["key"]: side["name"] for side in document["sides"]}
    seeds = {side["key"]: side["seeds"] for side in document["sides"]}
    for pair in document["pairs"]:
        of, against = names[pair["second"]], names[pair["first"]]
        for metric in SCALES:
            found = pair["differences"][metric]
            yield (
                "difference",
                of,
                against,
                metric,
                found["estimate"],
                found["low"],
                found["high"],
                len(seeds[pair["second"]]),
            )
            boot = found.get("bootstrap")
            if boot:
                yield "difference", of, against, f"{metric}, bootstrap over texts", found["estimate"], *boot
            for seed, value in zip(seeds[pair["second"]], found["seeds"] or (), strict=False):
                yield "difference", of, against, f"{metric}, seed {seed}", value, None, None, 1
        for test in pair["mcnemar"]:
            for figure in ("fixed", "broken", "p_value"):
                yield "mcnemar", of, against, f"{figure}, seed {test['seed']}", test[figure], None, None, 1
        for cell, texts in pair["cells"].items():
            yield "cells", of, against, cell, texts
        for kind, rows in pair["slices"].items():
            for row in rows:
                found = row["difference"]
                figure = f"{kind}: {row['title']}"
                yield "slice", of, against, figure, found["estimate"], found["low"], found["high"], row["texts"]


def _stability(document: Document) -> Iterator[Row]:
    found = document.get("stability")
    for name, cells in (found["rows"] if found else {}).items():
        for figure, cell in cells.items():
            if cell:
                yield (
                    "stability",
                    found["name"],
                    "",
                    f"{name}, {figure}",
                    cell["mean"],
                    cell["low"],
                    cell["high"],
                    cell["n"],
                )


def _shares(document: Document) -> Iterator[Row]:
    found, sides = document.get("shares"), {side["key"]: side["name"] for side in document["sides"]}
    for key, cells in (found["sides"] if found else {}).items():
        for cell in cells:
            for metric, figures in cell["metrics"].items():
                figure = f"{metric}, {cell['train']} training texts"
                yield "share", sides.get(key, key), "", figure, figures["estimate"], figures["low"], figures["high"]


def _audit(document: Document) -> Iterator[Row]:
    """Weights, times uniform, of each group of tokens and of each word, effects, and shortcut candidates."""
    found = document.get("audit")
    if not found:
        return
    name = found["name"]
    for table in ("position", "parts", "frequency"):
        for row in found[table]:
            yield "audit", name, "", f"{table}: {row['title']}", row["times"], row["low"], row["high"], row["texts"]
    for kind, row in found["kinds"].items():
        yield "audit", name, "", f"kind: {kind}", row["times uniform"], row["low"], row["high"], row["texts"]
    for row in found["words"]:
        for what, texts in (("weight", "texts"), ("effect", "effect_texts")):
            ends = row[f"{what}_interval"] or (None, None)
            yield "word", name, row["class"], f"{what}: {row['word']}", row[what], *ends, row[texts]
    for row in found["shortcuts"]:
        for split in ("train", "test"):
            numbers = (row[split][part] for part in ("share", "low", "high", "n"))
            yield "shortcut", name, row["class"], f"{split}: {row['word']}", *numbers


# ---------------------------------------------------------------------------------------------------------------


def _latex_tables(document: Document) -> Iterator[str]:
    sides = sides_by_key(document)
    texts, seeds = number(document["data"]["test"]), len(document["protocol"]["seeds"])
    about = f"{name_of(document['data']['name'])}, {texts} test texts, {seeds} {'seed' if seeds == 1 else 'seeds'}"
    rows = []
    for side in sides.values():
        cells = [_cell(side["metrics"][metric], metric) for metric in SCALES]
        parameters = f"{number(side['parameters_without_embeddings'])} {share_from(side)}"
        rows.append([side["title"], *cells, parameters.strip()])
    for name, title in BASELINES.items():
        found = document["baselines"].get(name)
        if found:
            ends = {"accuracy": found, "macro_f1": {}, "loss": {}}
            cells = [_cell({"estimate": found[metric], "low": own.get("low"), "high": own.get("high")}, metric)
                     for metric, own in ends.items()]  # fmt: skip
            rows.append([title, *cells, NOTHING, NOTHING])
    header = ["Side", *(scale.title for scale in SCALES.values()), "Parameters"]
    yield latex_table(f"{about}: mean and 95 % interval; parameters without embeddings", header, rows)
    yield latex_table(
        "Differences, second side minus first, in points of accuracy; McNemar's exact test seed by seed",
        ["Pair", "Difference", "95\\,\\% interval", "Fixed", "Broken", "$p$"],
        [_pair_cells(pair, sides) for pair in document["pairs"]],
    )
    costs = [
        [side["title"], seconds(side["cost"]["seconds"]), number(side["cost"]["documents_per_second"]),
         _milliseconds(side["cost"].get("milliseconds_per_prediction"))]
        for side in sides.values()
    ]  # fmt: skip
    yield latex_table("Cost, mean of the seeds", ["Side", "Training", "Texts a second", "One prediction"], costs)
    yield from _latex_shares(document, sides)


def _latex_shares(document: Document, sides: Mapping[str, Any]) -> Iterator[str]:
    found = document.get("shares")
    if found:
        rows = [
            [sides[key]["title"], *(_cell(cell["metrics"]["accuracy"], "accuracy") for cell in cells)]
            for key, cells in found["sides"].items()
            if key in sides
        ]
        header = ["Side", *(f"{rows_:,}".replace(",", "{,}") for rows_ in found["train"])]
        yield latex_table("Accuracy by number of training texts", header, rows)


def _cell(figures: Mapping[str, Any], metric: str) -> str:
    scale = SCALES[metric]
    between = scale.between(figures)
    value = scale.value(figures["estimate"]).replace("\u00a0", " ")
    return f"{value} [{between}]" if between else value


def _pair_cells(pair: Mapping[str, Any], sides: Mapping[str, Any]) -> Sequence[str]:
    scale, found = SCALES["accuracy"], pair["differences"]["accuracy"]
    tests = pair["mcnemar"]
    columns = [", ".join(f"{test[name]}" for test in tests) or NOTHING for name in ("fixed", "broken")]
    p_values = ", ".join(p_value(test["p_value"]) for test in tests) or NOTHING
    title = f"{sides[pair['second']]['title']} − {sides[pair['first']]['title']}"
    return [title, scale.difference(found["estimate"]), f"[{scale.between(found, signed=True)}]", *columns, p_values]


def _milliseconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f} ms"
