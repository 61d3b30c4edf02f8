"""Explanations for other programs: a table for a spreadsheet, a snippet for a LaTeX paper, and strict JSON."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from model.explain.export_document import Document, coloured_by, read_document
from model.explain.export_row import Row
from model.explain.export_words import (
    AGAINST,
    CUT_HERE,
    FOR,
    MOST_DRAWN,
    SOFT,
    STRENGTH,
    WEIGHT,
    mixed,
    plain,
    shortened,
    visible,
)

# What a spreadsheet may take for the start of a formula, full-width forms included.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")

_SPECIAL = {
    **{character: f"\\{character}" for character in "{}$&#_%"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"{\char34}"},
    # Alone, so that no two of them join: -- is not a dash, nor ?` an upside-down question mark.
    **{character: f"{{{character}}}" for character in "-'`,?!"},
    # Left in the source, these would turn its lines around for whoever reads it.
    **{chr(code): f"{{\\char{code}}}" for code in chain(range(0x202A, 0x202F), range(0x2066, 0x206A))},
}
_ESCAPES = str.maketrans(_SPECIAL)
_UNSPACED = re.compile("[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]")
_OTHER_SCRIPT = re.compile("[^\x00-\u024f\u2010-\u2027]")


def to_csv(documents: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    """A row a token: position, token, start, end, known, attention, and one column for each method.

    Of several documents, each an `Explanation.to_dict()`, the first column says which. Starts with a byte order mark,
    so that written as UTF-8 a spreadsheet reads it right. A token that a spreadsheet would take for a formula has an
    apostrophe before it. Raises DataError for a malformed document.
    """
    several = not isinstance(documents, Mapping)
    read = [read_document(document) for document in (documents if several else [documents])]
    rows = dict.fromkeys(["attention", *chain.from_iterable(document.rows for document in read)])
    header = ["position", "token", "start", "end", "known", *map(spreadsheet_cell, rows)]
    lines = []
    for number, document in enumerate(read):
        columns = [document.rows[name].values if name in document.rows else None for name in rows]
        for place, (token, span) in enumerate(zip(document.tokens, document.spans, strict=True)):
            values = ["" if column is None else _value(column[place]) for column in columns]
            known = "false" if place in document.unknown else "true"
            lines.append(([number] if several else []) + [place, spreadsheet_cell(token), *span, known, *values])
    return csv_table((["text"] if several else []) + header, lines)


def csv_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A header and rows as CSV behind a byte order mark; names are to have gone through `spreadsheet_cell`."""
    output = io.StringIO()
    output.write("\ufeff")
    writer = csv.writer(output)
    writer.writerow(header)
    writer.writerows(rows)
    return output.getvalue()


