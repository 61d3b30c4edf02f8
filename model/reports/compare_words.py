"""How the report of a comparison writes its names, numbers, colours and switches."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from model.explain.export_words import markup, name_of, plain

Document = Mapping[str, Any]
Figures = Mapping[str, Any]

NOTHING = "–"
NONE_COLOUR, LEARNED_COLOUR, UNIFORM_COLOUR = 3, 5, 3  # colours of each kind of side, in compare.css
BASELINES = {"majority": "Most frequent class", "tfidf_logistic_regression": "TF-IDF + logistic regression"}
_LINE = '<svg viewBox="0 0 22 8" aria-hidden="true"><path d="M0 4H22"/></svg>'
_CLAIMED = re.compile(r"\b([\d.]+ points)(?= of accuracy here| more accurate| less accurate)")
CELLS = ("fixed", "broken", "both wrong", "both right")


class Scale(NamedTuple):
    """How a metric is shown: times `factor`, with so many digits, and the unit of a value and of a difference."""

    title: str
    factor: float
    digits: int
    unit: str
    of_difference: str
    better: str

    def value(self, number: float | None) -> str:
        """A value: 84.9 %, 0.355."""
        return NOTHING if number is None else plain(self.factor * number, self.digits) + self.unit

    def difference(self, number: float | None) -> str:
        """A difference with its sign: +2.9, −0.013."""
        if number is None:
            return NOTHING
        text = f"{self.factor * number:+.{self.digits}f}"
        return (text if float(text) else f"{0:.{self.digits}f}").replace("-", "−")

    def between(self, figures: Figures, *, signed: bool = False) -> str:
        """The interval in words: 83.5 to 86.3; nothing where there is none."""
        low, high = figures["low"], figures["high"]
        if low is None or high is None:
            return ""
        if signed:
            return f"{self.difference(low)} to {self.difference(high)}"
        return f"{plain(self.factor * low, self.digits)} to {plain(self.factor * high, self.digits)}"


SCALES = {
    "accuracy": Scale("Accuracy", 100, 1, "\u00a0%", "points", "higher is better"),
    "macro_f1": Scale("Macro F1", 100, 1, "\u00a0%", "points", "higher is better"),
    "loss": Scale("Loss", 1, 3, "", "nats", "lower is better"),
    "expected_calibration_error": Scale("Calibration error", 100, 1, "\u00a0%", "points", "lower is better"),
}


SWITCHED = {"accuracy": "Accuracy", "macro_f1": "F1", "loss": "Loss", "expected_calibration_error": "Calibration"}


def sides_by_key(document: Document) -> dict[str, Mapping[str, Any]]:
    """The sides, each with "colour" (a class of the style sheet) and "title" (one safe line) added."""
    counts = {"n": 0, "u": 0, "a": 0}
    most = {"n": NONE_COLOUR, "u": UNIFORM_COLOUR, "a": LEARNED_COLOUR}
    sides = {}
    for side in document["sides"]:
        kind = "a" if side["attends"] else "u" if side["control"] else "n"
        colour = f"{kind}{counts[kind] % most[kind]}"
        counts[kind] += 1
        sides[side["key"]] = {**side, "colour": colour, "title": name_of(side["name"])}
    return sides


def place_of(sides: Mapping[str, Any], key: str) -> str:
    """What marks everything of a side in the page, for its switch in the legends."""
    return f' data-side="{list(sides).index(key)}"'


def tip(text: str) -> str:
    """An attribute with what a mark says when it is pointed at."""
    return f' data-tip="{markup(text)}"'


def legend(sides: Mapping[str, Mapping[str, Any]], keys: Sequence[str]) -> str:
    """Colours and names of sides; with the script each is a button that takes its side out of the charts."""
    items = "".join(
        f'<button type="button" class="key {sides[key]["colour"]}" aria-pressed="true" disabled'
        f' data-toggle="{list(sides).index(key)}">{_LINE}{markup(sides[key]["title"])}</button>'
        for key in dict.fromkeys(keys)
    )
    return f'<div class="legend sides" role="group" aria-label="Sides shown">{items}</div>\n'


def key_of(side: Mapping[str, Any], *, more: str = "") -> str:
    """The colour and the name of a side inside a text."""
    return f'<span class="key {side["colour"]}">{_LINE}{markup(side["title"] + more)}</span>'


def prose(text: str) -> str:
    """A sentence of the document, escaped: its first claimed number is bold, and no unit leaves its number."""
    words = markup(text).replace(" %", "\u00a0%")
    return _CLAIMED.sub(r"<b>\1</b>", words, count=1)


def switch(group: str, title: str, options: Mapping[str, str], *, place: str, as_list: bool = False) -> str:
    """A choice of one panel of a group: radio buttons, or a list where titles are long; only with the script.

    `place` tells switches of one group apart, of which all stand the same.
    """
    if len(options) < 2:
        return ""
    if as_list:
        inside = "".join(
            f'<option value="{markup(value)}">{markup(name)}</option>' for value, name in options.items()
        )
        return (
            f'<div class="choice needs-script" hidden><label for="{group}-{place}">{markup(title)}</label>'
            f'<select id="{group}-{place}" data-switch="{group}">{inside}</select></div>\n'
        )
    inside = "".join(
        f'<label><input type="radio" name="{group}-{place}" value="{markup(value)}" data-switch="{group}"'
        f"{' checked' if number == 0 else ''}><span>{markup(name)}</span></label>"
        for number, (value, name) in enumerate(options.items())
    )
    return (
        f'<fieldset class="radios needs-script" hidden><legend class="away">{markup(title)}</legend>'
        f"{inside}</fieldset>\n"
    )


def panel(group: str, value: str, inside: str, *, title: str = "") -> str:
    """What a switch shows; without the script all panels stand under one another, each under its title."""
    heading = f'<h3 class="panel-title">{markup(title)}</h3>\n' if title else ""
    return f'<div class="panel" data-panel="{group}" data-value="{markup(value)}">{heading}{inside}</div>\n'


def section(title: str, note: str, *parts: str, id: str, aside: str = "", level: int = 2) -> str:
    """A card with a heading, what stands beside it, a line on what it shows; nothing without parts."""
    inside = "".join(parts)
    if not inside:
        return ""
    beside = f'<div class="aside">{aside}</div>' if aside else ""
    line = f'<p class="soft note">{markup(note)}</p>\n' if note else ""
    return (
        f'<section class="card" id="{id}" aria-labelledby="{id}-title">\n<div class="head">'
        f'<h{level} id="{id}-title">{markup(title)}</h{level}>{beside}</div>\n{line}{inside}</section>\n'
    )


def notes(lines: Sequence[str]) -> str:
    """What to know beside a claim, one line each."""
    items = "".join(f"<li>{prose(line)}</li>" for line in lines)
    return f'<ul class="notes">{items}</ul>\n' if items else ""


def number(value: float | None, *, digits: int = 0) -> str:
    """A count or a quantity, in groups of three digits."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:,.{digits}f}".replace("-", "−")


def seconds(value: float | None) -> str:
    """A training's time: 24 s, 3 min 5 s."""
    if value is None:
        return NOTHING
    if value < 60:
        return f"{value:.1f}\u00a0s" if value < 10 else f"{value:.0f}\u00a0s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}\u00a0min {rest}\u00a0s"


def p_value(value: float) -> str:
    """A p value as papers write it."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def share_from(side: Mapping[str, Any]) -> str:
    """How far a side's parameters are from the reference's: "(−1.3 %)"; nothing for the reference."""
    share = side.get("parameters_from_reference")
    if share is None or abs(share) < 0.0005:
        return ""
    return f"({share * 100:+.1f}\u00a0%)".replace("-", "−")
