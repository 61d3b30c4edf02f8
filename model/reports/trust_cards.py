"""The cards of a trust report, each from its tables; a card whose tables are missing is not there."""

from collections.abc import Mapping
from typing import Any

from model.compare.verdict_words import number, percent
from model.explain.export_words import markup
from model.reports.charts import Axis
from model.reports.parts import card, table
from model.reports.trust_charts import bars, curves, histogram
from model.reports.trust_words import (
    NOTHING,
    both,
    charts,
    colours_of,
    count_of,
    figure,
    label_legend,
    legend,
    pair_title,
    title_of,
    value_of,
)

Document = Mapping[str, Any]

_MARKS = {"pass": "✓ pass", "fail": "✗ fail", "undecided": "? undecided"}
_TAU_AXIS = Axis("Kendall’s tau-b", -1.0, 1.0, (-1.0, -0.5, 0.0, 0.5, 1.0))
_MOST_DRAWN = 6  # histograms: those of the attention, or of the first pairs where there is none
_BOUNDS = {"comprehensiveness": "high is faithful", "sufficiency": "low is faithful"}


def verdicts_card(document: Document) -> str:
    """The paragraph, and every test with its outcome, its numbers and its power."""
    items = []
    for verdict in document["verdicts"]:
        outcome = verdict["outcome"] if verdict["outcome"] in _MARKS else "undecided"
        notes = [f"Criterion: {verdict['criterion']}."]
        if verdict["power"] is not None:
            notes.append(f"A sample like this finds a distance of {_size(verdict)} from it in 80 of 100 cases.")
        items.append(
            f'<li><div class="outcome {outcome}">{_MARKS[outcome]}</div><div>'
            f"<h4>{markup(verdict['question'])}</h4><p>{markup(verdict['sentence'])}</p>"
            f'<p class="soft">{markup(" ".join(notes))}</p></div></li>\n'
        )
    tests = f'<ul class="tests">\n{"".join(items)}</ul>\n'
    return (
        '<section class="card">\n<h2>What may be claimed</h2>\n'
        f'<p class="claim">{markup(document["paragraph"])}</p>\n</section>\n'
        + card("Test by test", "Each against a criterion fixed beforehand, at 95 %.", tests if items else "")
    )


def agreement_card(document: Document) -> str:
    """Histograms of tau by label, and the table of all pairs."""
    pairs = document["summary"]["agreement"] or {}
    own = [pair for pair in pairs if pair.startswith("attention|")] or list(pairs)
    drawn = [
        figure(
            pair_title(pair),
            histogram(
                pairs[pair]["histogram"],
                axis=_TAU_AXIS,
                mean=pairs[pair]["tau"],
                about=f"Distribution of tau-b: {pair_title(pair)}, mean {both(pairs[pair]['tau'])}",
            ),
        )
        for pair in own[:_MOST_DRAWN]
        if pairs[pair]["tau"]["n"]
    ]
    rows = []
    for pair, cell in pairs.items():
        middle = cell["quartiles"]
        spread = NOTHING if middle is None else f"{number(middle[0])} to {number(middle[2])}"
        significant = value_of(cell["significant"])
        texts = count_of(cell["tau"])
        rows.append([pair_title(pair), both(cell["tau"]), spread, significant, value_of(cell["overlap"]), texts])
    header = ["Rows", "Mean tau-b", "Middle half", "Beyond chance", "Top tenth shared", "Texts"]
    return card(
        "Do they rank the same words first?",
        "Kendall’s tau-b between two rows of the same text, by absolute value: 1 is the same order, 0 no relation. "
        "Beyond chance: two-sided at 5 %, so up to 5 % are expected of unrelated rows. The upright line is the mean.",
        charts(*drawn) + (label_legend(document["summary"]["labels"]) if drawn else ""),
        table(header, rows),
        _by_length(pairs, own),
    )


