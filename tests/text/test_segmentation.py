import itertools
import os
import random
import sys
import time
import unicodedata

import pytest

from model.text.segmentation import _SPLITTER, KeyValues, _pieces, iterate_keys, look_up_key, segment, segment_keys

# Default_Ignorable_Code_Point of Unicode 16: besides spaces and controls, all that may stand outside the spans.
IGNORABLE = [
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
]
SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
EMOJI = ["😀", "👍🏽", "👩\u200d👩\u200d👧", "🇩🇪", "1️⃣", "❤️\u200d🔥", "⚠️", "©️", "🏴\U000e0067\U000e0062\U000e007f"]
PIECES = [
    *EMOJI,
    *(
        "don't",
        "CAN’T",
        "it's",
        "'",
        "’",
        "n't",
        "...",
        "…",
        "state-of-the-art",
        "_",
        "<pad>",
        "a",
        "Z",
        "9",
        "ß",
        "İ",
    ),
    *("é", "e\u0301", "ﬁ", "㍿", "½", "²", "¨", "ﷺ", "ΟΔΟΣ", "نص", "שָׁ", "ไทย", "नमस्ते", "한국", "\u1100\u1161"),
    *("北京", "中", "々", "葛\U000e0100", "豈", "\u2e80", "\U00020000", "ら", "ー", "カ\u3099", "ﾞ", "Ｈ", "！", "。"),
    *(" ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2028", "\u1680", "\x1c", "\x85"),
    *(
        "\x00",
        "\x1b",
        "\u00ad",
        "\u200b",
        "\u200c",
        "\u200d",
        "\u2060",
        "\ufeff",
        "\u202e",
        "\ufe0f",
        "\u3164",
        "\u180e",
    ),
    *("\u0301", "\u20e3", "\u0600", "\u06dd", "\U000110bd", "\u0d4e", "\ud800", "\udfff", "\ud83d\ude00", "🇬", "🏽"),
    *("\ufffd", "\uffff", "\U0010ffff", "\ue000", "\u0378", "\U000e0001", "\U0001faf9", "<script>", "\\", '"'),
]


def typed(text):
    """The tokens as typed, by their spans."""
    return [text[start:end] for start, end in segment(text).spans]


def invisible(character):
    category = unicodedata.category(character)
    return category[0] == "Z" or category == "Cc" or any(low <= ord(character) <= high for low, high in IGNORABLE)


def check_invariants(text):
    keys, spans = segment(text)
    assert len(keys) == len(spans)
    position = 0
    for key, (start, end) in zip(keys, spans, strict=True):
        assert position <= start < end <= len(text)
        assert all(map(invisible, text[position:start])), ascii(text)
        assert text[start:end].split() == [text[start:end]]
        assert key == look_up_key(text[start:end].translate(SURROGATES))
        assert key and key.split() == [key] and look_up_key(key) == key
        assert key.encode("utf-8")
        position = end
    assert all(map(invisible, text[position:])), ascii(text)
    assert segment_keys([text]) == [keys], ascii(text)


