"""Comparing JSON of unknown origin with the shape it should have."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from model.errors import RunError

MANY = 100_000  # items in one list or mapping
EXACT = 2**53  # beyond it a browser's numbers are no longer whole

Shape = Any
"""bool, int, float (also whole; finite), str (at most 1000 characters), None, a compiled pattern, a function that
raises ValueError, a tuple (any of), [shape] (list of), {str: shape} (names to shape), or {"key": shape} (exactly
these; "key?" may be missing)."""


def check(value: Any, shape: Shape, where: str, *, extra: bool = False) -> None:
    """Raise RunError, with the place and the value, unless `value` has `shape`; `extra` lets unknown keys pass."""
    if isinstance(shape, tuple):
        _check_any(value, shape, where, extra)
    elif isinstance(shape, dict) and str in shape:
        _check_mapping(value, shape[str], where, extra)
    elif isinstance(shape, dict):
        _check_record(value, shape, where, extra)
    elif isinstance(shape, list):
        if not isinstance(value, list) or len(value) > MANY:
            raise _unlike(value, where, f"a list of at most {MANY} items")
        for index, item in enumerate(value):
            check(item, shape[0], f"{where}[{index}]", extra=extra)
    elif isinstance(shape, re.Pattern):
        if not isinstance(value, str) or not shape.fullmatch(value) or not _is_unicode(value):
            raise _unlike(value, where, f"text like {shape.pattern}")
    elif shape is None or isinstance(shape, type):
        _check_plain(value, shape, where)
    else:
        _check_by(shape, value, where)


def _check_any(value: Any, shapes: tuple[Shape, ...], where: str, extra: bool) -> None:
    if value is None and None in shapes:
        return
    rest = [shape for shape in shapes if shape is not None]
    for shape in rest[:-1]:
        try:
            return check(value, shape, where, extra=extra)
        except RunError:
            continue
    check(value, rest[-1], where, extra=extra)


def _check_mapping(value: Any, shape: Shape, where: str, extra: bool) -> None:
    if not isinstance(value, dict) or len(value) > MANY:
        raise _unlike(value, where, f"names and values, at most {MANY}")
    for key, item in value.items():
        check(key, str, f"a name in {where}")
        check(item, shape, f"{where}[{key!r}]", extra=extra)


def _check_record(value: Any, shape: dict[str, Shape], where: str, extra: bool) -> None:
    if not isinstance(value, dict):
        raise _unlike(value, where, "names and values")
    known = {key.removesuffix("?") for key in shape}
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown and not extra:
        raise RunError(f"{where} has the unknown key {unknown[0][:60]!r}")
    for key, item in shape.items():
        name = key.removesuffix("?")
        if name in value:
            check(value[name], item, f"{where}.{name}", extra=extra)
        elif not key.endswith("?"):
            raise RunError(f"{where} has no {name!r}")


def _check_plain(value: Any, kind: type | None, where: str) -> None:
    if kind is None:
        fits = value is None
    elif kind is float:
        fits = type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e300
    elif kind is int:
        fits = type(value) is int and abs(value) <= EXACT
    elif kind is str:
        fits = type(value) is str and len(value) <= 1000 and _is_unicode(value)
    else:
        fits = type(value) is kind
    if not fits:
        raise _unlike(value, where, "null" if kind is None else kind.__name__)


def _is_unicode(text: str) -> bool:
    # JSON can spell half a surrogate pair; no page can be sent one.
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _check_by(test: Callable[[Any], Any], value: Any, where: str) -> None:
    try:
        test(value)
    except (ValueError, TypeError, OverflowError):
        raise _unlike(value, where, test.__name__.strip("_").replace("_", " ")) from None


def _unlike(value: Any, where: str, wanted: str) -> RunError:
    shown = repr(value)
    return RunError(f"{where} is {shown[:60] + '…' if len(shown) > 60 else shown}, not {wanted}")
