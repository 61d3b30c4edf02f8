"""Text reaches the browser as typed, in strings, and never as markup."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model.text.vocabulary import Token, Vocabulary
from pages.components.token_strip import direction, full_weight, pieces, strongest, tokens_told

TEXTS = [
    "Not a bad film.",
    "  two  spaces,\n\na newline\tand a tab ",
    "emoji 😀👩‍👩‍👧 and é (e + accent)",
    "这部电影 not bad 很好看!",
    "فيلم جيد جدا",
    "no-break\u00a0space and thin\u2009space",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 beyond the first plane",
    "",
    " \n\t ",
]


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_join_to_the_text_as_typed(text):
    vocabulary = Vocabulary.fit(TEXTS, min_frequency=1)
    parts = pieces(text, vocabulary.tokenize(text).tokens)
    joined = "".join(gap + token for gap, token in zip(parts.gaps, parts.tokens, strict=True))
    assert joined + parts.tail + parts.cut == text
    assert parts.unknown == []


def test_the_part_behind_the_cut_is_kept_apart():
    text = "one two three four"
    tokenized = Vocabulary.fit([text], min_frequency=1).tokenize(text, max_tokens=2)
    parts = pieces(text, tokenized.tokens, truncated_at=tokenized.truncated_at)
    assert parts.tokens == ["one", "two"]
    assert parts.tail + parts.cut == " three four"
    assert parts.cut.strip() == "three four"


def test_a_megabyte_is_drawn_in_part_and_says_so():
    text = "x" * 1_000_000
    drawn = pieces(text, [Token(text, 0, len(text), False)]).drawn()
    assert len(drawn["tokens"][0]) < 4000 and drawn["tokens"][0].endswith("… (997,000 more characters)")
    drawn = pieces("good " * 200_000, [Token("good", 0, 4, True)], truncated_at=4).drawn()
    assert len(drawn["cut"]) == 3000 and drawn["cut_more"] == 999_996 - 3000


def test_unknown_words_are_named_by_their_place():
    tokens = [Token("good", 0, 4, True), Token("Fitzwilliam", 5, 16, False)]
    assert pieces("good Fitzwilliam", tokens).unknown == [1]


def test_a_signature_belongs_to_one_text():
    tokens = [Token("a", 0, 1, True)]
    assert pieces("a", tokens).signature == pieces("a", tokens).signature
    assert pieces("a", tokens).signature != pieces("a ", tokens).signature


@pytest.mark.parametrize(
    ("text", "expected"),
    [("good", "ltr"), ("جيد good", "rtl"), ("123 שלום", "rtl"), ("", "ltr"), ("… 7", "ltr"), ("很好", "ltr")],
)
def test_direction_is_that_of_the_first_letter(text, expected):
    assert direction(text) == expected


def _strip_script():
    from model.text.vocabulary import Token
    from pages.components.token_strip import Row, asked, method_rows, pieces, token_strip

    parts = pieces("<b>x</b>", [Token("<b>", 0, 3, True), Token("x", 3, 4, False), Token("</b>", 4, 8, True)])
    token_strip(parts, key="strip", label="words", on_select=lambda key: None, values=[0.5, 0.3, 0.2], selected=1)
    rows = [Row("Attention", "weight", [0.5, 0.3, 0.2], "3 ms"), Row("Slow", "signed", None)]
    method_rows(parts, rows, key="rows", label="rows", on_select=lambda key: None, ask="more")
    import streamlit as st

    st.markdown(asked("rows") or "nothing asked")


def test_what_is_sent_to_the_browser():
    test = AppTest.from_function(_strip_script).run()
    assert not test.exception
    strip, rows = (json.loads(element.proto.json) for element in test.get("bidi_component"))
    assert strip["tokens"] == ["<b>", "x", "</b>"]
    assert strip["values"] == [0.5, 0.3, 0.2] and strip["scale"] == 0.5
    assert (strip["unknown"], strip["selected"], strip["cut"]) == ([1], 1, "")
    assert [row["values"] for row in rows["rows"]] == [[0.5, 0.3, 0.2], None]
    assert rows["ask"] == "more"
    assert test.markdown[0].value == "nothing asked"


def test_what_the_rows_asked_for_comes_back():
    test = AppTest.from_function(_strip_script)
    test.session_state["rows"] = {"asked": "more"}
    assert test.run().markdown[0].value == "more"


def test_tokens_come_back_from_what_records_keep_of_them():
    tokens = tokens_told("a strange word", [[0, 1, 1], [2, 9, 0], [10, 14, True]])
    assert tokens == [Token("a", 0, 1, True), Token("strange", 2, 9, False), Token("word", 10, 14, True)]


def test_an_even_spread_looks_pale_and_a_sharp_one_has_its_own_full_colour():
    assert full_weight(np.full(4, 0.25)) == 0.75  # three times uniform
    assert full_weight(np.array([0.9, 0.1, 0.0, 0.0])) == 0.9
    assert full_weight(np.array([np.nan, np.nan])) == 1.5
    assert full_weight(np.zeros(0)) == 3.0


def test_the_strongest_token_is_told_as_a_multiple_of_uniform():
    tokens = [Token("good", 0, 4, True), Token("film", 5, 9, True)]
    assert strongest(tokens, np.array([0.25, 0.75])) == "most on “film”, 1.5 × uniform"
