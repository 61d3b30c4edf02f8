"""The command line's words for a study of trust: its tables, its verdicts and the paragraph, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.printing import table
from model.studies.controls import CONTROLS

Figure = Mapping[str, Any]

_MEASURES = ("f1", "iou", "auprc", "average_precision", "pointing")
_MOST_PLACES = 12  # where something is undefined


def study(document: Mapping[str, Any]) -> None:
    """Everything that a study found; what has no figures has no table."""
    tables, title = document["summary"], document["data"]
    right = tables["accuracy"]
    print(f"{document['texts']:,} texts of {title}, {document['tokens']:,} tokens; accuracy {_share(right)}")
    if document["texts"] == 0:
        return
    for part in (_agreement, _faithfulness, _flips, _attention, _randomized, _plausibility, _captum, _undefined):
        part(tables)
    _controls(document["controls"])
    print("\nverdicts, each at 95 %")
    for verdict in document["verdicts"]:
        print(f"  {verdict['outcome']:9}  {verdict['question']} {verdict['sentence']}{_power(verdict)}")
    print(f"\n{document['paragraph']}")


def _agreement(tables: Mapping[str, Any]) -> None:
    if tables["agreement"]:
        print("\nagreement of two rows over a text's tokens: Kendall's tau-b, share of the top tenth that both have")
        table(["rows", "tau-b", "95 %", "texts", "undefined", "beyond chance", "top tenth"], [
            [_name(pair), _number(row["tau"]), _interval(row["tau"]), row["tau"]["n"], row["tau"]["undefined"],
             _share(row["significant"]), _number(row["overlap"])]
            for pair, row in tables["agreement"].items()
        ])  # fmt: skip


def _faithfulness(tables: Mapping[str, Any]) -> None:
    found = tables["faithfulness"]
    if not found:
        return
    print("\nfaithfulness: how the predicted class loses probability without the top tokens, and with them alone")
    rows = []
    for measure in ("comprehensiveness", "sufficiency"):
        for name, cells in found["methods"].items():
            own, over = cells[measure]["mean"], cells[measure]["over_random"]
            rows.append(
                [measure, _name(name), _number(own), _interval(own), own["n"], _number(over), _interval(over)]
            )
        drawn = found["random"][measure]
        rows.append([measure, "random", _number(drawn["mean"]), _interval(drawn["mean"]), drawn["mean"]["n"], "", ""])
        best = drawn["best"]
        rows.append(
            [measure, f"best of {drawn['rankings']} random", _number(best), _interval(best), best["n"], "", ""]
        )
    table(["", "row", "mean", "95 %", "texts", "better than random by", "95 %"], rows)


def _flips(tables: Mapping[str, Any]) -> None:
    if tables["flips"]:
        print("\nshare of the tokens, top first, that must go until the prediction changes")
        table(["row", "median", "95 %", "texts", "it never changes"], [
            [_name(name), _median(row), _percents(row), row["n"], _share(row["never"])]
            for name, row in tables["flips"].items()
        ])  # fmt: skip


def _attention(tables: Mapping[str, Any]) -> None:
    rows = []
    for name, title in (("permutation", "its weights shuffled"), ("uniform", "uniform weights, not retrained")):
        if tables[name]:
            rows.append([title, tables[name]])
    for run, changes in ((tables["forced"] or {}).get("runs") or {}).items():
        rows.append([f"the weights of run {run}", changes])
    if rows:
        print("\nother attention: change of the probabilities, as total variation")
        table(["attention", "median", "95 %", "texts", "above 0.05"], [
            [title, _number(row["median"]), _interval(row["median"]), row["median"]["n"], _share(row["matters"])]
            for title, row in rows
        ])  # fmt: skip
    if tables["adversary"]:
        far = tables["adversary"]["divergence"]
        print(
            f"weights that leave the answer as it is, within 0.05, lie up to {_number(far).strip()} nats away"
            f" {_interval(far)}; the most is 0.693"
        )
    if tables["flip_distance"]:
        print(f"some weights change the prediction on {_share(tables['flip_distance']['flips'])} of the texts")


def _randomized(tables: Mapping[str, Any]) -> None:
    if tables["randomized"]:
        print(
            "\nagreement of a row with itself in a copy that forgot what it learned, layer by layer: Kendall's tau-b"
        )
        table(["forgotten", "row", "tau-b", "95 %", "texts", "undefined"], [
            [stage, _name(name), _number(tau), _interval(tau), tau["n"], tau["undefined"]]
            for stage, rows in tables["randomized"].items()
            for name, tau in rows.items()
        ])  # fmt: skip


def _plausibility(tables: Mapping[str, Any]) -> None:
    for source, found in (tables["plausibility"] or {}).items():
        who = "people marked" if source == "people" else "the data marks"
        print(f"\nplausibility: against the words that {who} in {found['texts']:,} texts")
        table(["row", "token F1", "IoU", "AUPRC", "average precision", "pointing game", "texts"], [
            [_name(name), *(_number(row[measure]["mean"]) for measure in _MEASURES), row["f1"]["mean"]["n"]]
            for name, row in found["rows"].items()
        ])  # fmt: skip


def _captum(tables: Mapping[str, Any]) -> None:
    if tables["captum"]:
        print("\ninfidelity: share of the logit's changes that a row does not foresee, best 0, a row of zeros 1;")
        print("sensitivity: how far a small change of the embeddings moves the row, as a share of it")
        table(["", "row", "mean", "95 %", "texts", "undefined"], [
            [measure, _name(name), _number(mean), _interval(mean), mean["n"], mean["undefined"]]
            for measure, rows in tables["captum"].items()
            for name, mean in rows.items()
        ])  # fmt: skip


def _undefined(tables: Mapping[str, Any]) -> None:
    found = [
        (what, reason, texts) for what, reasons in tables["undefined"].items() for reason, texts in reasons.items()
    ]
    if not found:
        return
    print("\nundefined, and in no mean")
    for what, reason, texts in found[:_MOST_PLACES]:
        print(f"  {_name(what)}: {texts:,} {'text' if texts == 1 else 'texts'}, {reason}")
    if len(found) > _MOST_PLACES:
        print(f"  and {len(found) - _MOST_PLACES} more, all of them in the JSON")


def _controls(controls: Mapping[str, Any]) -> None:
    for kind, found in controls.items():
        estimate, low, high = found["difference"]
        print(
            f"\ncontrol {found['control']}, {CONTROLS[kind].title}: accuracy {found['control_accuracy']:.4f} on its"
            f" {found['texts']:,} test texts, this run's {found['accuracy']:.4f},"
            f" {estimate:+.4f} [{low:+.4f}, {high:+.4f}]"
        )
        if found["faithfulness"]:
            table(["in the control", "comprehensiveness", "95 %", "sufficiency", "95 %"], [
                [_name(name), *(_cell for measure in ("comprehensiveness", "sufficiency")
                                for _cell in (_number(row[measure]["mean"]), _interval(row[measure]["mean"])))]
                for name, row in found["faithfulness"]["methods"].items()
            ])  # fmt: skip


def _name(path: str) -> str:
    return path.replace("_", " ").replace("|", " | ")


def _power(verdict: Mapping[str, Any]) -> str:
    if verdict["power"] is None:
        return ""
    return (
        f" Power: a distance of {verdict['power']:.2f} ({verdict['unit']}) from the criterion is found in 80 of 100."
    )


def _number(figure: Figure) -> str:
    value = figure["mean"] if "mean" in figure else figure["median"]
    return "–" if value is None else f"{value:6.3f}"


def _median(figure: Figure) -> str:
    if figure["median"] is None:
        return "never" if figure["n"] else "–"
    return f"{figure['median']:.0%}"


def _interval(figure: Figure) -> str:
    return "" if figure["low"] is None or figure["high"] is None else f"[{figure['low']:.3f}, {figure['high']:.3f}]"


def _percents(figure: Figure) -> str:
    return "" if figure["low"] is None or figure["high"] is None else f"[{figure['low']:.0%}, {figure['high']:.0%}]"


def _share(figure: Figure) -> str:
    if figure["share"] is None:
        return "–"
    return f"{figure['share']:.0%} {_percents(figure)}"
