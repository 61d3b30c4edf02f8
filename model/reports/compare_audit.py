"""The card of a comparison's report on where a model's attention goes in a data set, and what may mislead it."""

from collections.abc import Mapping, Sequence
from typing import Any

from model.explain.export_words import markup, name_of, plain
from model.reports.charts import spanning
from model.reports.compare_charts import Strip, strip_chart
from model.reports.compare_words import NOTHING, SCALES, Document, number, prose, section
from model.reports.parts import table

Row = Mapping[str, Any]

_TITLES = {
    "position": ("By position", "tenths of a text, first to last"),
    "parts": ("First and last", "among texts with several of them"),
    "kinds": ("By kind of token", ""),
    "frequency": ("By frequency", "how often the token stands in the training texts"),
}
_WHY = {"another class": "goes with another class", "missing": "hardly there"}
_MOST_TIMES = 6.0  # times uniform, beyond which an axis would hide the rest: such a row is an arrow


def audit_card(document: Document) -> str:
    """Weight by position, kind and frequency; the words with most weight and most effect; shortcut candidates."""
    found = document.get("audit")
    if not found:
        return ""
    groups = {name: _titled(found, name) for name in _TITLES}
    charts = "".join(_times(rows, *_TITLES[name], texts=found["texts"]) for name, rows in groups.items() if rows)
    return section(
        "Where its attention goes",
        f"{name_of(found['name'])}, seed {found['seed']}: {number(found['texts'])} test texts, "
        f"{number(found['tokens'])} tokens. One is what even weights would give.",
        f'<p class="claim">{prose(found["sentence"])}</p>\n',
        f'<div class="columns">{charts}</div>\n',
        _entropies(found["entropy"]),
        _words(found),
        _shortcuts(found),
        id="audit",
    )


def _titled(found: Row, name: str) -> list[Row]:
    """Rows with {"title", "weight", "times", "low", "high", "texts"}, the kinds of tokens among them."""
    if name != "kinds":
        return [row for row in found.get(name) or () if row["texts"]]
    return [{"title": kind, "times": row["times uniform"], **row} for kind, row in found["kinds"].items()]


def _times(rows: Sequence[Row], title: str, note: str, *, texts: int) -> str:
    strips = []
    for row in rows:
        known = None not in (row["low"], row["high"])
        figure = "" if row["times"] is None else f"{plain(row['times'], 2)} ×"
        between = f"{plain(row['low'], 2)} to {plain(row['high'], 2)}" if known else ""
        some = "" if row["texts"] == texts else f" · {number(row['texts'])} texts"
        weight = NOTHING if row["weight"] is None else f"{100 * row['weight']:.1f}\u00a0% of the weight"
        ends = (row["low"], row["high"]) if known else None
        strips.append(Strip(name_of(row["title"]), weight + some, "a0", row["times"], ends, (), (figure, between)))
    seen = [value for strip in strips for value in (strip.estimate, *(strip.interval or ())) if value is not None]
    axis = spanning("times uniform", [0.0, 1.0, *(min(value, _MOST_TIMES) for value in seen)])
    chart = strip_chart(strips, axis=axis, word=lambda tick: plain(tick, axis.digits), line=1.0)
    aside = f'<p class="soft">{markup(note)}</p>\n' if note else ""
    return (
        f'<div class="slice"><h3>{title}</h3>{aside}{chart}<p class="soft across">weight, times uniform</p></div>\n'
    )


def _entropies(found: Row) -> str:
    """How many texts have which entropy of the weights, as a share of the most."""
    bins = [cell for cell in found["histogram"] if cell["texts"]]
    if not bins:
        return ""
    header = [
        "Entropy of the weights, share of the most",
        *(f"{plain(c['low'], 1)} to {plain(c['high'], 1)}" for c in bins),
    ]
    return table(header, [["Texts", *(number(cell["texts"]) for cell in bins)]])


def _words(found: Row) -> str:
    """One table a class: by weight or by effect, each word has both figures and both ranks."""
    parts = []
    for label in dict.fromkeys(row["class"] for row in found["words"]):
        rows = [
            [
                name_of(row["word"]),
                _ranked(row["weight"], row["weight_interval"], row["weight_rank"], " ×", 1),
                _ranked(row["effect"], row["effect_interval"], row["effect_rank"], "", 2),
                number(row["count"]),
            ]
            for row in found["words"]
            if row["class"] == label
        ]
        header = ["Word", "Weight, times uniform (rank)", "Effect on the logit (rank)", "Times seen"]
        parts.append(f"<div>{table(header, rows, title=f'Predicted {name_of(label)}')}</div>\n")
    if not parts:
        return ""
    note = (
        "Words with most weight and words with most effect, in one table: where the two ranks differ, weight and "
        "effect are not the same. Effect: how far the class’s logit falls without the word, against the mean of all "
        "classes."
    )
    return (
        f'<h3>Weight and effect</h3>\n<p class="soft note">{note}</p>\n<div class="columns">{"".join(parts)}</div>\n'
    )


def _ranked(value: float | None, ends: Sequence[float] | None, rank: int | None, unit: str, digits: int) -> str:
    if value is None:
        return NOTHING
    text = plain(value, digits) + unit + (f" ({rank})" if rank is not None else "")
    known = ends and None not in ends
    return text + (f"\n{plain(ends[0], digits)} to {plain(ends[1], digits)}" if known else "")


def _shortcuts(found: Row) -> str:
    rows = [
        [
            name_of(row["word"]),
            name_of(row["class"]),
            _WHY.get(row["why"], ""),
            _times_or_none(row["weight"]),
            _share(row["train"]),
            _share(row["test"]),
        ]
        for row in found["shortcuts"]
    ]
    if not rows:
        return "<h3>Shortcut candidates</h3>\n" + (
            '<p class="soft">None: no word gets weight and goes with a class in training, but not in the test texts.'
            "</p>\n"
        )
    header = [
        "Word",
        "Class in training",
        "In the test",
        "Weight, times uniform",
        "Training texts of that class",
        "Test texts",
    ]
    note = "Words that get weight and go with a class in training, but not in the test texts."
    return f'<h3>Shortcut candidates</h3>\n<p class="soft">{note}</p>\n{table(header, rows)}'


def _times_or_none(value: float | None) -> str:
    return NOTHING if value is None else f"{plain(value, 1)} ×"


def _share(figures: Row) -> str:
    """A share with its interval and its count."""
    scale = SCALES["accuracy"]
    if figures["share"] is None:
        return NOTHING
    return f"{scale.value(figures['share'])} of {number(figures['n'])}\n{scale.between(figures)}"
