"""Models: the library of runs. Find, open, compare, name, take along, bring in, delete and have back."""

import streamlit as st

from model.runs.catalogue import Entry, entries
from model.runs.owners import may_change
from model.runs.store import disk_use, runs_root
from pages.components import layout, library, session, words
from pages.components.library_card import card, chosen_key
from pages.components.library_trash import delete, recently_deleted, undo_line
from pages.components.run_kinds import compare_link

PAGE = 20  # runs shown at a time


def main() -> None:
    """The whole page."""
    layout.heading("Models", "Everything trained here, and the demo models that come with the code.")
    visitor = session.visitor()
    _upload(visitor)
    if note := session.said():
        st.error(note, icon=":material/error:")
    undo_line(visitor)
    everything = entries(runs_root(), session.DEMO_ROOT)
    if everything:
        _library(everything, visitor)
    else:
        with layout.card("empty"):
            st.markdown("**There is no model yet.** Train one, or upload a bundle that somebody gave you.")
            st.page_link("train.py", label="Train a model", icon=":material/play_arrow:")
    recently_deleted(visitor)
    _disk(everything)


def _library(everything: list[Entry], visitor: str | None) -> None:
    known_tags = library.tags_of(everything)
    wanted, tags, order = _find(known_tags)
    found = library.found(everything, wanted=wanted, tags=tags)
    if not found:
        parts = [f"“{words.literal(wanted)}”"] * bool(wanted) + [f"the tag {words.literal(tag)}" for tag in tags]
        st.info(f"No model matches {words.listed(parts)}.")
    _chosen(found, visitor)
    left = session.shown_runs(PAGE)
    shelves = library.shelves(found, visitor=visitor, order=order)
    for shelf in shelves:
        if left > 0 and len(shelves) > 1:
            st.caption(f"**{shelf.title}** · {len(shelf.entries)}{shelf.about and f' · {shelf.about}'}")
        for entry in shelf.entries[: max(0, left)]:
            with session.problems_shown():
                card(entry, visitor, known_tags)
        left -= len(shelf.entries)
    if left < 0:
        st.button(f"Show more of {len(found)}", on_click=session.show_more_runs, args=(PAGE,), key="more")


def _find(known_tags: list[str]) -> tuple[str, list[str], str]:
    search, sort = st.columns([4, 1])
    wanted = search.text_input(
        "Search",
        key="search",
        placeholder="name, notes, tag, network, data or state",
        label_visibility="collapsed",
        icon=":material/search:",
    )
    order = sort.selectbox(
        "Sort by",
        list(library.ORDERS),
        key="order",
        label_visibility="collapsed",
        format_func=lambda order: f"Sort: {order.lower()}",
        persist_state="session",
    )
    tags = []
    if known_tags:
        tags = st.pills(
            "Tags",
            known_tags[: library.MOST_TAGS_SHOWN],
            selection_mode="multi",
            format_func=words.literal,
            key="tags",
            label_visibility="collapsed",
        )
    return wanted or "", list(tags or []), order


def _chosen(found: list[Entry], visitor: str | None) -> None:
    """What can be done with all the runs that are ticked."""
    chosen = [entry for entry in found if st.session_state.get(chosen_key(entry))]
    if not chosen:
        return
    done = [entry.run for entry in chosen if entry.state == "done"]
    kinds = {run.kind for run in done}
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="card-chosen"):
        if len(kinds) == 1:
            page, query = compare_link(*kinds, [run.id for run in done])
            st.page_link(
                page,
                label=f"Compare {len(done)} chosen",
                icon=":material/compare_arrows:",
                query_params=query,
                disabled=len(done) < 2,
            )
        mine = [entry for entry in chosen if may_change(entry.run, visitor)]
        if len(mine) == len(chosen) and st.button(
            f"Delete {len(mine)} chosen", key="delete-chosen", icon=":material/delete:", type="tertiary"
        ):
            delete(mine, visitor)
        if len(done) == 1:
            st.caption("Choose another one to compare it with.")
        elif len(kinds) > 1:
            st.caption("Classifiers and language models are not compared with each other: choose some of one kind.")


def _disk(everything: list[Entry]) -> None:
    use = disk_use(runs_root())
    own = sum(not entry.run.read_only for entry in everything)
    if not use.total:
        return
    parts = [f"{own} {'model' if own == 1 else 'models'} {words.size(sum(use.runs.values()))}"]
    parts += [f"texts, vectors and records {words.size(use.shared)}"] if use.shared else []
    parts += [f"deleted {words.size(use.deleted)}"] if use.deleted else []
    st.caption(f"On this server’s disk: {' · '.join(parts)}")


def _upload(visitor: str | None) -> None:
    with (
        st.expander("Upload a bundle", icon=":material/upload:"),
        st.form("upload", border=False, clear_on_submit=True),
    ):
        file = st.file_uploader(
            "A bundle (.zip) downloaded from this page or written by the command line", type="zip", key="bundle"
        )
        if not st.form_submit_button("Add it to the models", key="add-bundle"):
            return
        if file is None:
            st.warning("Choose a file first.")
            return
        from model.runs.bundle import unbundle

        with session.problems_shown():
            try:
                with st.spinner("Checking every file of it…"):
                    run = unbundle(file, runs_root(), owner=visitor)
            finally:
                session.let_go_of(file)
            st.success(f"Added: {words.literal(run.title)}")


main()
