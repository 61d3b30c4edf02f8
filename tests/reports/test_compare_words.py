"""The words, numbers and coloured texts of a report, by hand."""

import re

import pytest

from model.reports.compare_tokens import coloured, shades
from model.reports.compare_words import SCALES, prose


def test_a_text_is_coloured_by_its_values():
    tokens = [[0, 4, True], [5, 8, True], [9, 12, True]]
    assert coloured("good bad end", tokens, [0.8, 0.2, 0.0], signed=False).startswith('<div class="text weight"')
    shown = coloured("good bad end", tokens, [0.5, -1.0, None], signed=True)
    assert '<i style="--a:0.50">good</i> <i class="n d" style="--a:1.00">bad</i> end</div>' in shown
    assert 'class="text bare"' in coloured("good bad end", tokens, None, signed=True)
    assert "an empty text" in coloured("", [], [], signed=False)
    assert shades([0.2, 0.1, 0.0], 0.2) == "100 50 0"


def test_numbers_have_their_units_their_signs_and_their_ends_in_order():
    accuracy, loss = SCALES["accuracy"], SCALES["loss"]
    assert (accuracy.value(0.8491), loss.value(0.35512)) == ("84.9\u00a0%", "0.355")
    assert (accuracy.difference(0.029), accuracy.difference(-0.0004), loss.difference(-0.05)) == (
        "+2.9",
        "0.0",
        "−0.050",
    )
    assert accuracy.between({"low": -0.009, "high": 0.015}, signed=True) == "−0.9 to +1.5"
    assert accuracy.between({"low": 0.835, "high": 0.8625}) == "83.5 to 86.2"
    assert accuracy.between({"low": None, "high": None}) == ""
    assert (accuracy.value(None), accuracy.difference(None)) == ("–", "–")


@pytest.mark.parametrize(
    ("sentence", "bold"),
    [
        ("Attention gains 2.9 points of accuracy here (95 % interval 0.8 to 5.1).", "2.9 points"),
        ("A is 1.2 points less accurate here than B.", "1.2 points"),
        ("These texts cannot tell A from B: +2.0 points of accuracy (95 % interval −1.6 to +5.6).", None),
    ],
)
def test_only_what_is_claimed_is_bold(sentence, bold):
    assert re.findall("<b>(.*?)</b>", prose(sentence)) == ([bold] if bold else [])
    assert "95 %" not in prose(sentence)  # no unit leaves its number
