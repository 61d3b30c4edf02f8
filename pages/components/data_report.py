"""What a person should know of a table before training on it: counts, lengths, languages, and its faults."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.runs.intake import Intake
from pages.components import layout, session, words

MOST_CLASSES = 12  # shown by name
MOST_WARNINGS = 3  # shown at once
_SEEN = 0.005  # smallest share that is named
_TICK = 0.5  # seconds between two looks at a table that is being read
_PANELS = ("Texts in each class", "Length of the texts", "What they are made of")
_PANEL = 230  # pixels: about as high as what comes into a panel


def data_report(intake: Intake) -> dict[str, Any] | None:
    """Draw what is known of the data by now; return its profile once every text has been read, else None."""
    profile = profile_read(intake)
    if profile is not None:
        _facts(profile)
        _warnings(profile["warnings"])
        with st.expander("Look at the texts", icon=":material/table_rows:"):
            _samples(profile)
    elif intake.status["state"] != "refused":
        for panel in _panels():  # what is below keeps its place, more or less, when the facts come
            with panel:
                st.space(_PANEL)
    return profile


def profile_read(intake: Intake) -> dict[str, Any] | None:
    """The profile of what an intake has read; before that draw how far it is, or why it was refused, and None."""
    status = intake.status
    if status["state"] == "refused":
        st.error(words.literal(status["message"]), icon=":material/error:")
        return None
    profile = intake.profile if status["state"] == "ready" else None
    if profile is None:
        st.fragment(_reading, run_every=_TICK)(intake, intake.preview is None)
    return profile


def _reading(intake: Intake, without_preview: bool) -> None:
    status = intake.status
    if status["state"] in ("ready", "refused") or (without_preview and intake.preview is not None):
        st.rerun()  # the whole page: what waited for the texts, or for their columns, can go on
    rows = f": {words.count(status['rows'])} rows" if status["rows"] else ""
    st.progress(min(1.0, max(0.0, status["share"])), text=f"{status['message'] or 'Reading the texts'}{rows}…")


def _panels() -> list[DeltaGenerator]:
    panels = []
    for column, title in zip(st.columns(len(_PANELS), gap="medium"), _PANELS, strict=True):
        with column:
            panels.append(layout.panel(title))
    return panels


def _facts(profile: dict[str, Any]) -> None:
    splits, lengths = profile["splits"], profile["lengths"]
    kept = words.count(profile["kept"])
    by = "as its split column says" if profile["given_splits"] else "split 80/10/10 by each text's hash"
    st.markdown(
        f"**{kept} texts in {len(profile['classes'])} classes**: {words.count(splits['train'])} to train,"
        f" {words.count(splits['validation'])} to validate, {words.count(splits['test'])} to test, {by}."
    )
    from pages.components import data_charts

    classes, texts, further = _panels()
    with classes:
        st.vega_lite_chart(*data_charts.classes(profile["classes"], most=MOST_CLASSES))
        if len(profile["classes"]) > MOST_CLASSES:
            st.caption(f"The {MOST_CLASSES} largest of {words.count(len(profile['classes']))} classes.")
    with texts:
        st.vega_lite_chart(*data_charts.lengths(lengths["bins"]))
        st.caption(
            f"Half have at most {words.count(lengths['median'])} tokens, 95 % at most {words.count(lengths['p95'])};"
            f" the longest of {words.count(lengths['looked_at'])} looked at has {words.count(lengths['longest'])}."
        )
    with further:
        st.markdown("\n".join(f"- {fact}" for fact in _further(profile)))


def _further(profile: dict[str, Any]) -> list[str]:
    facts = [f"Script: {_shares(profile['scripts'])}"]
    if profile.get("languages"):
        names = profile["language_names"]
        facts.append(f"Language: {_shares({names[code]: share for code, share in profile['languages'].items()})}")
    unknown = profile["unknown"]
    facts.append(
        f"Unknown words, met fewer than {unknown['min_frequency']} times in training:"
        f" {words.percent(unknown['validation'])} of the validation tokens, {words.percent(unknown['test'])} of the"
        " test tokens"
    )
    if profile["glove"] is not None:
        facts.append(f"GloVe knows {words.percent(profile['glove'])} of the training tokens")
    left_out = {
        "duplicates": profile["duplicates"],
        "shared with the test texts": profile["leaked_into_test"],
        **profile["dropped"],
    }
    left_out = [f"{words.count(rows)} {words.literal(why)}" for why, rows in left_out.items() if rows]
    facts.append(f"Left out: {words.listed(left_out) or 'nothing'}")
    if profile.get("encoding"):
        facts.append(f"Encoding: {words.literal(profile['encoding'])}")
    return facts


def _shares(shares: dict[str, float]) -> str:
    largest = sorted(shares.items(), key=lambda item: -item[1])[:4]
    named = [f"{words.literal(name)} {words.percent(share, 0)}" for name, share in largest if share >= _SEEN]
    return words.listed(named) or "none"


def _warnings(warnings: list[dict[str, Any]]) -> None:
    """The gravest first, and the rest on demand: on a small table nearly everything is worth a warning."""
    for number, warning in enumerate(warnings[:MOST_WARNINGS]):
        _warning(warning, number)
    rest = warnings[MOST_WARNINGS:]
    if rest:
        with st.expander(f"{len(rest)} more to be careful of", icon=":material/warning:"):
            for number, warning in enumerate(rest, MOST_WARNINGS):
                _warning(warning, number)


def _warning(warning: dict[str, Any], number: int) -> None:
    mend = warning["mend"] or {}
    with st.container(border=True, key=f"warning-{number}", gap="xsmall"):
        st.markdown(f":material/warning: **{words.literal(warning['about'])}** {words.literal(warning['effect'])}")
        if mend.get("settings"):
            settings = mend["settings"]
            done = session.options_are(settings)
            st.button(
                f"{mend['label']}{': done' if done else ''}",
                key=f"mend-{number}",
                on_click=session.set_options,
                args=(settings,),
                disabled=done,
            )
        elif mend:
            st.caption(words.literal(mend["label"]))


def _samples(profile: dict[str, Any]) -> None:
    import pandas as pd

    st.dataframe(
        pd.DataFrame(profile["samples"], columns=["label", "split", "text"]),
        hide_index=True,
        column_config={"text": st.column_config.TextColumn(width="large")},
    )
    if profile["conflicts"]:
        st.caption("Texts that stand in the table with more than one label, and were left out:")
        st.dataframe(
            pd.DataFrame([{"labels": ", ".join(c["labels"]), "text": c["text"]} for c in profile["conflicts"]]),
            hide_index=True,
        )
