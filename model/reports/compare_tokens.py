"""Texts in a comparison's report: as typed, with a colour under each token."""

from collections.abc import Sequence
from typing import Any

from model.explain.export_words import direction, markup, shortened

MOST_TOKENS = 160  # of one text; the rest is counted
_STRONG = 0.25  # of the strongest: what speaks against the target is dotted too, for whom hues are alike
_FAINT = 0.03  # of the strongest: no colour that anybody sees

Tokens = Sequence[Sequence[Any]]


def coloured(text: str, tokens: Tokens, values: Sequence[float | None] | None, *, signed: bool) -> str:
    """The text with its tokens coloured by values (T,): weights, or with `signed` what speaks for and against.

    The strongest colour is for the largest of the values; None has none. Tokens are [start, end, …] in the text.
    """
    known = [value or 0.0 for value in values or ()]
    most = max(map(abs, known), default=0.0)
    inside = []
    for place, gap, token in _pieces(text, tokens):
        shade = abs(known[place]) / most if most > 0 else 0.0
        strong = " d" if shade >= _STRONG else ""
        against = f' class="n{strong}"' if signed and shade and known[place] < 0 else ""
        word = markup(shortened(token))
        inside.append(markup(shortened(gap)))
        inside.append(word if shade < _FAINT else f'<i{against} style="--a:{min(1.0, shade):.2f}">{word}</i>')
    kind = "bare" if most <= 0 else "signed" if signed else "weight"
    return _whole(text, tokens, "".join(inside), f'class="text {kind}" data-most="{most:.4g}"')


def recoloured(
    text: str, tokens: Tokens, values: Sequence[float], *, scale: float, marked: Sequence[int] = ()
) -> str:
    """The same where every token is an element, so that the script can colour it again; some are underlined."""
    inside = []
    for place, gap, token in _pieces(text, tokens):
        shade = min(1.0, abs(values[place]) / scale) if scale > 0 else 0.0
        line = ' class="flips"' if place in marked else ""
        inside.append(f'{markup(shortened(gap))}<i{line} style="--a:{shade:.2f}">{markup(shortened(token))}</i>')
    return _whole(text, tokens, "".join(inside), f'class="text weight" data-most="{scale:.4g}"')


def shades(values: Sequence[float], scale: float) -> str:
    """Values (T,) as hundredths of the scale, for the script: what `recoloured` shows at another epoch or seed."""
    return " ".join(
        f"{100 * min(1.0, abs(value) / scale):.0f}" if scale > 0 else "0" for value in values[:MOST_TOKENS]
    )


def _pieces(text: str, tokens: Tokens) -> list[tuple[int, str, str]]:
    """Place, what stands before it, and the token, of those that are shown."""
    pieces, end = [], 0
    for place, (start, stop) in enumerate((token[0], token[1]) for token in tokens[:MOST_TOKENS]):
        pieces.append((place, text[end:start], text[start:stop]))
        end = stop
    return pieces


def _whole(text: str, tokens: Tokens, inside: str, attributes: str) -> str:
    if not tokens:
        return f'<div {attributes} dir="{direction(text)}">{markup(shortened(text)) or "an empty text"}</div>\n'
    left = len(tokens) - MOST_TOKENS
    end = tokens[min(len(tokens), MOST_TOKENS) - 1][1]
    rest = f'<span class="mark">and {left:,} more tokens</span>' if left > 0 else markup(shortened(text[end:]))
    return f'<div {attributes} dir="{direction(text)}">{inside}{rest}</div>\n'
