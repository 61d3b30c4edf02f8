"""What a duel is to be: its sides, its seeds, and what is held equal; checked before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from model.errors import SettingsError
from model.networks.presets import PRESETS
from model.training.settings import Settings

DEFAULT_SIDES = ("lstm", "bilstm", "bilstm-additive", "bilstm-additive:uniform")
UNIFORM = ":uniform"
MATCHES = ("parameters", "sizes")
MOST_SEEDS = 50
MOST_CANDIDATES = 50
MOST_SHARES = 5
SMALLEST_SHARE = 0.01
MOST_TRAININGS = 500
_DECIDED = ("preset", "seed", "attention_weights")  # by the sides and the seeds


@dataclass(frozen=True, kw_only=True)
class DuelPlan:
    """A duel, apart from its data; raises SettingsError for what cannot be trained.

    presets: the sides, a preset's name or "<preset>:uniform" for its control, frozen uniform attention. seeds: how
    many, from 13 on, the same for all sides. settings: options of all sides, defaults where left out. match:
    "parameters" sizes plain sides like the attention they stand against (see `duel_sides`), "sizes" leaves every
    hidden_size as it is. search: candidates tried on validation for each side (0: none). shares: parts of the
    training texts, below 1, on which the duel is repeated.
    """

    presets: tuple[str, ...] = DEFAULT_SIDES
    seeds: int = 5
    settings: dict[str, Any] = field(default_factory=dict, hash=False)
    match: str = "parameters"
    search: int = 0
    shares: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in ("presets", "shares"):
            value = getattr(self, name)
            if not isinstance(value, list | tuple):
                raise SettingsError(f"{name} is {value!r}; give a list")
            object.__setattr__(self, name, tuple(value))  # JSON made it a list
        if not isinstance(self.settings, dict):
            raise SettingsError(f"settings is {self.settings!r}; give options and their values")
        object.__setattr__(self, "settings", dict(self.settings))
        _check_presets(self.presets)
        _check_number("seeds", self.seeds, 1, MOST_SEEDS)
        if self.match not in MATCHES:
            raise SettingsError(f"match is {self.match!r}; choose one of {', '.join(MATCHES)}")
        _check_number("search", self.search, 0, MOST_CANDIDATES)
        if self.search == 1:
            raise SettingsError("search is 1; one candidate leaves nothing to choose: give 0, or 2 and more")
        _check_shares(self.shares)
        object.__setattr__(self, "shares", tuple(sorted(map(float, self.shares))))
        for side in self.presets:
            self.settings_of(side)
        if self.trainings > MOST_TRAININGS:
            raise SettingsError(
                f"this duel would be {self.trainings} trainings; {MOST_TRAININGS} are the most: take fewer sides,"
                " seeds, candidates or shares"
            )

    @property
    def trainings(self) -> int:
        """How many trainings the whole duel is, its search included."""
        return len(self.presets) * (self.search + self.seeds * (1 + len(self.shares)))

    def settings_of(self, side: str) -> Settings:
        """All settings of a side, before sizes are matched and anything is searched, with the default seed."""
        for name in _DECIDED:
            if name in self.settings:
                raise SettingsError(f"{name} is what a duel compares; leave it out of its settings")
        preset = side.removesuffix(UNIFORM)
        weights = "uniform" if is_control(side) else "learned"
        return Settings.from_dict({**self.settings, "preset": preset, "attention_weights": weights})

    def to_dict(self) -> dict[str, Any]:
        """Names and JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, plan: dict[str, Any]) -> DuelPlan:
        """A plan from names and values as `to_dict` gives them. Raises SettingsError."""
        unknown = sorted(set(plan) - set(cls.__dataclass_fields__))
        if unknown:
            raise SettingsError(f"a duel has no {unknown[0]!r}; it has {', '.join(cls.__dataclass_fields__)}")
        return cls(**plan)


def sides_for(attention: Iterable[str]) -> tuple[str, ...]:
    """The sides of a fair duel for some attention presets: an LSTM, their plain twins, they, and their controls.

    Raises SettingsError for a preset that is unknown or has no attention.
    """
    chosen = list(dict.fromkeys(attention))
    for preset in chosen:
        if preset not in PRESETS or not attends(preset):
            raise SettingsError(f"{preset!r} is no preset with attention; choose from {', '.join(attending())}")
    plain = ["lstm", *(twin for preset in chosen if (twin := plain_twin(preset)))]
    return (*dict.fromkeys(plain), *chosen, *(preset + UNIFORM for preset in chosen))


def attends(side: str) -> bool:
    """Whether a side has attention, learned or frozen."""
    return PRESETS[side.removesuffix(UNIFORM)].pooling not in ("last", "mean")


def attending() -> list[str]:
    """The presets with attention."""
    return [preset for preset in PRESETS if attends(preset)]


def is_control(side: str) -> bool:
    """Whether a side's attention is frozen to uniform."""
    return side.endswith(UNIFORM)


def plain_twin(side: str) -> str | None:
    """The preset without attention on the same encoder, whose last states decide; None where there is none."""
    wanted = PRESETS[side.removesuffix(UNIFORM)]._replace(pooling="last")
    return next((name for name, preset in PRESETS.items() if preset == wanted), None)


def _check_presets(presets: tuple[Any, ...]) -> None:
    for side in presets:
        if not isinstance(side, str):
            raise SettingsError(f"{side!r} is no preset; give names such as {DEFAULT_SIDES[-1]!r}")
        Settings.from_dict({"preset": side.removesuffix(UNIFORM)})
        if is_control(side) and not attends(side):
            raise SettingsError(f"{side.removesuffix(UNIFORM)} has no attention to freeze; leave out {UNIFORM!r}")
        if presets.count(side) > 1:
            raise SettingsError(f"{side} stands twice among the sides; name it once")
    if len(presets) < 2:
        raise SettingsError(f"a duel needs two sides at least; it has {len(presets)}")


def _check_number(name: str, value: Any, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise SettingsError(f"{name} is {value!r}; it must be a whole number from {low} to {high}")


def _check_shares(shares: tuple[Any, ...]) -> None:
    for share in shares:
        fits = type(share) in (int, float) and math.isfinite(share) and SMALLEST_SHARE <= share < 1
        if not fits:
            raise SettingsError(
                f"the share {share!r} of the training texts must lie between {SMALLEST_SHARE:g} and below 1; all of"
                " them are always trained on"
            )
    if len(set(shares)) < len(shares):
        raise SettingsError(f"the shares {', '.join(f'{share:g}' for share in shares)} hold one twice; name it once")
    if len(shares) > MOST_SHARES:
        raise SettingsError(f"{len(shares)} shares are too many; {MOST_SHARES} are the most")
