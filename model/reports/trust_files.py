"""The tables of a trust study for other programs: one long table for a spreadsheet, and LaTeX for a paper."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from model.explain.export_tables import csv_table, spreadsheet_cell
from model.explain.export_words import name_of
from model.reports.parts import csv_name, csv_number, latex_table, latex_tables, refusing
from model.reports.trust_words import MEASURES, both, count_of, pair_title, title_of, value_of

_COLUMNS = ("table", "of", "figure", "estimate", "low", "high", "n", "undefined")
_ESTIMATES = ("mean", "median", "share")
REFUSED = ("study of trust", "pass what the command trust gave with --json")

Document = Mapping[str, Any]


def to_csv(document: Document) -> str:
    """A row a figure: table, what it is of, which estimate, its value, both ends of its interval, n, undefined.

    The verdicts come first, with their outcome as the figure. Starts with a byte order mark, so that written as UTF-8
    a spreadsheet reads it right; names that a spreadsheet would take for a formula have an apostrophe before them.
    Raises DataError for a malformed document.
    """
    with refusing(*REFUSED):
        return csv_table(_COLUMNS, _csv_rows(document))


def to_latex(document: Document) -> str:
    r"""The verdicts, the agreement, the faithfulness and the plausibility as LaTeX tables, for \usepackage{booktabs}.

    Raises DataError for a malformed document.
    """
    with refusing(*REFUSED):
        return latex_tables(_latex_tables(document))


def _csv_rows(document: Document) -> Iterator[list[str]]:
    for verdict in document["verdicts"]:
        figures = verdict["figures"]
        numbers = [figures.get(key) for key in ("estimate", "low", "high", "n", "undefined")]
        names = ("verdict", verdict["test"], verdict["outcome"])
        yield [*map(csv_name, names), *map(csv_number, numbers)]
    for table, content in document["summary"].items():
        for path, kind, figure in _figures(content, ()):
            numbers = [figure[kind], *(figure.get(key) for key in ("low", "high", "n", "undefined"))]
            place = spreadsheet_cell(" / ".join(map(name_of, path)))
            yield [csv_name(table), place, kind, *map(csv_number, numbers)]


def _figures(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, Mapping[str, Any]]]:
    """Every estimate in the tables, however deep, with the way to it."""
    if isinstance(value, Mapping):
        kind = next((key for key in _ESTIMATES if key in value and not isinstance(value[key], Mapping)), None)
        if kind is not None and "n" in value:
            span = (f"{value['from']} to {value['to']}",) if "from" in value else ()
            yield (*path, *span), kind, value
        for key, item in value.items():
            yield from _figures(item, (*path, str(key)))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for place, item in enumerate(value):
            if isinstance(item, Mapping):
                yield from _figures(item, path if "from" in item else (*path, str(place)))


def _latex_tables(document: Document) -> Iterator[str]:
    summary = document["summary"]
    yield latex_table(
        "Tests",
        ["Question", "Outcome", "Estimate", "95\\,\\% interval", "$n$"],
        [
            [verdict["question"], verdict["outcome"], *_estimate(verdict["figures"])]
            for verdict in document["verdicts"]
        ],
    )
    yield latex_table(
        "Kendall's tau-b between rows",
        ["Rows", "Mean", "Beyond chance", "Top tenth shared", "$n$"],
        [
            [pair_title(pair), both(cell["tau"]), value_of(cell["significant"]), value_of(cell["overlap"]),
             count_of(cell["tau"])]
            for pair, cell in (summary["agreement"] or {}).items()
        ],
    )  # fmt: skip
    found = summary["faithfulness"]
    for measure in ("comprehensiveness", "sufficiency") if found else ():
        random = found["random"][measure]
        rows = [
            [title_of(name), both(cells[measure]["mean"]), both(cells[measure]["over_random"], sign=True),
             both(cells[measure]["over_best"], sign=True), count_of(cells[measure]["mean"])]
            for name, cells in found["methods"].items()
        ]  # fmt: skip
        rows.append(["Random", both(random["mean"]), "", "", count_of(random["mean"])])
        header = ["Row", "Mean", "Better than random by", "Than the best by", "$n$"]
        yield latex_table(measure.capitalize(), header, rows)
    for source, table in (summary["plausibility"] or {}).items():
        rows = [
            [title_of(name), *(value_of(cells[measure]["mean"]) for measure in MEASURES)]
            for name, cells in table["rows"].items()
        ]
        yield latex_table(f"Plausibility: {name_of(source)}", ["Row", *MEASURES.values()], rows)


def _estimate(figures: Mapping[str, Any]) -> list[str]:
    estimate = figures.get("estimate", figures.get("far"))
    ends = [figures.get("low"), figures.get("high")]
    texts = f"{figures['n']:,}"
    if estimate is None:
        return ["", "", texts]
    interval = "" if None in ends else f"[{ends[0]:.3f}, {ends[1]:.3f}]".replace("-", "−")
    return [f"{estimate:.3f}".replace("-", "−"), interval, texts]