def test_english_words_and_punctuation_with_exact_offsets():
    text = "A good, if LONG (99-minute) film."
    assert segment(text).keys == ["a", "good", ",", "if", "long", "(", "99", "-", "minute", ")", "film", "."]
    assert segment(text).spans[:5] == [(0, 1), (2, 6), (6, 7), (8, 10), (11, 15)]
    assert typed(text)[4] == "LONG"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("don't", ["do", "n't"]),
        ("CAN'T", ["ca", "n't"]),
        ("won’t", ["wo", "n't"]),
        ("couldn't've", ["could", "n't", "'ve"]),
        ("it's we'll I'm they’re he'd", ["it", "'s", "we", "'ll", "i", "'m", "they", "'re", "he", "'d"]),
        ("'so' rock'n'roll O'Brien", ["'", "so", "'", "rock", "'", "n", "'", "roll", "o", "'", "brien"]),
        ("n'table 'sad", ["n", "'", "table", "'", "sad"]),
        ("wait... no….", ["wait", "...", "no", "...", "."]),
        ("_so_ 7/10 3.5", ["_", "so", "_", "7", "/", "10", "3", ".", "5"]),
    ],
)
def test_english_is_cut_as_glove_was(text, tokens):
    assert segment(text).keys == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("我爱北京天安门，Python很好。", ["我", "爱", "北京", "天安门", "，", "Python", "很", "好", "。"]),
        ("2023年电影", ["2023", "年", "电影"]),
        ("日本語を勉強する", ["日本", "語", "を", "勉強", "する"]),
        ("コーヒーらーめん", ["コーヒー", "らーめん"]),
        ("한국어를 배워요", ["한국어를", "배워요"]),
        ("كتابٌ جديد؟", ["كتابٌ", "جديد", "؟"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("שָׁלוֹם!", ["שָׁלוֹם", "!"]),
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया", "।"]),
        ("สวัสดีครับ", ["สวัสดีครับ"]),
        ("Привет, мир", ["Привет", ",", "мир"]),
        ("葛\U000e0100城市", ["葛\U000e0100", "城市"]),
        ("カ\u3099 ｶﾞ", ["カ\u3099", "ｶﾞ"]),
    ],
)
def test_every_script_survives_as_typed(text, tokens):
    assert typed(text) == tokens


def test_combining_marks_stay_with_their_letter():
    assert typed("cafe\u0301s z\u0351\u0352\u0353!\u0338") == ["cafe\u0301s", "z\u0351\u0352\u0353", "!\u0338"]
    assert segment("cafe\u0301").keys == segment("café").keys == ["café"]


@pytest.mark.parametrize("emoji", EMOJI)
def test_an_emoji_sequence_is_one_token(emoji):
    assert typed(emoji) == [emoji]
    assert typed(f"! {emoji}.{emoji}") == ["!", emoji, ".", emoji]


def test_neighbouring_emoji_are_told_apart():
    assert typed("good😀👍🏽👍🏽🇩🇪🇫🇷🇬") == ["good", "😀", "👍🏽", "👍🏽", "🇩🇪", "🇫🇷", "🇬"]


@pytest.mark.parametrize(
    "space", " \t\n\r\x0b\x0c\x1c\x85\xa0\u1680\u2003\u2028\u202f\u3000\u200b\u2060\ufeff\x00\u202e"
)
def test_spaces_controls_and_invisible_characters_separate(space):
    assert segment(f"a{space}{space}b{space}").spans == [(0, 1), (3, 4)]


@pytest.mark.parametrize("nothing", ["", " ", "\u00a0\t\n", "\x00\u200b\ufeff", "\u00ad\u200d\ufe0f"])
def test_a_text_without_anything_visible_has_no_token(nothing):
    assert segment(nothing) == ([], [])
    assert segment_keys([nothing]) == [[]]


def test_keys_may_grow_and_spans_still_refer_to_the_text_as_typed():
    text = "ﬁne ㍿ ½ Ⅳ Ｈｅｙ ﷺ ´ co\u00adop"
    keys, spans = segment(text)
    assert keys[:6] == ["fine", "株式会社", "1⁄2", "iv", "hey", "صلىاللهعليهوسلم"]
    assert keys[6:] == ["\u0301", "coop"]
    assert spans == [(0, 3), (4, 5), (6, 7), (8, 9), (10, 13), (14, 15), (16, 17), (18, 23)]


def test_a_lone_surrogate_is_a_token_that_can_be_encoded():
    assert segment("a\ud800b 😀") == (["a", "\ufffd", "b", "😀"], [(0, 1), (1, 2), (2, 3), (4, 5)])


def test_a_greek_word_has_one_key_in_either_case():
    assert segment_keys(["ΟΔΟΣ", "οδος"]) == [["οδος"], ["οδος"]]


def test_hostile_texts_keep_every_invariant():
    choose = random.Random(13)
    for _ in range(4000):
        check_invariants("".join(choose.choices(PIECES, k=choose.randrange(1, 12))))


def test_random_code_points_keep_every_invariant():
    choose = random.Random(14)
    for _ in range(1500):
        top = choose.choice([0x100, 0x3000, 0x10000, sys.maxunicode + 1])
        check_invariants("".join(chr(choose.randrange(top)) for _ in range(choose.randrange(1, 30))))


