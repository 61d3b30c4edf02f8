"""What an audit of attention comes to, in words that claim no more than the intervals allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from model.studies.claim_words import ends, listed, percent

_KINDS = {"punctuation": "punctuation", "unknown": "words unknown to the model", "number": "numbers", "word": "words"}
_WHY = {
    "another class": "In training this gets weight and predicts a class, and in the test it does not",
    "missing": "In training this gets weight and predicts a class, and the test hardly has it",
}
_LONG = 10  # tokens a text must have on average for its tenths to mean something
_NAMED = 3


def audit_sentence(document: Mapping[str, Any]) -> str:
    """How even the weights are, what gets more or less than its share, and what may mislead."""
    entropy = document["entropy"]["of uniform"]
    if entropy["mean"] is None:
        return "No text had two tokens or more with weights, so there is nothing to audit."
    sentences = [
        f"Over {document['texts']:,} test texts, the weights have {percent(entropy['mean'])} of the entropy that"
        f" even weights would have{_interval(entropy)}."
    ]
    told = [
        (_KINDS[kind], row, row["times uniform"])
        for kind, row in document["kinds"].items()
        if kind != "word" and _differs(row)
    ]
    told += [(f"the {row['title']}", row, row["times"]) for row in document["parts"] if _differs(row)]
    told = sorted(told, key=lambda each: -abs(math.log(max(each[2], 1e-9))))[:_NAMED]
    if told:
        (what, *first), *others = told
        named = [f"{what} {_get(what)} {_times(*first)}", *(f"{what} {_times(*each)}" for what, *each in others)]
        sentences.append(f"Against even weights, {listed(named)}.")
    return " ".join([*sentences, *_most_weighed(document), *_shortcuts(document)])


def _most_weighed(document: Mapping[str, Any]) -> list[str]:
    """The tenth of the text with most weight, if it surely gets more than its share."""
    rows = [row for row in document["position"] if row["times"] is not None and _differs(row) and row["times"] > 1]
    if not rows or document["tokens"] < _LONG * document["texts"]:
        return []
    most = max(rows, key=lambda row: row["times"])
    return [f"By position, the part from {most['title']} of a text gets most: {_times(most, most['times'])}."]


def _shortcuts(document: Mapping[str, Any]) -> list[str]:
    sentences = []
    for why, said in _WHY.items():
        found = [row for row in document["shortcuts"] if row["why"] == why]
        if found:
            named = ", ".join(f"“{row['word']}” ({row['class']})" for row in found[:_NAMED])
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            sentences.append(f"{said}: {named}{more}.")
    return sentences or [
        "No word was found that gets more than its share of weight and predicts a class in training but surely not in"
        " the test."
    ]


def _differs(row: Mapping[str, Any]) -> bool:
    """Whether it gets surely more or less than its share, by more than the two decimals that are said."""
    return row["low"] is not None and not round(row["low"], 2) <= 1.0 <= round(row["high"], 2)


def _times(row: Mapping[str, Any], times: float) -> str:
    return f"{times:.2f} times the weight (95 % interval {row['low']:.2f} to {row['high']:.2f})"


def _get(what: str) -> str:
    return "gets" if what == "punctuation" or what.startswith("the ") else "get"


def _interval(figure: Mapping[str, Any]) -> str:
    if figure["low"] is None:
        return ""
    return f" (95 % interval {ends(figure)})"
