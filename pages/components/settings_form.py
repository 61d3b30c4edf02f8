"""A form for every option of a training, built from the settings' own fields, bounds and sentences."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any, get_type_hints

import streamlit as st

from model.training.settings import Settings
from pages.components import session

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
# A path typed into a page would read the server's disk; files of vectors are for the command line.
_CHOICES = {"vectors": ("auto", "none", "glove")}
_FIELDS = {field.name: field for field in fields(Settings) if field.name not in _ELSEWHERE}
_TYPES = get_type_hints(Settings)


def settings_form() -> dict[str, Any]:
    """Draw the options in groups, and return those that differ from the defaults, by name."""
    values: dict[str, Any] = {}
    for group, names in GROUPS.items():
        st.markdown(f"**{group}**")
        with st.grid(4, min_column_width=220):
            for name in names:
                values[name] = _widget(_FIELDS[name])
    changed = {name: value for name, value in values.items() if value != _FIELDS[name].default}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Back to the defaults",
            on_click=session.forget,
            args=([_key(name) for name in _FIELDS],),
            disabled=not changed,
            key="settings-reset",
        )
        if changed:
            st.caption("Changed: " + ", ".join(f"{_label(name)} {_shown(value)}" for name, value in changed.items()))
    return changed


def _widget(field: Field) -> Any:
    name, default, rules = field.name, field.default, field.metadata
    common = {"label": _label(name), "help": rules["help"], "key": _key(name), "persist_state": "session"}
    choices = _CHOICES.get(name, rules["choices"])
    kinds = getattr(_TYPES[name], "__args__", (_TYPES[name],))
    if choices:
        return st.selectbox(options=choices, index=choices.index(default), **common)
    if bool in kinds:
        return st.toggle(value=default, **common)
    number = int if int in kinds else float
    return st.number_input(
        value=default,
        min_value=number(rules["minimum"]),
        max_value=number(rules["maximum"]),
        step=1 if number is int else _step(default),
        format="%d" if number is int else "%g",
        placeholder="chosen for you" if type(None) in kinds else None,
        **common,
    )


def _step(default: float | None) -> float:
    """A tenth of what the option usually is, at most 0.05: one press should matter and not overshoot."""
    return 0.05 if not default or default >= 0.1 else float(f"{default / 10:.0e}")


def _key(name: str) -> str:
    return f"option-{name}"


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _shown(value: Any) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
