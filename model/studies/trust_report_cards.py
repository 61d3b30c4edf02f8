"""The cards of a trust report, each from its tables; a card whose tables are missing is not there."""

import math
from collections.abc import Mapping
from typing import Any

from model.compare.trust_counterfactual import FAR, MATTERS
from model.compare.verdict_words import number, percent
from model.explain.export_words import markup, name_of
from model.studies.trust_charts import COLOURS, Axis, bars, curves, histogram, reaching, scatter
from model.studies.trust_report_words import (
    MEASURES,
    NOTHING,
    STAGES,
    both,
    card,
    charts,
    colours_of,
    count_of,
    figure,
    legend,
    pair_title,
    table,
    title_of,
    value_of,
)

Document = Mapping[str, Any]

_MARKS = {"pass": "✓ pass", "fail": "✗ fail", "undecided": "? undecided"}
_TAU_AXIS = Axis("Kendall’s tau-b", -1.0, 1.0, (-1.0, -0.5, 0.0, 0.5, 1.0))
_MOST_DRAWN = 6  # histograms: those of the attention, or of the first pairs where there is none
_MOST_LABELS = 12
_BOUNDS = {"comprehensiveness": "high is faithful", "sufficiency": "low is faithful"}


def verdicts_card(document: Document) -> str:
    """The paragraph, and every test with its outcome, its numbers and its power."""
    items = []
    for verdict in document["verdicts"]:
        outcome = verdict["outcome"] if verdict["outcome"] in _MARKS else "undecided"
        notes = [f"Criterion: {verdict['criterion']}."]
        if verdict["power"] is not None:
            size = percent(verdict["power"]) if "share" in verdict["unit"] else number(verdict["power"])
            unit = verdict["unit"]
            notes.append(f"A sample like this finds a distance of {size} {unit} from it in 80 of 100 cases.")
        items.append(
            f'<li><div class="outcome {outcome}">{_MARKS[outcome]}</div><div>'
            f"<h4>{markup(verdict['question'])}</h4><p>{markup(verdict['sentence'])}</p>"
            f'<p class="soft">{markup(" ".join(notes))}</p></div></li>\n'
        )
    tests = f'<ul class="tests">\n{"".join(items)}</ul>\n'
    return (
        f'<section class="card">\n<h2>What may be claimed</h2>\n<p class="claim">{markup(document["paragraph"])}</p>\n'
        "</section>\n"
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
        charts(*drawn) + (_label_legend(document) if drawn else ""),
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
        header = [title, "Mean", "Better than random by", "Than the best random by", "Beats all random", "Texts"]
        parts.append(table(header, lines))
    return card(
        "Do the top words carry the prediction?",
        "Comprehensiveness is the drop of the prediction’s probability without the top words, sufficiency with nothing "
        "but them, mean over the top 1, 5, 10, 20 and 50 %. The grey band reaches from the mean random ranking to the "
        "best; “better” is turned so that above 0 is better for both.",
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


def attention_card(document: Document) -> str:
    """Shuffled, uniform, adversarial, smallest and borrowed weights."""
    summary = document["summary"]
    shuffled, uniform, far = summary["permutation"], summary["uniform"], summary["adversary"]
    borrowed, distance, labels = summary["forced"], summary["flip_distance"], list(summary["labels"])
    drawn, rows = [], []
    if shuffled:
        rows.append(["Shuffled weights", shuffled])
        largest = Axis("largest weight", 0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), digits=2)
        moved = reaching("total variation", [point[1] for point in shuffled["points"]])
        drawn.append(
            figure(
                "Shuffled weights: change of the answer",
                scatter(shuffled["points"], axes=(largest, moved), labels=labels, across=MATTERS,
                        about="Median change of the answer by the largest weight"),
            )
        )  # fmt: skip
    if uniform:
        rows.append(["Equal weights", uniform])
    rows += [[f"Weights of {name_of(run)}", cell] for run, cell in ((borrowed or {}).get("runs") or {}).items()]
    if far:
        total = reaching("change of the answer, total variation", [point[0] for point in far["points"]])
        nats = Axis("nats", 0.0, 0.7, (0.0, 0.2, 0.4, 0.6))
        drawn.append(
            figure(
                "Adversarial weights: distance from the model’s own",
                scatter(far["points"], axes=(total, nats), labels=labels, across=FAR,
                        about="Divergence of adversarial weights by the change of the answer"),
            )
        )  # fmt: skip
    lines = [
        [name, both(cell["median"]), both(cell["mean"]), both(cell["matters"]), count_of(cell["median"])]
        for name, cell in rows
    ]
    return card(
        "What if the attention were different?",
        "Change of the class probabilities (total variation) when the same network is given other weights. Adversarial "
        f"weights are as different as can be, at most {number(math.log(2), digits=3)} nats, while the answer moves by no more than "
        f"{MATTERS}. Dashed: the criterion.",
        charts(*drawn) + (_label_legend(document) if drawn else ""),
        table(["Weights", "Median change", "Mean change", f"Above {MATTERS}", "Texts"], lines),
        _weight_facts(far, distance, borrowed),
    )


def randomized_card(document: Document) -> str:
    """Agreement of each row with itself in copies of the network with new weights, stage by stage."""
    stages = document["summary"]["randomized"] or {}
    methods = list(dict.fromkeys(name for cells in stages.values() for name in cells))
    rows = [
        [title_of(name), *(both(cells[name]) if name in cells else NOTHING for cells in stages.values())]
        for name in methods
    ]
    return card(
        "Does it depend on what was learned?",
        "Mean tau-b of a row with itself in a copy of the network whose weights were made new, from the output down. "
        "What stays high shows the text rather than the model.",
        table(["New weights in", *(STAGES.get(stage, name_of(stage)) for stage in stages)], rows),
    )


def plausibility_card(document: Document) -> str:
    """Overlap with marked words per source, beside random rows."""
    parts = []
    for source, found in (document["summary"]["plausibility"] or {}).items():
        rows = [
            [
                title_of(name),
                *(both(cells[measure]["mean"]) for measure in MEASURES),
                count_of(cells["average_precision"]["mean"]),
            ]
            for name, cells in found["rows"].items()
        ]
        heading = "Words that people marked" if source == "people" else f"Words marked in the data: {name_of(source)}"
        parts.append(
            f"<h3>{markup(heading)}</h3>\n" + table([f"{found['texts']:,} texts", *MEASURES.values(), "Texts"], rows)
        )
    return card(
        "Does it point where people would?",
        "Overlap with marked words, 1 is best. This says what people expect, not what the model does.",
        *parts,
    )


def controls_card(document: Document) -> str:
    """Models trained again under other conditions, beside this one."""
    rows = []
    for kind, found in (document.get("controls") or {}).items():
        estimate, low, high = found["difference"]
        difference = {"mean": estimate, "low": low, "high": high}
        accuracies = [f"{100 * found[key]:.1f} %" for key in ("control_accuracy", "accuracy")]
        rows.append([name_of(kind), *accuracies, both(difference, sign=True), f"{found['texts']:,}"])
    return card(
        "Trained again, otherwise",
        "Test accuracy of control models beside this run’s, with the paired difference.",
        table(["Control", "Its accuracy", "This run’s", "Difference", "Texts"], rows),
    )


def undefined_card(document: Document) -> str:
    """What had no value, on how many texts, and why."""
    found = document["summary"]["undefined"]
    rows = [
        [name_of(what.replace(".", ": ").replace("|", " and ").replace("_", " ")), name_of(reason), f"{texts:,}"]
        for what, reasons in found.items()
        for reason, texts in reasons.items()
    ]
    note = "Counted here, and in no mean."
    return card("Undefined", note, table(["What", "Why", "Texts"], rows))


def _by_length(pairs: Mapping[str, Any], own: list[str]) -> str:
    """Mean tau of the drawn pairs in each quarter of the texts by length."""
    spans = next((pairs[pair]["by_length"] for pair in own), [])
    if len(spans) < 2:
        return ""
    header = ["By length", *(f"{span['from']:,} to {span['to']:,} tokens" for span in spans)]
    rows = [[pair_title(pair), *(both(cell) for cell in pairs[pair]["by_length"])] for pair in own[:_MOST_DRAWN]]
    return table(header, rows)


def _weight_facts(far: Mapping | None, distance: Mapping | None, borrowed: Mapping | None) -> str:
    """One line each on adversaries, on the smallest change that flips, and on other runs' flips."""
    lines = []
    if far:
        lines.append(
            f"Adversarial weights lie {both(far['divergence'])} nats away in the mean, above 0.4 nats on "
            f"{both(far['above_0.4'])} of the texts; on {value_of(far['exact'])} nothing further away exists."
        )
    if distance:
        middle = distance["quartiles"]
        how_far = "" if middle is None else f" moving {number(middle[1])} of the weight in the median"
        lines.append(
            f"Some weights change the prediction on {both(distance['flips'])} of the texts,{how_far}; on "
            f"{value_of(distance['proven_never'])} it is proved that none do, on {value_of(distance['not_found'])} "
            "none were found."
        )
    for run, cell in ((borrowed or {}).get("runs") or {}).items():
        lines.append(f"The weights of {name_of(run)} change the prediction on {both(cell['flips'])} of the texts.")
    return "".join(f"<p>{markup(line)}</p>\n" for line in lines)


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


def _label_legend(document: Document) -> str:
    """The colours of the labels; none where there are more than can be told apart."""
    labels = list(document["summary"]["labels"])
    if not 1 < len(labels) <= min(COLOURS, _MOST_LABELS):
        return ""
    return legend({name_of(label): f"c{place}" for place, label in enumerate(labels)})
