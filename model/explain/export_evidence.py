"""The cards under an exported text: its tokens under every method, and how much speaks for each of them."""

import re
from collections.abc import Sequence

from model.explain.export_document import Band, Document, Evidence
from model.explain.export_row import Row
from model.explain.export_words import markup, plain, signed
from model.explain.rows import in_sentence

_MOST_WORDS = 120  # tokens that stand over their columns; of more, no word could be read
_NARROWEST = 11  # pixels of a column that still has room for its word
_SMALLEST = 0.004  # share of the largest value below which no bar can be seen
_CARD = '<section class="card">\n<div class="head"><h3>{}</h3><p class="soft">{}</p></div>\n{}</section>\n'
_NOTE = (
    '<p class="soft">Drop: how far the probability of {} falls without the top words, mean over the top 1, 5, 10, 20'
    " and 50 %. High is good when they are removed, low when only they are kept.</p>\n"
)
_UNSPACED = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def rows_card(document: Document, *, id: str) -> str:
    """The same tokens as one column each under every method, with each method's self-check."""
    if not document.tokens or not document.rows:
        return ""
    lines = [_row(document, row) for row in [*document.rows.values(), *document.heads]]
    words = ""
    if len(document.tokens) <= _MOST_WORDS:
        words = _words(document, id)
    sheet = f'<div class="rows" style="--n:{len(document.tokens)}">\n{words}{"".join(lines)}</div>'
    sheet = f'<div class="scroll">{sheet}</div>\n'
    return _CARD.format(
        "The same words under every method", "one column a word", f'<div class="scroll">{sheet}</div>\n'
    )


def evidence_card(document: Document, row: Row | None) -> str:
    """Agreement with the attention, and faithfulness beside random rankings of the same tokens."""
    if not document.tokens or not document.evidence:
        return ""
    attends = "attention" in document.rows
    header = _header(document, attends)
    body = [_cells(header, _evidence(document, name, attends)) for name in document.rows]
    if document.random:
        body.append(_cells(header, _random(document, attends)))
    table = (
        f"<table><thead><tr>{''.join(f'<th>{cell}</th>' for cell in header)}</tr></thead>"
        f"<tbody>\n{''.join(body)}</tbody></table>\n"
    )
    sentence = _verdict(document, row)
    note = _NOTE.format(markup(document.target)) if document.random else ""
    return _CARD.format("Do they agree?" if attends else "Do they matter?", "", f"<p>{sentence}</p>\n{table}{note}")


def _row(document: Document, row: Row) -> str:
    if row.flaw:
        field = f'<div class="none hatch">{row.flaw}</div>'
    else:
        field = _bars(row, mirrored=document.direction == "rtl")
    figures = row.figures
    if row.uniform is not None and not row.flaw:
        figures = f"max {plain(row.scale)} = {row.scale / row.uniform:.1f} × uniform"
    return (
        f'<div class="row"><div class="name">{markup(row.title)}</div>{field}'
        f'<div class="figures">{markup(figures)}</div></div>\n'
    )


def _bars(row: Row, *, mirrored: bool) -> str:
    """Bars of one colour are one path, so that thousands of tokens stay light."""
    columns = len(row.values)
    paths = {"slots": [], "w": [], "f": [], "g": []}
    for place, value in enumerate(row.values):
        left = f"{(columns - 1 - place if mirrored else place) + 0.07:g}"
        paths["slots"].append(f"M{left} 0h.86v2h-.86z")
        size = row.shade(place)
        if size < _SMALLEST:
            continue
        if row.kind != "signed":
            paths["w"].append(f"M{left} {2 - 2 * size:.3g}h.86V2h-.86z")
        elif value < 0:
            paths["g"].append(f"M{left} 1h.86v{size:.3g}h-.86z")
        else:
            paths["f"].append(f"M{left} {1 - size:.3g}h.86V1h-.86z")
    if row.uniform is not None and row.uniform < row.scale:
        height = 2 - 2 * row.uniform / row.scale
        paths["u"] = [f"M0 {height:.3g}h{columns}v.04h-{columns}z"]
    shapes = "".join(f'<path class="{name}" d="{"".join(path)}"/>' for name, path in paths.items() if path)
    return f'<svg class="bars" viewBox="0 0 {columns} 2" preserveAspectRatio="none" aria-hidden="true">{shapes}</svg>'


