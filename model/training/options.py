"""Options with their bounds and a sentence on each: what every settings class is made of, read from JSON or --set."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import Field, asdict, field, fields
from functools import cache
from typing import Any, Self, get_type_hints

from model.errors import SettingsError


def option(default: Any, help: str, *, minimum=None, maximum=None, choices: tuple[str, ...] | None = None) -> Any:
    """A field of a settings class: its default, a sentence on it, and which values it takes."""
    return field(default=default, metadata={"help": help, "minimum": minimum, "maximum": maximum, "choices": choices})


class Options:
    """Base of a frozen dataclass whose fields are `option()`s; a value that makes no sense raises SettingsError."""

    def __post_init__(self) -> None:
        for name, kind in _types(type(self)).items():
            _check(name, getattr(self, name), kind, _fields(type(self))[name].metadata)

    @classmethod
    def from_dict(cls, options: dict[str, Any]) -> Self:
        """Settings from names and values, as read from JSON or a form; unknown names raise SettingsError."""
        types = _types(cls)
        for name in options:
            if name not in types:
                raise SettingsError(_unknown(name, types))
        return cls(**{name: _coerce(value, types[name]) for name, value in options.items()})

    def to_dict(self) -> dict[str, Any]:
        """Names and JSON values of all options."""
        return asdict(self)

    @classmethod
    def parse_assignment(cls, text: str) -> tuple[str, Any]:
        """Name and typed value of `key=value`, as given to --set; `none` is None where an option may be empty."""
        name, separator, value = text.partition("=")
        name, value = name.strip(), value.strip()
        if not separator:
            raise SettingsError(f"--set {text!r} has no '='; write it as name=value, for example hidden_size=128")
        types = _types(cls)
        if name not in types:
            raise SettingsError(_unknown(name, types))
        return name, _parse(name, value, types[name])


@cache
def _fields(cls: type[Options]) -> dict[str, Field]:
    return {item.name: item for item in fields(cls)}


@cache
def _types(cls: type[Options]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {name: hints[name] for name in _fields(cls)}


def _parse(name: str, value: str, kind: Any) -> Any:
    kinds = _kinds(kind)
    if type(None) in kinds and value.lower() == "none":
        return None
    if bool in kinds:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if value.lower() not in words:
            raise SettingsError(f"{name} is {value!r}; write true or false")
        return words[value.lower()]
    if str in kinds:
        return value
    number = int if int in kinds else float
    try:
        return number(value)
    except ValueError:
        wanted = "a whole number" if number is int else "a number"
        raise SettingsError(f"{name} is {value!r}; it must be {wanted}") from None


def _kinds(kind: Any) -> tuple[Any, ...]:
    return getattr(kind, "__args__", (kind,))


def _coerce(value: Any, kind: Any) -> Any:
    # JSON and numpy know 1 and 1.0 as one number; a float option accepts both.
    if hasattr(value, "item"):
        value = value.item()
    if float in _kinds(kind) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _check(name: str, value: Any, kind: Any, rules: Mapping[str, Any]) -> None:
    kinds = _kinds(kind)
    if value is None and type(None) in kinds:
        return
    fits = type(value) in kinds or (float in kinds and type(value) is int)
    if not fits:
        wanted = " or ".join("none" if kind is type(None) else kind.__name__ for kind in kinds)
        raise SettingsError(f"{name} is {value!r} ({type(value).__name__}); it must be {wanted}")
    if rules["choices"] and value not in rules["choices"]:
        near = difflib.get_close_matches(value, rules["choices"], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SettingsError(f"{name} is {value!r}; choose one of {', '.join(rules['choices'])}{hint}")
    low, high = rules["minimum"], rules["maximum"]
    if low is not None and not (math.isfinite(value) and low <= value <= high):
        raise SettingsError(f"{name} is {value!r}; it must lie between {low:g} and {high:g}")


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    return f"there is no option {name!r}; {hint}"
