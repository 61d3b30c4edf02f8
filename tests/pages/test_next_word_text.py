"""Passages of a test text: they begin at a line, and their end is left for the model to find."""

import pytest

from pages.components.next_word_text import passage

LINES = "apple river stone apple river stone\nchair onion spoon table chair onion spoon table\n"


def test_the_last_of_a_few_short_lines_breaks_off():
    # 35 + 1 + 47 letters and the same again; the last line breaks off after 35 of its 47 letters, between two words
    assert passage(LINES * 2, 0) == LINES + LINES[:36] + "chair onion spoon table chair onion"


def test_a_long_line_stands_alone():
    line = "word " * 200
    assert passage(f"{line}\nanother", 0) == ("word " * 60).rstrip()


@pytest.mark.parametrize("start", [0, 3])
def test_a_text_without_spaces_is_cut_anywhere(start):
    text = "春天来了天气" * 100
    assert passage(text, start) == text[start : start + 300]


def test_blank_lines_are_skipped_and_the_end_is_an_end():
    text = "one two three four\n\n\n  five six seven eight\n"
    assert passage(text, 0) == text.removesuffix(" eight\n")
    assert passage("", 0) == ""
