"""What came out: one sentence with its uncertainty, what to beware of, and where to go from here."""

from __future__ import annotations

import streamlit as st

from model.runs.run import Run
from pages.components import layout, session, words
from pages.components.run_kinds import compare_link


def outcome(done: list[Run], names: dict[str, str]) -> None:
    """Draw the result of finished runs, and the way to comparing them."""
    from model.studies.caveats import caveats
    from model.studies.result import result_sentence

    with layout.card("result"), session.problems_shown():
        if len({run.spec["data"]["sha256"] for run in done}) == 1:
            st.markdown(f"**{words.literal(result_sentence(done))}**")
        compare_button(done)
        doubts = [(names[run.id], sentence) for run in done for sentence in caveats(run)]
        if doubts:
            with st.expander(f"{len(doubts)} things to know before trusting this", icon=":material/info:"):
                for name, sentence in doubts:
                    st.markdown(f"- {words.literal(name)}: {words.literal(sentence)}")


def compare_button(done: list[Run]) -> None:
    """Draw the way to comparing finished runs of one kind, where there are several."""
    if len(done) > 1 and st.button("Compare them", type="primary", key="compare", icon=":material/compare_arrows:"):
        page, query = compare_link(done[0].kind, [run.id for run in done])
        st.switch_page(page, query_params=query)
