"""The tests of what other attention weights do: each has its criterion, and where it comes from, in its docstring.

They are about attention alone: of another row there are no findings.
"""

from collections.abc import Mapping
from typing import Any

from model.compare.trust_counterfactual import FAR, MATTERS
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
    why_open,
)


def permutation(summary: Summary, method: str) -> list[Finding]:
    """Does the answer change when the weights are shuffled? Median change above 0.05 of total variation.

    Jain & Wallace (2019, section 4.2.1). A model whose answer stays when its weights go anywhere does not use them.
    0.05 is what they let an adversary move the answer by: less counts as the same answer.
    """
    return _change(
        summary["permutation"] if method == "attention" else None,
        "Does it matter where the attention lies?",
        "Shuffling the attention weights moves the class probabilities by",
        "it matters to the answer where the attention lies",
    )


def uniform(summary: Summary, method: str) -> list[Finding]:
    """Does the answer change under uniform weights? Median change above 0.05 of total variation, as `permutation`.

    The same network, its weights replaced: whether one trained with uniform weights does as well (Wiegreffe & Pinter
    2019, section 3.1) is for a retrained copy to show.
    """
    return _change(
        summary["uniform"] if method == "attention" else None,
        "Does learned attention do anything that equal weights do not?",
        "Equal weights on all words move the class probabilities by",
        "the learned weights give other answers than equal ones",
    )


def adversary(summary: Summary, method: str) -> list[Finding]:
    """Is the attention the only one that gives this answer? It is not where others, far from it, give the same.

    Far is a Jensen-Shannon divergence of at least half of ln 2, the same a total variation of at most 0.05 (Jain &
    Wallace 2019, section 4.2.2). Fails where more than half of the texts have such weights, passes where it is proved
    for more than half that they have none; a search that found none proves nothing. That a text has other weights is
    no sign that a trained model would use them (Wiegreffe & Pinter 2019, section 4).
    """
    table = summary["adversary"]
    if method != "attention" or table is None:
        return []
    far, near = table["far"], table["proven_near"]
    outcome = "undecided"
    if not few(far):
        outcome = "fail" if far["low"] > MOST_TEXTS else "pass" if near["low"] > MOST_TEXTS else "undecided"
    reason = why_open(far, outcome) if few(far) or far["high"] > MOST_TEXTS else "; the others are not all proved"
    return [
        Finding(
            question="Is this attention the only one that gives this answer?",
            outcome=outcome,
            sentence=f"On {percent(far['share'])} {_percents(far)} of {texts_of(far)}, weights at least half as "
            f"different as any two can be ({number(FAR)} nats) leave the answer as it is; "
            f"on {percent(near['share'])} it is proved that none do{reason if outcome == 'undecided' else ''}.",
            claim="the answer needs this attention and no very different one "
            f"(very different weights give the same answer on {percent(far['share'])} of the texts)",
            criterion="such weights on fewer than half of the texts, proved",
            figures={
                "method": method,
                "n": far["n"],
                "criterion": MOST_TEXTS,
                "far": far["share"],
                "low": far["low"],
                "high": far["high"],
                "proven_near": near["share"],
            },
            power=power_of(far, criterion=MOST_TEXTS),
            unit="share of texts",
        )
    ]


def seeds(summary: Summary, method: str) -> list[Finding]:
    """Does another training look at the same words? Its weights must move the answer less than shuffled ones do.

    What differs between seeds is noise, not explanation (Wiegreffe & Pinter 2019, section 3.3). The control is each
    text's own median over shuffles, paired; where shuffling itself changes nothing (below 0.05), nothing can be told.
    """
    table, control = summary["forced"], summary["permutation"]
    if method != "attention" or table is None or control is None:
        return []
    difference, median = table["over_permutation"], control["median"]
    reversed_ = {"pass": "fail", "fail": "pass"}
    outcome = reversed_.get(decided(difference, 0.0), "undecided")
    inert = median["low"] is None or median["low"] <= MATTERS
    outcome = "undecided" if inert else outcome
    reason = (
        "; it is not sure that shuffling changes the answer, so nothing can be told"
        if inert and not few(difference)
        else ""
    )
    runs = f"{len(table['runs'])} other {'run' if len(table['runs']) == 1 else 'runs'}"
    return [
        Finding(
            question="Do other seeds attend to the same words?",
            outcome=outcome,
            sentence=f"Attention taken from {runs} moves the class probabilities by "
            f"{number(table['all']['mean']['mean'])} on average, {number(difference['mean'], sign=True)} "
            f"{interval(difference, sign=True)} against shuffled weights ({texts_of(difference)})"
            f"{reason or why_open(difference, outcome)}.",
            claim="other seeds’ attention gives the same answers better than shuffled weights do "
            f"({number(difference['mean'], sign=True)} of total variation)",
            criterion="paired difference to shuffled weights below 0",
            figures=figures_of(method, difference, criterion=0.0) | {"runs": len(table["runs"])},
            power=power_of(difference),
            unit="total variation",
        )
    ]


def _change(table: Mapping[str, Any] | None, question: str, sentence: str, claim: str) -> list[Finding]:
    if table is None:
        return []
    median, matters = table["median"], table["matters"]
    outcome = decided(median, MATTERS)
    return [
        Finding(
            question=question,
            outcome=outcome,
            sentence=f"{sentence} {number(median['median'], digits=3)} {interval(median, digits=3)} in the median "
            f"({texts_of(median)}), and by more than {MATTERS} on {percent(matters['share'])} of them"
            f"{why_open(median, outcome)}.",
            claim=f"{claim} (median change {number(median['median'], digits=3)}, above {MATTERS} asked)",
            criterion=f"median total variation above {MATTERS}",
            figures=figures_of("attention", median, criterion=MATTERS) | {"matters": matters["share"]},
            power=power_of(median),
            unit="total variation",
        )
    ]


def _percents(figure: Mapping[str, Any]) -> str:
    return "" if figure["low"] is None else f"[{percent(figure['low'])},\u00a0{percent(figure['high'])}]"
