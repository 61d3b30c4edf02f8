"""How verdicts are found and put into words: a criterion, an interval, an outcome, and numbers in sentences."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from model.compare.trust_intervals import FEWEST_RESAMPLED
from model.explain.rows import TITLES, in_sentence

MOST_TEXTS = 0.5  # a share of texts above which a finding is the rule
POWERED = 2.8  # standard errors: 1.96 for a two-sided 5 % test and 0.84 for a power of 80 %

Summary = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one test found; `part` tells apart several findings of the same test."""

    question: str
    outcome: Literal["pass", "fail", "undecided"]
    sentence: str
    claim: str
    criterion: str
    figures: dict[str, Any] = field(default_factory=dict)
    power: float | None
    unit: str
    part: str = ""

    def fields(self) -> dict[str, Any]:
        """Everything that a verdict keeps."""
        return {name: value for name, value in vars(self).items() if name != "part"}


def title_of(method: str) -> str:
    """A method inside a sentence: "the attention", "leave one out", "LIME"."""
    if method == "attention":
        return "the attention"
    return in_sentence(TITLES[method]) if method in TITLES else method.replace("_", " ")


def decided(figure: Mapping[str, Any], criterion: float, *, enough: float | None = None) -> str:
    """ "pass" where the whole interval lies above the criterion, "fail" where it lies below, else "undecided".

    With `enough`, the smallest effect that would matter, an interval that reaches down to the criterion also fails
    where it stays below `enough`: nothing was found, and nothing that matters can have been missed. Fewer than 20
    texts decide nothing.
    """
    if few(figure) or figure["low"] is None or figure["high"] is None:
        return "undecided"
    if figure["low"] > criterion:
        return "pass"
    return "fail" if figure["high"] < (criterion if enough is None else enough) else "undecided"


def few(figure: Mapping[str, Any]) -> bool:
    """Whether too few texts have a value to decide anything."""
    return figure["n"] < FEWEST_RESAMPLED


def power_of(figure: Mapping[str, Any], *, criterion: float | None = None) -> float | None:
    """The smallest distance from the criterion that this sample could have seen with 80 % power.

    Of a mean from its standard error; of a share from that of the `criterion`; of a median from a quarter of its
    interval, about one standard error. None where there is none, or where all texts have one value.
    """
    if "share" in figure and criterion is not None:
        return POWERED * math.sqrt(criterion * (1 - criterion) / figure["n"]) if figure["n"] else None
    if "median" in figure:
        ends = figure["low"], figure["high"]
        error = None if None in ends else (ends[1] - ends[0]) / 3.92
    else:
        error = figure["se"]
    return POWERED * error if error else None


def figures_of(method: str, figure: Mapping[str, Any], *, criterion: float) -> dict[str, Any]:
    """The numbers that a verdict keeps of a mean or a median."""
    estimate = figure["median"] if "median" in figure else figure["mean"]
    return {
        "method": method,
        "n": figure["n"],
        "undefined": figure.get("undefined", 0),
        "estimate": estimate,
        "low": figure["low"],
        "high": figure["high"],
        "criterion": criterion,
    }


def why_open(figure: Mapping[str, Any], outcome: str) -> str:
    """The end of a sentence without a decision: why there is none."""
    if outcome != "undecided":
        return ""
    if few(figure):
        return f"; fewer than {FEWEST_RESAMPLED} texts decide nothing"
    return "; the interval reaches both sides of the criterion"


def too_little(figure: Mapping[str, Any], outcome: str) -> str:
    """Why a test failed though its interval reaches above 0: what may have been missed is too small to matter."""
    missed = outcome == "fail" and figure["high"] > 0
    return "; if there is a gain after all, it is below what would matter" if missed else ""


def number(value: float | None, *, digits: int = 2, sign: bool = False) -> str:
    """A number with a true minus; what would round to zero keeps one digit that says something."""
    if value is None:
        return "undefined"
    if value and abs(value) < 0.5 * 10**-digits:
        digits = min(6, -math.floor(math.log10(abs(value))))
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    return (text if float(text) else f"{0:.{digits}f}").replace("-", "−")


def percent(value: float | None) -> str:
    """A share as 37 %, or with a decimal near 0 and 1; the space does not break."""
    if value is None:
        return "undefined"
    text, finer = f"{100 * value:.0f}", f"{100 * value:.1f}"
    if text in ("0", "100") and finer not in ("0.0", "100.0"):
        text = finer
    return f"{text}\u00a0%"


def interval(figure: Mapping[str, Any], *, digits: int = 2, sign: bool = False) -> str:
    """[0.10, 0.14], or what stands in for it where there is none."""
    if figure["low"] is None or figure["high"] is None:
        return "no interval"
    return "[{},\u00a0{}]".format(*(number(figure[end], digits=digits, sign=sign) for end in ("low", "high")))


def texts_of(figure: Mapping[str, Any]) -> str:
    """How many texts are behind a figure, and on how many it is undefined."""
    n, undefined = figure["n"], figure.get("undefined", 0)
    count = f"{n:,} {'text' if n == 1 else 'texts'}"
    return f"{count}, undefined on {undefined:,} more" if undefined else count


def joined(parts: Sequence[str]) -> str:
    """Parts of a sentence in a row; with semicolons, as parts may have commas of their own."""
    return parts[0] if len(parts) == 1 else f"{'; '.join(parts[:-1])}; and {parts[-1]}"
