"""What a whole comparison says first: its main pair, what of the difference is from averaging, and TF-IDF beside it.

Differences are claimed as in `model.studies.claims`, and its plain text is as little to be trusted as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from model.studies.claim_words import apart, decided, ends, interval, listed, percent, signed, size
from model.studies.claims import Part, differences_beside

_TFIDF = "TF-IDF + logistic regression"


def headline(document: Part, *, shares: Part | None = None) -> dict[str, Any]:
    """{"pair" (its place in "pairs", None without any), "sentence", "notes"} of a whole comparison.

    The first pair of attention against none, what uniform weights have of its difference, and TF-IDF. `shares`: how
    much more uniform weights add to no attention than learning adds to them, with its interval, where it is known.
    """
    sides, pairs = {side["key"]: side for side in document["sides"]}, document["pairs"]
    if not pairs:
        (side,) = sides.values()
        accuracy = side["metrics"]["accuracy"]
        said = f"{side['name']} gets {percent(accuracy['estimate'])} right (95 % interval {ends(accuracy)})."
        parts = [said, *_at_majority(document, [side]), _against_tfidf(document, [side])]
        return {"pair": None, "sentence": " ".join(parts), "notes": _about(document)}
    place = next((place for place, pair in enumerate(pairs) if pair["kind"] == "attention"), 0)
    pair = pairs[place]
    first, second = sides[pair["first"]], sides[pair["second"]]
    uniform = _uniform(pair, pairs, sides, shares=shares, protocol=document["protocol"])
    parts = [pair["sentence"], *_at_majority(document, [first, second]), *uniform]
    parts.append(_against_tfidf(document, [first, second]))
    notes = [*pair["notes"], *_missing_control(pair, pairs, second), *_several(pairs), *_about(document)]
    return {"pair": place, "sentence": " ".join(parts), "notes": notes}


def _uniform(
    pair: Part, pairs: Sequence[Part], sides: Mapping[str, Part], *, shares: Part | None, protocol: Part
) -> list[str]:
    """What frozen uniform attention has of the difference between attention and none."""
    if pair["kind"] != "attention":
        return []
    control = next((each for each in pairs if each["kind"] == "control" and each["second"] == pair["second"]), None)
    if control is None:
        return []
    learned, total = control["differences"]["accuracy"], pair["differences"]["accuracy"]
    averaging = next(
        (each for each in pairs if (each["first"], each["second"]) == (pair["first"], control["first"])), None
    )
    trio = [sides[key] for key in (pair["first"], control["first"], pair["second"])]
    alike = not any(differences_beside(ours, theirs, protocol=protocol) for ours, theirs in pairwise(trio))
    if averaging is None or decided(total) != "higher" or shares is None or not alike:
        return [_learned(learned)]
    uniform = averaging["differences"]["accuracy"]
    inside = uniform["estimate"] <= total["estimate"]
    start = f"Frozen uniform attention is at {signed(uniform)} points against {trio[0]['name']}"
    if decided(uniform) == "higher":
        start = f"Frozen uniform attention gains {size(uniform)}{' of them' if inside else ' points'}"
    start += f" (95 % interval {interval(uniform)})"
    if decided(shares) == "higher" and decided(uniform) == "higher":
        return [f"{start}, so most of the gain is from averaging states, not from choosing words."]
    if decided(shares) == "lower" and decided(learned) == "higher":
        return [f"{start}, so most of the gain is from choosing words, not from averaging states."]
    return [f"{start}; how much of the gain is from averaging states these texts and seeds do not settle."]


def _learned(figure: Part) -> str:
    way, end = decided(figure), f"(95 % interval {interval(figure)})"
    if way is None:
        return f"Learned weights cannot be told from frozen uniform ones: {signed(figure)} points {end}."
    where = "ahead of" if way == "higher" else "behind"
    return f"Learned weights are {size(figure)} points {where} frozen uniform ones {end}."


def _at_majority(document: Part, sides: Sequence[Part]) -> list[str]:
    """Which sides may have learned nothing: a difference of two that guess says little of either."""
    majority = document["baselines"]["majority"]["accuracy"]
    names = [side["name"] for side in sides if side["metrics"]["accuracy"]["low"] <= majority]
    if not names:
        return []
    who = f"{names[0]} is not" if len(names) == 1 else "Neither is"
    return [f"{who} surely better than the most frequent class, at {percent(majority)}."]


def _against_tfidf(document: Part, sides: Sequence[Part]) -> str:
    """Where each side stands against TF-IDF with logistic regression, as far as their intervals tell."""
    tfidf = document["baselines"]["tfidf_logistic_regression"]
    theirs = {"estimate": tfidf["accuracy"], "low": tfidf["low"], "high": tfidf["high"]}
    said = f"{_TFIDF}, at {percent(tfidf['accuracy'])} (95 % interval {ends(tfidf)})"
    ways = [decided(apart(theirs, side["metrics"]["accuracy"])) for side in sides]
    if len(set(ways)) == 1:
        them = "both" if len(sides) > 1 else "it"
        return f"{said}, " + {"lower": f"is ahead of {them}.", "higher": f"is behind {them}."}.get(
            ways[0], f"cannot be told from {'either' if len(sides) > 1 else 'it'}."
        )
    words = {"lower": "is ahead of", "higher": "is behind", None: "cannot be told from"}
    return f"{said}, " + listed([f"{words[way]} {side['name']}" for way, side in zip(ways, sides, strict=True)]) + "."


def _missing_control(pair: Part, pairs: Sequence[Part], second: Part) -> list[str]:
    if pair["kind"] != "attention" or any(each["kind"] == "control" for each in pairs):
        return []
    return [
        f"There is no control: {second['preset']} with attention_weights=uniform would show how much of a difference"
        " is from averaging states alone."
    ]


def _several(pairs: Sequence[Part]) -> list[str]:
    what = "The parts of the texts on which the two are compared have"
    if len(pairs) > 1:
        what = f"The {len(pairs)} pairs, and the parts of the texts on which each is compared, have"
    return [
        f"{what} an interval each, without correction: of twenty such intervals one leaves out the truth by chance."
    ]


def _about(document: Part) -> list[str]:
    """What is to be known of the texts and runs themselves."""
    notes, data = [], document["data"]
    if data["other"] is not None:
        notes.append(f"The texts are those of {data['other']}, not the test split of the runs' own data.")
        if data["seen_in_training"]:
            notes.append(f"The runs were trained or selected on {data['seen_in_training']:,} of these texts.")
    if document["left_out"]:
        notes.append(f"Left out, as a newer run has the same settings and seed: {listed(document['left_out'])}.")
    return notes
