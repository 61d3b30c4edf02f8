"""The tests of how a row ranks words: each has its criterion, and where it comes from, in its docstring.

Each takes the summary and the name of a row, and gives its findings: none where its tables are missing.
"""

from collections.abc import Mapping
from typing import Any

from model.compare.verdict_words import (
    MOST_TEXTS,
    Finding,
    Summary,
    decided,
    few,
    figures_of,
    interval,
    number,
    percent,
    power_of,
    texts_of,
    title_of,
    too_little,
    why_open,
)

AGREES = 0.5
NOT_WORSE = -0.1
BETTER_BY = 0.05
UNRELATED = 0.3

_TAU = "Kendall’s tau-b"
_MARKED = ("average_precision", "f1", "pointing")  # the first that is defined beside its value for random rows


def agreement(summary: Summary, method: str) -> list[Finding]:
    """Does the row rank tokens as deleting them one by one does? Mean tau-b with leave one out above 0.5.

    At 0.5, three of four pairs of tokens stand in the same order. Jain & Wallace (2019, table 2) call the agreement
    of attention weak at about 0.2 to 0.4 and take gradients' 0.6 and more for the same thing measured twice: 0.5 lies
    between. A row that has no order on most texts, as uniform weights, ranks nothing and fails.
    """
    pair = (summary["agreement"] or {}).get(f"{method}|leave_one_out")
    if pair is None:
        return []
    tau, name = pair["tau"], title_of(method)
    about = dict(
        question=f"Does {name} rank words as leaving each one out does?",
        criterion=f"mean {_TAU} with leave one out above {AGREES}",
        power=power_of(tau),
        unit="tau",
    )
    flat = summary["unranked"][method]
    if not few(flat) and flat["low"] > MOST_TEXTS:
        sentence = (
            f"On {flat['hits']:,} of {flat['n']:,} texts {name} has the same value for every word: it ranks nothing, "
            "so there is nothing that could agree with leave one out."
        )
        figures = {"method": method, "n": flat["n"], "unranked": flat["share"], "tau": None}
        claim = f"{name} ranks words at all (on {percent(flat['share'])} of the texts it has no order)"
        return [Finding(outcome="fail", sentence=sentence, claim=claim, figures=figures, **about)]
    outcome = decided(tau, AGREES)
    beyond = pair["significant"]
    significant = f"; on {percent(beyond['share'])} of them tau is beyond chance" if beyond["n"] else ""
    return [
        Finding(
            outcome=outcome,
            sentence=f"Mean tau-b of {name} with leave one out is {number(tau['mean'])} {interval(tau)} "
            f"({texts_of(tau)}){significant}; above {AGREES} was asked{why_open(tau, outcome)}.",
            claim=f"{name} orders words as leaving them out does (mean tau {number(tau['mean'])}, "
            f"above {AGREES} asked)",
            figures=figures_of(method, tau, criterion=AGREES) | {"significant": beyond["share"]},
            **about,
        )
    ]


def yardstick(summary: Summary, method: str) -> list[Finding]:
    """Does it agree with leave one out as well as a gradient does? Paired difference of the taus above -0.1.

    Leave one out is itself only one answer, and long texts hold many words that matter to nothing, in any order; so
    the gradient (input × gradient, Jain & Wallace's own) is the control, under the same conditions. A tenth of tau,
    five pairs of words in a hundred, is let pass.
    """
    theirs = summary["yardstick"]
    if theirs is None or method not in theirs["difference"]:
        return []
    difference, name, other = theirs["difference"][method], title_of(method), title_of(theirs["method"])
    outcome = decided(difference, NOT_WORSE)
    return [
        Finding(
            question=f"Does {name} agree with leave one out as well as {other} does?",
            outcome=outcome,
            sentence=f"Tau-b with leave one out is {number(difference['mean'], sign=True)} "
            f"{interval(difference, sign=True)} for {name} against {other}, whose mean is "
            f"{number(theirs['tau']['mean'])} ({texts_of(difference)}); no worse than {number(NOT_WORSE)} was asked"
            f"{why_open(difference, outcome)}.",
            claim=f"{name} agrees with leave one out at least about as well as {other} does "
            f"({number(difference['mean'], sign=True)} tau)",
            criterion=f"paired difference of {_TAU} above {number(NOT_WORSE)}",
            figures=figures_of(method, difference, criterion=NOT_WORSE) | {"yardstick": theirs["method"]},
            power=power_of(difference),
            unit="tau",
        )
    ]


