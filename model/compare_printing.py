"""The command line's words for a comparison: its sentence, tables of sides and pairs, and what else was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model.compare.metrics import METRICS
from model.explain.export_words import visible
from model.printing import table

Part = Mapping[str, Any]

_AS_PERCENT = ("accuracy", "macro_f1", "expected_calibration_error")
_EXAMPLES, _LONGEST = 3, 80
_SLICES = {
    "length": "by length",
    "class": "by class",
    "unknown": "by share of unknown words",
    "distance": "by distance between cue words",
}


def comparison(document: Part) -> None:
    """Everything that a comparison found; what does not apply has no table."""
    data, protocol = document["data"], document["protocol"]
    where = f" of {visible(data['other'])}" if data["other"] else ""
    seeds = f"{'seeds' if len(protocol['seeds']) > 1 else 'seed'} {', '.join(map(str, protocol['seeds']))}"
    print(f"{visible(data['name'])}: {data['test']:,} test texts{where}, {data['train']:,} train; {seeds}", end="; ")
    print(f"at most {protocol['updates']:,} updates, {protocol['selection']} kept")
    print(f"\n{_said(document['headline']['sentence'])}")
    _sides(document)
    _costs(document["sides"])
    names = {side["key"]: _said(side["name"]) for side in document["sides"]}
    for pair in document["pairs"]:
        _pair(pair, names)
    for part in (_texts, _shares, _stability, _audit):
        part(document, names)
    print("\nto know")
    for note in document["headline"]["notes"]:
        print(f"  {_said(note)}")


def _sides(document: Part) -> None:
    rows = []
    for side in document["sides"]:
        found = side["metrics"]
        accuracy = found["accuracy"]
        rows.append([
            _said(side["name"]), len(side["seeds"]), _share(accuracy["estimate"]), _ends("accuracy", accuracy),
            _none(accuracy["sd"], _share), _between("accuracy", accuracy["bootstrap"]),
            *(_with_ends(name, found[name]) for name in ("macro_f1", "loss", "expected_calibration_error")),
        ])  # fmt: skip
    for baseline in document["baselines"].values():
        ends = _between("accuracy", (baseline["low"], baseline["high"]))
        rows.append([
            baseline["name"], "", _share(baseline["accuracy"]), ends, "", "", _share(baseline["macro_f1"]),
            f"{baseline['loss']:.3f}", "",
        ])  # fmt: skip
    print("\neach side: accuracy in % and its 95 % interval, standard deviation of the seeds, bootstrap over texts")
    table(
        ["side", "seeds", "accuracy", "95 %", "sd", "bootstrap", "macro F1 (95 %)", "loss, nats (95 %)",
         "calibration error (95 %)"],
        rows,
    )  # fmt: skip


def _costs(sides: Sequence[Part]) -> None:
    print("\ncost, mean of the seeds")
    table(
        ["side", "hidden size", "parameters", "without embeddings", "from reference", "training, s", "texts/s",
         "epochs", "best epoch", "one prediction, ms"],
        [
            [
                _said(side["name"]), side["hidden_size"], side["parameters"], side["parameters_without_embeddings"],
                f"{_value('accuracy', side['parameters_from_reference'], '+')} %", f"{side['cost']['seconds']:.1f}",
                f"{side['cost']['documents_per_second']:,.0f}", f"{side['cost']['epochs']:.1f}",
                f"{side['cost']['best_epoch']:.1f}",
                _none(side["cost"]["milliseconds_per_prediction"], "{:.1f}".format),
            ]
            for side in sides
        ],
    )  # fmt: skip


def _pair(pair: Part, names: Mapping[str, str]) -> None:
    first, second = names[pair["first"]], names[pair["second"]]
    print(f"\n{second} minus {first}\n  {_said(pair['sentence'])}")
    table(
        ["difference", "", "95 %", "bootstrap over texts", "covers"],
        [
            [METRICS[name].title, _value(name, found["estimate"], "+"), _ends(name, found, "+"),
             _between(name, found["bootstrap"], "+"), found["covers"]]
            for name, found in pair["differences"].items()
        ],
    )  # fmt: skip
    cells = ", ".join(f"{name} {count:,}" for name, count in pair["cells"].items())
    print(f"texts by what most seeds say: {cells}")
    if pair["mcnemar"]:
        print("McNemar's exact test, of the two models of each seed")
        table(
            ["seed", "fixed", "broken", "p"],
            [[str(test["seed"]), test["fixed"], test["broken"], _p(test["p_value"])] for test in pair["mcnemar"]],
        )
    for name, rows in pair["slices"].items():
        if len(rows) < 2:  # all texts, as above
            continue
        print(f"accuracy in %, {_SLICES.get(name, name)}")
        table(
            ["", "texts", first, second, "difference", "95 %"],
            [
                [_said(row["title"]), row["texts"], _share(row["first"]["estimate"]),
                 _share(row["second"]["estimate"]), _value("accuracy", row["difference"]["estimate"], "+"),
                 _ends("accuracy", row["difference"], "+")]
                for row in rows
            ],
        )  # fmt: skip


def _texts(document: Part, names: Mapping[str, str]) -> None:
    """A few of the texts that most seeds of one side get right and most of the other wrong."""
    found = document.get("texts")
    if not found:
        return
    first, second = (names[key] for key in found["pair"])
    for cell, title in (("fixed", f"right in {second} alone"), ("broken", f"right in {first} alone")):
        rows = [row for row in found["rows"] if row["cell"] == cell][:_EXAMPLES]
        if rows:
            print(f"\n{title}, by most seeds: label, its probability in {first} and in {second}, text")
            table(
                ["label", "first", "second", "text"],
                [
                    [_said(row["label"]), f"{row['first']['probability']:.2f}", f"{row['second']['probability']:.2f}",
                     _said(" ".join(row["text"].split())[:_LONGEST])]
                    for row in rows
                ],
            )  # fmt: skip


def _shares(document: Part, names: Mapping[str, str]) -> None:
    found = document.get("shares")
    if not found:
        return
    print("\naccuracy in % by the number of training texts")
    table(
        ["side", *(f"{rows:,}" for rows in found["train"])],
        [
            [names.get(key, key), *(_with_ends("accuracy", cell["metrics"]["accuracy"]) for cell in cells)]
            for key, cells in found["sides"].items()
        ],
    )


def _stability(document: Part, names: Mapping[str, str]) -> None:
    found = document.get("stability")
    if found:
        print(f"\nstability of {names[found['side']]} over {len(found['seeds'])} seeds, {found['texts']:,} texts")
        print(f"  {_said(found['sentence'])}")


def _audit(document: Part, names: Mapping[str, str]) -> None:
    found = document.get("audit")
    if found:
        print(f"\naudit of run {found['run']}, {found['texts']:,} texts\n  {_said(found['sentence'])}")


def _with_ends(name: str, figure: Part) -> str:
    return f"{_value(name, figure['estimate'])} ({_ends(name, figure)})"


def _ends(name: str, figure: Part, sign: str = "") -> str:
    return _between(name, (figure["low"], figure["high"]), sign)


def _between(name: str, ends: Sequence[float | None] | None, sign: str = "") -> str:
    if ends is None or None in ends:
        return ""
    return " to ".join(_value(name, end, sign) for end in ends)


def _value(name: str, value: float, sign: str = "") -> str:
    rounded = round(100 * value, 1) if name in _AS_PERCENT else round(value, 3)
    digits = 1 if name in _AS_PERCENT else 3
    return f"{rounded:{sign}.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"  # nothing has no sign


def _share(value: float) -> str:
    return f"{100 * value:.1f}"


def _none(value: float | None, shown: Any) -> str:
    return "" if value is None else shown(value)


def _p(value: float) -> str:
    return f"{value:.4f}" if value >= 0.0001 else "< 0.0001"


def _said(text: str) -> str:
    """A text with names in it, which a terminal shows as it stands."""
    return visible(text)
