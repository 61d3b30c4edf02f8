"""The gallery: who is shown, who is chosen, and that the choice outlives the page."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import words
from pages.components.gallery import USUAL


def script():
    import streamlit as st

    from pages.components.gallery import gallery

    if not st.session_state.get("elsewhere"):
        st.caption(" ".join(gallery()) or "nobody")


@pytest.fixture
def page():
    """The gallery alone, as a new visitor sees it."""
    return AppTest.from_function(script, default_timeout=30)


def shown(test):
    return [box.key.removeprefix("presets-") for box in test.checkbox]


def chosen(test):
    return test.caption[-1].value


def test_the_usual_ones_are_shown_with_two_to_compare_chosen(page):
    page.run()
    assert not page.exception
    assert shown(page) == [preset for preset in words.PRESETS if preset in USUAL]
    assert chosen(page) == "lstm bilstm-additive"
    assert [box.label for box in page.checkbox if box.value] == ["LSTM", "BiLSTM + additive attention"]
    headings = [text.value for text in page.markdown]
    assert headings.index("**Without attention**") < headings.index("**With attention**")


def test_every_card_has_its_drawing_its_sentence_and_its_source(page):
    page.run()
    said = [text.value for text in page.markdown]
    assert sum('role="img"' in text for text in said) == len(USUAL)
    for preset in USUAL:
        assert words.PRESETS[preset].about in said
        assert words.PRESETS[preset].source in [caption.value for caption in page.caption]


def test_all_are_shown_on_demand(page):
    page.run()
    page.toggle(key="presets-all").set_value(True).run()
    assert sorted(shown(page)) == sorted(words.PRESETS)
    assert "13" in page.toggle(key="presets-all").label


def test_choosing_keeps_the_order_of_the_networks(page):
    page.run()
    page.checkbox(key="presets-lstm-dot").check().run()
    page.checkbox(key="presets-bilstm").check().run()
    page.checkbox(key="presets-bilstm-additive").uncheck().run()
    assert chosen(page) == "lstm bilstm lstm-dot"
    assert page.session_state["presets"] == ["lstm", "bilstm", "lstm-dot"]


def test_nobody_may_be_chosen(page):
    page.run()
    page.checkbox(key="presets-lstm").uncheck()
    page.checkbox(key="presets-bilstm-additive").uncheck().run()
    assert chosen(page) == "nobody"


def test_what_is_chosen_is_shown_though_it_is_not_usual(page):
    page.session_state["presets"] = ["gru", "han"]
    page.run()
    assert {"gru", "han"} <= set(shown(page)) and "rnn-mean" not in shown(page)
    assert page.checkbox(key="presets-han").value


def test_what_is_hidden_again_stays_chosen(page):
    page.run()
    page.toggle(key="presets-all").set_value(True).run()
    page.checkbox(key="presets-han").check().run()
    page.toggle(key="presets-all").set_value(False).run()
    assert "han" in shown(page) and "gru" not in shown(page)
    assert chosen(page) == "lstm bilstm-additive han"


def test_the_choice_outlives_another_page(page):
    page.run()
    page.checkbox(key="presets-gru" if "gru" in shown(page) else "presets-bilstm").check().run()
    page.toggle(key="presets-all").set_value(True).run()
    before = chosen(page)
    page.session_state["elsewhere"] = True
    page.run()
    assert not page.checkbox
    page.session_state["elsewhere"] = False
    page.run()
    assert chosen(page) == before and len(page.checkbox) == len(words.PRESETS)
