"""What the figures of language models side by side allow to be said, and no more.

A change of perplexity is claimed where its 95 % interval leaves zero out. It is put down to attention, or to
regularization, only where nothing else tells the two sides apart: options, and parameters within 5 %. Plain text that
may hold names given by people: to show it as Markdown or HTML, escape it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model.compare.contrasts import TEXTS
from model.studies.claim_words import decided, interval, listed, signed, size
from model.studies.claims import differences_beside, matched, parameters_note, two_are_few

Part = Mapping[str, Any]  # of a comparison's document

_WHAT = {"attention": "Attention", "regularization": "Regularization"}
_OF_ATTENTION = ("attention_score", "attention_layers", "window")  # options that mean nothing without it


def pair_sentence(pair: Part, first: Part, second: Part, *, protocol: Part) -> str:
    """One sentence on the perplexity of two sides: which is lower, by how much, or that it cannot be told."""
    figure = pair["change"]
    if figure["low"] is None:
        return (
            f"The test text is too short to tell {second['name']} from {first['name']}:"
            f" {_signed(figure['estimate'])} % perplexity, and no interval."
        )
    way, about, alone = decided(figure), f"(95 % interval {interval(figure)} %)", figure["covers"] == TEXTS
    if way is None:
        what, the = ("This text", "the trained ") if alone else ("This text and these seeds", "")
        names = f"{the}{second['name']} from {the}{first['name']}"
        return f"{what} cannot tell {names}: {signed(figure)} % perplexity {about}."
    less = f"{size(figure)} % {'less' if way == 'lower' else 'more'} perplexity"
    if alone:
        return (
            f"On this text the trained {second['name']} has {less} than the trained {first['name']} {about};"
            " another training may come out otherwise."
        )
    if pair["kind"] in _WHAT and matched(first, second) and not _beside(first, second, protocol):
        return (
            f"{_WHAT[pair['kind']]} {'lowers' if way == 'lower' else 'raises'} perplexity by {size(figure)} % here"
            f" {about}: {second['name']} against {first['name']}."
        )
    return f"{second['name']} has {less} here than {first['name']} {about}."


def pair_notes(pair: Part, first: Part, second: Part, *, protocol: Part) -> list[str]:
    """What a reader must know beside the sentence: what the interval covers, the seeds, and what else differs."""
    figure, notes = pair["change"], []
    if figure["covers"] == TEXTS:
        notes.append(
            "The interval covers other stretches of text like this, not the chance in each training: train more seeds"
            " of both for that."
        )
    elif figure["covers"]:
        counts = len(first["seeds"]), len(second["seeds"])
        how = f"{counts[0]} seeds a side" if counts[0] == counts[1] else f"{counts[0]} and {counts[1]} seeds"
        paired = "paired" if pair["paired"] else "not paired, as they are not the same"
        low, high = map(_signed, figure["text"])
        notes.append(
            f"The interval covers other stretches of text like this and the chance in each training: {how}, {paired}."
            f"{two_are_few(min(counts))} Over the text alone, for these trained models as they are, it is {low} to"
            f" {high} %."
        )
    if pair["paired"] and len(first["seeds"]) > 1:
        notes.append(f"Seed by seed: {listed([f'{_signed(change)} %' for change in figure['seeds']])}.")
    notes.append(parameters_note(pair, first, second))
    others = _beside(first, second, protocol)
    if others:
        notes.append(f"They also differ in {listed(others)}.")
    return notes


def where_sentence(rows: Sequence[Part]) -> str:
    """Of the slices of one kind: on which the perplexity is lower, on which higher, and where nothing is claimed."""
    told: dict[str | None, list[str]] = {"lower": [], "higher": [], None: []}
    for row in rows:
        way = None if row["change"]["low"] is None else decided(row["change"])
        change = "" if way is None else f" ({signed(row['change'])} %)"
        told[way].append(f"“{row['title']}”{change}")
    parts = [f"{way} on {listed(told[way])}" for way in ("lower", "higher") if told[way]]
    said = [f"Perplexity is {', '.join(parts)}."] if parts else []
    if told[None]:
        said.append(f"On {listed(told[None])} no difference can be claimed.")
    return " ".join(said)


def headline(document: Part) -> dict[str, Any]:
    """{"pair" (its place in "pairs", None without any), "sentence", "notes"} of a whole comparison."""
    sides, pairs = {side["key"]: side for side in document["sides"]}, document["pairs"]
    if not pairs:
        (side,) = sides.values()
        figure = side["perplexity"]
        ends = "" if figure["low"] is None else f" (95 % interval {value(figure['low'])} to {value(figure['high'])})"
        said = f"{side['name']} has perplexity {value(figure['estimate'])}{ends}."
        return {"pair": None, "sentence": f"{said} {_against_counting(document, [side])}", "notes": _about(document)}
    place = next((place for place, pair in enumerate(pairs) if pair["kind"] == "attention"), 0)
    pair = pairs[place]
    both = [sides[pair["first"]], sides[pair["second"]]]
    notes = [*pair["notes"], _several(pairs, document["data"]["unit"]), *_about(document)]
    return {"pair": place, "sentence": f"{pair['sentence']} {_against_counting(document, both)}", "notes": notes}


def value(perplexity: float) -> str:
    """A perplexity as people read it: 4.512, 45.12, 145.1, 1,451."""
    return f"{perplexity:,.{digits(perplexity)}f}"


def digits(perplexity: float) -> int:
    """How many decimals a perplexity, and others about as large, are written with."""
    return 3 if perplexity < 10 else 2 if perplexity < 100 else 1 if perplexity < 1000 else 0


# ----------------------------------------------------------------------------------------------------------------


def _beside(first: Part, second: Part, protocol: Part) -> list[str]:
    both = first["attends"] and second["attends"]
    meant = {name: each for name, each in protocol["differing"].items() if both or name not in _OF_ATTENTION}
    return differences_beside(first, second, protocol={"differing": meant})


def _against_counting(document: Part, sides: Sequence[Part]) -> str:
    """Where counted n-grams stand on the same tokens: a figure without an interval, against those of the sides."""
    theirs = document["baselines"]["kneser_ney"]["perplexity"]
    said = f"Kneser-Ney n-grams have {value(theirs)} on the same tokens"
    figures = [side["perplexity"] for side in sides]
    if any(figure["low"] is None for figure in figures):
        return f"{said}."
    ways = ["above" if theirs > each["high"] else "below" if theirs < each["low"] else "inside" for each in figures]
    if len(set(ways)) == 1:
        whose = "its interval" if len(sides) == 1 else "both intervals"
        return f"{said}, {ways[0]} {whose}."
    parts = [f"{way} the interval of {side['name']}" for way, side in zip(ways, sides, strict=True)]
    return f"{said}, {listed(parts)}."


def _several(pairs: Sequence[Part], unit: str) -> str:
    what = f"The kinds of {unit} on which the two are compared have"
    if len(pairs) > 1:
        what = f"The {len(pairs)} pairs, and the kinds of {unit} on which each is compared, have"
    return (
        f"{what} an interval each, without correction: of twenty such intervals one leaves out the truth by chance."
    )


def _about(document: Part) -> list[str]:
    notes, data = [], document["data"]
    if data["unknown"]:
        notes.append(
            f"{100 * data['unknown']:.1f} % of the tokens are not in the vocabulary: they count as one token"
            " “unknown”, which is easy to predict and makes every perplexity lower than it would be."
        )
    if document["left_out"]:
        notes.append(f"Left out, as a newer run has the same settings and seed: {listed(document['left_out'])}.")
    return notes


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")
