"""A form for every option of a training: a field and a plain sentence each, with suggestions to start from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field, fields
from typing import Any, NamedTuple, get_args, get_type_hints

import streamlit as st

from model.training.options import Options
from model.training.settings import Settings
from pages.components import session, words
from pages.components.option_words import OPTIONS, OptionWords


class Form(NamedTuple):
    """A class of settings as a form: its options in groups, what people call them, and how its widgets are called."""

    settings: type[Options]
    groups: Mapping[str, Sequence[str]]  # options in none of them are chosen elsewhere
    words: Mapping[str, OptionWords]
    key: str  # of an option's widget: `key-<option>`; what a visitor changed stands under `key` and "s"

    @property
    def fields(self) -> dict[str, Field]:
        """The options that are drawn, by name."""
        drawn = {name for names in self.groups.values() for name in names}
        return {field.name: field for field in fields(self.settings) if field.name in drawn}

    @property
    def changed(self) -> dict[str, Any]:
        """What this visitor set, by option; what a field shows follows from it."""
        return st.session_state.setdefault(f"{self.key}s", {})

    def widget(self, name: str) -> str:
        """The key of an option's widget."""
        return f"{self.key}-{name}"


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
CLASSIFIER = Form(Settings, GROUPS, OPTIONS, "option")
# A path typed into a page would read the server's disk; a file of vectors is uploaded, and then one of the choices.
_VECTORS = {"auto": "auto", "none": "none", "glove": "GloVe 50d"}


def settings_form(
    suggested: Mapping[str, Any] | None = None,
    vectors: Sequence[tuple[str, str]] = (),
    *,
    without: Collection[str] = (),
    form: Form = CLASSIFIER,
) -> dict[str, Any]:
    """Draw the options in groups, and return those that differ from the defaults, by name.

    An option is as `suggested` until the visitor changes it. `vectors`: further word vectors to choose from, (what to
    call them, path). `without`: options that are decided elsewhere, and not drawn.
    """
    suggested = {name: value for name, value in (suggested or {}).items() if name in form.fields}
    starts = {name: suggested.get(name, field.default) for name, field in form.fields.items()}
    titles = _VECTORS | {path: label for label, path in vectors}
    if form.changed.get("vectors", "auto") not in titles:
        del form.changed["vectors"]  # the file is gone
    values: dict[str, Any] = {}
    for group, names in form.groups.items():
        st.markdown(f"**{group}**")
        grid = st.grid(4, min_column_width=220)
        for name in (name for name in names if name not in without):
            with grid.container(gap="xxsmall"):
                values[name] = _field(form, name, starts[name], titles)
                st.caption(_sentence(form, name, suggested))
    _back(form, values, starts, titles, bool(suggested))
    return {name: value for name, value in values.items() if value != form.fields[name].default}


def _field(form: Form, name: str, start: Any, titles: Mapping[str, str]) -> Any:
    rules, empty = form.fields[name].metadata, form.words[name].empty
    # The field is told what to show, and not what it starts with: a new suggestion reaches it, a change stays.
    session.show(form.widget(name), form.changed.get(name, start))
    common = {
        "label": form.words[name].label,
        "key": form.widget(name),
        "on_change": _change,
        "args": (form, name, start),
    }
    if name == "vectors":
        return st.selectbox(options=list(titles), format_func=titles.__getitem__, **common)
    kind = get_type_hints(form.settings)[name]
    kinds = get_args(kind) or (kind,)
    placeholder = empty.partition(";")[0] or None
    # Only a field that starts empty can be emptied again.
    if rules["choices"] or (bool in kinds and empty):
        opening = {"index": None} if empty else {}
        choices = rules["choices"] or (True, False)
        return st.selectbox(options=choices, format_func=_shown, placeholder=placeholder, **opening, **common)
    if bool in kinds:
        return st.toggle(**common)
    number = int if int in kinds else float
    return st.number_input(
        min_value=number(rules["minimum"]),
        max_value=number(rules["maximum"]),
        step=1 if number is int else _step(form.fields[name].default),
        format="%d" if number is int else "%g",
        placeholder=placeholder,
        **({"value": None} if empty else {}),
        **common,
    )


def _change(form: Form, name: str, start: Any) -> None:
    form.changed[name] = st.session_state[form.widget(name)]
    if form.changed[name] == start:
        del form.changed[name]


def _sentence(form: Form, name: str, suggested: Mapping[str, Any]) -> str:
    about = form.words[name]
    parts = [about.about]
    if about.empty:
        parts.append(f"Empty: {about.empty}.")
    if name in suggested:
        parts.append(f"**Suggested here: {_shown(suggested[name])}.**")
    return " ".join(parts)


def _back(
    form: Form, values: Mapping[str, Any], starts: Mapping[str, Any], titles: Mapping[str, str], suggestions: bool
) -> None:
    changed = {name: value for name, value in values.items() if value != starts[name]}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Back to the suggestions" if suggestions else "Back to the defaults",
            on_click=form.changed.clear,
            disabled=not changed,
            key="settings-reset",
        )
        if changed:
            # A file of vectors is called what a person called it; where it lies is the server's business.
            said = (f"{form.words[name].label} {titles.get(value, _shown(value))}" for name, value in changed.items())
            st.caption("Changed: " + words.literal(", ".join(said)))


def _step(default: float | None) -> float:
    """A tenth of what the option usually is, at most 0.05: one press should matter and not overshoot."""
    return 0.05 if not default or default >= 0.1 else float(f"{default / 10:.0e}")


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
