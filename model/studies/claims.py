"""What the figures of two sides allow to be said, and no more: sentences from parts of a comparison's document.

A difference is claimed where its 95 % interval leaves zero out. It is put down to attention only where nothing else
tells the two sides apart: encoder, options, and parameters within 5 %. Plain text that may hold names and labels of
people: to show it as Markdown or HTML, escape it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.networks.presets import PRESETS
from model.studies.claim_words import decided, interval, listed, option_value, signed, size

Part = Mapping[str, Any]  # of a comparison's document

MATCHED = 0.05  # parameters without embeddings, as a share of the first side's
_WHAT = {"attention": "Attention", "control": "Learning the weights", "averaging": "Uniform attention"}


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


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
