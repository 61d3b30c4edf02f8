"""Taking what is on the Read page along: as a page, a picture, a table, or for a paper."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from pages.components.reading import ATTENTION, Reading


class Format(NamedTuple):
    """A file to take along: what it is for, its ending and type."""

    title: str
    about: str
    ending: str
    mime: str


FORMATS = (
    Format("HTML", "one page with everything on it, for a browser, without a network", "html", "text/html"),
    Format("SVG", "the coloured text as a drawing with text in it", "svg", "image/svg+xml"),
    Format("CSV", "a row a word, a column a method", "csv", "text/csv"),
    Format("JSON", "all numbers, as the command `explain` writes them", "json", "application/json"),
    Format("LaTeX", "the coloured text for a paper", "tex", "application/x-tex"),
)


def take_along(readings: list[Reading], shown: Reading, method: str) -> None:
    """Draw a button for each format; what is still being computed is left out."""
    st.caption("The address of this page brings back text, models and settings, while the text is short.")
    for form in FORMATS:
        st.download_button(
            form.title,
            # Made at once, in milliseconds: a page that is drawn anew forgets what it was to make later.
            data=_file(form.ending, readings, shown, method),
            file_name=f"attention.{form.ending}",
            mime=form.mime,
            key=f"take-{form.ending}",
            on_click="ignore",
            width="stretch",
            help=form.about,
        )


def _file(ending: str, readings: list[Reading], shown: Reading, method: str) -> str | bytes:
    from model.explain.export_html import to_html
    from model.explain.export_svg import to_svg
    from model.explain.export_tables import to_csv, to_json, to_latex

    if ending in ("html", "json"):
        documents = [reading.explanation() for reading in readings]
        if ending == "html":
            return to_html(documents, row=_row(documents, method))
        return to_json(documents if len(documents) > 1 else documents[0])
    document = shown.explanation()
    if ending == "csv":
        return to_csv(document)
    row = _row([document], method)
    return to_svg(document, row=row) if ending == "svg" else to_latex(document, row=row)


def _row(documents: list[dict[str, Any]], method: str) -> str:
    # A row that is still being computed cannot colour anything yet.
    return method if any(method in document["attributions"] for document in documents) else ATTENTION