def _words(document: Document, id: str) -> str:
    """The tokens over their columns; the browser shows them where the columns are wide enough."""
    least = f"{len(document.tokens) * _NARROWEST}px"
    # Beside the columns stand 10.5rem of names and 7.5rem of figures, on a phone neither.
    style = (
        f"@container (max-width: calc({least} + 18rem)) {{ #{id} .labels {{ display: none; }} }}\n"
        f"@media (max-width: 640px) {{ @container (min-width: {least}) {{ #{id} .labels {{ display: grid; }} }} }}"
    )
    unspaced = any(_UNSPACED.search(token) for token in document.tokens)
    words = "".join(f"<span>{markup(token[:40])}</span>" for token in document.tokens)
    return (
        f'<style>{style}</style>\n<div class="row labels" aria-hidden="true"><div class="name"></div>'
        f'<div class="words{" han" if unspaced else ""}" dir="{document.direction}">{words}</div></div>\n'
    )


def _header(document: Document, attends: bool) -> list[str]:
    agreement = ["τ with attention", "top shared"] if attends else []
    drops = ["drop when removed", "against random", "drop when only they are kept"] if document.random else []
    return ["method", *agreement, *drops]


def _cells(header: Sequence[str], cells: Sequence[str]) -> str:
    # A phone shows each row as a list, where a cell has to bring its column's name.
    named = (f'<td data-name="{name}">{cell}</td>' for name, cell in zip(header, cells, strict=True))
    return f"<tr>{''.join(named)}</tr>\n"


def _evidence(document: Document, name: str, attends: bool) -> list[str]:
    found = document.evidence[name]
    cells = [markup(found.title)]
    if attends:
        shared = "–" if found.top_k_overlap is None else f"{found.top_k_overlap:.0%} of {found.top_k}"
        cells += ["–" if found.kendall_tau is None else signed(found.kendall_tau), shared]
    if document.random:
        cells += [_points(found.comprehensiveness), _chart(document, found), _points(found.sufficiency)]
    return cells


def _random(document: Document, attends: bool) -> list[str]:
    removed, kept = (document.random.get(name) for name in ("comprehensiveness", "sufficiency"))
    return ["<em>random words</em>", *(["–", "–"] if attends else []), _range(removed), "–", _range(kept)]


def _chart(document: Document, found: Evidence) -> str:
    """One row's drop as a mark over the band of random rankings, on a scale shared by all rows."""
    band = document.random.get("comprehensiveness")
    if band is None or found.comprehensiveness is None:
        return "–"
    drops = [entry.comprehensiveness for entry in document.evidence.values()]
    ends = [0.0, band.p5, band.p95, *(drop for drop in drops if drop is not None)]
    low, width = min(ends), max(ends) - min(ends) or 1.0

    def place(value: float) -> float:
        return 2 + 96 * (value - low) / width

    left, right, here = place(band.p5), place(band.p95), place(found.comprehensiveness)
    return (
        f'<svg class="band" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="'
        f'{_points(found.comprehensiveness)}; random words {_range(band)}">'
        '<rect class="track" y="2" width="100" height="6"/>'
        f'<rect class="random" x="{left:.1f}" y="2" width="{max(0.5, right - left):.1f}" height="6"/>'
        f'<rect class="here" x="{here - 1:.1f}" width="2" height="10"/></svg>'
    )


def _verdict(document: Document, row: Row | None) -> str:
    """What the drop of the row that colours the text means, from the numbers."""
    band, found = document.random.get("comprehensiveness"), document.evidence.get(row.name) if row else None
    if band is None or found is None or found.comprehensiveness is None:
        return "Whether these words matter to the model was not computed."
    drop = found.comprehensiveness
    if drop > band.p95:
        verdict = "more than nearly all random choices of words: they matter to the model"
    elif drop < band.p5:
        verdict = "less than nearly all random choices of words: others matter more"
    else:
        verdict = "no more than random words may: weak evidence"
    return (
        f"Without the words that {markup(in_sentence(row.title))} ranks first, {markup(document.target)} loses"
        f" {_points(drop)} of its probability; random words {_range(band)}. That is {verdict}."
    )


def _points(value: float | None) -> str:
    return "–" if value is None else plain(value, 2)


def _range(band: Band | None) -> str:
    return "–" if band is None else f"{plain(band.p5, 2)} to {plain(band.p95, 2)}"
