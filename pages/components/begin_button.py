"""The button that begins what a form is for, and keeps a press until the texts are read."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.runs.intake import Intake


def begin_button(label: str, *, key: str, able: bool, intake: Intake | None, profile: dict[str, Any] | None) -> bool:
    """Draw the button, and say what it waits for; whether to begin now.

    able: whether nothing but the texts is missing. While they are being read it can be pressed already, and begins
    once they are, unless others are chosen meanwhile. Disabled until then, it would lose the press of who changes the
    texts and presses at once: Streamlit drops what comes from a button that the browser has not yet drawn disabled.
    """
    wished = f"{key}-wished"
    reading = intake is not None and profile is None and intake.status["state"] != "refused"
    st.button(
        label,
        type="primary",
        key=key,
        icon=":material/play_arrow:",
        disabled=not able or not (profile or reading),
        on_click=st.session_state.__setitem__,
        args=(wished, True),
    )
    wish = st.session_state.pop(wished, None)
    pressed = able and intake is not None and wish in (True, intake.id)
    if profile:
        return pressed
    if not reading:
        st.caption("Can begin once the texts are chosen and read.")
    elif pressed:
        st.session_state[wished] = intake.id
        st.caption("Begins as soon as the texts are read.")
    elif able:
        st.caption("The texts are still being read: pressed now, it begins as soon as they are.")
    return False
