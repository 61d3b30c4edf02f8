"""The command line's words for language models: progress on stderr; tables, explanations and texts on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from model import printing
from model.explain.export_words import visible
from model.printing import progress, table
from model.training.loop import Event

_HEADER = ["perplexity", "bits per token", "bits per character", "tokens", "unknown"]
_BASELINES = {"unigram": "frequencies alone", "kneser_ney": "Kneser-Ney trigrams"}


def training_event(event: Event) -> None:
    """One line that grows over an epoch, and stays once it is done."""
    if event["kind"] == "progress" and sys.stderr.isatty():
        progress(
            f"\r  epoch {event['epoch']} {event['share']:4.0%}  perplexity {_number(event['perplexity'])}"
            f"  {event['tokens_per_second']:,.0f} tokens/s "
        )
    elif event["kind"] == "epoch":
        start = "\r" if sys.stderr.isatty() else ""
        averaged = ", of averaged weights" if event["averaging"] else ""
        progress(
            f"{start}  epoch {event['epoch']}  perplexity {_number(event['train']['perplexity'])}  validation"
            f" perplexity {_number(event['validation']['perplexity'])}{averaged}"
            f"  {event['tokens_per_second']:,.0f} tokens/s\n"
        )
    elif event["kind"] == "early_stop":
        progress(f"  no better since epoch {event['best_epoch']}: its weights are kept\n")


def runs(entries: Sequence[Mapping[str, Any]]) -> None:
    """A line per trained run, its figures those on the test text."""
    header = ["run", "preset", "seed", *_HEADER, "parameters", "epochs", "seconds", "tokens/s"]
    table(
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


def evaluation(metrics: Mapping[str, Any]) -> None:
    """What `language-model evaluate` found."""
    table(_HEADER, [_figures(metrics)])


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


def _figures(metrics: Mapping[str, Any]) -> list[Any]:
    figures = [_number(metrics["perplexity"]), metrics["bits_per_token"], metrics["bits_per_character"]]
    return [*figures, metrics["tokens"], f"{metrics['unknown']:.1%}"]


def _number(perplexity: float | None) -> str:
    return "beyond all numbers" if perplexity is None else f"{perplexity:,.2f}"
