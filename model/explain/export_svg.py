"""One explained text as an SVG for a paper: vector, its text selectable, on white, readable without colour too."""

import hashlib
from collections.abc import Mapping
from typing import Any

from model.explain.export_document import Document, Sentence, coloured_by, read_document
from model.explain.export_layout import Word, set_lines, width, words_of
from model.explain.export_row import Row
from model.explain.export_words import (
    AGAINST,
    CUT_HERE,
    FOR,
    INK,
    LINE,
    MOST_DRAWN,
    SOFT,
    STRENGTH,
    WEIGHT,
    WEIGHT_LINE,
    markup,
    mixed,
    plain,
    shortened,
    visible,
)

_WIDTH, _MARGIN, _SENTENCES = 720, 24, 48
_TOP, _LEADING, _SIZE, _SMALL = 70.0, 30, 16, 12
_FONT = "'Source Sans 3', Helvetica, Arial, 'Noto Sans', 'DejaVu Sans', sans-serif"
_RAMP_STEPS, _RAMP_WIDTH = 24, 120
_HATCH = (
    '<defs><pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="2" height="6" fill="{LINE}"/></pattern></defs>\n'
)
_THICKEST = 3  # of the line under the strongest token


def to_svg(document: Mapping[str, Any], *, row: str = "attention") -> str:
    """One `Explanation.to_dict()` as an SVG picture, 720 units wide, its tokens coloured by `row`.

    The line under a token is the thicker the stronger it is, dashed where it speaks against the target. Nothing in
    the picture runs or loads; joined, its elements of class "typed" give back the text (cut parts say so). Raises
    DataError for a malformed document, SettingsError for a row that it does not have.
    """
    read = read_document(document)
    chosen = read.row(row)
    words, bottom = _lines(read)
    hatch = "hatch-" + hashlib.blake2s(visible(document["text"]).encode(), digest_size=6).hexdigest()
    grounds = "".join(_ground(read, chosen, word, hatch) for word in words if word.token is not None)
    letters = "".join(_letters(word, read.direction) for word in words)
    legend, height = _legend(read, chosen, bottom + _LEADING, hatch)
    title = f"{read.prediction} {read.certainty:.2f} · {coloured_by(read, chosen)}".rstrip(" ·")
    pattern = _HATCH.format(hatch) if chosen and chosen.flaw else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:g}" '
        f'viewBox="0 0 {_WIDTH} {height:g}" role="img" font-family="{_FONT}" font-size="{_SIZE}" '
        'style="max-width:100%;height:auto">\n'
        f"<title>{markup(title)}</title>\n{pattern}"
        f'<rect width="{_WIDTH}" height="{height:g}" fill="#ffffff"/>\n'
        f'<g font-size="{_SMALL}" fill="{SOFT}">{_note(title, _MARGIN, 34)}</g>\n'
        f'<g class="grounds">{grounds}</g>\n<g>{_margin(read, words)}</g>\n'
        f'<g fill="{INK}">{letters}</g>\n'
        f'<g font-size="{_SMALL}" fill="{SOFT}">{legend}</g>\n</svg>\n'
    )


def _lines(document: Document) -> tuple[list[Word], float]:
    """All words with their places, sentence by sentence where there are sentences, and the last base line."""
    rtl, indent = document.direction == "rtl", _SENTENCES if document.sentences else 0
    left, right = _MARGIN + (0 if rtl else indent), _WIDTH - _MARGIN - (indent if rtl else 0)
    starts = {sentence.start for sentence in document.sentences}
    blocks: list[list[Word]] = [[]]
    for word in _words(document):
        if word.token in starts:
            starts.discard(word.token)
            blocks += [[]] if blocks[-1] else []
        blocks[-1].append(word)
    words, y = [], _TOP - _LEADING
    for block in blocks:
        placed, y = set_lines(
            block, left=left, right=right, top=y + _LEADING, leading=_LEADING, direction=document.direction
        )
        words += placed
    return words, y


