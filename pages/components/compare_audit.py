"""Where weight goes: the attention of one model over all its test texts, and what its words do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from model.studies.sides import Side
from pages.components import choices, compare_drawings, fragments, layout, run_picker, studying, words
from pages.components.compare_drawings import Times
from pages.components.study import AuditStudy

LIMITS = ("100", "300", "1000")
KINDS = {"word": "words", "number": "numbers", "punctuation": "punctuation", "unknown": "unknown words"}
_ORDERS = {"weight": "by weight", "effect": "by effect"}
_QUIET = {"displayModeBar": False}


def draw(sides: Sequence[Side]) -> None:
    """Draw the audit of one model, chosen here: of a run with attention weights that it learned."""
    attending = [side for side in sides if side.attends]
    if not attending:
        st.info("None of these networks learned where to look, so there is no weight to follow.")
        return
    runs = {run.id: run for side in attending for run in side.runs}
    titles = {run_id: title for run_id, title in run_picker.of_sides(sides).items() if run_id in runs}
    with layout.card("audit"):
        layout.card_title("Where weight goes", "one model, all its test texts")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = choices.one_of_list(
                "Model", titles, name="audited", default=next(iter(titles)), titles=titles, width=420
            )
            limit = choices.one_of(
                "Texts in which each word is deleted",
                LIMITS,
                name="effects",
                default="300",
                label_visibility="visible",
            )
        study = AuditStudy(runs[chosen], limit=int(limit))
        studying.begin_or_stop(study, label="Audit the weights", name="audit")
    studying.findings(study, _audit)


def _audit(document: dict[str, Any]) -> None:
    with layout.card("audited"):
        cut = f", {words.count(document['cut'])} of them read in part" if document["cut"] else ""
        layout.card_title("What the weights say", f"{words.count(document['texts'])} test texts{cut}")
        st.markdown(words.literal(document["sentence"]))
        st.caption(
            "Times even weights: the share of the weight that such tokens get, by what even weights would give them,"
            " with the 95 % interval over texts. Weight is not effect: what a model looks at need not move it."
        )
    left, right = st.columns(2)
    with left, layout.card("audit-position"):
        _times("By place in the text", "tenths", _rows(document["position"]), key="position")
    with right, layout.card("audit-kinds"):
        kinds = [
            Times(KINDS[kind], row["times uniform"], row["low"], row["high"], row["tokens"], row["texts"])
            for kind, row in document["kinds"].items()
        ]
        _times("By kind of token", "first and last among them", [*kinds, *_rows(document["parts"])], key="kinds")
    with left, layout.card("audit-frequency"):
        _times("By frequency", "times a word stands in training", _rows(document["frequency"]), key="frequency")
    with right, layout.card("audit-entropy"):
        _entropy(document["entropy"])
    fragments.alone(_words, document, outside=(*fragments.COMPARE, "audited", "effects"))
    with layout.card("audit-shortcuts"):
        _shortcuts(document)


def _rows(rows: Sequence[Mapping[str, Any]]) -> list[Times]:
    return [Times(*(row[name] for name in ("title", "times", "low", "high", "uniform", "texts"))) for row in rows]


def _times(title: str, aside: str, rows: Sequence[Times], *, key: str) -> None:
    layout.card_title(title, aside)
    shown = [row for row in rows if row.times is not None]
    if not shown:
        st.markdown("Nothing can be said of this.")
        return
    st.plotly_chart(compare_drawings.times(shown), key=f"audit-chart-{key}", config=_QUIET)


def _entropy(entropy: Mapping[str, Any]) -> None:
    layout.card_title("How even the weights are", "entropy of a text, share of the most it could be")
    figure = entropy["of uniform"]
    if figure["mean"] is None:
        st.markdown("No text has two tokens or more with weights.")
        return
    st.plotly_chart(
        compare_drawings.entropies(entropy["histogram"], figure["mean"]), key="audit-chart-entropy", config=_QUIET
    )
    ends = "" if figure["low"] is None else f" ({100 * figure['low']:.1f} to {words.percent(figure['high'])})"
    st.caption(f"Mean {words.percent(figure['mean'])}{ends}; 100 % is the same weight for all.")


# -- words -------------------------------------------------------------------------------------------------------


def _words(document: dict[str, Any]) -> None:
    """The words of one class; another class or order draws this again, and nothing else of the page."""
    with layout.card("audit-words"):
        layout.card_title("Words with most weight, words with most effect", "in one table")
        classes = {f"class-{place}": name for place, name in enumerate(dict.fromkeys(_classes(document)))}
        if not classes:
            st.markdown("No word stands in five texts or more.")
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = choices.one_of_list(
                "Class", classes, name="audit-class", default="class-0", titles=classes, width=260
            )
            order = choices.one_of("Order", _ORDERS, name="audit-order", default="weight", titles=_ORDERS)
        rows = [row for row in document["words"] if row["class"] == classes[chosen]]
        st.markdown("\n".join(_word_lines(rows, order)))
        st.caption(_word_note(rows, classes[chosen]))


def _classes(document: Mapping[str, Any]) -> list[str]:
    return [row["class"] for row in document["words"]]


def _word_lines(rows: Sequence[Mapping[str, Any]], order: str) -> list[str]:
    lines = [
        "| word | weight, × uniform | rank | texts | effect on the logit | rank | texts |",
        "| :-- | --: | --: | --: | --: | --: | --: |",
    ]
    for row in sorted(rows, key=lambda row: row[f"{order}_rank"] or 10**9):
        weight = _with_ends(row["weight"], row["weight_interval"], "{:.2f}".format)
        effect = _with_ends(row["effect"], row["effect_interval"], words.signed)
        word = words.literal(row["word"])
        lines.append(
            f"| {f'**{word}**' if _in_both(row) else word} | {weight} | {row['weight_rank'] or '–'} | {row['texts']}"
            f" | {effect} | {row['effect_rank'] or '–'} | {row['effect_texts']} |"
        )
    return lines


def _in_both(row: Mapping[str, Any]) -> bool:
    from model.studies.audit_tables import MOST_WORDS

    return all(row[rank] is not None and row[rank] <= MOST_WORDS for rank in ("weight_rank", "effect_rank"))


def _word_note(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    from model.studies.audit_tables import MOST_WORDS

    both = sum(map(_in_both, rows))
    alike = (
        "No word is among the first of both."
        if not both
        else f"In bold: the {both} that {'is' if both == 1 else 'are'} among the first {MOST_WORDS} of both."
    )
    return (
        f"{alike} Weight: mean in test texts that the model calls {words.literal(name)}; its rank is among all words"
        f" in five texts or more. Effect: how far the logit of {words.literal(name)}, less the mean of all logits,"
        " falls without the word, mean of the first 20 test texts that have it; its rank is among the words that were"
        " tried. In brackets: 95 % interval over texts."
    )


def _with_ends(value: float | None, ends: Sequence[float] | None, shown: Any) -> str:
    if value is None:
        return "–"
    return shown(value) if ends is None else f"{shown(value)} ({shown(ends[0])} to {shown(ends[1])})"


# -- shortcuts ---------------------------------------------------------------------------------------------------


def _shortcuts(document: Mapping[str, Any]) -> None:
    layout.card_title("Shortcut candidates", "words that predict a class in training and not in the test")
    rows = document["shortcuts"]
    passed_over = document["shortcuts_passed_over"]
    more = (
        f" {words.count(passed_over)} such words get no more than their share of the weight and are left out."
        if passed_over
        else ""
    )
    if not rows:
        st.markdown(
            "No word gets more than its share of weight and predicts a class in training but surely not in the test."
            + more
        )
        return
    lines = [
        "| word | predicts | in training | in the test | weight, × uniform | effect |",
        "| :-- | :-- | --: | --: | --: | --: |",
    ]
    for row in rows:
        weight = _with_ends(row["weight"], row["weight_interval"], "{:.2f}".format)
        effect = _with_ends(row["effect"], row["effect_interval"], words.signed)
        lines.append(
            f"| {words.literal(row['word'])} | {words.literal(row['class'])} | {_share(row['train'])}"
            f" | {_share(row['test'])} | {weight} | {effect} |"
        )
    st.markdown("\n".join(lines))
    first = rows[0]
    st.markdown(_in_words(first))
    st.caption(
        "Share of the texts with the word that have the class, of how many, with the 95 % interval; behind it the"
        f" class's share of all texts. Candidates, no proof: the weight says only that the model looks there.{more}"
    )


def _share(found: Mapping[str, Any]) -> str:
    if found["share"] is None:
        return f"in no text; all: {words.percent(found['of all'], 0)}"
    ends = f"{100 * found['low']:.0f} to {words.percent(found['high'], 0)}"
    return (
        f"{words.percent(found['share'], 0)} of {words.count(found['n'])} ({ends});"
        f" all: {words.percent(found['of all'], 0)}"
    )


def _in_words(row: Mapping[str, Any]) -> str:
    train, test = row["train"], row["test"]
    word, name = words.literal(row["word"]), words.literal(row["class"])
    begin = (
        f"“{word}” says {name} in training: {words.percent(train['share'], 0)} of the {words.count(train['n'])} texts"
        " with it are that."
    )
    if not test["n"]:
        return f"{begin} No test text has it, so what the model learned of it is of no use there."
    if row["why"] == "missing":
        texts = f"{words.count(test['n'])} text{'s' * (test['n'] != 1)}"
        return f"{begin} In the test it stands in {texts}, far fewer than training promises."
    return f"{begin} In the test they are {words.percent(test['share'], 0)} of {words.count(test['n'])}."
