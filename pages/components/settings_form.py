"""A form for every option of a training: a field and a plain sentence each, with suggestions to start from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field, fields
from typing import Any, get_args, get_type_hints

import streamlit as st

from model.training.settings import Settings
from pages.components import words
from pages.components.option_words import OPTIONS

GROUPS = {
    "Network": (
        *("layers", "hidden_size", "embedding_size", "attention_weights", "heads", "position_bias"),
        "input_normalization",
    ),
    "Words": ("vectors", "freeze_vectors", "min_frequency", "max_vocabulary", "max_tokens"),
    "Against overfitting": (
        *("dropout", "embedding_dropout", "locked_dropout", "weight_drop", "word_dropout"),
        *("label_smoothing", "weight_decay", "patience"),
    ),
    "Training": (
        *("epochs", "batch_size", "learning_rate", "schedule", "optimizer", "clip", "class_weights"),
        *("device", "precision", "threads"),
    ),
}
_ELSEWHERE = ("preset", "seed")  # chosen above the form
_FIELDS = {field.name: field for field in fields(Settings) if field.name not in _ELSEWHERE}
_TYPES = get_type_hints(Settings)
# A path typed into a page would read the server's disk; a file of vectors is uploaded, and then one of the choices.
_VECTORS = {"auto": "auto", "none": "none", "glove": "GloVe 50d"}
_CHANGED = "options"  # what this visitor set, by option; what a field shows follows from it


def settings_form(
    suggested: Mapping[str, Any] | None = None,
    vectors: Sequence[tuple[str, str]] = (),
    *,
    without: Collection[str] = (),
) -> dict[str, Any]:
    """Draw the options in groups, and return those that differ from the defaults, by name.

    An option is as `suggested` until the visitor changes it. `vectors`: further word vectors to choose from, (what to
    call them, path). `without`: options that are decided elsewhere, and not drawn.
    """
    suggested = {name: value for name, value in (suggested or {}).items() if name in _FIELDS}
    starts = {name: suggested.get(name, field.default) for name, field in _FIELDS.items()}
    changed = st.session_state.setdefault(_CHANGED, {})
    titles = _VECTORS | {path: label for label, path in vectors}
    if changed.get("vectors", "auto") not in titles:
        del changed["vectors"]  # the file is gone
    values: dict[str, Any] = {}
    for group, names in GROUPS.items():
        st.markdown(f"**{group}**")
        grid = st.grid(4, min_column_width=220)
        for name in (name for name in names if name not in without):
            with grid.container(gap="xxsmall"):
                values[name] = _field(_FIELDS[name], changed.get(name, starts[name]), starts, titles)
                st.caption(_sentence(name, suggested))
    _back(values, starts, titles, bool(suggested))
    return {name: value for name, value in values.items() if value != _FIELDS[name].default}


def _field(field: Field, value: Any, starts: Mapping[str, Any], titles: Mapping[str, str]) -> Any:
    name, rules = field.name, field.metadata
    # The field is told what to show, and not what it starts with: a new suggestion reaches it, a change stays.
    st.session_state[_key(name)] = value
    common = {"label": OPTIONS[name].label, "key": _key(name), "on_change": _change, "args": (name, starts[name])}
    kinds = get_args(_TYPES[name]) or (_TYPES[name],)
    if name == "vectors":
        return st.selectbox(options=list(titles), format_func=titles.__getitem__, **common)
    if rules["choices"]:
        return st.selectbox(options=rules["choices"], **common)
    if bool in kinds:
        return st.toggle(**common)
    number = int if int in kinds else float
    empty = OPTIONS[name].empty
    return st.number_input(
        min_value=number(rules["minimum"]),
        max_value=number(rules["maximum"]),
        step=1 if number is int else _step(field.default),
        format="%d" if number is int else "%g",
        placeholder=empty.partition(";")[0] or None,
        # Only a field that starts empty can be emptied again.
        **({"value": None} if empty else {}),
        **common,
    )


def _change(name: str, start: Any) -> None:
    changed = st.session_state[_CHANGED]
    changed[name] = st.session_state[_key(name)]
    if changed[name] == start:
        del changed[name]


def _sentence(name: str, suggested: Mapping[str, Any]) -> str:
    about = OPTIONS[name]
    parts = [about.about]
    if about.empty:
        parts.append(f"Empty: {about.empty}.")
    if name in suggested:
        parts.append(f"**Suggested here: {_shown(suggested[name])}.**")
    return " ".join(parts)


def _back(values: Mapping[str, Any], starts: Mapping[str, Any], titles: Mapping[str, str], suggestions: bool) -> None:
    changed = {name: value for name, value in values.items() if value != starts[name]}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Back to the suggestions" if suggestions else "Back to the defaults",
            on_click=_forget,
            disabled=not changed,
            key="settings-reset",
        )
        if changed:
            # A file of vectors is called what a person called it; where it lies is the server's business.
            said = (f"{OPTIONS[name].label} {titles.get(value, _shown(value))}" for name, value in changed.items())
            st.caption("Changed: " + words.literal(", ".join(said)))


def _forget() -> None:
    st.session_state[_CHANGED] = {}


def _step(default: float | None) -> float:
    """A tenth of what the option usually is, at most 0.05: one press should matter and not overshoot."""
    return 0.05 if not default or default >= 0.1 else float(f"{default / 10:.0e}")


def _key(name: str) -> str:
    return f"option-{name}"


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
