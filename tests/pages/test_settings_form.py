"""The form of settings: suggestions until somebody changes them, a way back, none again, a sentence for each."""

import json
from dataclasses import fields

import pytest
from streamlit.testing.v1 import AppTest

from model.training.settings import Settings
from pages.components.option_words import OPTIONS
from pages.components.settings_form import GROUPS


def script():
    import json

    import streamlit as st

    from pages.components.settings_form import settings_form

    suggested = st.session_state.get("suggested")
    st.text(json.dumps(settings_form(suggested, st.session_state.get("vectors", ()))))


@pytest.fixture
def form():
    """The form alone, as a new visitor sees it."""
    return AppTest.from_function(script, default_timeout=30)


def given(test):
    assert not test.exception
    return json.loads(test.text[0].value)


def test_every_option_has_one_place_and_one_sentence(form):
    options = {field.name for field in fields(Settings)} - {"preset", "seed"}
    placed = [name for names in GROUPS.values() for name in names]
    assert sorted(placed) == sorted(options) == sorted(OPTIONS)
    assert given(form.run()) == {}
    said = [caption.value for caption in form.caption]
    assert len(said) == len(placed)
    for name, words in OPTIONS.items():
        assert any(caption.startswith(words.about) for caption in said), name
        assert words.about.endswith(".") and words.about.replace("et al. ", "").count(".") == 1
        default = next(field for field in fields(Settings) if field.name == name)
        assert bool(words.empty) == ("None" in str(default.type))


def test_suggestions_are_taken_and_said(form):
    form.session_state["suggested"] = {"epochs": 20, "patience": 8, "hidden_size": 64}
    assert given(form.run()) == {"patience": 8, "epochs": 20}
    assert form.number_input(key="option-epochs").value == 20
    assert "How often all training texts are read, at most. **Suggested here: 20.**" in [
        caption.value for caption in form.caption
    ]
    assert form.button(key="settings-reset").disabled
    assert form.button(key="settings-reset").label == "Back to the suggestions"


def test_a_change_beats_a_suggestion_and_other_data(form):
    form.session_state["suggested"] = {"epochs": 20, "batch_size": 16}
    form.run()
    form.number_input(key="option-epochs").set_value(3).run()
    assert given(form) == {"epochs": 3, "batch_size": 16}
    assert "Changed: Epochs 3" in form.caption[-1].value and "Batch" not in form.caption[-1].value
    form.session_state["suggested"] = {"epochs": 40, "batch_size": 8}
    assert given(form.run()) == {"epochs": 3, "batch_size": 8}
    form.session_state["suggested"] = None
    assert given(form.run()) == {"epochs": 3}


def test_a_field_that_shows_what_it_should_is_left_to_who_types_in_it(form):
    form.run()
    form.number_input(key="option-epochs").set_value(3).run()
    assert not any(field.proto.set_value for field in form.number_input)
    form.session_state["suggested"] = {"epochs": 40, "batch_size": 8}
    assert [field.key for field in form.run().number_input if field.proto.set_value] == ["option-batch_size"]


def test_a_suggestion_can_be_turned_down(form):
    form.session_state["suggested"] = {"epochs": 20}
    form.run()
    form.number_input(key="option-epochs").set_value(Settings().epochs).run()
    assert given(form) == {}
    assert "Changed: Epochs 10" in form.caption[-1].value
    assert given(form.run()) == {}


def test_what_is_set_to_the_suggestion_follows_the_next_one(form):
    form.session_state["suggested"] = {"epochs": 20}
    form.run()
    form.number_input(key="option-epochs").set_value(3).run()
    form.number_input(key="option-epochs").set_value(20).run()
    form.session_state["suggested"] = {"epochs": 40}
    assert given(form.run()) == {"epochs": 40}


def test_back_to_the_suggestions(form):
    form.session_state["suggested"] = {"epochs": 20}
    form.run()
    form.number_input(key="option-epochs").set_value(3)
    form.toggle(key="option-freeze_vectors").set_value(True).run()
    assert given(form) == {"epochs": 3, "freeze_vectors": True}
    form.button(key="settings-reset").click().run()
    assert given(form) == {"epochs": 20}
    assert form.number_input(key="option-epochs").value == 20
    assert not form.toggle(key="option-freeze_vectors").value


def test_without_suggestions_the_way_back_is_to_the_defaults(form):
    form.run()
    form.number_input(key="option-layers").set_value(2).run()
    assert given(form) == {"layers": 2}
    assert form.button(key="settings-reset").label == "Back to the defaults"


@pytest.mark.parametrize("name", [name for name, words in OPTIONS.items() if words.empty])
def test_what_may_be_none_can_be_none_again(form, name):
    form.run()
    default = getattr(Settings(), name)
    field = form.number_input(key=f"option-{name}")
    assert field.value == default
    field.set_value(3).run()
    assert given(form) == {name: 3}
    form.number_input(key=f"option-{name}").set_value(None).run()
    assert given(form) == ({} if default is None else {name: None})


def test_vectors_that_were_uploaded_can_be_chosen_until_they_are_gone(form):
    form.session_state["vectors"] = [("mine.txt, 50 numbers", "/runs/vectors/1/mine.txt")]
    form.run()
    box = form.selectbox(key="option-vectors")
    assert box.options == ["auto", "none", "GloVe 50d", "mine.txt, 50 numbers"]
    box.set_value("/runs/vectors/1/mine.txt").run()
    assert given(form) == {"vectors": "/runs/vectors/1/mine.txt"}
    assert form.caption[-1].value == r"Changed: Vectors mine\.txt, 50 numbers"  # and not where it lies
    form.session_state["vectors"] = []
    assert given(form.run()) == {} == form.session_state["options"]


def test_what_comes_out_is_what_settings_take(form):
    form.session_state["suggested"] = {"clip": None, "class_weights": "balanced", "unheard_of": 3}
    form.run()
    form.number_input(key="option-dropout").set_value(0.25).run()
    assert Settings.from_dict(given(form)) == Settings(clip=None, class_weights="balanced", dropout=0.25)
