"""Runs gathered into the sides of a comparison, and the pairs of sides that a question can be asked of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from model.errors import RunError
from model.networks.language_presets import LANGUAGE_PRESETS
from model.networks.preset_words import has_attention, preset_title
from model.networks.presets import PRESETS
from model.runs.run import Run
from model.studies.claim_words import option_value
from model.training.language_settings import LanguageSettings
from model.training.settings import Settings

# What differs between the runs of one side: chance, and where it was computed.
_SAME_SIDE = ("seed", "device", "threads")
# What is no difference between two sides beyond their names.
_NAMED = ("preset", "attention_weights", *_SAME_SIDE)
_DEFAULTS, _LANGUAGE_DEFAULTS = Settings().to_dict(), LanguageSettings().to_dict()

Kind = Literal["attention", "control", "averaging", "regularization", "other"]


class Side(NamedTuple):
    """All runs that differ by their seed alone, in the order of their seeds; one run a seed, the newest.

    `key` is short and names the side within one comparison ("bilstm-additive:uniform"); `name` is for people.
    """

    key: str
    name: str
    runs: tuple[Run, ...]

    @property
    def preset(self) -> str:
        return self.runs[0].spec["preset"]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that all runs share: those of the first, with defaults for options that are newer than it."""
        return _settings(self.runs[0])

    @property
    def control(self) -> bool:
        """Whether its attention is frozen to uniform weights (Wiegreffe & Pinter 2019)."""
        return _is_control(self.runs[0])

    @property
    def attends(self) -> bool:
        """Whether its networks learned where to look."""
        return has_attention(self.preset) and not self.control

    @property
    def plain(self) -> bool:
        """Whether its networks have no attention at all."""
        return not has_attention(self.preset)

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(run.spec["seed"] for run in self.runs)

    def paired_with(self, other: Side) -> bool:
        """Whether both were trained with the same seeds."""
        return self.seeds == other.seeds


class Pair(NamedTuple):
    """Two sides and what they differ in; figures are always those of the second minus those of the first.

    kind: "attention" is attention against none, "control" learned weights against uniform ones, "averaging" uniform
    weights against no attention, "regularization" of a language model against none, "other" anything else.
    """

    first: Side
    second: Side
    kind: Kind


def sides_of(runs: Sequence[Run]) -> list[Side]:
    """Runs gathered by everything but the seed: those without attention first, then controls, then by name.

    Of runs that differ in nothing the newest counts: a training done twice is no second seed.
    """
    gathered: dict[str, dict[int, Run]] = {}
    for run in sorted(runs, key=lambda run: (run.spec["created"], run.id)):
        settings = {name: value for name, value in _settings(run).items() if name not in _SAME_SIDE}
        gathered.setdefault(json.dumps(settings, sort_keys=True), {})[run.spec["seed"]] = run
    found = [tuple(of_seed[seed] for seed in sorted(of_seed)) for of_seed in gathered.values()]
    sides = [Side(_key(group[0]), _name(group[0]), group) for group in found]
    sides = sorted(_told_apart(sides), key=lambda side: (not side.plain, side.attends, side.name))
    return _with_keys_of_their_own(sides)


def twin(side: Side, sides: Sequence[Side]) -> Side | None:
    """The plain side with the same encoder as this one, of several the one that differs in the fewest options."""
    same = [other for other in sides if other.plain and other != side and _encoder(other) == _encoder(side)]
    return _nearest(side, same)


def control_of(side: Side, sides: Sequence[Side]) -> Side | None:
    """The control of a side that attends: the same preset with uniform weights."""
    return _nearest(side, [other for other in sides if other.control and other.preset == side.preset])


def pairs_of(sides: Sequence[Side]) -> list[Pair]:
    """What can be asked of the sides, each question once.

    Every side with attention against its twin, or the nearest side without, and against its control; and each control
    against its twin. A side that is left over is compared with the first side that attends, or the first of all.
    """
    pairs: list[Pair] = []
    for side in (side for side in sides if side.attends):
        plain = twin(side, sides) or _nearest(side, [other for other in sides if other.plain])
        if plain is not None:
            pairs.append(Pair(plain, side, "attention"))
        if (control := control_of(side, sides)) is not None:
            pairs.append(Pair(control, side, "control"))
    for control in (side for side in sides if side.control):
        plain = twin(control, sides)
        if plain is not None:
            pairs.append(Pair(plain, control, "averaging"))
    return pairs + _left_over(sides, pairs)