def _words(document: Document) -> list[Word]:
    """The words of the text as typed, each with the number of its token; what cannot be seen is a picture."""
    words: list[Word] = []

    def add(text: str, **options: Any) -> None:
        first, *others = words_of(visible(text), **options) or [None]
        if first and not first.text and words and not words[-1].space:
            words[-1].space = first.space  # the space behind a word is the word's
        elif first:
            words.append(first)
        words.extend(others)

    for place, (gap, token) in enumerate(zip(document.gaps, document.tokens, strict=True)):
        add(shortened(gap))
        add(shortened(token), token=place)
    add(shortened(document.tail))
    if document.cut:
        words.extend(words_of(f"[{CUT_HERE}] ", kind="mark", size=_SMALL))
        add(document.cut[:MOST_DRAWN], kind="cut")
        if len(document.cut) > MOST_DRAWN:
            more = f" [and {len(document.cut) - MOST_DRAWN:,} more characters]"
            words.extend(words_of(more, kind="mark", size=_SMALL))
    return words


def _ground(document: Document, row: Row | None, word: Word, hatch: str) -> str:
    """What stands behind a token: its colour, its line, the dashes of an unknown word."""
    box = f'x="{word.x - 1:.1f}" y="{word.y - 17:.1f}" width="{word.width + 2:.1f}" height="22" rx="3"'
    shapes = []
    if row and row.flaw:
        shapes.append(f'<rect {box} fill="url(#{hatch})"/>')
    shade = row.shade(word.token) if row else 0.0
    if shade >= 0.0005:
        against = row.kind == "signed" and row.values[word.token] < 0
        colour, line = (WEIGHT, WEIGHT_LINE) if row.kind != "signed" else (AGAINST,) * 2 if against else (FOR,) * 2
        shapes.append(f'<rect {box} fill="{mixed(colour, STRENGTH * shade)}"/>')
        if thickness := round(2 * _THICKEST * shade) / 2:
            dashes = ' stroke-dasharray="2 2"' if against else ""
            shapes.append(
                f'<path d="M{word.x:.1f} {word.y + 6:.1f}h{word.width:.1f}" stroke="{line}"'
                f' stroke-width="{thickness:g}"{dashes}/>'
            )
    if word.token in document.unknown:
        shapes.append(f'<rect {box} fill="none" stroke="{SOFT}" stroke-width=".8" stroke-dasharray="3 2"/>')
    return "".join(shapes)


def _letters(word: Word, direction: str) -> str:
    """A word where it stands, stretched to the width that its ground has, and the space behind it."""
    kind = "mark" if word.kind == "mark" else "typed"
    style = "" if word.kind == "word" else f' fill="{SOFT}"'
    style += f' font-size="{_SMALL}"' if kind == "mark" else ""
    turned = ' direction="rtl"' if word.way == "rtl" else ""
    x = word.x + (word.width if word.way == "rtl" else 0)
    start = f'<text class="{kind}" x="{x:.1f}" y="{word.y:.1f}" xml:space="preserve"{turned}{style}'
    stretched = ' textLength="{:.1f}" lengthAdjust="spacingAndGlyphs"'
    if word.text and word.space == " " and word.way == direction:
        return f"{start}{stretched.format(word.width + word.gap)}>{markup(word.text)} </text>"
    length = stretched.format(word.width) if word.width else ""
    letters = f"{start}{length}>{markup(word.text)}</text>" if word.text else ""
    return letters + (f"{start}>{markup(word.space)}</text>" if word.space else "")


