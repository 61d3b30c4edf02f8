"""Texts as streams of words or characters, and back to ids and what is shown."""

import random
import time
from itertools import chain, pairwise

import numpy as np
import pytest

from model.errors import ModelError, SettingsError
from model.text.language import UNITS, LanguageVocabulary, iterate_pieces, pieces, shown
from model.text.segmentation import segment
from model.text.vocabulary import PAD, UNK

NOVEL = "“It’s late,” he said.\r\n\r\n  \r\nShe didn’t answer…\n"
CHINESE = "他说：“我喜欢这部电影。”\n\n她没有回答……\n"


def test_every_run_of_line_ends_is_one_word():
    words = "“ it 's late , ” he said . | she did n't answer ... |"
    assert pieces(NOVEL, "words").keys == words.replace("|", "\n").split(" ")
    assert pieces("\n\n", "words") == (["\n"], [(0, 2)])
    assert pieces(" \n \t\n  a", "words") == (["\n", "a"], [(1, 5), (7, 8)])


def test_chinese_is_cut_into_words():
    words = "他 说 : “ 我 喜欢 这部 电影 。 ” | 她 没有 回答 ... ... |"
    assert pieces(CHINESE, "words").keys == words.replace("|", "\n").split(" ")


def test_characters_are_as_typed_but_for_line_ends():
    keys, spans = pieces("Aé\r\n\r我 😀", "characters")
    assert keys == ["A", "é", "\n", "\n", "我", " ", "😀"]
    assert spans == [(0, 1), (1, 2), (2, 4), (4, 5), (5, 6), (6, 7), (7, 8)]
    assert pieces("\ud800a", "characters").keys == ["\ufffd", "a"]


def test_another_unit_is_refused():
    for call in (pieces, lambda text, unit: list(iterate_pieces(text, unit))):
        with pytest.raises(SettingsError, match="unit is 'letters'; choose words or characters"):
            call("a", "letters")


@pytest.mark.parametrize("seed", range(20))
def test_words_are_those_of_segment_and_spans_are_in_order(seed):
    draw = random.Random(seed)
    parts = [
        "the",
        "Don't",
        "电影",
        "我喜欢",
        "。",
        ",",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\u2028",
        "\f",
        "\u3000",
        "'s",
        "é",
        "\u200b",
    ]
    text = "".join(draw.choices(parts, k=60))
    keys, spans = pieces(text, "words")
    places = [(start, end, key) for key, (start, end) in zip(keys, spans, strict=True)]
    assert places == sorted(places)
    assert all(end <= start for (_, end, _), (start, _, _) in pairwise(places))
    found = segment(text)
    assert [place for place in places if place[2] != "\n"] == [
        (start, end, key) for key, (start, end) in zip(*found, strict=True)
    ]
    for start, end, key in places:
        assert (key == "\n") == text[start:end].isspace()


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "text", ["", "\n", "a", "\r\n\r\n", "\r", NOVEL, CHINESE, NOVEL * 3, "a\ud800\r\nb", "a \n b\n"]
)
def test_the_fast_way_gives_the_same_keys(text, unit):
    assert list(chain.from_iterable(iterate_pieces(text, unit))) == pieces(text, unit).keys


@pytest.mark.parametrize("text", ["我喜欢这部电影，真的！" * 20_000, "words without end " * 10_000, "电" * 70_000])
def test_a_novel_in_one_line_is_cut_where_no_word_reaches_across(text):
    fast = list(chain.from_iterable(iterate_pieces(text, "words")))
    assert fast == pieces(text, "words").keys
    if "，" in text or " " in text:
        assert fast == segment(text).keys


def test_many_spaces_and_line_ends_take_no_more_than_their_length():
    start = time.process_time()
    for text in ("\n" * 300_000, "\n " * 150_000 + "a", " " * 300_000, "\n" + " " * 300_000 + "a"):
        assert len(pieces(text, "words").keys) <= 2
    assert time.process_time() - start < 2


