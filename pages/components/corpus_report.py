"""What a person should know of a text before a language model learns it: how long it is, and how it begins."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.runs.intake import Intake
from pages.components import words
from pages.components.data_report import profile_read


def corpus_report(intake: Intake) -> dict[str, Any] | None:
    """Draw what is known of the text by now; return its profile once it has been read, else None."""
    profile = profile_read(intake)
    if profile is None:
        return None
    characters = profile["report"]["characters"]
    train, validation, test = (words.count(characters[split]) for split in ("train", "validation", "test"))
    st.markdown(
        f"**{words.count(sum(characters.values()))} characters**: {train} to train, {validation} to validate,"
        f" {test} to test, in the order of the text."
    )
    st.caption(" · ".join(_further(profile)))
    with st.expander("How it begins", icon=":material/notes:"):
        st.code(profile["sample"], language=None, wrap_lines=True)
    return profile


def _further(profile: dict[str, Any]) -> list[str]:
    report = profile["report"]
    facts = [f"{words.count(sum(report['lines'].values()))} lines"]
    if report["rows"]:
        facts.append(f"from {words.count(report['rows'])} rows, a line each")
    left_out = [f"{words.count(rows)} {words.literal(why)}" for why, rows in report["dropped"].items() if rows]
    if left_out:
        facts.append(f"left out: {words.listed(left_out)}")
    if report["encoding"]:
        facts.append(f"encoding: {words.literal(report['encoding'])}")
    return facts
