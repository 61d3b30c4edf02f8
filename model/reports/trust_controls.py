"""The cards of a trust report on what comes from outside: other weights, other networks, marked words."""

from collections.abc import Mapping
from typing import Any

from model.compare.trust_counterfactual import FAR, MATTERS
from model.compare.verdict_words import number
from model.explain.export_words import markup, name_of
from model.reports.charts import Axis, reaching
from model.reports.parts import card, table
from model.reports.trust_charts import scatter
from model.reports.trust_words import (
    MEASURES,
    NOTHING,
    STAGES,
    both,
    charts,
    count_of,
    figure,
    label_legend,
    title_of,
    value_of,
)
from model.studies.controls import CONTROLS

Document = Mapping[str, Any]


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
        "Change of the class probabilities (total variation) when the same network is given other weights. "
        "Adversarial weights are as different as can be, at most 0.693 nats, while the answer moves by no more "
        f"than {MATTERS}. Dashed: the criterion.",
        charts(*drawn) + (label_legend(summary["labels"]) if drawn else ""),
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


def captum_card(document: Document) -> str:
    """Infidelity and sensitivity of each row."""
    found = document["summary"].get("captum") or {}
    kinds = ("infidelity", "sensitivity")
    rows = [
        [title_of(name), *(both(found[kind][name]) if name in found[kind] else NOTHING for kind in kinds)]
        for name in dict.fromkeys(name for kind in kinds for name in found.get(kind, {}))
    ]
    return card(
        "Does it foresee, and does it hold still?",
        "Infidelity: how far a row, at its best scale, misses the fall of the logit when several words go blank, as "
        "a share of what a row of zeros misses. Sensitivity: the largest relative change of a row found under "
        "a little noise on the text. Low is good in both.",
        table(["Row", "Infidelity", "Sensitivity"], rows),
    )


def controls_card(document: Document) -> str:
    """Models trained again under other conditions, beside this one: their accuracy, and the faithfulness in them."""
    rows, parts = [], []
    for kind, found in (document.get("controls") or {}).items():
        title = CONTROLS[kind].title if kind in CONTROLS else name_of(kind)
        estimate, low, high = found["difference"]
        difference = both({"mean": estimate, "low": low, "high": high}, sign=True)
        accuracies = [f"{100 * found[key]:.1f} %" for key in ("control_accuracy", "accuracy")]
        rows.append([title, *accuracies, difference, f"{found['texts']:,}"])
        parts.append(_faithful_elsewhere(title, found["faithfulness"]))
    return card(
        "Trained again, otherwise",
        "Test accuracy of control models beside this run’s, with the paired difference, and how faithful the rows "
        "are in them.",
        table(["Control", "Its accuracy", "This run’s", "This run’s lead", "Texts"], rows),
        *parts,
    )


def _faithful_elsewhere(title: str, found: Mapping[str, Any] | None) -> str:
    """Comprehensiveness and sufficiency of each row in a control."""
    if not found:
        return ""
    rows = [
        [title_of(name), *(both(cells[measure]["mean"]) for measure in ("comprehensiveness", "sufficiency"))]
        for name, cells in found["methods"].items()
    ]
    return table(["Row", "Comprehensiveness", "Sufficiency"], rows, title=title)


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


def _weight_facts(far: Mapping | None, distance: Mapping | None, borrowed: Mapping | None) -> str:
    """One line each on adversaries, on the smallest change that flips, and on other runs' flips."""
    lines = []
    if far:
        lines.append(
            f"Adversarial weights lie {both(far['divergence'])} nats away in the mean, above 0.4 nats on "
            f"{both(far['above_0.4'])} of the texts; on {value_of(far['exact'])} it is proved that none lie further."
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
