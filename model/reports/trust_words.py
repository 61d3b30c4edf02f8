"""How the report of a trust study writes its names, numbers and tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model.compare.verdict_words import number, percent
from model.explain.export_words import markup, name_of
from model.explain.rows import TITLES
from model.reports.trust_charts import COLOURS

Figure = Mapping[str, Any]

NOTHING = "–"
STAGES = {
    "head": "Output layer",
    "head+attention": "and attention",
    "head+attention+encoder": "and encoder",
    "all": "Everything",
}
MEASURES = {
    "f1": "Token F1",
    "iou": "IoU",
    "auprc": "AUPRC",
    "average_precision": "Average precision",
    "pointing": "Pointing game",
}


def title_of(name: str) -> str:
    """A row as a heading: "Attention", "Integrated gradients"; what is unknown stays as it is."""
    return TITLES.get(name) or ("Random" if name == "random" else name_of(name))


def pair_title(pair: str) -> str:
    """Two rows: "Attention and saliency"."""
    return " and ".join(title_of(name) for name in pair.split("|"))


def colours_of(methods: Sequence[str]) -> dict[str, str]:
    """The class of each method's colour, the same in every chart; random rankings have one of their own."""
    return {name: f"c{place % COLOURS}" for place, name in enumerate(methods)} | {"random": "chance"}


def value_of(figure: Figure, *, sign: bool = False) -> str:
    """The estimate of a mean, a median or a share."""
    if "share" in figure:
        return NOTHING if figure["share"] is None else percent(figure["share"])
    value = figure["mean"] if "mean" in figure else figure["median"]
    return NOTHING if value is None else number(value, digits=3, sign=sign)


def ends_of(figure: Figure, *, sign: bool = False) -> str:
    """The interval of a mean, a median or a share."""
    if figure["low"] is None or figure["high"] is None:
        return ""
    if "share" in figure:
        return f"[{percent(figure['low'])},\u00a0{percent(figure['high'])}]"
    return "[{},\u00a0{}]".format(*(number(figure[end], digits=3, sign=sign) for end in ("low", "high")))


def both(figure: Figure, *, sign: bool = False) -> str:
    """The estimate with its interval."""
    return f"{value_of(figure, sign=sign)} {ends_of(figure, sign=sign)}".strip()


def count_of(figure: Figure) -> str:
    """How many texts are behind a figure, and on how many it is undefined."""
    undefined = figure.get("undefined", 0)
    return f"{figure['n']:,}" + (f" ({undefined:,} undefined)" if undefined else "")


def figure(title: str, chart: str) -> str:
    """A chart under its title."""
    return f"<figure><h4>{markup(title)}</h4>{chart}</figure>\n"


def charts(*figures: str) -> str:
    """Charts side by side, as many as there is room for."""
    inside = "".join(figures)
    return f'<div class="charts">\n{inside}</div>\n' if inside else ""


def legend(names: Mapping[str, str]) -> str:
    """What each colour stands for: {title: class}."""
    keys = "".join(
        f'<span class="key"><svg viewBox="0 0 22 6" aria-hidden="true"><path class="{colour}" d="M0 3H22"/></svg>'
        f"{markup(title)}</span>"
        for title, colour in names.items()
    )
    return f'<div class="legend">{keys}</div>\n'


def label_legend(labels: Iterable[str]) -> str:
    """The colours of the labels; none where there are more than can be told apart."""
    names = list(labels)
    if not 1 < len(names) <= COLOURS:
        return ""
    return legend({name_of(label): f"c{place}" for place, label in enumerate(names)})
