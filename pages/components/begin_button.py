"""The button that begins what a form is for, and keeps a press that its texts were not ready for."""

from __future__ import annotations

from typing import Any

import streamlit as st

from model.runs.intake import Intake


def begin_button(label: str, *, key: str, ready: bool, intake: Intake | None, profile: dict[str, Any] | None) -> bool:
    """Draw the button, disabled unless `ready`; whether to begin now.

    Who changes the data and presses at once presses a button that is about to be disabled, because the texts are
    still to be read: that press counts once they are, unless others are chosen meanwhile.
    """
    wished = f"{key}-wished"
    st.button(
        label,
        type="primary",
        key=key,
        icon=":material/play_arrow:",
        disabled=not ready,
        on_click=st.session_state.__setitem__,
        args=(wished, True),
    )
    wish = st.session_state.pop(wished, None)
    if intake is None or wish not in (True, intake.id):
        return False
    if profile is None and intake.status["state"] != "refused":
        st.session_state[wished] = intake.id
        st.caption("Begins as soon as the texts are read.")
    return ready
