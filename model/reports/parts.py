"""What reports share: cards and tables of a page, tables for LaTeX and for a spreadsheet, and how they refuse."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from model.errors import DataError
from model.explain.export_tables import escape_latex, spreadsheet_cell
from model.explain.export_words import markup, name_of

_BROKEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)  # what a malformed document raises


@contextmanager
def refusing(what: str, way_out: str) -> Iterator[None]:
    """Turn the error met in a document that is not what a report needs into a DataError of one line."""
    try:
        yield
    except _BROKEN as error:
        reason = name_of(f"{type(error).__name__}: {error}")
        raise DataError(f"this is no {what} ({reason}); {way_out}") from error


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", attributes: Sequence[str] | None = None
) -> str:
    """A table of plain strings, escaped here, under its title; on a phone each cell has its column's name.

    What stands behind a line break in a cell is small, on a line of its own. `attributes`, one a row, are markup.
    """
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{markup(cell)}</th>' for cell in header)
    body = "".join(
        f"<tr{of_row}>"
        + "".join(
            f'<td data-name="{markup(name)}">{_cell(cell)}</td>' for name, cell in zip(header, row, strict=True)
        )
        + "</tr>\n"
        for row, of_row in zip(rows, attributes or [""] * len(rows), strict=True)
    )
    above = f"<h3>{markup(title)}</h3>\n" if title else ""
    return f"{above}<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>\n"


def _cell(text: str) -> str:
    value, _, under = text.partition("\n")
    return f"<span>{markup(value)} <small>{markup(under)}</small></span>" if under else markup(value)


def card(title: str, note: str, *parts: str) -> str:
    """A card with a heading and a line about what is in it; nothing without parts. Parts are markup already."""
    inside = "".join(parts)
    if not inside:
        return ""
    return (
        f'<section class="card">\n<h2>{markup(title)}</h2>\n<p class="soft">{markup(note)}</p>\n{inside}</section>\n'
    )


def latex_table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One table; headers are LaTeX already, cells are not."""
    if not rows:
        return ""
    lines = [" & ".join(map(latex_cell, row)) + r" \\" for row in rows]
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{escape_latex(caption)}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"\toprule",
            " & ".join(header) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def latex_tables(tables: Iterable[str]) -> str:
    """Tables under one another, the empty ones left out, and what they need of a document."""
    return "% Needs in the preamble: \\usepackage{booktabs}\n" + "\n".join(table for table in tables if table)


def latex_cell(text: str) -> str:
    """A cell of plain text, with the signs that TeX writes its own way."""
    return escape_latex(text).replace("−", "$-$").replace("×", r"$\times$").replace("–", "--")


def csv_name(text: Any) -> str:
    """A name on one line that no spreadsheet takes for a formula."""
    return spreadsheet_cell(name_of(text))


def csv_number(value: Any) -> str:
    """A number with all its digits; nothing for what is no finite number."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return repr(value) if isinstance(value, int | float) else csv_name(value)
