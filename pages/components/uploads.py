"""An uploaded file on its way from the browser to this server's disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st

from model.runs.store import runs_root
from pages.components import session

_CHUNK = 1 << 20


def upload(
    label: str,
    store: Callable[..., Any],
    *,
    key: str,
    busy: str,
    max_megabytes: int,
    help: str,
    types: list[str] | None = None,
) -> Any:
    """Draw the uploader; what `store(root, name=, owner=, chunks=)` made of a file, or None without one.

    Raises LabError for a file that is refused. A new widget takes the old one's place each time, so that the
    browser's copy is let go as soon as the file is on the disk.
    """
    file = st.file_uploader(
        label, type=types, max_upload_size=max_megabytes, key=f"{key}-{session.turn(key)}", help=help
    )
    if file is None:
        return None

    def chunks() -> Iterator[bytes]:
        return iter(lambda: file.read(_CHUNK), b"")

    with st.spinner(busy, show_time=True):
        stored = store(runs_root(), name=file.name, owner=session.visitor(), chunks=chunks())
    session.let_go_of(file)
    session.next_turn(key)
    return stored
