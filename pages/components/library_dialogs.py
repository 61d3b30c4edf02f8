"""What opens over the library: a run's name, tags and notes; and what a person takes along of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from model.runs.kinds import CLASSIFIER
from model.runs.run import MOST_TAGS, Run
from model.runs.store import rename_run
from pages.components import session, words


@st.dialog("Name, tags, notes")
def edit(run: Run, visitor: str | None, known_tags: list[str]) -> None:
    """Let a person change what a run is called and what is noted of it."""
    meta = run.meta
    with st.form("edit", border=False):
        title = st.text_input("Name", value=meta["title"], max_chars=200)
        tags = st.multiselect(
            "Tags",
            list(dict.fromkeys([*meta["tags"], *known_tags])),
            default=meta["tags"],
            accept_new_options=True,
            max_selections=MOST_TAGS,
            placeholder="Choose or type one, then Enter",
            key=f"tags-{run.id}",
        )
        notes = st.text_area("Notes", value=meta["notes"], max_chars=10_000, height=140)
        if st.form_submit_button("Save", type="primary"):
            with session.problems_shown():
                rename_run(run, title=title, notes=notes, tags=tags, by=visitor)
                st.rerun()


@st.dialog("Take along", width="medium")
def take_along(run: Run) -> None:
    """Offer the bundle and, of a classifier, the model card and the script that trains the run again."""
    st.markdown(f"**{words.literal(run.title)}**")
    with session.problems_shown():
        offers = _card_and_script(run) if run.kind == CLASSIFIER else ()
        _offer(
            "The bundle",
            "Weights, vocabulary, settings, figures, and the texts where they are not built in: everything to load"
            " the model elsewhere. Upload it on this page, or use `python -m model unbundle FILE.zip`.",
            lambda: _bundled(run),
            f"{run.id}.zip",
            "application/zip",
        )
        for offer in offers:
            _offer(*offer)


def _card_and_script(run: Run) -> tuple[tuple[str, str, str, str, str], ...]:
    """What `_offer` is to say of each, and its content, written."""
    from model.studies.model_card import model_card
    from model.studies.script import script

    with st.spinner("Writing the card and the script…"):
        card, source = model_card(run), script(run)
    return (
        (
            "The script",
            "Trains the model again from the bundle with the same texts and settings, and says whether it is the same"
            " to the last bit: `python reproduce.py FILE.zip`.",
            source,
            "reproduce.py",
            "text/x-python",
        ),
        (
            "The model card",
            "What was trained on what, how well it does and how surely, and what to beware of; Markdown.",
            card,
            f"{run.id}-card.md",
            "text/markdown",
        ),
    )


def _offer(title: str, about: str, data, file_name: str, mime: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**  \n{about}")
        st.download_button(
            title.removeprefix("The ").capitalize(),
            data,
            file_name=file_name,
            mime=mime,
            type="primary" if mime == "application/zip" else "secondary",
            icon=":material/download:",
            on_click="ignore",
            key=f"download-{file_name}",
            help=f"Download {file_name}",
        )


def _bundled(run: Run) -> bytes:
    from model.runs.bundle import bundle

    with tempfile.TemporaryDirectory() as folder:
        return Path(bundle(run.folder, Path(folder) / "bundle.zip")).read_bytes()
