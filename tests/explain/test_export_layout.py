"""Words in lines: places worked out by hand, in both directions."""

from itertools import pairwise

import pytest

from model.explain.export_layout import SPACE, set_lines, width, words_of
from tests.explain.documents import HOSTILE


def line_up(text, *, room=1000.0, direction="ltr"):
    """Set a text at size 10; its words and the last base line."""
    return set_lines(
        words_of(text, size=10.0), left=0.0, right=room, top=0.0, leading=20.0, direction=direction
    )  # fmt: skip


def left_to_right(words):
    return [word.text for word in sorted(words, key=lambda word: (word.y, word.x)) if word.text]


@pytest.mark.parametrize("name", HOSTILE)
def test_words_and_spaces_give_the_text_back(name):
    text = HOSTILE[name]
    assert "".join(word.text + word.space for word in words_of(text)) == text
    words, _ = line_up(text, room=60.0)
    assert "".join(word.text + word.space for word in words) == text


def test_widths_know_scripts_marks_and_emoji():
    assert width("ab") == pytest.approx(1.16)
    assert width("中文") == 2
    assert width("é") == width("e\u0301")
    assert width("👩‍👩‍👧") == width("👍🏽") == width("👍") == 1
    assert width("") == width("\u200b\u202e") == 0


def test_lines_break_at_spaces_and_nowhere_else():
    words, bottom = line_up("ab cd, ef", room=27.0)
    places = {word.text: (word.x, word.y) for word in words}
    assert places == {"ab": (0, 0), "cd,": (0, 20), "ef": (0, 40)}
    assert bottom == 40
    words, _ = line_up("ab cd", room=1000.0)
    assert words[1].x == pytest.approx(10 * (1.16 + SPACE))


def test_a_line_of_the_text_is_a_line():
    words, bottom = line_up("a\nb c\n\nd")
    assert [(word.text, word.y) for word in words] == [("a", 0), ("b", 20), ("c", 20), ("d", 40)]
    assert bottom == 40


def test_scripts_without_spaces_break_anywhere_but_before_a_closing_mark():
    words = [word for part in ["这家", "酒店", "。", "好"] for word in words_of(part, size=10.0)]
    set_words, _ = set_lines(words, left=0.0, right=45.0, top=0.0, leading=20.0, direction="ltr")
    assert [(word.text, word.x, word.y) for word in set_words] == [
        ("这家", 0, 0), ("酒店", 0, 20), ("。", 20, 20), ("好", 30, 20),
    ]  # fmt: skip


def test_a_word_longer_than_a_line_is_cut_and_nothing_leaves_the_page():
    words, _ = line_up("x" * 1000, room=100.0)
    assert "".join(word.text for word in words) == "x" * 1000
    assert all(word.x >= 0 and word.x + word.width <= 100.0001 for word in words)
    assert {word.x for word in words} == {0}
    words, _ = line_up("中" * 50 + "x" * 50 + "." * 100, room=100.0)
    assert all(word.x + word.width <= 100.0001 for word in words)


def test_right_to_left_lines_start_at_the_right():
    words, _ = line_up("אב גד", room=100.0, direction="rtl")
    first, second = words
    assert first.x + first.width == pytest.approx(100)
    assert second.x + second.width == pytest.approx(first.x - 10 * SPACE)
    assert first.way == second.way == "rtl"


def test_words_that_read_the_other_way_keep_their_order():
    text = "אב the end 7 . 5 גד!"
    assert left_to_right(line_up(text, direction="rtl")[0]) == ["גד!", "the", "end", "7", ".", "5", "אב"]
    assert left_to_right(line_up("the אב גד end", direction="ltr")[0]) == ["the", "גד", "אב", "end"]
    words, _ = line_up("the אב גד end", direction="ltr")
    ends = sorted((word.x, word.x + word.width) for word in words)
    assert [after[0] - before[1] for before, after in pairwise(ends)] == pytest.approx([3, 3, 3])
