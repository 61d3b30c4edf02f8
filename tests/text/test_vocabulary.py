import json

import numpy as np
import pytest

from model.errors import ModelError, SettingsError
from model.text.segmentation import segment_keys
from model.text.vocabulary import PAD, UNK, Token, Vocabulary

TEXTS = ["The film, the plot.", "The end of a film", "zebra, of"]  # the 3, "," 2, film 2, of 2, five words once


def small(**options):
    return Vocabulary.fit(TEXTS, **options)


def test_words_come_by_frequency_then_code_point_after_pad_and_unk():
    vocabulary = small()
    assert vocabulary.words == ["<pad>", "<unk>", "the", ",", "film", "of"]
    assert vocabulary.counts == [0, 5, 3, 2, 2, 2]
    assert len(vocabulary) == 6
    assert (PAD, UNK) == (0, 1)


def test_counts_sum_to_the_training_tokens():
    assert sum(small().counts) == sum(small(min_frequency=1).counts) == sum(map(len, segment_keys(TEXTS))) == 14


def test_max_size_bounds_the_ids():
    vocabulary = small(max_size=4)
    assert vocabulary.words == ["<pad>", "<unk>", "the", ","]
    assert vocabulary.counts == [0, 9, 3, 2]
    assert len(small(min_frequency=1, max_size=100)) == 11


def test_the_order_of_texts_changes_nothing():
    assert small(min_frequency=1).words == Vocabulary.fit(TEXTS[::-1], min_frequency=1).words


def test_fitting_on_keys_is_fitting_on_texts():
    assert Vocabulary.fit_keys(segment_keys(TEXTS)).words == small().words
    assert Vocabulary.fit_keys(iter(segment_keys(TEXTS))).counts == small().counts


@pytest.mark.parametrize(
    "options", [{}, {"min_frequency": 1}, {"min_frequency": 3}, {"max_size": 4}, {"max_size": 9}]
)
def test_ranked_keys_give_the_vocabulary_of_the_texts(options):
    whole = small(min_frequency=1)
    keys, counts = [*whole.words[2:], "unseen"], np.array([*whole.counts[2:], 0])
    ranked = Vocabulary.of_ranked(keys, counts, **options)
    assert (ranked.words, ranked.counts) == (small(**options).words, small(**options).counts)
    assert all(type(count) is int for count in ranked.counts)


def test_ids_come_a_text_at_a_time():
    texts = iter(["the film of", "of"])
    ids = small().iterate_ids(texts, max_tokens=2)
    assert next(ids).tolist() == [2, 4] and next(texts) == "of"
    with pytest.raises(TypeError, match="texts is one str"):
        small().encode("the film")


def test_no_text_gives_pad_and_unk_alone():
    vocabulary = Vocabulary.fit([])
    assert vocabulary.words == ["<pad>", "<unk>"]
    assert vocabulary.encode(["any", ""])[0].tolist() == [UNK]


def test_encode_gives_int32_ids_and_unk_for_unknown_words():
    ids = small().encode(["THE film was of use", "", "  "])
    assert [row.tolist() for row in ids] == [[2, 4, 1, 5, 1], [], []]
    assert all(row.dtype == np.int32 for row in ids)
    assert small().encode_keys([["the", "was"]])[0].tolist() == [2, 1]


def test_encode_cuts_at_the_end():
    assert [row.tolist() for row in small().encode(["the film of", "of"], max_tokens=2)] == [[2, 4], [5]]


def test_pad_and_unk_cannot_be_typed_nor_given_as_keys():
    assert PAD not in small().encode(["<pad> <unk> <PAD>"])[0]
    vocabulary = Vocabulary.fit_keys([["<pad>", "<pad>", "<unk>", "<unk>"]])
    assert vocabulary.encode_keys([["<pad>", "<unk>"]])[0].tolist() == [2, 3]


def test_tokenize_gives_spans_of_the_text_as_typed():
    tokenized = small().tokenize(" The FILM… wäre")
    assert tokenized.tokens == [
        Token("The", 1, 4, True),
        Token("FILM", 5, 9, True),
        Token("…", 9, 10, False),
        Token("wäre", 11, 15, False),
    ]
    assert tokenized.ids.tolist() == [2, 4, 1, 1]
    assert tokenized.ids.dtype == np.int32
    assert tokenized.truncated_at is None


def test_truncation_is_reported_as_the_offset_where_the_kept_part_ends():
    text = "the 北京 film of"
    tokenized = small().tokenize(text, max_tokens=3)
    assert [token.text for token in tokenized.tokens] == ["the", "北京", "film"]
    assert tokenized.ids.tolist() == small().encode([text], max_tokens=3)[0].tolist()
    assert tokenized.truncated_at == 11
    assert small().tokenize(text, max_tokens=4).truncated_at is None


def test_an_empty_text_has_no_token_and_is_not_cut():
    tokens, ids, truncated_at = small().tokenize("\u200b ", max_tokens=1)
    assert (tokens, ids.tolist(), truncated_at) == ([], [], None)


def test_frequency_is_that_of_the_look_up_form():
    assert [small().frequency(word) for word in ("the", "THE", "film", "zebra", "<pad>", "<unk>")] == [
        3,
        3,
        2,
        0,
        0,
        0,
    ]


