"""What the figures of a comparison allow to be said, and no more: sentences from plain parts of its document.

A difference is claimed where its 95 % interval leaves zero out. It is put down to attention only where nothing else
tells the two sides apart: encoder, options, and parameters within 5 %. Plain text that may hold names and labels of
people: to show it as Markdown or HTML, escape it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from model.networks.presets import PRESETS
from model.studies.claim_words import apart, decided, ends, interval, listed, option_value, percent, signed, size

Part = Mapping[str, Any]  # of a comparison's document

MATCHED = 0.05  # parameters without embeddings, as a share of the first side's
_WHAT = {"attention": "Attention", "control": "Learning the weights", "averaging": "Uniform attention"}
_TFIDF = "TF-IDF + logistic regression"


def pair_sentence(pair: Part, first: Part, second: Part, *, protocol: Part) -> str:
    """One sentence on the accuracy of two sides: which is ahead, by how much, or that it cannot be told."""
    figure = pair["differences"]["accuracy"]
    trained = "the trained " if figure["covers"] == "texts" else ""
    names = trained + first["name"], trained + second["name"]
    way = decided(figure)
    if way is None:
        what = "These texts" if trained else "These texts and seeds"
        return (
            f"{what} cannot tell {names[1]} from {names[0]}: {signed(figure)} points of accuracy"
            f" (95 % interval {interval(figure)})."
        )
    more = f"{size(figure)} points {'more' if way == 'higher' else 'less'} accurate"
    if trained:
        return (
            f"On these texts {names[1]} is {more} than {names[0]} (95 % interval {interval(figure)});"
            " another training may come out otherwise."
        )
    if pair["kind"] in _WHAT and _differs_in_that_alone(pair, first, second, protocol):
        return (
            f"{_WHAT[pair['kind']]} {'gains' if way == 'higher' else 'loses'} {size(figure)} points of accuracy here"
            f" (95 % interval {interval(figure)}): {names[1]} against {names[0]}."
        )
    return f"{names[1]} is {more} here than {names[0]} (95 % interval {interval(figure)})."


def pair_notes(pair: Part, first: Part, second: Part, *, protocol: Part) -> list[str]:
    """What a reader must know beside the sentence: what the interval covers, and what else is not the same."""
    notes = [_covered(pair, first, second)]
    if pair["mcnemar"]:
        below = sum(test["p_value"] < 0.05 for test in pair["mcnemar"])
        notes.append(
            "McNemar's exact test compares two trained models, not two kinds of network: p is below 0.05 in"
            f" {below} of {_counted(len(pair['mcnemar']), 'seed')}."
        )
    notes.append(parameters_note(pair, first, second))
    others = differences_beside(first, second, protocol=protocol)
    if others:
        notes.append(f"They also differ in {listed(others)}.")
    return notes


def differences_beside(first: Part, second: Part, *, protocol: Part) -> list[str]:
    """What else tells two sides apart, besides attention and size: direction, cell, layers, and other options."""
    found = []
    networks = PRESETS.get(first["preset"]), PRESETS.get(second["preset"])
    if None not in networks:
        if networks[0].bidirectional != networks[1].bidirectional:
            found.append("direction (one reads both ways)")
        for name in ("cell", "layers"):
            ours, theirs = (getattr(network, name) for network in networks)
            if ours != theirs:
                found.append(f"{name} ({option_value(ours)} against {option_value(theirs)})")
    for option, values in protocol["differing"].items():
        ours, theirs = values.get(first["key"]), values.get(second["key"])
        if option != "hidden_size" and ours != theirs:  # that shows in the parameters
            found.append(f"{option.replace('_', ' ')} ({option_value(ours)} against {option_value(theirs)})")
    return found


def two_are_few(seeds: int) -> str:
    """What to add where an interval over seeds has only two of a side; nothing else."""
    # Simulated, see `mean_interval`: 87 % where nine tenths of the variance stem from the seeds.
    return " Two are few: where trainings differ much, one in eight such intervals misses." if seeds == 2 else ""


def parameters_gap(first: Part, second: Part) -> float:
    """How many more parameters the second side has than the first, embeddings apart, as a share of the first's."""
    return second["parameters_without_embeddings"] / first["parameters_without_embeddings"] - 1


def matched(first: Part, second: Part) -> bool:
    """Whether two sides have as many parameters, embeddings apart, within 5 %."""
    ours, theirs = (side["parameters_without_embeddings"] for side in (first, second))
    return abs(theirs - ours) <= MATCHED * ours


def parameters_note(pair: Part, first: Part, second: Part) -> str:
    """How many parameters two sides have, embeddings apart, and whether that is as many."""
    gap = parameters_gap(first, second)
    counts = [f"{side['parameters_without_embeddings']:,}" for side in (first, second)]
    share = f"{signed({'estimate': gap, 'low': gap, 'high': gap})} %"
    said = f"Parameters without embeddings: {counts[0]} and {counts[1]} ({share})"
    if pair["kind"] == "control" and first["hidden_size"] == second["hidden_size"]:
        return f"{said}, the attention's own."
    if matched(first, second):
        return f"{said}, matched within 5 %."
    return f"{said}; they are not matched within 5 %, so part of a difference may come from size."


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


# -- one pair ----------------------------------------------------------------------------------------------------


def _differs_in_that_alone(pair: Part, first: Part, second: Part, protocol: Part) -> bool:
    if differences_beside(first, second, protocol=protocol):
        return False
    # What learning adds to uniform weights is the attention's own parameters.
    return pair["kind"] == "control" or matched(first, second)


def _covered(pair: Part, first: Part, second: Part) -> str:
    seeds = len(first["seeds"]), len(second["seeds"])
    if pair["differences"]["accuracy"]["covers"] == "texts":
        return (
            "The interval covers other test texts like these, not the chance in each training: train more seeds of"
            " both for that."
        )
    how = f"{seeds[0]} a side" if seeds[0] == seeds[1] else f"{seeds[0]} and {seeds[1]}"
    paired = "paired by seed" if pair["paired"] else "not paired, as their seeds are not the same"
    few = two_are_few(min(seeds))
    return f"The interval covers other test texts like these and the chance in each training: {how}, {paired}.{few}"


# -- the whole ---------------------------------------------------------------------------------------------------


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


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
