"""JSON from strangers: parsed with nothing left to chance."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from model.errors import RunError


def parse(data: bytes | str, where: str) -> Any:
    """The value in strict JSON; repeated keys, NaN and Infinity, and nesting without end raise RunError."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError:
        raise RunError(f"{where} is nested too deeply") from None
    except ValueError as error:
        raise RunError(f"{where} is not JSON ({error})") from None


def parse_lines(data: bytes, where: str, *, most: int) -> list[Any]:
    """The values of JSON lines, at most `most` of them. Raises RunError."""
    lines = data.split(b"\n")
    if lines.pop():
        raise RunError(f"{where} ends in the middle of a line")
    if len(lines) > most:
        raise RunError(f"{where} has {len(lines)} lines; at most {most} are read")
    return [parse(line, f"{where}, line {number}") for number, line in enumerate(lines, 1)]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key occurs twice in one object")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
