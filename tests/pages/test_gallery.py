"""The gallery: who is shown, who is chosen, and that the choice outlives the page."""

import pytest
from streamlit.testing.v1 import AppTest

from model.networks.preset_words import PRESET_WORDS
from pages.components.gallery import USUAL


def script():
    import streamlit as st

    from pages.components.gallery import gallery

    if not st.session_state.get("elsewhere"):
        st.caption(" ".join(gallery()) or "nobody")


@pytest.fixture
def cards():
    """The gallery alone, as a new visitor sees it."""
    return AppTest.from_function(script, default_timeout=30)


def shown(test):
    return [box.key.removeprefix("presets-") for box in test.checkbox]


def chosen(test):
    return test.caption[-1].value


def test_the_usual_ones_are_shown_with_two_to_compare_chosen(cards):
    cards.run()
    assert not cards.exception
    assert shown(cards) == [preset for preset in PRESET_WORDS if preset in USUAL]
    assert chosen(cards) == "lstm bilstm-additive"
    assert [box.label for box in cards.checkbox if box.value] == ["LSTM", "BiLSTM + additive attention"]
    headings = [text.value for text in cards.markdown]
    assert headings.index("**Without attention**") < headings.index("**With attention**")


def test_every_card_has_its_drawing_its_sentence_and_its_source(cards):
    cards.run()
    said = [text.value for text in cards.markdown]
    assert sum('role="img"' in text for text in said) == len(USUAL)
    for preset in USUAL:
        assert PRESET_WORDS[preset].about in said
        assert PRESET_WORDS[preset].source in [caption.value for caption in cards.caption]


def test_all_are_shown_on_demand(cards):
    cards.run()
    cards.toggle(key="presets-all").set_value(True).run()
    assert sorted(shown(cards)) == sorted(PRESET_WORDS)
    assert "13" in cards.toggle(key="presets-all").label


def test_choosing_keeps_the_order_of_the_networks(cards):
    cards.run()
    cards.checkbox(key="presets-lstm-dot").check().run()
    cards.checkbox(key="presets-bilstm").check().run()
    cards.checkbox(key="presets-bilstm-additive").uncheck().run()
    assert chosen(cards) == "lstm bilstm lstm-dot"
    assert cards.session_state["presets"] == ["lstm", "bilstm", "lstm-dot"]


def test_a_box_that_shows_what_it_should_is_left_to_its_user(cards):
    assert all(box.proto.set_value for box in cards.run().checkbox)
    cards.checkbox(key="presets-lstm").uncheck().run()
    assert not any(box.proto.set_value for box in cards.checkbox)
    cards.session_state["presets"] = ["lstm"]
    assert [box.key for box in cards.run().checkbox if box.proto.set_value] == [
        "presets-lstm",
        "presets-bilstm-additive",
    ]


def test_nobody_may_be_chosen(cards):
    cards.run()
    cards.checkbox(key="presets-lstm").uncheck()
    cards.checkbox(key="presets-bilstm-additive").uncheck().run()
    assert chosen(cards) == "nobody"


def test_what_is_chosen_is_shown_though_it_is_not_usual(cards):
    cards.session_state["presets"] = ["gru", "han"]
    cards.run()
    assert {"gru", "han"} <= set(shown(cards)) and "rnn-mean" not in shown(cards)
    assert cards.checkbox(key="presets-han").value


def test_what_is_hidden_again_stays_chosen(cards):
    cards.run()
    cards.toggle(key="presets-all").set_value(True).run()
    cards.checkbox(key="presets-han").check().run()
    cards.toggle(key="presets-all").set_value(False).run()
    assert "han" in shown(cards) and "gru" not in shown(cards)
    assert chosen(cards) == "lstm bilstm-additive han"


def test_the_choice_outlives_another_page(cards):
    cards.run()
    cards.checkbox(key="presets-gru" if "gru" in shown(cards) else "presets-bilstm").check().run()
    cards.toggle(key="presets-all").set_value(True).run()
    before = chosen(cards)
    cards.session_state["elsewhere"] = True
    cards.run()
    assert not cards.checkbox
    cards.session_state["elsewhere"] = False
    cards.run()
    assert chosen(cards) == before and len(cards.checkbox) == len(PRESET_WORDS)
