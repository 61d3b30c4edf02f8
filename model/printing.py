"""The command line's words for people: tables on stdout, progress on stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.explain.export_words import visible
from model.explain.rows import problem
from model.runs.files import to_json
from model.training.loop import Event

_SHOWN_TOKENS, _LONGEST_TOKEN, _LONGEST_TEXT = 12, 40, 300
_FLAWS = {"zero": "all zero: it sees no effect of any word", "nan": "not a number: it has no answer here"}


def progress(text: str) -> None:
    """Write to stderr at once: stdout is for results."""
    sys.stderr.write(text)
    sys.stderr.flush()


def training_event(event: Event) -> None:
    """One line that grows over an epoch, and stays once it is done."""
    if event["kind"] == "progress" and sys.stderr.isatty():
        progress(
            f"\r  epoch {event['epoch']} {event['share']:4.0%}  loss {event['loss']:.3f}"
            f"  {event['documents_per_second']:,.0f} texts/s "
        )
    elif event["kind"] == "epoch":
        validation = event["validation"]
        start = "\r" if sys.stderr.isatty() else ""
        progress(
            f"{start}  epoch {event['epoch']}  loss {event['train']['loss']:.3f}  validation accuracy"
            f" {validation['accuracy']:.4f}, loss {validation['loss']:.3f}"
            f"  {event['documents_per_second']:,.0f} texts/s\n"
        )
    elif event["kind"] == "early_stop":
        progress(f"  no better since epoch {event['best_epoch']}: its weights are kept\n")


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns of equal width; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(header), *cells]) for column in range(len(header))]
    right = [
        bool(rows) and all(isinstance(row[column], int | float) for row in rows) for column in range(len(header))
    ]
    for row in [list(header), *cells]:
        aligned = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        print("  ".join(aligned).rstrip())


def runs(entries: Sequence[dict[str, Any]]) -> None:
    """A line per trained run."""
    header = ["run", "preset", "seed", "accuracy", "macro F1", "loss", "parameters", "epochs", "seconds", "texts/s"]
    table(
        header,
        [
            [
                entry["id"], entry["preset"], entry["seed"], entry["test"]["accuracy"], entry["test"]["macro_f1"],
                entry["test"]["loss"], entry["parameters"], entry["epochs"], round(entry["seconds"], 1),
                round(entry["documents_per_second"]),
            ]
            for entry in entries
        ],
    )  # fmt: skip


def training(document: dict[str, Any]) -> None:
    """What `train` found: the data, the runs, and what needs no network."""
    data = document["data"]
    print(f"{data['rows']:,} rows: {data['train']:,} train, {data['validation']:,} validation, {data['test']:,} test")
    left_out = {**data["dropped"], "duplicate": data["duplicates"], "of test, out of train": data["leaked_into_test"]}
    if any(left_out.values()):
        print("left out: " + ", ".join(f"{count:,} {reason}" for reason, count in left_out.items() if count))
    print(f"\non the {data['test']:,} test texts:")
    runs(document["runs"])
    for name, scores in document["baselines"].items():
        print(f"{name.replace('_', ' ')}: accuracy {scores['accuracy']:.4f}, loss {scores['loss']:.4f}")


def document(value: Any) -> None:
    """One strict JSON document on stdout."""
    print(to_json(value).decode("utf-8"))


def texts_done(done: int, wanted: int, what: str = "explained") -> None:
    """How far many texts are: a counter on a terminal, a line a hundred elsewhere; nothing for a single one."""
    if wanted < 2 or done == 0:
        return
    if sys.stderr.isatty():
        progress(f"\r{done:,} of {wanted:,} texts {what}" + ("\n" if done == wanted else ""))
    elif done % 100 == 0 or done == wanted:
        progress(f"{done:,} of {wanted:,} texts {what}\n")


def explanation(document: Mapping[str, Any], *, sampling_errors: Mapping[str, float | None]) -> None:
    """One explanation: the answer, then by each row its self-check and the tokens that count most."""
    print(_typed(document["text"], longest=_LONGEST_TEXT))
    chances = sorted(document["probabilities"].items(), key=lambda item: -item[1])[:5]
    print("  " + ", ".join(f"{_typed(str(label))} {probability:.3f}" for label, probability in chances), end="")
    target = _typed(str(document["target"]))
    print(f"; logit of {target} {document['logit']:.3f}, baseline {document['baseline_logit']:.3f}")
    if document["truncated_at"] is not None:
        print(f"  cut at character {document['truncated_at']}")
    if document["attention"]:
        _row("attention", document["attention"]["weights"], document["tokens"], checks=[])
    for name, row in document["attributions"].items():
        checks = [f"{row['seconds']:.2f} s"]
        if row["convergence_delta"] is not None:
            checks.append(f"convergence delta {row['convergence_delta']:.1%}")
        if sampling_errors.get(name) is not None:
            checks.append(f"sampling error {sampling_errors[name]:.1%}")
        _row(name, row["values"], document["tokens"], checks=checks)
    print()


def _row(name: str, values: Sequence[float], tokens: Sequence[Mapping[str, Any]], *, checks: list[str]) -> None:
    flaw = problem(np.asarray(values))
    if flaw:
        checks = [*checks, _FLAWS[flaw]]
    about = f" ({', '.join(checks)})" if checks else ""
    order = [] if flaw else sorted(range(len(values)), key=lambda place: -abs(values[place]))[:_SHOWN_TOKENS]
    shown = (f"{_typed(tokens[place]['text'], longest=_LONGEST_TOKEN)} {values[place]:.3f}" for place in order)
    print(f"  {name.replace('_', ' ')}{about}: {'  '.join(shown)}".rstrip())


def _typed(text: str, *, longest: int = 60) -> str:
    """Typed text for a terminal: no character of it moves the cursor, changes colours, or fails to be encoded."""
    return visible(text if len(text) <= longest else text[: longest - 1] + "…").replace("\r", "\u240d")


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)
