"""A text after edits: its tokens, its gaps and its ids, and nothing around the edit cut anew."""

import pytest

from model.text.vocabulary import Vocabulary
from pages.components.other_words import edited
from pages.components.token_strip import pieces

TEXT = "  Not a bad film, really."  # Not a bad film , really .
VOCABULARY = Vocabulary.fit([TEXT, "truly splendid"], min_frequency=1)


def _edit(edits, text=TEXT):
    tokenized = VOCABULARY.tokenize(text)
    parts = pieces(text, tokenized.tokens)
    return edited(
        parts, tokenized.ids, {place: (typed, VOCABULARY.tokenize(typed)) for place, typed in edits.items()}
    )


def _words(new):
    return [VOCABULARY.words[i] for i in new.ids]


def test_without_edits_it_is_the_text():
    new = _edit({})
    assert new.text == TEXT
    assert new.ids == VOCABULARY.tokenize(TEXT).ids.tolist()


def test_a_deleted_token_goes_with_the_gap_before_it():
    new = _edit({2: ""})
    assert new.text == "  Not a film, really."
    assert _words(new) == ["not", "a", "film", ",", "really", "."]


def test_a_replacement_may_have_several_tokens():
    new = _edit({2: "truly splendid"})
    assert new.text == "  Not a truly splendid film, really."
    assert _words(new) == ["not", "a", "truly", "splendid", "film", ",", "really", "."]


def test_unknown_words_are_named_by_their_new_place():
    new = _edit({0: "", 4: "", 3: "Zzyzx"})
    assert new.text == "a bad Zzyzx really."
    assert new.parts.unknown == [2]


@pytest.mark.parametrize("edits", [{i: "" for i in range(7)}, {i: " " for i in range(7)}])
def test_everything_can_go(edits):
    new = _edit(edits)
    assert new.ids == [] and new.text.strip() == ""


def test_nothing_is_cut_into_tokens_again():
    # Chinese words are cut by their neighbours: with one gone, the others stay as they were cut.
    text = "酒店的房间很干净"
    tokenized = VOCABULARY.tokenize(text)
    new = _edit({1: ""}, text)
    kept = [text[t.start : t.end] for i, t in enumerate(tokenized.tokens) if i != 1]
    assert new.parts.tokens == kept
