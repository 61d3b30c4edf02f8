"""What a study found: the paragraph first, then every test, then the pictures and tables behind them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.explain.rows import in_sentence
from model.networks.preset_words import preset_title
from model.runs.run import Run
from pages.components import choices, layout, trust_charts, words
from pages.components.trust_charts import title

_BADGES = {"pass": ":green-badge[pass]", "fail": ":red-badge[fail]", "undecided": ":gray-badge[undecided]"}


def results(run: Run, document: dict[str, Any]) -> None:
    """Draw all of it."""
    summary = document["summary"]
    with layout.card("claim"):
        layout.card_title("What may be claimed", f"{words.count(summary['texts'])} test texts")
        st.markdown(words.literal(document["paragraph"]))
        _downloads(document)
    with layout.card("verdicts"):
        layout.card_title("Test by test", preset_title(run.spec["preset"]))
        _verdicts(document["verdicts"])
    left, right = st.columns(2)
    with left, layout.card("taus"):
        _agreement(summary)
    with right, layout.card("faithful"):
        _faithfulness(summary)
    with left, layout.card("curves"):
        _curves(summary)
    with right, layout.card("others"):
        _counterfactual(summary)
    for name, draw in (("plausibility", _plausibility), ("randomized", _randomized), ("captum", _captum)):
        if summary[name]:
            with layout.card(name):
                draw(summary[name])
    with layout.card("controls"):
        _controls(document["controls"])
    with layout.card("small"):
        _undefined(summary)


def _downloads(document: dict[str, Any]) -> None:
    from model.reports.trust import report, to_csv, to_latex

    with st.container(horizontal=True):
        for name, ending, mime, make in (
            ("Report", "html", "text/html", report),
            ("CSV", "csv", "text/csv", to_csv),
            ("LaTeX", "tex", "application/x-tex", to_latex),
        ):
            st.download_button(
                name,
                make(document),
                file_name=f"trust.{ending}",
                mime=mime,
                icon=":material/download:",
                key=f"trust-{ending}",
                on_click="ignore",
            )


def _verdicts(verdicts: list[dict[str, Any]]) -> None:
    for verdict in verdicts:
        with st.container(gap="xxsmall"):
            st.markdown(f"{_BADGES[verdict['outcome']]} **{words.literal(verdict['question'])}**")
            st.markdown(words.literal(verdict["sentence"]))
            power = verdict["power"]
            seen = (
                "" if power is None else f" This sample finds a distance of {power:.2g} from it in 80 of 100 cases."
            )
            st.caption(f"Held against: {words.literal(verdict['criterion'])}.{seen}")


def _figure(figure: dict[str, Any] | None, digits: int = 2) -> str:
    if not figure or figure.get("mean") is None:
        return "–"
    shown = words.signed(figure["mean"], digits)
    if figure.get("low") is None:
        return shown
    return f"{shown} ({words.signed(figure['low'], digits)} to {words.signed(figure['high'], digits)})"


def _share(figure: dict[str, Any] | None) -> str:
    value = None if not figure else figure.get("share")
    return "–" if value is None else words.percent(value, 0)


def _pair_title(pair: str) -> str:
    first, second = pair.split("|")
    return f"{title(first)} and {in_sentence(title(second))}"


def _agreement(summary: dict[str, Any]) -> None:
    layout.card_title("Do the rankings agree?")
    table = summary["agreement"]
    if not table:
        st.markdown("No two rows could be compared.")
        return
    pairs = {pair: _pair_title(pair) for pair in table}
    pair = choices.one_of_list("Pair", pairs, name="pair", default=next(iter(pairs)), titles=pairs)
    st.plotly_chart(trust_charts.agreement(table[pair]), config={"displayModeBar": False}, key="chart-taus")
    lines = ["| pair | mean τ | significant | top shared |", "| :-- | --: | --: | --: |"]
    for name, found in table.items():
        tau, significant, overlap = _figure(found["tau"]), _share(found["significant"]), _figure(found["overlap"])
        lines.append(f"| {pairs[name]} | {tau} | {significant} | {overlap} |")
    st.markdown("\n".join(lines))
    st.caption("In brackets: 95 % interval over texts. Significant: beyond what 5 % of unrelated rankings reach.")


def _faithfulness(summary: dict[str, Any]) -> None:
    layout.card_title("Do the top words carry the prediction?")
    table = summary["faithfulness"]
    if not table:
        st.markdown("There is no row to judge.")
        return
    lines = [
        "| method | drop without, over random | drop kept, under random | beats all 20 |",
        "| :-- | --: | --: | --: |",
    ]
    for name, found in table["methods"].items():
        without, kept = found["comprehensiveness"], found["sufficiency"]
        lines.append(
            f"| {title(name)} | {_figure(without['over_random'])} | {_figure(kept['over_random'])}"
            f" | {_share(without['beats_all'])} |"
        )
    st.markdown("\n".join(lines))
    st.caption(
        "How much further the probability falls without a method's top words than without random ones, and how much"
        " less it falls with nothing but them: above 0 is better than random. A random ranking beats all 20 others in"
        " 5 % of the texts."
    )
    flips = summary["flips"]
    if flips:
        lines = ["| method | words to remove until it changes | never |", "| :-- | --: | --: |"]
        for name, found in flips.items():
            middle = "never" if found["median"] is None else words.percent(found["median"], 0)
            lines.append(f"| {title(name)} | {middle} | {_share(found['never'])} |")
        st.markdown("\n".join(lines))
        st.caption("Median share of the words, top first, that must go before the prediction changes.")


def _curves(summary: dict[str, Any]) -> None:
    layout.card_title("Words removed, words kept")
    if not summary["curves"]:
        st.markdown("There is no curve to draw.")
        return
    kinds = {"deletion": "removed, top first", "insertion": "kept, top first"}
    kind = choices.one_of("Curve", kinds, name="curve", default="deletion", titles=kinds)
    st.plotly_chart(
        trust_charts.curves(summary["curves"], kind), config={"displayModeBar": False}, key="chart-curves"
    )


def _counterfactual(summary: dict[str, Any]) -> None:
    layout.card_title("What if attention had fallen elsewhere?")
    permuted, moved, adversary = summary["permutation"], summary["uniform"], summary["adversary"]
    if not permuted:
        st.markdown("This model has no attention that could be moved.")
        return
    kinds = {"permutation": "shuffled"} | ({"adversary": "as different as possible"} if adversary else {})
    kind = choices.one_of("Change", kinds, name="moved", default="permutation", titles=kinds)
    draw = trust_charts.permutation if kind == "permutation" else trust_charts.adversary
    st.plotly_chart(draw(summary[kind]["points"]), config={"displayModeBar": False}, key="chart-moved")
    lines = ["| weights | what happens |", "| :-- | :-- |"]
    lines.append(
        f"| shuffled | the probabilities move by more than 0.05 in {_share(permuted['matters'])} of the texts |"
    )
    if moved:
        lines.append(f"| all alike | they move by more than 0.05 in {_share(moved['matters'])} |")
    if adversary:
        lines.append(
            f"| as different as possible, same answer | at least half of ln 2 away in {_share(adversary['far'])} |"
        )
    flip = summary["flip_distance"]
    if flip:
        never = f"proved for {_share(flip['proven_never'])}, none found in {_share(flip['not_found'])}"
        lines.append(f"| any at all | no weights change the prediction: {never} |")
    forced = summary["forced"]
    if forced:
        share = _share(forced["all"]["matters"])
        lines.append(f"| of other seeds | the probabilities move by more than 0.05 in {share} |")
    st.markdown("\n".join(lines))


def _plausibility(table: dict[str, Any]) -> None:
    layout.card_title("Are these the words that people, or the makers of the data, marked?")
    for source, found in table.items():
        lines = ["| method | average precision | F1 | first word is marked |", "| :-- | --: | --: | --: |"]
        for name, row in found["rows"].items():
            cells = [_figure(row[measure]["mean"]) for measure in ("average_precision", "f1", "pointing")]
            lines.append(f"| {title(name)} | {' | '.join(cells)} |")
        st.markdown(f"**{words.literal(source)}**, {words.count(found['texts'])} texts\n\n" + "\n".join(lines))


def _randomized(table: dict[str, Any]) -> None:
    layout.card_title("Does it change when the model forgets what it learned?")
    methods = list(dict.fromkeys(method for stage in table.values() for method in stage))
    lines = [f"| layers made anew | {' | '.join(map(title, methods))} |", f"| :-- |{' --: |' * len(methods)}"]
    for stage, found in table.items():
        lines.append(f"| {stage} | {' | '.join(_figure(found.get(method)) for method in methods)} |")
    st.markdown("\n".join(lines))
    st.caption("Kendall's τ of each row with the same row of the trained model: near 0 is as it should be.")


def _captum(table: dict[str, Any]) -> None:
    layout.card_title("How well do the values add up, and how steady are they?")
    methods = list(dict.fromkeys([*table["infidelity"], *table["sensitivity"]]))
    lines = ["| method | infidelity | sensitivity |", "| :-- | --: | --: |"]
    for method in methods:
        cells = [_figure(table[measure].get(method)) for measure in ("infidelity", "sensitivity")]
        lines.append(f"| {title(method)} | {' | '.join(cells)} |")
    st.markdown("\n".join(lines))
    st.caption(
        "Captum's measures (Yeh et al. 2019), low is good. Infidelity: how badly the values foretell what removing"
        " random sets of words does, 1 for values that say nothing; rows without signs cannot foretell words that"
        " speak against the prediction. Sensitivity: how far a small noise on the embeddings moves the values, the"
        " largest of five."
    )


def _controls(controls: dict[str, Any]) -> None:
    from model.studies.controls import CONTROLS

    layout.card_title("The same model, trained otherwise")
    lines = ["| control | its accuracy | this model's | difference |", "| :-- | --: | --: | --: |"]
    for kind, found in controls.items():
        estimate, low, high = (words.signed(100 * value, 1) for value in found["difference"])
        theirs, own = words.percent(found["control_accuracy"]), words.percent(found["accuracy"])
        lines.append(f"| {CONTROLS[kind].title} | {theirs} | {own} | {estimate} points ({low} to {high}) |")
    if controls:
        st.markdown("\n".join(lines))
        st.caption("On the same test texts, with the 95 % interval over them. One seed each: seeds differ too.")
    else:
        st.markdown(
            "There is no control yet. Train this preset with *attention weights: uniform*, or with word dropout of"
            " 0.3 or more, and else the same settings and seed, and it stands here."
        )


def _undefined(summary: dict[str, Any]) -> None:
    layout.card_title("Left out, and why")
    lines = [
        f"| {words.literal(what)} | {words.literal(reason)} | {words.count(count)} |"
        for what, reasons in (summary["undefined"] or {}).items()
        for reason, count in reasons.items()
    ]
    if lines:
        st.markdown("\n".join(["| figure | reason | texts |", "| :-- | :-- | --: |", *lines]))
    else:
        st.markdown("Every figure was defined for every text.")
    if summary["truncated"]:
        st.caption(f"{words.count(summary['truncated'])} texts were cut at the model's longest length.")