@pytest.mark.slow
def test_every_code_point_that_can_be_seen_is_a_token():
    for start in range(0, sys.maxunicode, 0x1000):
        characters = [chr(code) for code in range(start, start + 0x1000)]
        assert all(look_up_key(look_up_key(character)) == look_up_key(character) for character in characters)
        check_invariants(" ".join(characters))


def test_bulk_keys_equal_single_keys_and_share_their_strings():
    texts = ["The film, the FILM; don't!", "", "我爱北京 the film", "film " * 50]
    bulk = segment_keys(texts)
    assert bulk == [segment(text).keys for text in texts] == list(iterate_keys(iter(texts)))
    assert len({id(key) for keys in bulk for key in keys if key == "film"}) == 1


def test_bulk_keys_hold_when_the_memory_of_chunks_is_full(monkeypatch):
    monkeypatch.setattr("model.text.segmentation._MOST_CHUNKS", 3)
    texts = ["a, b. c! d? e; f: g' h) i( j", "j( i) h' g a, a,"]
    assert segment_keys(texts) == [segment(text).keys for text in texts]


def test_one_str_instead_of_many_is_refused():
    with pytest.raises(TypeError, match="one str"):
        segment_keys("a text")


@pytest.mark.parametrize(
    ("unit", "tokens"),
    [
        ("a", 1),
        ("é", 1),
        ("don't", 80_000),
        ("中文", 100_000),
        ("中\u0301", 100_000),
        ("!\u0301", 100_000),
        ("🇩", 100_000),
        ("👩\u200d", 1),
        ("\x00", 0),
        ("\ud800", 200_000),
    ],
)
def test_long_texts_without_a_space_take_linear_time(unit, tokens):
    start = time.process_time()
    keys, spans = segment(unit * (200_000 // len(unit)))
    assert time.process_time() - start < 5
    assert len(keys) == len(spans) == tokens


def test_a_megabyte_without_a_space_survives():
    assert segment("x" * 1_000_000).spans == [(0, 1_000_000)]
    assert [len(keys) for keys in segment_keys(["!" * 1_000_000])] == [1_000_000]


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted as Linux shows them")
def test_bulk_work_starts_no_thread():
    threads = len(os.listdir("/proc/self/task"))
    segment_keys(["some words, 北京天安门 and 😀"] * 2000)
    assert len(os.listdir("/proc/self/task")) == threads


def test_both_engines_cut_ascii_alike():
    letters = "anNtTse'. 9\n\x00-"  # what the alternatives tell apart, and what only separates
    texts = ["".join(text) for length in range(1, 5) for text in itertools.product(letters, repeat=length)]
    chance = random.Random(13)
    texts += ["".join(chr(chance.randrange(128)) for _ in range(chance.randrange(5, 30))) for _ in range(5000)]
    texts += ["I can't, won't, isn't'nt; they've we'll JOHN'S o'clock 'tis n't ... .... it's's"]
    for text in texts:
        assert _pieces(text) == _SPLITTER.pre_tokenize_str(text), ascii(text)


def test_values_are_those_of_the_keys_in_their_order():
    asked = []
    values = KeyValues(lambda key: asked.append(key) or key.upper())
    assert list(values.of("Don't stop, 北京 don't")) == ["DO", "N'T", "STOP", ",", "北京", "DO", "N'T"]
    assert list(values.of("don't")) == ["DO", "N'T"] and list(values.of(" \n")) == []
    assert asked == ["do", "n't", "stop", ",", "北京", "do", "n't"], "once for a chunk, however often it comes"


def test_what_is_remembered_of_chunks_is_bounded(monkeypatch):
    monkeypatch.setattr("model.text.segmentation._MOST_CHUNKS", 5)
    values = KeyValues(str)
    assert list(values.of(" ".join(map(str, range(50))))) == list(map(str, range(50)))
    assert list(values.of("x" * 100)) == ["x" * 100]
    assert len(values._chunks) <= 5 and "x" * 100 not in values._chunks
