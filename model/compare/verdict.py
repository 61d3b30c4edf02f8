"""What the tables of trust allow to say of one explanation: per test pass, fail or undecided, then one paragraph.

Every criterion is fixed here, before anything is measured. A test passes or fails only where the whole 95 % interval
lies on one side of it; otherwise it is undecided, and `power` says how far from the criterion the truth would have to
be for a sample like this one to find it four times in five. There is no score that adds the tests up: they ask
different things.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from model.compare import verdict_counterfactual as counterfactual
from model.compare import verdict_tests as tests
from model.compare.verdict_words import Finding, Summary, joined, title_of

Outcome = Literal["pass", "fail", "undecided"]

# In the order of the report. Each function's docstring has its criterion and where that comes from.
TESTS: dict[str, Callable[[Summary, str], list[Finding]]] = {
    "agreement": tests.agreement,
    "yardstick": tests.yardstick,
    "comprehensiveness": tests.comprehensiveness,
    "sufficiency": tests.sufficiency,
    "best_of_random": tests.best_of_random,
    "permutation": counterfactual.permutation,
    "uniform": counterfactual.uniform,
    "adversary": counterfactual.adversary,
    "seeds": counterfactual.seeds,
    "randomized": tests.randomized,
    "plausibility": tests.plausibility,
}

_SUBJECTS = ("attention", "integrated_gradients", "input_x_gradient")


@dataclass(frozen=True)
class Verdict:
    """One test of one row: its outcome, and a sentence that carries its numbers and how many texts are behind them.

    `claim` is what may be said (pass), what may not (fail), or what stays open. `figures` are the numbers of the
    sentence, `criterion` what they are held against. `power` is the smallest distance from the criterion that a
    sample like this finds in 80 of 100 cases, 2.8 standard errors, in the test's own `unit`; None where unknown.
    """

    test: str
    question: str
    outcome: Outcome
    sentence: str
    claim: str
    criterion: str
    figures: dict[str, Any]
    power: float | None
    unit: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def verdicts(summary: Summary, *, method: str | None = None) -> list[Verdict]:
    """The verdicts on one row of the tables: on `subject(summary)`, or on `method`.

    A test whose tables are missing is not there. Four of them (permutation, uniform, adversary, seeds) are about
    attention alone.
    """
    name = method or subject(summary)
    if name is None:
        return []
    return [
        Verdict(test=f"{test}:{finding.part}" if finding.part else test, **finding.fields())
        for test, find in TESTS.items()
        for finding in find(summary, name)
    ]


def subject(summary: Summary) -> str | None:
    """The row that the verdicts are about: the attention; of a network that has none, the best known method."""
    methods = summary["methods"]
    return next((name for name in _SUBJECTS if name in methods), next(iter(methods), None))


def paragraph(verdicts: Sequence[Verdict | Mapping[str, Any]]) -> str:
    """What may and may not be claimed, in one paragraph of plain English made from the verdicts' numbers alone."""
    found = [verdict.to_dict() if isinstance(verdict, Verdict) else verdict for verdict in verdicts]
    if not found:
        return "Nothing was measured, so nothing may be claimed: examine some texts first."
    about = title_of(found[0]["figures"]["method"])
    texts = [verdict["figures"]["n"] for verdict in found]
    size = f"{max(texts):,}" if min(texts) == max(texts) else f"{min(texts):,} to {max(texts):,}"
    parts = [f"This is about {about} of this one model, measured on {size} {'text' if max(texts) == 1 else 'texts'}."]
    for outcome, lead in (
        ("pass", "The tests support that"),
        ("fail", "They speak against the claim that"),
        ("undecided", "They leave open whether"),
    ):
        claims = [verdict["claim"] for verdict in found if verdict["outcome"] == outcome]
        if claims:
            lead = lead if len(parts) > 1 else lead.replace("They", "The tests", 1)
            lead = lead.replace("the claim that", "the claims that") if len(claims) > 1 else lead
            parts.append(f"{lead} {joined(claims)}.")
    parts.append(_limits([verdict["outcome"] for verdict in found]))
    return " ".join(parts)


def _limits(outcomes: Sequence[str]) -> str:
    passed = outcomes.count("pass")
    counts = f"{passed} of {len(outcomes)} {'test' if len(outcomes) == 1 else 'tests'} passed"
    counts += f", {outcomes.count('fail')} failed, {outcomes.count('undecided')} stayed undecided"
    chance = "each at 95 % on its own" if len(outcomes) > 1 else "at 95 %"
    return f"{counts}, {chance}; other texts, another data set or another training may give other answers."
