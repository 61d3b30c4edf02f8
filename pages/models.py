"""Models: the library of runs. Open, compare, rename, download, upload, delete."""

import tempfile
from pathlib import Path

import streamlit as st

from model.runs.run import ENDED, Run
from model.runs.store import delete_run, rename_run, runs_root
from pages.components import layout, session, words

PAGE = 20  # runs shown at a time

_BADGES = {"done": "green", "failed": "red", "cancelled": "gray", "interrupted": "orange"}


def main() -> None:
    """The whole page."""
    layout.heading("Models", "Everything trained here, and the demo models that come with the code.")
    _upload()
    runs = session.runs()
    if not runs:
        with layout.card("empty"):
            st.markdown("**There is no model yet.** Train one, or upload a bundle that somebody gave you.")
            st.page_link("train.py", label="Train a model", icon=":material/play_arrow:")
        return
    shown = _search(runs)
    _compare_chosen(shown)
    for run in shown[: session.shown_runs(PAGE)]:
        with session.problems_shown():
            _card(run)
    if len(shown) > session.shown_runs(PAGE):
        st.button(f"Show more of {len(shown)}", on_click=session.show_more_runs, args=(PAGE,), key="more")


def _search(runs: list[Run]) -> list[Run]:
    wanted = st.text_input(
        "Search", key="search", placeholder="title, preset, data or state", label_visibility="collapsed"
    )
    found = [run for run in runs if all(part in _searchable(run) for part in (wanted or "").lower().split())]
    if not found:
        st.info(f"No model matches “{words.literal(wanted)}”.")
    return found


def _searchable(run: Run) -> str:
    parts = [run.title, run.id, run.spec["preset"], words.preset_title(run.spec["preset"]), run.spec["data"]["name"]]
    return " ".join([*parts, words.STATES[run.state["state"]], "demo" if run.read_only else ""]).lower()


def _compare_chosen(runs: list[Run]) -> None:
    chosen = [run.id for run in runs if st.session_state.get(_check_key(run))]
    if chosen:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                "compare.py",
                label=f"Compare {len(chosen)} chosen",
                icon=":material/compare_arrows:",
                query_params={"runs": ",".join(chosen)},
                disabled=len(chosen) < 2,
            )
            if len(chosen) < 2:
                st.caption("Choose another one to compare it with.")


def _check_key(run: Run) -> str:
    return f"compare-{run.id}"


def _card(run: Run) -> None:
    state = run.state
    report = run.report
    with layout.card(run.id):
        about, result, actions = st.columns([6, 2, 3], vertical_alignment="center")
        with about, st.container(gap="xxsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{words.literal(run.title)}**", width="content")
                if state["state"] != "done":
                    st.badge(words.STATES[state["state"]], color=_BADGES.get(state["state"], "blue"))
                if run.read_only:
                    st.badge("demo", color="gray")
            st.caption(words.literal(" · ".join(_facts(run))))
            if state["state"] == "failed" and state["message"]:
                st.caption(f":red[{words.literal(state['message'])}]")
        with result:
            if report:
                st.metric("Test accuracy", words.percent(report["test"]["accuracy"]))
        with actions, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            _actions(run, state["state"])


def _facts(run: Run) -> list[str]:
    spec = run.spec
    octets = sum(path.stat().st_size for path in run.folder.iterdir() if path.is_file())
    return [
        words.preset_title(spec["preset"]),
        spec["data"]["name"],
        f"seed {spec['seed']}",
        words.day(spec["created"]),
        words.size(octets),
    ]


def _actions(run: Run, state: str) -> None:
    if state == "done":
        st.checkbox("Compare", key=_check_key(run))
        st.page_link("read.py", label="Read", icon=":material/visibility:", query_params={"run": run.id})
    else:
        st.page_link("train.py", label="Show", icon=":material/show_chart:", query_params={"runs": run.id})
    names = [
        *(["Download bundle"] if state == "done" else []),
        *([] if run.read_only else ["Rename"]),
        *(["Delete"] if state in ENDED and not run.read_only else []),
    ]
    if not names:
        return
    choice = st.menu_button("More", names, key=f"menu-{run.id}")
    if choice == "Rename":
        _rename(run)
    elif choice == "Delete":
        _delete(run)
    elif choice == "Download bundle":
        _download(run)


# -- dialogs -----------------------------------------------------------------------------------------------------


@st.dialog("Rename")
def _rename(run: Run) -> None:
    with st.form("rename", border=False):
        title = st.text_input("Title", value=run.title, max_chars=200)
        if st.form_submit_button("Save", type="primary"):
            with session.problems_shown():
                rename_run(run, title=title)
                st.rerun()


@st.dialog("Delete")
def _delete(run: Run) -> None:
    st.markdown(
        f"Delete **{words.literal(run.title)}** for good? Its weights and figures go; nothing brings them back."
    )
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary", key="delete-it"):
            with session.problems_shown():
                delete_run(run)
                st.rerun()
        if st.button("Keep it", key="keep-it"):
            st.rerun()


@st.dialog("Download")
def _download(run: Run) -> None:
    st.markdown(
        "The bundle holds the weights, the vocabulary, all settings and the figures: everything to load the model"
        " elsewhere. Upload it on this page, or use `python -m model unbundle FILE.zip`."
    )
    st.download_button(
        "Download the bundle",
        lambda: _bundled(run),
        file_name=f"{run.id}.zip",
        mime="application/zip",
        type="primary",
        on_click="ignore",
        key="download-it",
    )


def _bundled(run: Run) -> bytes:
    from model.runs.bundle import bundle

    with tempfile.TemporaryDirectory() as folder:
        return Path(bundle(run.folder, Path(folder) / "bundle.zip")).read_bytes()


# -- upload ------------------------------------------------------------------------------------------------------


def _upload() -> None:
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
            with st.spinner("Checking every file of it…"):
                run = unbundle(file.getvalue(), runs_root())
            st.success(f"Added: {words.literal(run.title)}")


main()
