"""Many texts at once: a pasted or uploaded list, what the models say of each, and the way back into one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from model.networks.preset_words import preset_title
from model.runs.run import Run
from pages.components import address, batch, caches, layout, lists, session, words
from pages.components.list_picker import list_picker, number_of
from pages.components.lists import TextList

if TYPE_CHECKING:
    import pandas as pd

PAGE = 50  # rows shown at a time
_SHOWN = 200  # characters of a text in the table


def many(first: Run, second: Run | None, *, open_text: Callable[[str], None]) -> None:
    """Draw the list, the predictions of one model or two for it, and their filters.

    `open_text` is called with a text when its row is opened: in a callback, before the page is drawn again.
    """
    listed = None
    with layout.card("many"):
        layout.card_title("Many texts at once", f"up to {words.count(lists.MOST_TEXTS)} of them")
        with session.problems_shown():
            listed = list_picker(first)
    if listed is not None and listed.texts:
        with session.problems_shown():
            _results(first, second, listed, open_text)


# -- what the models say -----------------------------------------------------------------------------------------


def _results(first: Run, second: Run | None, listed: TextList, open_text: Callable[[str], None]) -> None:
    classes = [str(label) for label in caches.classifier(first).classes_.tolist()]
    place = st.empty()
    found = []
    for run in [first, *([second] if second else [])]:
        said = f"{preset_title(run.spec['preset'])} reads {number_of(listed)}…"
        show = lambda share, said=said: place.progress(share, text=said)  # noqa: E731
        found.append(batch.predicted(run, listed.texts, progress=show))
        place.empty()
    rows = batch.table(listed, found[0], found[1] if second else None, classes=classes)
    with layout.card("many-results"):
        layout.card_title("What the models say" if second else "What the model says", number_of(listed))
        st.markdown(_summary(rows, first, second))
        strange = batch.strange_labels(listed, classes=classes)
        if strange:
            st.warning(
                f"{words.count(len(strange))} texts count as having no label: theirs, such as"
                f" {words.literal(repr(strange[0][:60]))}, is none of this model's"
                f" ({words.literal(words.listed(classes[:8]))})."
            )
        _table(rows, first, second, open_text)


def _summary(rows: pd.DataFrame, first: Run, second: Run | None) -> str:
    """How often each label is predicted, and how often rightly where that is known."""
    said = [(first, "prediction"), *([(second, "other")] if second else [])]
    lines = []
    for number, (run, column) in enumerate(said):
        counts = rows[column].value_counts()
        parts = [f"{words.literal(str(label))} {words.count(count)}" for label, count in counts.items()]
        more = f" and {len(parts) - 6} other labels" if len(parts) > 6 else ""
        line = f"**{words.literal(_name(run, number, second is not None))}**: {', '.join(parts[:6])}{more}"
        if "right" in rows and (labelled := rows[rows["right"].notna()]).size:
            right = int((labelled[column] == labelled["label"]).sum())
            line += (
                f" · right on **{words.percent(right / len(labelled))}** of the {words.count(len(labelled))}"
                f" text{'s' * (len(labelled) != 1)} with a label"
            )
        lines.append(line)
    return "  \n".join(lines)


def _name(run: Run, number: int, several: bool) -> str:
    place = ("First", "Second")[number]
    return f"{place} model, {preset_title(run.spec['preset'])}" if several else run.title


@st.fragment
def _table(rows: pd.DataFrame, first: Run, second: Run | None, open_text: Callable[[str], None]) -> None:
    """The rows that pass the chosen filter, a page of them; a click here redraws this and asks no model again."""
    kinds = batch.kinds(rows)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        address.take("many-filter", kinds, batch.ALL)
        kind = st.pills(
            "Show",
            list(kinds),
            required=True,
            key="many-filter",
            persist_state="session",
            wrap=True,
            label_visibility="collapsed",
            format_func=lambda name: f"{_titled(name)} {words.count(kinds[name].sum())}",
        )
        sort = st.selectbox(
            "Sort",
            list(batch.SORTS),
            key="many-sort",
            persist_state="session",
            width=190,
            label_visibility="collapsed",
        )
    shown = batch.arranged(rows, kinds[kind or batch.ALL], sort)
    pages = max(1, -(-len(shown) // PAGE))
    view = f"many-page-{batch.fingerprint([kind or '', sort, *rows['text']])}"  # every view begins with its page 1
    number = min(st.session_state.get(view) or 1, pages)
    if len(shown):
        _page(shown.iloc[(number - 1) * PAGE : number * PAGE], first, second, open_text)
    else:
        st.info("No text passes this filter.")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        if pages > 1:
            st.pagination(pages, key=view, persist_state="session", width=90 + 40 * min(pages, 9))
        _open_by_number(rows, open_text)
        _download(rows, first)


def _open_by_number(rows: pd.DataFrame, open_text: Callable[[str], None]) -> None:
    """A box for a number: the buttons in a table cannot be pressed by keyboard."""

    def opened() -> None:
        typed = st.session_state["many-number"].strip()
        st.session_state["many-number"] = ""
        if typed.isascii() and typed.isdigit() and 1 <= int(typed[:9]) <= len(rows):
            open_text(rows["text"].iloc[int(typed[:9]) - 1])
            st.rerun()

    st.text_input(
        "Open the text with this number",
        placeholder="Open number…",
        key="many-number",
        on_change=opened,
        label_visibility="collapsed",
        width=190,
    )


def _titled(kind: str) -> str:
    return f"unsure, below {batch.UNSURE:.2f}:" if kind == batch.UNSURE_ONES else f"{kind}:"


def _page(rows: pd.DataFrame, first: Run, second: Run | None, open_text: Callable[[str], None]) -> None:
    import pandas as pd

    texts = rows["text"].tolist()

    def opened() -> None:
        row = st.session_state["many-open"]["row"]
        if row < len(texts):  # the browser's word is not checked before
            open_text(texts[row])
            st.rerun()

    numbers = [f":material/arrow_forward: {place + 1}" for place in rows.index]
    shown = pd.DataFrame({"open": numbers, "text": [_short(text) for text in texts]})
    if "label" in rows:
        shown["label"] = rows["label"].tolist()
        shown["✓"] = [{True: "✓", False: "✗"}.get(right, "") for right in rows["right"]]
    shown["prediction"] = rows["prediction"].tolist()
    shown["confidence"] = rows["confidence"].tolist()
    if second is not None:
        shown["second model"] = rows["other"].tolist()
        shown["its confidence"] = rows["other confidence"].tolist()
    with st.spinner("Looking for the strongest words…", show_time=True):
        shown["strongest words"] = [" · ".join(found) for found in batch.strongest(first, texts)]
    config = st.column_config
    st.dataframe(
        shown,
        column_config={
            "open": config.ButtonColumn(
                width=90,
                pinned=True,
                key="many-open",
                on_click=opened,
                help="Shows the text above, with all its figures",
            ),
            "text": config.TextColumn(width="large"),
            "✓": config.TextColumn(width=40, help="Whether the first model is right"),
            **{
                name: config.ProgressColumn(format="%.2f", min_value=0.0, max_value=1.0, width=110)
                for name in ("confidence", "its confidence")
            },
            "strongest words": config.TextColumn(width="large"),
        },
        hide_index=True,
        height="content" if len(shown) <= 10 else 420,
        alt="The texts with what is predicted for each",
    )
    st.caption(_footnote(first, second))


def _footnote(first: Run, second: Run | None) -> str:
    by = "attention" if words.attends(first) else "input × gradient for the prediction"
    whose = " of the first model" if second else ""
    return f"A number opens its text, with all its figures. Strongest words{whose} by {by}, strongest first."


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _download(rows: pd.DataFrame, first: Run) -> None:
    texts = rows["text"].tolist()
    st.download_button(
        "Table as CSV",
        lambda: batch.as_csv(rows, words=batch.all_strongest(first, texts) if words.attends(first) else None),
        file_name=f"predictions-{first.id}.csv",
        mime="text/csv",
        icon=":material/download:",
        key="many-csv",
        on_click="ignore",
        help="All texts, whole, whatever the filter. A cell that a spreadsheet would take for a formula gets an"
        " apostrophe in front.",
    )
