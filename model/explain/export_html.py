"""Explanations as one HTML page that stands alone: no script, no network, light and dark, on paper too."""

import base64
import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from model.explain.export_document import Document, coloured_by, read_document
from model.explain.export_evidence import evidence_card, rows_card
from model.explain.export_row import Row
from model.explain.export_words import CUT_HERE, MOST_DRAWN, markup, name_of, plain, shortened, signed

STYLE = Path(__file__).with_name("export.css").read_text("utf-8")
# Nothing but the style sheet in the page itself: even if a text got out of its quotes, nothing would run or load.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_THICKEST = 3  # pixels of the line under the strongest token: a second sign, for print and for whom hues are alike
_MOST_LABELS = 6


def to_html(
    documents: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, row: str = "attention", about: str = ""
) -> str:
    """One page with every explanation, each an `Explanation.to_dict()` or what its JSON gave back.

    Tokens are coloured by `row`: "attention" (the first method where a network has none) or a method. `about` stands
    under the title. The page can be written as UTF-8. Raises DataError for a malformed document, SettingsError for a
    row that none of them has.
    """
    several = not isinstance(documents, Mapping)
    read = [read_document(document) for document in (documents if several else [documents])]
    otherwise = "attention" if any(row in document.rows for document in read) else row
    title = f"{len(read)} predictions, explained" if several and len(read) != 1 else "One prediction, explained"
    lead = f'<p class="soft lead">{markup(name_of(about))}</p>' if about else '<p class="lead"></p>'
    articles = "".join(
        _article(
            document,
            document.row(row if row in document.rows else otherwise),
            number=place if several else None,
            id=f"e{place}",
        )
        for place, document in enumerate(read, start=1)
    )
    return page(title, f"{lead}\n{articles}", style=STYLE)


def page(title: str, body: str, *, style: str, script: str = "") -> str:
    """A whole HTML page around a body that is markup already; its title is escaped here.

    A `script` of our own is let run by the hash of its letters: no other would, wherever it came from.
    """
    title, policy = markup(title), _POLICY
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
        policy, script = f"{policy}; script-src 'sha256-{digest}'", f"<script>{script}</script>\n"
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy, quote=False)}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n{script}</body>\n</html>\n"
    )


def _article(document: Document, row: Row | None, *, number: int | None, id: str) -> str:
    return (
        f'<article id="{id}">\n{_reading_card(document, row, number)}'
        f"{rows_card(document, id=id)}{evidence_card(document, row)}</article>\n"
    )


def _reading_card(document: Document, row: Row | None, number: int | None) -> str:
    others = [f"{label} {share:.2f}" for label, share in document.others]
    more = f" and {len(others) - _MOST_LABELS} more" if len(others) > _MOST_LABELS else ""
    logits = f"{signed(document.logit)}; with every word blank {signed(document.baseline_logit)}"
    figures = [", ".join(others[:_MOST_LABELS]) + more, f"logit of {document.target} {logits}"]
    heading = f"{document.prediction} {document.certainty:.2f}"
    return (
        '<section class="card">\n'
        f'<div class="head"><h2>{markup(heading if number is None else f"{number} · {heading}")}</h2>'
        f'<p class="soft">{markup(coloured_by(document, row))}</p></div>\n'
        f'<div class="share"><i style="width:{100 * document.certainty:.1f}%"></i></div>\n'
        f'<p class="soft">{markup(" · ".join(filter(None, figures)))}</p>\n'
        f'<div class="{_classes(row)}">\n'
        f'<div class="text" dir="{document.direction}">{"".join(_text(document, row))}</div>\n'
        f'<div class="legend">{_legend(document, row)}</div>\n</div>\n</section>\n'
    )


def _classes(row: Row | None) -> str:
    if row is None:
        return "bare"
    return "flawed" if row.flaw else "signed" if row.kind == "signed" else "weight"


def _text(document: Document, row: Row | None) -> Iterator[str]:
    """The text as typed, each token in an element of its own."""
    starts = {sentence.start: sentence for sentence in document.sentences}
    inside = False
    for place, (gap, token) in enumerate(zip(document.gaps, document.tokens, strict=True)):
        yield markup(shortened(gap))
        if place in starts:
            weight = starts[place].weight
            yield "</span>" if inside else ""
            yield f'<span class="sentence" data-weight="{weight:.2f}" style="--s:{weight:.3f}">'
            inside = True
        yield _token(document, row, place, token)
    yield ("</span>" if inside else "") + markup(shortened(document.tail))
    if document.cut:
        yield f'<span class="mark">{CUT_HERE}</span><span class="cut">{markup(document.cut[:MOST_DRAWN])}</span>'
        if len(document.cut) > MOST_DRAWN:
            yield f'<span class="mark">and {len(document.cut) - MOST_DRAWN:,} more characters</span>'


def _token(document: Document, row: Row | None, place: int, token: str) -> str:
    shade = row.shade(place) if row else 0.0
    classes = ["t"]
    if row and row.kind == "signed" and row.values[place] < 0:
        classes.append("n")
    if place in document.unknown:
        classes.append("unknown")
    line = round(_THICKEST * shade)
    style = f"--a:{shade:.3f}" + (f";--u:{line}px" if line else "") if shade >= 0.0005 else ""
    return (
        f'<span class="{" ".join(classes)}"{f" style={chr(34)}{style}{chr(34)}" if style else ""}'
        f' title="{markup(_tip(document, row, place)).replace(chr(10), "&#10;")}">{markup(shortened(token))}</span>'
    )


def _tip(document: Document, row: Row | None, place: int) -> str:
    """The numbers of a token: first those of the row that colours it, then the other rows'."""
    lines = [row.describe(place, document.target)] if row else []
    for other in document.rows.values():
        if other is not row and not other.flaw:
            value = other.values[place]
            lines.append(f"{other.title} {signed(value) if other.kind == 'signed' else plain(value)}")
    if place in document.sentence_of:
        lines.append(f"in a sentence with weight {plain(document.sentence_of[place].weight)}")
    if place in document.unknown:
        lines.append("unknown word: the model reads a stand-in")
    return "\n".join(lines)


def _legend(document: Document, row: Row | None) -> str:
    parts = []
    if row and row.flaw:
        parts.append(f'<span class="hatch">{markup(row.title)}: {row.flaw}</span>')
    elif row and row.scale:
        low, high = row.legend()
        tick = ""
        if row.uniform is not None and row.uniform < row.scale:
            tick = f'<span class="tick" style="left:{100 * row.uniform / row.scale:.1f}%"></span>'
        parts.append(f'<span class="scale">{low}<span class="ramp">{tick}</span>{high}</span>')
        if row.uniform is not None:
            parts.append(f"<span>│ uniform {plain(row.uniform)}</span>")
        if row.kind == "signed":
            target = markup(document.target)
            parts.append(f"<span>blue for {target}, red and dotted against it</span>")
        if row.check:
            parts.append(f"<span>{row.check}</span>")
    if document.sentences:
        key = '<span class="key-sentence"></span>'
        parts.append(f'<span class="scale">{key}in the margin: the sentence’s weight</span>')
    if document.unknown:
        parts.append('<span class="key-unknown">unknown word</span>')
    if not document.tokens:
        parts.append("<span>no words here: this is the prediction for an empty text</span>")
    return "".join(parts)
