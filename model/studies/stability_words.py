"""What a study of stability comes to, in words that claim no more than the intervals allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.compare.trust_intervals import Figure
from model.explain.rows import TITLES, in_sentence
from model.studies.claim_words import listed


def stability_sentence(tables: Mapping[str, Any], *, texts: int, seeds: int) -> str:
    """The tau of the attention across seeds, the tokens that flip, and which attributions are more stable or less."""
    rows = tables["rows"]
    if not rows or rows["attention"]["tau"]["mean"] is None:
        return "No text had two tokens or more whose weights could be ranked, so nothing is known of their stability."
    tau, flipping = rows["attention"]["tau"], rows["attention"]["flipping"]
    sentences = [
        f"Over {texts:,} {'texts' if texts > 1 else 'text'}, the attention weights of two seeds rank the tokens with"
        f" a Kendall's tau of {_number(tau['mean'])} on average{_interval(tau)}, where 1 is the same order and 0 no"
        f" order in common; {100 * flipping['mean']:.1f} % of the tokens are in the top tenth under one of the"
        f" {seeds} seeds and in the lower half under another.",
        *_apart(rows["attention"]),
    ]
    told = {"more": [], "less": [], "": []}
    for method, differences in tables["against"].items():
        told[_verdict(differences["tau"])].append((method, differences["tau"]))
    for verdict in ("more", "less"):
        if told[verdict]:
            others = listed([f"{_name(method)} (by {_by(figure)})" for method, figure in told[verdict]])
            sentences.append(
                f"By the order of the tokens, the same models' attention is {verdict} stable than {others}."
            )
    if told[""]:
        others = listed([_name(method) for method, _ in told[""]])
        sentences.append(f"By their order, these texts cannot tell its stability from that of {others}.")
    return " ".join(sentences)


def stability_notes(*, seeds: int) -> list[str]:
    """What the figures do and do not say."""
    return [
        f"Intervals are 95 % and over other texts like these, with these same {seeds} models: other seeds are not"
        " covered.",
        "Distances are Jensen-Shannon (0 to 1, square root, base 2). Two rows that spread evenly are near each other"
        " whatever they rank first, so each distance stands beside the one that chance gives: the same shares on"
        " tokens drawn at random.",
        "Attributions are to one class for all seeds, the likeliest in the mean of their probabilities, and count by"
        " their absolute value.",
        "The more seeds, the more tokens flip somewhere: compare such shares for the same number of seeds alone.",
    ]


def _apart(row: Mapping[str, Figure]) -> list[str]:
    distance, chance = row["distance"], row["chance"]
    if distance["mean"] is None or chance["mean"] is None:
        return []
    return [
        f"Their weights are a distance of {_number(distance['mean'])}{_interval(distance)} apart; on tokens drawn at"
        f" random the same weights would be {_number(chance['mean'])} apart."
    ]


def _verdict(difference: Figure) -> str:
    if difference["low"] is None or difference["low"] <= 0 <= difference["high"]:
        return ""
    return "more" if difference["mean"] > 0 else "less"


def _name(method: str) -> str:
    return in_sentence(TITLES.get(method, method))


def _by(figure: Figure) -> str:
    low, high = sorted((abs(figure["low"]), abs(figure["high"])))
    return f"{_number(abs(figure['mean']))}, 95 % interval {_number(low)} to {_number(high)}"


def _interval(figure: Figure) -> str:
    if figure["low"] is None:
        return ""
    return f" (95 % interval {_number(figure['low'])} to {_number(figure['high'])})"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "\u2212")
