"""Where a word stands: counts agree with segmenting every text, whatever the script."""

import time
import unicodedata

import pytest

from model.data.concordance import _LOOSE, concordance
from model.text.segmentation import look_up_key, segment

TEXTS = [
    "The film is GOOD, not bad.",
    "Goodness me! A badly made film",
    "good-natured; don't GOOD ’em, it’s fine…",
    "这家酒店的位置非常好。不好",
    "Ｇｏｏｄ café cafe\u0301 CAFÉ",
    "ΟΔΟΣ'Α ΟΔΟΣ οδος İstanbul STRASSE straße",
    "か\uff9e ｶﾞ が ﷺ ´ a´b x\u00adray xray",
    "\ud800 lone \x00 null\u2028line 🇫🇷 👩‍👩‍👧 end",
    "",
    " \n\t ",
]
LABELS = ["a", "b", "a", "b", "a", "b", "a", "b", "a", "b"]


@pytest.mark.parametrize("word", sorted({key for text in TEXTS for key in segment(text).keys}))
def test_every_token_is_found_where_segmenting_finds_it(word):
    wanted = [place for place, text in enumerate(TEXTS) if word in segment(text).keys]
    found = concordance(word, TEXTS, LABELS, limit=99)
    assert found.texts == len(wanted)
    assert found.per_label == {label: sum(LABELS[place] == label for place in wanted) for label in ("a", "b")}
    assert sorted(example.text for example in found.examples) == wanted
    for place, label, start, end in found.examples:
        assert label == LABELS[place]
        assert (start, end) in segment(TEXTS[place]).spans
        assert look_up_key(TEXTS[place][start:end].replace("\ud800", "\ufffd")) == word


@pytest.mark.parametrize("word", ["goo", "ood", "", "not bad", "GOOD", "Café", "absent", "好。"])
def test_a_word_is_looked_up_as_tokens_are(word):
    wanted = sum(look_up_key(word) in segment(text).keys for text in TEXTS)
    assert concordance(word, TEXTS, LABELS).texts == wanted


def test_examples_take_the_labels_in_turn():
    texts = ["x"] * 9
    labels = [1, 1, 1, 1, 2, 2, 3, 3, 3]
    found = concordance("x", texts, labels, limit=5)
    assert [(example.text, example.label) for example in found.examples] == [(0, 1), (4, 2), (6, 3), (1, 1), (5, 2)]
    assert found.per_label == {1: 4, 2: 2, 3: 3}
    assert concordance("x", texts, labels, limit=0).examples == []
    assert concordance("x", [], []).per_label == {}


def test_a_label_is_wanted_for_each_text():
    with pytest.raises(ValueError, match="2 texts but 1 labels"):
        concordance("x", ["x", "y"], ["a"])


def test_what_is_passed_over_could_not_have_the_word():
    # The letters of a key, case and marks aside, are those of its token, for any character there is in plane 0.
    for code in range(0x10000):
        character = chr(code)
        if unicodedata.category(character) not in ("Cs", "Cn", "Co"):
            assert look_up_key(character).translate(_LOOSE) == character.translate(_LOOSE), hex(code)


def test_a_hundred_thousand_texts_are_fast():
    texts = [
        f"Reuters - The price of oil rose {place} cents, other markets fell.{place % 997}" for place in range(100_000)
    ]
    labels = [place % 4 for place in range(100_000)]
    start = time.process_time()
    assert concordance("the", texts, labels).texts == 100_000
    assert concordance("77777", texts, labels).texts == 1
    assert time.process_time() - start < 6  # measured: 0.9 s