def side_of(sides: Sequence[Side], key: str) -> Side:
    """The side with this key. Raises RunError."""
    found = next((side for side in sides if side.key == key), None)
    if found is None:
        raise RunError(f"there is no side {key!r}; there are {', '.join(side.key for side in sides)}")
    return found


def reference_of(sides: Sequence[Side]) -> Side:
    """The side that others are measured against: the first that attends, or the first of all."""
    return next((side for side in sides if side.attends), sides[0])


def differing(sides: Sequence[Side]) -> dict[str, dict[str, Any]]:
    """The options that are not the same on all sides, besides what their names say: {option: {key: value}}."""
    settings = {side.key: side.settings for side in sides}
    options = {name: None for own in settings.values() for name in own if name not in _NAMED}
    values = {name: {key: own.get(name) for key, own in settings.items()} for name in options}
    return {name: of_side for name, of_side in values.items() if len(set(map(repr, of_side.values()))) > 1}


# ----------------------------------------------------------------------------------------------------------------


def _left_over(sides: Sequence[Side], pairs: Sequence[Pair]) -> list[Pair]:
    paired = {side.key for pair in pairs for side in pair[:2]}
    rest = []
    for side in (side for side in sides if side.key not in paired):
        other = next((other for other in (reference_of(sides), *sides) if other != side), None)
        if other is None or {side.key, other.key} in [{pair.first.key, pair.second.key} for pair in rest]:
            continue
        first, second = sorted((side, other), key=sides.index)
        rest.append(Pair(first, second, "other"))
    return rest


def _settings(run: Run) -> dict[str, Any]:
    defaults = _LANGUAGE_DEFAULTS if run.spec["preset"] in LANGUAGE_PRESETS else _DEFAULTS
    return {**defaults, **run.spec["settings"]}


def _is_control(run: Run) -> bool:
    return has_attention(run.spec["preset"]) and run.spec["settings"].get("attention_weights") == "uniform"


def _key(run: Run) -> str:
    return run.spec["preset"] + (":uniform" if _is_control(run) else "")


def _name(run: Run) -> str:
    return preset_title(run.spec["preset"]) + (", uniform weights" if _is_control(run) else "")


def _told_apart(sides: list[Side]) -> list[Side]:
    """Say what differs where sides have one name: the options that are not the same in all of them."""
    named = []
    for side in sides:
        options = differing([other._replace(key=str(place)) for place, other in enumerate(_namesakes(side, sides))])
        detail = ", ".join(
            f"{name.replace('_', ' ')} {option_value(side.settings.get(name), unset='by default')}"
            for name in options
        )
        named.append(side._replace(name=f"{side.name} ({detail})" if detail else side.name))
    return named


def _namesakes(side: Side, sides: Sequence[Side]) -> list[Side]:
    return [other for other in sides if other.name == side.name]


def _with_keys_of_their_own(sides: Sequence[Side]) -> list[Side]:
    met: Counter[str] = Counter()
    keyed = []
    for side in sides:
        met[side.key] += 1
        keyed.append(side._replace(key=f"{side.key}-{met[side.key]}") if met[side.key] > 1 else side)
    return keyed


def _encoder(side: Side) -> tuple[Any, ...]:
    """What reads the text: direction, cell and layers; of a language model, whether it is regularized, and layers."""
    if side.preset in LANGUAGE_PRESETS:
        return LANGUAGE_PRESETS[side.preset].regularized, side.settings["layers"]
    preset = PRESETS.get(side.preset)
    if preset is None:
        return (side.preset,)
    return preset.bidirectional, preset.cell, side.settings.get("layers") or preset.layers


def _nearest(side: Side, others: Sequence[Side]) -> Side | None:
    """The side whose encoder is most alike, direction before cell before layers, with the fewest other options."""

    def distance(other: Side) -> tuple[Any, ...]:
        unlike = [ours != theirs for ours, theirs in zip(_encoder(side), _encoder(other), strict=False)]
        options = set(differing([side._replace(key="first"), other._replace(key="second")]))
        # A size may have been chosen so that the parameters match: then these say what belongs together.
        return (*unlike, len(options - {"hidden_size"}), abs(_parameters(side) - _parameters(other)), other.name)

    return min(others, key=distance, default=None)


def _parameters(side: Side) -> int:
    return (side.runs[0].report or {}).get("parameters_without_embeddings", 0)
