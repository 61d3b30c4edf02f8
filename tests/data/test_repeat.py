"""Text in which each line says its words twice: always the same, and every line says how far back it repeats."""

from collections import Counter
from itertools import product

import numpy as np
import pytest

from model.data import repeat
from model.data.repeat import WORDS, decided, generate, generate_named
from model.errors import DataError
from model.text.language import LanguageVocabulary, pieces
from model.text.segmentation import segment


@pytest.mark.parametrize("language", WORDS)
def test_there_are_fifty_words_each_one_token(language):
    words = WORDS[language]
    assert len(set(words)) == len(words) == 50
    assert all(segment(word).keys == [word] for word in words)
    if language == "zh":
        assert {len(word) for word in words} == {2}
        assert all(segment(one + other).keys == [one, other] for one, other in product(words, repeat=2))


@pytest.mark.parametrize("language", WORDS)
def test_every_line_is_k_different_words_twice(language):
    text = generate(tokens=50_000, language=language)
    assert text.endswith("\n")
    lengths = Counter()
    for line in text.splitlines():
        words = segment(line).keys
        k = len(words) // 2
        assert words[:k] == words[k:]
        assert len(set(words[:k])) == k
        assert set(words) <= set(WORDS[language])
        lengths[k] += 1
    assert set(lengths) == set(range(2, 31))
    assert max(lengths.values()) < 2 * min(lengths.values())
    tokens = len(pieces(text, "words").keys)
    assert tokens == sum((2 * k + 1) * count for k, count in lengths.items())
    assert 50_000 <= tokens <= 50_060


def test_it_is_always_the_same():
    assert (
        generate(tokens=5000) == generate_named("repeat:5000") == generate(tokens=6000)[: len(generate(tokens=5000))]
    )
    assert generate_named("repeat:zh:5000") == generate(tokens=5000, language="zh")
    assert generate(tokens=2000).startswith("chair castle potato station curtain lemon eagle cheese goose chair")
    assert generate(tokens=2000, language="zh").startswith("裤子邮差豆腐鲸鱼筷子蛋糕闹钟鸡蛋月亮裤子邮差")
    assert generate_named("repeat") == generate(tokens=repeat.TOKENS)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("repeat:1999", "has 2,000 to 10,000,000 tokens, not 1,999"),
        ("repeat:10000001", "not 10,000,001"),
        ("repeat:de", "'de' is no number of tokens; write repeat"),
        ("repeat:zh:5000:1", "'1' is no number of tokens"),
        ("repeat:²", "'²' is no number of tokens"),
        ("repeat:" + "9" * 5000, "is no number of tokens"),
        ("repeats:5000", "repeats:5000"),
    ],
)
def test_other_forms_are_refused(name, message):
    with pytest.raises(DataError, match=message) as refusal:
        generate_named(name)
    assert len(str(refusal.value)) < 300


def test_another_language_is_refused():
    with pytest.raises(DataError, match="in en or zh, not in 'de'"):
        generate(language="de")


def test_places_are_decided_from_the_second_word_of_the_second_copy_on():
    text = "apple bread apple bread\nlamp lamp\nhorse goose tiger horse goose tiger\napple bread bread apple\na b a"
    found = decided(text)
    keys = pieces(text, "words").keys
    assert found.dtype == np.int32
    assert list(zip(keys, found.tolist(), strict=True)) == [
        *[("apple", 0), ("bread", 0), ("apple", 0), ("bread", 2), ("\n", 0)],
        *[("lamp", 0), ("lamp", 0), ("\n", 0)],
        *[("horse", 0), ("goose", 0), ("tiger", 0), ("horse", 0), ("goose", 3), ("tiger", 3), ("\n", 0)],
        *[("apple", 0), ("bread", 0), ("bread", 0), ("apple", 0), ("\n", 0)],
        *[("a", 0), ("b", 0), ("a", 0)],
    ]
    assert decided("").tolist() == []
    assert decided("\n\na b a b").tolist() == [0, 0, 0, 0, 2]


@pytest.mark.parametrize("language", WORDS)
def test_decided_words_stand_k_back_in_the_stream(language):
    text = generate(tokens=5000, language=language)
    ids = LanguageVocabulary.fit(text, unit="words").encode(text)
    k = decided(text)
    assert len(k) == len(ids)
    places = np.flatnonzero(k)
    assert 0.4 < len(places) / len(ids) < 0.5
    assert (ids[places] == ids[places - k[places]]).all()