def _margin(document: Document, words: list[Word]) -> str:
    """The weight of each sentence beside its lines."""
    rtl, shapes = document.direction == "rtl", []
    strongest = max((sentence.weight for sentence in document.sentences), default=0.0) or 1.0
    lines: dict[Sentence, list[float]] = {}
    for word in words:
        if word.token in document.sentence_of:
            lines.setdefault(document.sentence_of[word.token], []).append(word.y)
    for sentence, inside in lines.items():
        x = _WIDTH - _MARGIN - 5 if rtl else _MARGIN
        colour = mixed(WEIGHT, 0.15 + 0.85 * sentence.weight / strongest)
        top, height = min(inside) - 16, max(inside) - min(inside) + 21
        shapes.append(
            f'<rect x="{x}" y="{top:.1f}" width="5" height="{height:.1f}" rx="2.5" fill="{colour}"/>'
            f'<text x="{x - 6 if rtl else x + 11}" y="{min(inside):.1f}" font-size="{_SMALL}"'
            f' text-anchor="{"end" if rtl else "start"}" fill="{SOFT}">{sentence.weight:.2f}</text>'
        )
    return "".join(shapes)


def _legend(document: Document, row: Row | None, y: float, hatch: str) -> tuple[str, float]:
    """The legend with its numbers, a line for each key, and the height of the picture."""
    lines = []
    if row and row.flaw:
        box = f'<rect x="{_MARGIN}" y="{y - 11:g}" width="24" height="14" rx="3" fill="url(#{hatch})"/>'
        lines.append(box + _note(f"{row.title}: {row.flaw}", _MARGIN + 32, y))
    elif row and row.scale:
        lines.append(_ramp(row, y))
    if row and row.scale and row.kind == "signed":
        lines.append(_note(f"blue for {document.target}, red and dashed against it", _MARGIN, y + 20 * len(lines)))
    if row and row.check:
        lines.append(_note(row.check, _MARGIN, y + 20 * len(lines)))
    if document.sentences:
        lines.append(_note("in the margin: the sentence’s weight", _MARGIN, y + 20 * len(lines)))
    if document.unknown:
        at = y + 20 * len(lines)
        box = (
            f'<rect x="{_MARGIN}" y="{at - 11:g}" width="24" height="14" rx="3" fill="none" stroke="{SOFT}"'
            ' stroke-width=".8" stroke-dasharray="3 2"/>'
        )
        lines.append(box + _note("unknown word", _MARGIN + 32, at))
    return "".join(lines), y + 20 * len(lines)


def _ramp(row: Row, y: float) -> str:
    low, high = row.legend()
    start = _MARGIN + _SMALL * width(low) + 8
    step, shapes = _RAMP_WIDTH / _RAMP_STEPS, [_note(low, _MARGIN, y)]
    for place in range(_RAMP_STEPS):
        share = (place + 0.5) / _RAMP_STEPS
        colour, strength = WEIGHT, share
        if row.kind == "signed":
            colour, strength = (AGAINST, 1 - 2 * share) if share < 0.5 else (FOR, 2 * share - 1)
        shade = mixed(colour, STRENGTH * strength)
        shapes.append(
            f'<rect x="{start + place * step:.1f}" y="{y - 9:g}" width="{step + 0.2:.1f}" height="9" fill="{shade}"/>'
        )
    if row.uniform is not None and row.uniform < row.scale:
        at = start + _RAMP_WIDTH * row.uniform / row.scale
        shapes.append(f'<rect x="{at - 0.75:.1f}" y="{y - 12:g}" width="1.5" height="15" fill="{SOFT}"/>')
    notes = [high]
    if row.uniform is not None:
        notes.append(f"│ uniform {plain(row.uniform)}")
    return "".join(shapes) + _note("    ".join(notes), start + _RAMP_WIDTH + 8, y)


def _note(text: str, x: float, y: float) -> str:
    """A small line, squeezed where it would leave the picture."""
    room = _WIDTH - _MARGIN - x
    squeezed = f' textLength="{room:.1f}" lengthAdjust="spacingAndGlyphs"' if _SMALL * width(text) > room else ""
    return f'<text x="{x:.1f}" y="{y:g}" xml:space="preserve"{squeezed}>{markup(text)}</text>'