def faithfulness_card(document: Document) -> str:
    """Comprehensiveness and sufficiency per method, over the band from a random ranking to the best of them."""
    found = document["summary"]["faithfulness"]
    if not found:
        return ""
    colours, drawn, parts = colours_of(document["summary"]["methods"]), [], []
    for measure, meaning in _BOUNDS.items():
        random = found["random"][measure]
        ends = random["mean"]["mean"], random["best"]["mean"]
        band = None if None in ends else ends
        rows = [(title_of(name), colours[name], cells[measure]["mean"]) for name, cells in found["methods"].items()]
        title = measure.capitalize()
        drawn.append(figure(f"{title}: {meaning}", bars(rows, band=band, title=title, about=f"{title} by method")))
        lines = [
            [
                title_of(name),
                both(cells[measure]["mean"]),
                both(cells[measure]["over_random"], sign=True),
                both(cells[measure]["over_best"], sign=True),
                value_of(cells[measure]["beats_all"]),
                count_of(cells[measure]["mean"]),
            ]
            for name, cells in found["methods"].items()
        ]
        lines.append(["Random, mean", both(random["mean"]), "", "", "", count_of(random["mean"])])
        lines.append(
            [f"Random, best of {random['rankings']}", both(random["best"]), "", "", "", count_of(random["best"])]
        )
        header = ["Row", "Mean", "Better than random", "Than the best random", "Beats all random", "Texts"]
        parts.append(table(header, lines, title=title))
    return card(
        "Do the top words carry the prediction?",
        "Comprehensiveness is the drop of the prediction’s probability without the top words, sufficiency with "
        "nothing but them, mean over the top 1, 5, 10, 20 and 50 %. The grey band reaches from the mean random "
        "ranking to the best; “better” is turned so that above 0 is better for both.",
        charts(*drawn),
        *parts,
    )


def curves_card(document: Document) -> str:
    """Deletion and insertion curves with bands, the areas over them, and decision flips."""
    summary = document["summary"]
    found, flips, colours = summary["curves"] or {}, summary["flips"] or {}, colours_of(summary["methods"])
    titles = {"deletion": "Without the top words", "insertion": "With the top words alone"}
    drawn = [
        figure(
            title,
            curves(
                {name: kinds[kind]["points"] for name, kinds in found.items()},
                classes=colours,
                about=f"{title}: mean probability of the prediction",
                horizontal="share of the words removed" if kind == "deletion" else "share of the words kept",
            ),
        )
        for kind, title in titles.items()
        if any(kinds[kind]["points"] for kinds in found.values())
    ]
    header = [
        "Row",
        "Area over deletion",
        "Area over insertion",
        "Share to remove",
        "Never changes",
        "Sooner than random",
    ]
    rows = [
        [
            title_of(name),
            *(both(found[name][kind]["area"]) if name in found else NOTHING for kind in titles),
            _flip(flips.get(name)),
            value_of(flips[name]["never"]) if name in flips else NOTHING,
            both(flips[name]["sooner"]) if "sooner" in flips.get(name, {}) else "",
        ]
        for name in dict.fromkeys([*found, *flips])
    ]
    return card(
        "Word after word",
        "Mean probability of the prediction, with 95 % bands. The area is the mean drop over the curve: high is "
        "faithful in deletion, low in insertion. Share to remove: of the words, top first, until the prediction "
        "changes, in the median; sooner: where the two differ.",
        charts(*drawn),
        legend({title_of(name): colours[name] for name in found}) if drawn else "",
        table(header, rows),
    )


def _size(verdict: Mapping[str, Any]) -> str:
    """A verdict's power in its unit."""
    if verdict["unit"] == "share of texts":
        return f"{percent(verdict['power'])} of the texts"
    return f"{number(verdict['power'])} {verdict['unit']}"


def _by_length(pairs: Mapping[str, Any], own: list[str]) -> str:
    """Mean tau of the drawn pairs in each quarter of the texts by length."""
    spans = next((pairs[pair]["by_length"] for pair in own), [])
    if len(spans) < 2:
        return ""
    header = ["Rows", *(f"{span['from']:,} to {span['to']:,} tokens" for span in spans)]
    rows = [[pair_title(pair), *(both(cell) for cell in pairs[pair]["by_length"])] for pair in own[:_MOST_DRAWN]]
    return table(header, rows, title="Mean tau-b by length of the text")


def _flip(cell: Mapping[str, Any] | None) -> str:
    if cell is None or not cell["n"]:
        return NOTHING
    if cell["median"] is None:
        return "never"
    ends = (
        ""
        if cell["low"] is None
        else f" [{percent(cell['low'])}, {percent(cell['high']) if cell['high'] is not None else 'never'}]"
    )
    return percent(cell["median"]) + ends
