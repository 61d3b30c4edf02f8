"""Next word: language models that say what comes next, and which earlier words they looked back at for it."""

from __future__ import annotations

import streamlit as st

from model.runs.kinds import LANGUAGE_MODEL
from model.runs.run import Run
from pages.components import address, caches, choices, layout, next_word_text, run_picker, session, words
from pages.components.next_word_reading import WholeText

NEXT, TEXT, GENERATE, COMPARE = "next", "text", "generate", "compare"
FACES = {NEXT: "One prediction", TEXT: "A whole text", GENERATE: "Let it write", COMPARE: "Compare models"}
KNOWN = 3  # ids of a vocabulary with a single word: two stand for padding and for what is unknown


def main() -> None:
    """Trainings or the form for new ones where the address says so, else what trained models predict."""
    ids = address.run_ids(st.query_params.get("runs"))
    if st.query_params.get("new"):
        from pages.components.next_word_train import form

        layout.heading("Train a language model", "A long text in, models out that say what comes next in it.")
        form()
    elif ids:
        from pages.components.next_word_train import trainings

        trainings(ids)
    else:
        _faces()


def _faces() -> None:
    layout.heading(
        "Next word", "What comes next, which earlier words were looked back at for it, and what that helps."
    )
    runs = session.finished_language_models()
    if not runs:
        _nothing_yet()
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        face = choices.one_of("What to see", FACES, name="face", default=NEXT, titles=FACES)
        st.button("Train", key="new-language-model", icon=":material/add:", on_click=_new)
    if face == COMPARE:
        from pages.components import next_word_compare

        next_word_compare.draw(runs)
        return
    with session.problems_shown():
        with layout.card("text"):
            first, second = _models(runs)
            text = next_word_text.text_box(first)
        _face(face, [first] if second in (None, first) else [first, second], text)


def _face(face: str, runs: list[Run], text: str) -> None:
    if any(len(caches.language_model(run).vocabulary_) < KNOWN for run in runs):
        st.warning("This model knows no word at all: none was frequent enough in its training text.")
        return
    if face == GENERATE:
        from pages.components import next_word_generate

        next_word_generate.face(runs, text)
        return
    with st.spinner("Reading the text…"):
        wholes = [WholeText(run, text) for run in runs]
    if not wholes[0].end:
        st.info(f"There is no {wholes[0].unit} in this text. Type the beginning of one above, or take a passage.")
        return
    if (cut := wholes[0].read.truncated_at) is not None:
        st.caption(
            f"Only the last {words.count(wholes[0].end)} {wholes[0].unit}s are read, from character"
            f" {words.count(cut + 1)} on: what comes next depends on what came last."
        )
    if face == TEXT:
        from pages.components import next_word_whole

        next_word_whole.panels(wholes)
    else:
        from pages.components import next_word_next

        next_word_next.panels(wholes)


def _models(runs: list[Run]) -> tuple[Run, Run | None]:
    named = map(st.query_params.get, ("run", "beside"))
    run_picker.explain_absent(named, runs, "yet; another one is shown.", kind=LANGUAGE_MODEL)
    return run_picker.two_runs(runs, default=run_picker.pair(runs)[0])


def _nothing_yet() -> None:
    with layout.card("empty"):
        st.markdown(
            "**There is no language model yet.** Train one on a built-in text: on lines that repeat themselves it"
            " takes a minute or two, and this page then shows word by word what it looks back at."
        )
        st.button(
            "Train a language model",
            key="new-language-model",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_new,
        )


def _new() -> None:
    st.query_params.clear()
    st.query_params["new"] = "1"


main()
