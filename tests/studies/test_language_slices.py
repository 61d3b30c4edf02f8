"""What the tokens of a stream are: how frequent, how long ago they were said, whether names."""

import math

import numpy as np

from model.studies.language_slices import name_places, slices_of, token_kinds
from model.text.language import LanguageVocabulary, pieces


def names(text):
    keys = pieces(text, "words").keys
    return [key for key, is_name in zip(keys, name_places(text), strict=True) if is_name]


def test_a_capital_inside_a_sentence_makes_a_name():
    assert names("When Natasha met Pierre, Andrew left. Then she said I am. Boris too.") == [
        "natasha",
        "pierre",
        "andrew",
    ]


def test_beginnings_are_no_names():
    assert names("Paris is big\nMoscow too. London? (Rome) “Vienna said” - Berlin; then Oslo") == ["oslo"]


def test_headings_and_single_letters_are_no_names():
    assert names("see CHAPTER XI and what I said; then A") == []


def test_scripts_without_capitals_have_no_names():
    assert names("我 爱 北京 。 他 也 是") == [] and names("") == []
    assert names("потом Наташа пришла") == ["наташа"]


def test_kinds_of_the_predicted_tokens():
    text = "so Anna saw Anna and zebra saw Boris"
    vocabulary = LanguageVocabulary.fit("so anna saw so anna saw anna and and boris boris", unit="words")
    ids = vocabulary.encode(text)
    kinds = token_kinds(text, ids, vocabulary)  # anna saw anna and <unknown> saw boris
    assert kinds.known.tolist() == [True, True, True, True, False, True, True]
    np.testing.assert_equal(kinds.frequency, [3, 2, 3, 2, np.nan, 2, 2])
    np.testing.assert_equal(kinds.distance, [math.inf, math.inf, 2, math.inf, np.nan, 4, math.inf])
    assert kinds.names.tolist() == [True, False, True, False, False, False, True]
    found = {
        name: {title: np.flatnonzero(places).tolist() for title, places in each}
        for name, each in slices_of(kinds).items()
    }
    assert found == {
        "distance": {"1 to 10 tokens ago": [2, 5], "not before": [0, 1, 3, 6]},
        "frequency": {"fewer than 10 times": [0, 1, 2, 3, 5, 6]},
        "names": {"names said before": [2], "names said for the first time": [0, 6], "other words": [1, 3, 5]},
        "unknown": {"known": [0, 1, 2, 3, 5, 6], "unknown": [4]},
    }


def test_characters_are_no_names_and_all_may_be_known():
    vocabulary = LanguageVocabulary.fit("abc Abc", unit="characters", min_frequency=1)
    kinds = token_kinds("a Abc", vocabulary.encode("a Abc"), vocabulary)
    assert kinds.names is None and set(slices_of(kinds)) == {"distance", "frequency"}