@pytest.mark.parametrize("unit", UNITS)
def test_ids_count_each_token_and_the_unknown(unit):
    vocabulary = LanguageVocabulary.fit("the cat\nthe dog\n", unit=unit, min_frequency=2)
    ids = vocabulary.encode("the cat\n\n")
    assert ids.dtype == np.int32
    if unit == "words":
        assert vocabulary.words[2:] == ["\n", "the"]
        assert vocabulary.counts == [0, 2, 2, 2]
        assert ids.tolist() == [3, UNK, 2]
    else:
        assert set(vocabulary.words[2:]) == set("the \n")
        assert [vocabulary.words[place] for place in ids] == ["t", "h", "e", " ", "<unk>", "<unk>", "t", "\n", "\n"]
    assert sum(vocabulary.counts) == len(pieces("the cat\nthe dog\n", unit).keys)
    assert PAD not in ids
    assert len(vocabulary) == len(vocabulary.words)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("text", [NOVEL, CHINESE])
def test_tokens_are_those_of_the_stream(unit, text):
    vocabulary = LanguageVocabulary.fit(text[: len(text) // 2], unit=unit, min_frequency=1)
    tokens, ids, truncated_at = vocabulary.tokenize(text)
    assert ids.tolist() == vocabulary.encode(text).tolist()
    assert [token.known for token in tokens] == (ids != UNK).tolist()
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert truncated_at is None
    assert UNK in ids


def test_the_last_tokens_are_kept():
    vocabulary = LanguageVocabulary.fit("a b c d", unit="words", min_frequency=1)
    tokens, ids, truncated_at = vocabulary.tokenize("a b c d", max_tokens=2)
    assert [token.text for token in tokens] == ["c", "d"]
    assert ids.tolist() == vocabulary.encode("c d").tolist()
    assert truncated_at == 4
    assert vocabulary.tokenize("a b", max_tokens=2).truncated_at is None
    tokens, ids, truncated_at = vocabulary.tokenize("", max_tokens=2)
    assert (tokens, len(ids), truncated_at) == ([], 0, None)


@pytest.mark.parametrize("unit", UNITS)
def test_a_vocabulary_comes_back_from_its_file(tmp_path, unit):
    vocabulary = LanguageVocabulary.fit(NOVEL + CHINESE, unit=unit, min_frequency=1, max_size=30)
    assert len(vocabulary) <= 30
    vocabulary.save(tmp_path / "vocabulary.json")
    again = LanguageVocabulary.load(tmp_path / "vocabulary.json", unit=unit)
    assert (again.unit, again.words, again.counts) == (unit, vocabulary.words, vocabulary.counts)
    (tmp_path / "vocabulary.json").write_text("{}")
    with pytest.raises(ModelError, match="is not a vocabulary"):
        LanguageVocabulary.load(tmp_path / "vocabulary.json", unit=unit)


def test_what_cannot_be_seen_is_shown():
    listed = [shown(key) for key in ("\n", " ", "\t", "\u0301", "\u3000", "\u200d", "a", "电影", "。", "<unk>")]
    assert listed == ["⏎", "␣", "⇥", "◌\u0301", "U+3000", "U+200D", "a", "电影", "。", "<unk>"]
    vocabulary = LanguageVocabulary.fit("a\n", unit="characters", min_frequency=1)
    assert [vocabulary.shown(token_id) for token_id in range(4)] == ["<pad>", "<unk>", "⏎", "a"]


@pytest.mark.slow
def test_ten_million_characters_take_seconds():
    line = "The story of a man who, one day, doesn't come home: 他没有回家。 It's told twice.\n"
    text = "".join(f"{i} {line}" for i in range(10_000_000 // len(line)))
    for unit in UNITS:
        start = time.process_time()
        LanguageVocabulary.fit(text, unit=unit, min_frequency=1).encode(text)
        assert time.process_time() - start < 15