def to_json(documents: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    """Strict JSON of one `Explanation.to_dict()` or a list; what is no finite number is null, for JSON has none.

    Lone surrogates stay as escapes, so that it can be written as UTF-8.
    """
    text = json.dumps(_finite(documents), ensure_ascii=False, allow_nan=False, indent=1)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def to_latex(document: Mapping[str, Any], *, row: str = "attention") -> str:
    r"""One `Explanation.to_dict()` as LaTeX: a \colorbox for each token, and in comments what the preamble needs.

    Tokens are coloured by `row`; those against the target are underlined too. Raises DataError for a malformed
    document, SettingsError for a row that it does not have.
    """
    read = read_document(document)
    chosen = read.row(row)
    notes = "\n".join(f"% {note}" for note in _preamble(read))
    body = "".join(_latex_text(read, chosen))
    caption = escape_latex(f"{read.prediction} {read.certainty:.2f}; {coloured_by(read, chosen)}".rstrip("; "))
    if chosen and chosen.flaw:
        caption += f" ({chosen.flaw})"
    elif chosen and chosen.scale:
        low, high = chosen.legend()
        uniform = "" if chosen.uniform is None else f", uniform {plain(chosen.uniform)}"
        caption += f": {low} to {high}{uniform}".replace("×", r"$\times$").replace("−", "$-$")
        caption += (
            f"; blue for {escape_latex(read.target)}, red and underlined against it"
            if chosen.kind == "signed"
            else ""
        )
    if read.direction == "rtl":
        body = f"\\begin{{RTL}}\n{body}%\n\\end{{RTL}}"
    return (
        f"{notes}\n{{\\setlength{{\\fboxsep}}{{1.5pt}}\\setlength{{\\parindent}}{{0pt}}\\raggedright\n{body}\\par\n"
        f"\\smallskip{{\\footnotesize {caption}}}\\par}}\n"
    )


def escape_latex(text: str) -> str:
    """A text of which TeX takes every character as typed; white space is one space."""
    return re.sub(r"\s+", " ", visible(text)).translate(_ESCAPES)


def _preamble(document: Document) -> Iterator[str]:
    yield r"Needs in the preamble: \usepackage{xcolor}"
    text = "".join([*document.tokens, *document.gaps, document.tail, document.cut[:MOST_DRAWN]])
    if _OTHER_SCRIPT.search(text):
        yield r"This text is not in Latin letters alone: compile with xelatex, with \usepackage{fontspec}"
        yield r"and a font that has its characters, such as \setmainfont{Noto Serif}"
    if _UNSPACED.search(text):
        yield r"Chinese, Japanese and Korean: \usepackage{xeCJK} \setCJKmainfont{Noto Serif CJK SC}"
    if document.direction == "rtl":
        yield r"Right to left: \usepackage{bidi}, after all other packages"


def _latex_text(document: Document, row: Row | None) -> Iterator[str]:
    for place, (gap, token) in enumerate(zip(document.gaps, document.tokens, strict=True)):
        if place or gap.strip():
            yield _latex_gap(gap, document.tokens[place - 1] if place else "", token)
        inside = escape_latex(shortened(token))
        if row and row.kind == "signed" and row.values[place] < 0 and row.shade(place) >= 0.1:
            inside = f"\\underline{{{inside}}}"
        colour = _colour(row, place)
        yield f"\\colorbox[HTML]{{{colour[1:].upper()}}}{{\\strut {inside}}}" if colour else inside
    if document.tail.strip():
        yield _latex_gap(document.tail)
    if document.cut:
        left = len(document.cut) - MOST_DRAWN
        more = f" [and {left:,} more characters]" if left > 0 else ""
        cut = escape_latex(f"[{CUT_HERE}] {document.cut[:MOST_DRAWN]}{more}")
        yield f" \\textcolor[HTML]{{{SOFT[1:].upper()}}}{{{cut}}}"


def _latex_gap(gap: str, before: str = "", after: str = "") -> str:
    """What stands between two tokens: lines of the text stay lines, and scripts without spaces may break anywhere."""
    if not gap:
        wide = _UNSPACED.match(before[-1:]) or _UNSPACED.match(after)
        return "%\n" + ("\\allowbreak{}" if wide else "")
    lines = [escape_latex(line) for line in shortened(gap).split("\n")]
    ends = "" if lines[-1].endswith(" ") else "%"
    return "\\par\n".join(lines) + (f"{ends}\n" if lines[-1] else "")


def _colour(row: Row | None, place: int) -> str | None:
    """A token's ground; None for one too weak to have any."""
    shade = row.shade(place) if row else 0.0
    if row is None or shade < 0.02:
        return None
    colour = WEIGHT if row.kind != "signed" else AGAINST if row.values[place] < 0 else FOR
    return mixed(colour, STRENGTH * shade)


def spreadsheet_cell(text: str) -> str:
    """A text that no spreadsheet runs; a sign that stands alone is no formula and stays."""
    text = visible(shortened(text))
    return f"'{text}" if len(text) > 1 and _FORMULA.match(text) else text


def _value(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