@pytest.mark.parametrize("value", [0, -1, 1.5, "2", None, True])
def test_a_minimum_frequency_out_of_range_is_refused(value):
    with pytest.raises(SettingsError, match=f"min_frequency is {value!r}; give a whole number of at least 1"):
        small(min_frequency=value)


@pytest.mark.parametrize("value", [0, 2, 2.5])
def test_a_size_out_of_range_is_refused(value):
    with pytest.raises(SettingsError, match="max_size"):
        small(max_size=value)


@pytest.mark.parametrize("value", [0, -3, 1.5])
def test_a_number_of_tokens_out_of_range_is_refused(value):
    with pytest.raises(SettingsError, match="max_tokens"):
        small().encode(["a"], max_tokens=value)
    with pytest.raises(SettingsError, match="max_tokens"):
        small().tokenize("a", max_tokens=value)


def test_a_saved_vocabulary_comes_back_whole(tmp_path):
    vocabulary = Vocabulary.fit_keys([["北京", "北京", "\u2028", "\u2028", "\ud800", "\ud800", '"', '"', "x"]])
    vocabulary.save(tmp_path / "100%s vocabulary.json")
    again = Vocabulary.load(tmp_path / "100%s vocabulary.json")
    assert again.words == vocabulary.words
    assert again.counts == vocabulary.counts
    assert again.encode_keys([["北京", "x"]])[0].tolist() == vocabulary.encode_keys([["北京", "x"]])[0].tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["100%s vocabulary.json"]


GOOD = {"format": "attention-lab vocabulary 1", "words": ["<pad>", "<unk>", "a", "b"], "counts": [0, 1, 3, 2]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Expecting value"),
        (b"\xff\xfe\x00", "codec can't decode"),
        (b'{"words": ["<pad>"', "Expecting"),
        (b"[" * 100_000, "recursion"),
        (b"9" * 5000, "4300 digits"),
        ([], "object of format, words and counts"),
        ({**GOOD, "extra": 1}, "object of format, words and counts"),
        ({**GOOD, "format": "another 2"}, "'another 2'"),
        ({**GOOD, "words": None}, "two lists"),
        ({**GOOD, "counts": [0, 1, 3]}, "two lists of one length"),
        ({**GOOD, "words": ["<unk>", "<pad>", "a", "b"]}, "first two words"),
        ({**GOOD, "words": [], "counts": []}, "first two words"),
        ({**GOOD, "words": ["<pad>", "<unk>", "a", "a"]}, "'a' stands in it twice"),
        ({**GOOD, "words": ["<pad>", "<unk>", "a", ""]}, "'' is not a word"),
        ({**GOOD, "words": ["<pad>", "<unk>", "a", 7]}, "'7' is not a word"),
        ({**GOOD, "words": ["<pad>", "<unk>", "a", ["b"]]}, "is not a word"),
        ({**GOOD, "counts": [0, 1, 3, -2]}, "'-2' is not a frequency"),
        ({**GOOD, "counts": [0, 1, 3, 2.0]}, "'2.0' is not a frequency"),
        ({**GOOD, "counts": [0, 1, 3, True]}, "'True' is not a frequency"),
        ({**GOOD, "counts": [0, 1, 3, float("nan")]}, "'nan' is not a frequency"),
        ({**GOOD, "counts": [0, 1, 3, 2**60]}, "is not a frequency"),
    ],
)
def test_a_malformed_file_is_refused_with_the_reason(tmp_path, content, reason):
    path = tmp_path / "vocabulary.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(ModelError, match=reason) as raised:
        Vocabulary.load(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_good_file_of_the_test_above_is_good(tmp_path):
    (tmp_path / "vocabulary.json").write_text(json.dumps(GOOD))
    assert Vocabulary.load(tmp_path / "vocabulary.json").counts == [0, 1, 3, 2]


def test_a_file_that_is_missing_a_folder_or_too_large_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        Vocabulary.load(tmp_path / "none.json")
    with pytest.raises(ModelError, match="cannot be read"):
        Vocabulary.load(tmp_path)
    monkeypatch.setattr("model.text.vocabulary._MOST_BYTES", 10)
    small().save(tmp_path / "vocabulary.json")
    with pytest.raises(ModelError, match="more than 10"):
        Vocabulary.load(tmp_path / "vocabulary.json")


def test_sentence_ends_and_closing_marks_are_ids_of_look_up_forms():
    vocabulary = Vocabulary.fit(["Wow！ 「好。」 “Yes?” no… a; b；c, d: (e.) ‼ 'f' ‥ 1.5 ॥"], min_frequency=1)

    def words(ids):
        return sorted(vocabulary.words[i] for i in ids)

    assert words(vocabulary.sentence_ends()) == sorted(["!", "。", "?", "...", ".", "!!", "..", "॥"])
    assert words(vocabulary.closing_marks()) == sorted(["」", "”", ")", "'"])


def test_words_that_were_not_seen_end_no_sentence():
    vocabulary = Vocabulary.fit(["a b c"], min_frequency=1)
    assert vocabulary.sentence_ends() == vocabulary.closing_marks() == ()