def comprehensiveness(summary: Summary, method: str) -> list[Finding]:
    """Does the prediction fall further without its top tokens than without random ones? Paired difference above 0.

    DeYoung et al. (2020, equation 1), against 20 random rankings of the same text. It fails where the difference
    stays below 0.05 of probability: then nothing that would matter can have been missed.
    """
    return _over_random(
        summary,
        method,
        "comprehensiveness",
        "removing the words it ranks first lowers the prediction’s probability more than removing random ones",
    )


def sufficiency(summary: Summary, method: str) -> list[Finding]:
    """Do its top tokens alone keep the prediction up better than random ones? Paired difference above 0.

    DeYoung et al. (2020, equation 2), turned so that above 0 is better; fails as `comprehensiveness`.
    """
    return _over_random(
        summary,
        method,
        "sufficiency",
        "the words it ranks first alone keep the prediction’s probability up better than random ones",
    )


def best_of_random(summary: Summary, method: str) -> list[Finding]:
    """Does it beat even the best of 20 random rankings of each text? Paired difference in comprehensiveness above 0.

    The best of 20 is what guessing finds that may look at the answer; an explanation worth its cost should find more
    (Serrano & Smith 2019 hold attention to the smallest set of words that changes a decision).
    """
    cell = _faithful(summary, method)
    if cell is None or not cell["comprehensiveness"]["over_best"]["n"]:
        return []
    difference, name = cell["comprehensiveness"]["over_best"], title_of(method)
    all_of = cell["comprehensiveness"]["beats_all"]
    count = summary["faithfulness"]["random"]["comprehensiveness"]["rankings"]
    outcome = decided(difference, 0.0)
    return [
        Finding(
            question=f"Does {name} find words that the best of {count} random rankings does not?",
            outcome=outcome,
            sentence=f"Comprehensiveness is {number(difference['mean'], sign=True)} "
            f"{interval(difference, sign=True)} against the best of {count} random rankings of each text "
            f"({texts_of(difference)}); {name} beats all of them on {percent(all_of['share'])} of the texts, "
            f"a random one would on {percent(1 / (count + 1))}{why_open(difference, outcome)}.",
            claim=f"{name} finds more than the best of {count} random rankings "
            f"({number(difference['mean'], sign=True)} of probability)",
            criterion="paired difference in comprehensiveness above 0",
            figures=figures_of(method, difference, criterion=0.0) | {"beats_all": all_of["share"]},
            power=power_of(difference),
            unit="probability",
        )
    ]


