"""How a warning on a data set is put: its record, counts and shares in words."""

from typing import Any

Warning = dict[str, Any]


def warning(kind: str, about: str, effect: str, mend: str | None, **settings: Any) -> Warning:
    """A warning as the profile lists it; `settings` are the options that its mend sets."""
    label = mend and ({"label": mend, "settings": settings} if settings else {"label": mend})
    return {"kind": kind, "about": about, "effect": effect, "mend": label}


def counted(number: int, what: str) -> str:
    """A number with its noun: 1 row, 2,000 rows."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def per_cent(share: float) -> str:
    """A share in per cent, with a digit behind the point where it is small."""
    hundredths = 100 * share
    if 0 < hundredths < 0.1:
        return "less than 0.1 %"
    return f"{hundredths:.1f} %" if 0 < hundredths < 10 else f"{hundredths:.0f} %"
