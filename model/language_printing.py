"""The command line's words for language models: progress on stderr; tables, explanations and texts on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from model import printing
from model.explain.export_words import visible
from model.training.loop import Event

_HEADER = ["perplexity", "bits per token", "bits per character", "tokens", "unknown"]
_NEAR_TO_FAR = ((2, 10), (11, 20), (21, 30))  # k
_BASELINES = {"unigram": "frequencies alone", "kneser_ney": "Kneser-Ney n-grams"}


def training_event(event: Event) -> None:
    """One line that grows over an epoch, and stays once it is done."""
    if event["kind"] == "progress" and sys.stderr.isatty():
        printing.progress(
            f"\r  epoch {event['epoch']} {event['share']:4.0%}  perplexity {_number(event['perplexity'])}"
            f"  {event['tokens_per_second']:,.0f} tokens/s "
        )
    elif event["kind"] == "epoch":
        start = "\r" if sys.stderr.isatty() else ""
        averaged = ", of averaged weights" if event["averaging"] else ""
        printing.progress(
            f"{start}  epoch {event['epoch']}  perplexity {_number(event['train']['perplexity'])}  validation"
            f" perplexity {_number(event['validation']['perplexity'])}{averaged}"
            f"  {event['tokens_per_second']:,.0f} tokens/s\n"
        )
    elif event["kind"] == "early_stop":
        printing.progress(f"  no better since epoch {event['best_epoch']}: its weights are kept\n")


def runs(entries: Sequence[Mapping[str, Any]]) -> None:
    """A line per trained run, its figures those on the test text."""
    header = ["run", "preset", "seed", *_HEADER, "parameters", "epochs", "seconds", "tokens/s"]
    printing.table(
        header,
        [
            [
                entry["id"], entry["preset"], entry["seed"], *_figures(entry["test"]), entry["parameters"],
                entry["epochs"], round(entry["seconds"], 1), round(entry["tokens_per_second"]),
            ]
            for entry in entries
        ],
    )  # fmt: skip


def training(document: Mapping[str, Any]) -> None:
    """What `language-model train` found: the text, the runs, and what counting alone reaches."""
    data = document["data"]
    sizes = ", ".join(f"{count:,} {split}" for split, count in data["characters"].items())
    print(f"{sum(data['characters'].values()):,} characters: {sizes}")
    left_out = {reason: count for reason, count in data["dropped"].items() if count}
    if left_out:
        print("left out: " + ", ".join(f"{count:,} {reason}" for reason, count in left_out.items()))
    print("\non the test text:")
    runs(document["runs"])
    for name, metrics in document["baselines"].items():
        print(f"{_BASELINES[name]}: perplexity {_number(metrics['perplexity'])}")
    if any("copying" in entry for entry in document["runs"]):
        _copying(document["runs"])


def evaluation(metrics: Mapping[str, Any]) -> None:
    """What `language-model evaluate` found."""
    printing.table(_HEADER, [_figures(metrics)])


def comparison(document: Mapping[str, Any]) -> None:
    """What `language-model compare` found: its sentence, every side, and every pair by kinds of token."""
    data = document["data"]
    print(f"{visible(data['name'])}: {data['test']:,} predicted {data['unit']}, {data['vocabulary']:,} known")
    print(f"\n{visible(document['headline']['sentence'])}\n")
    names = {side["key"]: visible(side["name"]) for side in document["sides"]}
    counted = [[each["name"], "", _number(each["perplexity"]), "", ""] for each in document["baselines"].values()]
    rows = [
        [names[side["key"]], len(side["seeds"]), *_with_ends(side["perplexity"]), side["parameters"]]
        for side in document["sides"]
    ]
    printing.table(["side", "seeds", "perplexity", "95 % interval", "parameters"], [*rows, *counted])
    for pair in document["pairs"]:
        print(f"\n{visible(pair['sentence'])}")
        for kind, found in pair["slices"].items():
            header = [kind, "tokens", names[pair["first"]], names[pair["second"]], "change", "95 % interval"]
            sides = ("first", "second")
            rows = [
                [
                    row["title"], row["tokens"], *(_number(row[side]["estimate"]) for side in sides),
                    *_change(row["change"]),
                ]
                for row in found
            ]  # fmt: skip
            if rows:
                print()
                printing.table(header, rows)
    print("\nto know")
    for note in document["headline"]["notes"]:
        print(f"  {visible(note)}")


def explanation(document: Mapping[str, Any], *, sampling_errors: Mapping[str, float | None]) -> None:
    """One explained prediction, as those of a classifier, with what was read and of which token it is."""
    if document["truncated_at"] is not None:
        print(f"read from character {document['truncated_at']:,} on")
    if document["position"] is not None:
        print(f"the prediction at token {document['position']:,}, from the {len(document['tokens']):,} before it")
    printing.explanation({**document, "truncated_at": None}, sampling_errors=sampling_errors)


def running(text: str) -> None:
    """The next piece of a text that grows, at once; none of its characters moves the cursor but the line end."""
    sys.stdout.write(visible(text).replace("\r", "\u240d"))
    sys.stdout.flush()


def _copying(entries: Sequence[Mapping[str, Any]]) -> None:
    """How many of the words that generated text repeats were predicted, near and far, and looked at."""
    print("\nwords that the text says again, k places on: how many were predicted, and looked at most")
    header = ["run", "preset", "places", "predicted", *(f"k = {low} to {high}" for low, high in _NEAR_TO_FAR)]
    rows = []
    for entry in entries:
        found = entry["copying"]
        right = [found["right"], *(_right(found["by_k"], low, high) for low, high in _NEAR_TO_FAR)]
        looked_at = "" if found["largest"] is None else f"{found['largest']:.1%}"
        shares = ["" if share is None else f"{share:.1%}" for share in right]
        rows.append([entry["id"], entry["preset"], found["places"], *shares, looked_at])
    printing.table([*header, "looked at most"], rows)


def _right(by_k: Sequence[Mapping[str, Any]], low: int, high: int) -> float | None:
    """The share of the places with these k that were predicted; None where there are none."""
    rows = [row for row in by_k if low <= row["k"] <= high]
    places = sum(row["places"] for row in rows)
    return sum(row["places"] * row["right"] for row in rows) / places if places else None


def _figures(metrics: Mapping[str, Any]) -> list[Any]:
    figures = [_number(metrics["perplexity"]), metrics["bits_per_token"], metrics["bits_per_character"]]
    return [*figures, metrics["tokens"], f"{metrics['unknown']:.1%}"]


def _with_ends(figure: Mapping[str, Any]) -> list[str]:
    ends = "" if figure["low"] is None else f"{_number(figure['low'])} to {_number(figure['high'])}"
    return [_number(figure["estimate"]), ends]


def _change(figure: Mapping[str, Any]) -> list[str]:
    ends = "" if figure["low"] is None else f"{figure['low']:+.1%} to {figure['high']:+.1%}"
    return [f"{figure['estimate']:+.1%}", ends]


def _number(perplexity: float | None) -> str:
    return "beyond all numbers" if perplexity is None else f"{perplexity:,.2f}"