def randomized(summary: Summary, method: str) -> list[Finding]:
    """Does the row depend on what was learned? Mean tau-b with a copy of new weights throughout below 0.3.

    Adebayo et al. (2018): a row that a network of random weights gives just as well shows the text, not the model.
    At 0.3, 65 of 100 pairs of tokens stand in the same order, of unrelated rows 50; some order stays by the position
    in the text alone.
    """
    stages = summary["randomized"] or {}
    stage = "all" if "all" in stages else next(reversed(stages), None)
    if stage is None or method not in stages[stage]:
        return []
    tau, name = stages[stage][method], title_of(method)
    outcome = {"pass": "fail", "fail": "pass"}.get(decided(tau, UNRELATED), "undecided")
    copy = "new weights throughout" if stage == "all" else f"new weights in {stage.replace('+', ' and ')}"
    return [
        Finding(
            question=f"Does {name} depend on what the model learned?",
            outcome=outcome,
            sentence=f"Mean tau-b of {name} with itself in a copy with {copy} is {number(tau['mean'])} "
            f"{interval(tau)} ({texts_of(tau)}); below {UNRELATED} was asked{why_open(tau, outcome)}.",
            claim=f"{name} shows what the model learned, as an untrained copy ranks words otherwise "
            f"(mean tau {number(tau['mean'])}, below {UNRELATED} asked)",
            criterion=f"mean {_TAU} with the randomised copy below {UNRELATED}",
            figures=figures_of(method, tau, criterion=UNRELATED) | {"stage": stage},
            power=power_of(tau),
            unit="tau",
        )
    ]


def plausibility(summary: Summary, method: str) -> list[Finding]:
    """Does it rank marked words before others better than a random row? Paired difference above 0, for each source.

    By average precision (DeYoung et al. 2020, section 4). Plausible is not faithful (Jacovi & Goldberg 2020): it says
    what people would expect, not what the model does. Fails where the difference stays below 0.05.
    """
    findings = []
    for source, table in (summary["plausibility"] or {}).items():
        cells = table["rows"].get(method, {})
        measure = next((name for name in _MARKED if cells.get(name, {}).get("over_random", {}).get("n")), None)
        if measure is None:
            continue
        difference, own = cells[measure]["over_random"], cells[measure]["mean"]
        name, spoken = title_of(method), measure.replace("_", " ")
        marked = "people marked" if source == "people" else f"the {source} mark"
        outcome = decided(difference, 0.0, enough=BETTER_BY)
        findings.append(
            Finding(
                part=source,
                question=f"Does {name} point at the words that {marked}?",
                outcome=outcome,
                sentence=f"Against the words that {marked}, the {spoken} of {name} is {number(own['mean'])}, "
                f"{number(difference['mean'], sign=True)} {interval(difference, sign=True)} against random rows "
                f"({texts_of(difference)}){too_little(difference, outcome)}{why_open(difference, outcome)}.",
                claim=f"{name} points at the words that {marked} better than chance "
                f"({number(difference['mean'], sign=True)} {spoken})",
                criterion=f"paired difference in {spoken} to random rows above 0",
                figures=figures_of(method, difference, criterion=0.0) | {"source": source, "measure": measure},
                power=power_of(difference),
                unit=spoken,
            )
        )
    return findings


def _faithful(summary: Summary, method: str) -> Mapping[str, Any] | None:
    return ((summary["faithfulness"] or {}).get("methods") or {}).get(method)


def _over_random(summary: Summary, method: str, measure: str, claim: str) -> list[Finding]:
    cell = _faithful(summary, method)
    if cell is None or not cell[measure]["over_random"]["n"]:
        return []
    difference, own, name = cell[measure]["over_random"], cell[measure]["mean"], title_of(method)
    outcome = decided(difference, 0.0, enough=BETTER_BY)
    count = summary["faithfulness"]["random"][measure]["rankings"]
    return [
        Finding(
            question=f"Does {name} beat random rankings on {measure}?",
            outcome=outcome,
            sentence=f"The {measure} of {name} is {number(own['mean'])}, "
            f"{number(abs(difference['mean']))} {'worse' if difference['mean'] < 0 else 'better'} than the mean of "
            f"{count} random rankings {interval(difference, sign=True)} ({texts_of(difference)})"
            f"{too_little(difference, outcome)}{why_open(difference, outcome)}.",
            claim=f"{claim} ({number(difference['mean'], sign=True)})",
            criterion=f"paired difference in {measure} to random rankings above 0",
            figures=figures_of(method, difference, criterion=0.0) | {"own": own["mean"]},
            power=power_of(difference),
            unit="probability",
        )
    ]
