"""Text and numbers in exports: every character survives as itself or as a picture of itself."""

import html
import xml.etree.ElementTree as ElementTree

import pytest

from model.explain.export_words import (
    MOST_DRAWN,
    direction,
    duration,
    markup,
    mixed,
    name_of,
    plain,
    shortened,
    signed,
    visible,
)
from model.explain.rows import in_sentence

EVERYTHING = "".join(map(chr, [*range(0x3000), *range(0xD7F0, 0xE010), *range(0xFDD0, 0x10010)]))


def test_all_characters_come_back_from_html_and_xml():
    shown = visible(EVERYTHING)
    assert html.unescape(markup(EVERYTHING)) == shown
    element = ElementTree.fromstring(
        f"<a b='{markup(EVERYTHING).replace(chr(10), '&#10;').replace(chr(9), '&#9;')}'/>"
    )
    assert element.get("b") == shown
    assert ElementTree.fromstring(f"<a>{markup(EVERYTHING)}</a>").text == shown
    shown.encode("utf-8")


def test_only_what_cannot_be_shown_is_replaced():
    assert visible("a\tb\nc\rd é 中 😀 \u202e") == "a\tb\nc\rd é 中 😀 \u202e"
    assert visible("\x00\x07\x1b\x7f") == "␀␇␛␡"
    assert visible("\x80\x9f\ud800\udfff\ufffe\uffff") == "\ufffd" * 6
    assert all(len(visible(character)) == 1 for character in EVERYTHING)


def test_long_parts_are_cut_with_a_count():
    assert shortened("x" * MOST_DRAWN) == "x" * MOST_DRAWN
    assert shortened("x" * (MOST_DRAWN + 1234)) == "x" * MOST_DRAWN + "… (1,234 more characters)"


def test_names_are_one_short_line_that_turns_nothing():
    assert name_of(3) == "3"
    assert name_of("a\n b\u202ec\u2066") == "a b\ufffdc\ufffd"
    assert len(name_of("x" * 1000)) == 60


def test_numbers_as_people_read_them():
    assert (plain(-0.1234), signed(0.125), signed(-1.5)) == ("−0.123", "+0.12", "−1.50")
    assert (signed(0.0), signed(0.0004), signed(-0.0004)) == ("+0.00", "+4.0e−04", "−4.0e−04")
    assert [duration(seconds) for seconds in (0, 0.0034, 1.44)] == ["1 ms", "3 ms", "1.4 s"]
    assert [in_sentence(title) for title in ("Leave one out", "LIME", "Kernel SHAP")] == [
        "leave one out", "LIME", "kernel SHAP",
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "way"), [("12 שלום a", "rtl"), ("a שלום", "ltr"), ("… 7", "ltr"), ("", "ltr")])
def test_the_first_letter_gives_the_direction(text, way):
    assert direction(text) == way


def test_colours_mix_with_their_ground():
    assert mixed("#000000", 0) == "#ffffff"
    assert mixed("#ff8000", 1) == "#ff8000"
    assert mixed("#000000", 0.5, ground="#204060") == "#102030"
