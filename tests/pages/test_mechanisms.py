"""Drawings of the networks: sound SVG, faithful to what a preset does, one difference for one difference."""

import re
from collections import Counter, defaultdict
from xml.etree import ElementTree

import pytest

from model.networks.preset_words import PRESET_WORDS
from model.networks.presets import PRESETS
from pages.components import drawing, mechanisms
from pages.components.drawing import COLOURS, COLUMNS

SVG = "{http://www.w3.org/2000/svg}"


def elements(preset):
    """Everything drawn, without the frame of the drawing."""
    return list(ElementTree.fromstring(mechanisms.svg(preset)).iter())[1:]


def strokes(preset):
    """Everything drawn, as text, with how often."""
    return Counter(ElementTree.tostring(element) for element in elements(preset) if element.tag != f"{SVG}g")


def bars(preset):
    """Colour -> {middle of the bar: height}, without the vector's parts."""
    found = defaultdict(dict)
    for element in elements(preset):
        if element.tag == f"{SVG}rect" and element.get("fill") in COLOURS and element.get("rx") == "1.5":
            middle = float(element.get("x")) + float(element.get("width")) / 2
            found[element.get("fill")][round(middle, 2)] = float(element.get("height"))
    return found


def column(x):
    return min(range(4), key=lambda place: abs(COLUMNS[place] - x))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_drawing_is_sound_and_says_what_it_shows(preset):
    text = mechanisms.svg(preset)
    root = ElementTree.fromstring(text)
    assert "\n" not in text  # Markdown would take the rest for text
    assert root.get("role") == "img" and root.get("aria-label") == mechanisms.description(preset)
    assert root.get("viewBox") == "0 0 200 220"
    assert [node.text for node in root.iter(f"{SVG}text")][:4] == list(drawing.WORDS)
    assert not re.search(r"<script|href|url\(|@import|\bid=|\bon\w+=", text)
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', text))
    assert colours <= {"none", "currentColor", "#fff", *COLOURS}  # and so legible on any ground


@pytest.mark.parametrize("preset", PRESETS)
def test_nothing_is_drawn_beyond_the_edge(preset):
    for element in elements(preset):
        if element.tag == f"{SVG}rect" and not element.get("transform"):
            x, y, width, height = (float(element.get(name)) for name in ("x", "y", "width", "height"))
            assert x >= 0 and y >= 0 and x + width <= drawing.WIDTH and y + height <= drawing.HEIGHT


def test_every_preset_has_words_and_a_drawing_of_its_own():
    assert list(PRESET_WORDS) == list(PRESETS)
    assert len({mechanisms.svg(preset) for preset in PRESETS}) == len(PRESETS)
    for preset, about in PRESET_WORDS.items():
        assert about.attends == (PRESETS[preset].pooling not in ("last", "mean"))
        assert about.about.endswith(".") and about.source


def test_an_unknown_preset_has_none():
    with pytest.raises(KeyError):
        mechanisms.svg("lstm-magic")


@pytest.mark.parametrize(
    ("preset", "sums"),
    [
        *((preset, [58]) for preset in ("lstm-additive", "bilstm-additive", "lstm-dot", "bilstm-feedforward")),
        ("bilstm-dot", [58, 58]),
        ("bilstm-feedforward-stacked", [48]),
        ("bilstm-multihead", [52] * 4),
        ("han", [2 * 24 + 20]),  # each of two sentences, and the sentences
    ],
)
def test_weights_sum_to_one_for_each_that_asks(preset, sums):
    assert [sum(heights.values()) for heights in bars(preset).values()] == pytest.approx(sums)


@pytest.mark.parametrize("preset", [preset for preset, about in PRESET_WORDS.items() if not about.attends])
def test_without_attention_no_colour(preset):
    assert not bars(preset) and not any(colour in mechanisms.svg(preset) for colour in COLOURS)


def test_a_last_state_asks_and_has_no_weight_of_its_own():
    assert [column(x) for x in bars("lstm-dot")[COLOURS[0]]] == [0, 1, 2]
    both = bars("bilstm-dot")
    assert [column(x) for x in both[COLOURS[0]]] == [0, 1, 2]  # forward: those before the last
    assert [column(x) for x in both[COLOURS[1]]] == [1, 2, 3]  # backward: those later in the text


def test_only_those_that_are_asked_go_up_to_be_weighed():
    stems = {preset: mechanisms.svg(preset).count('stroke-opacity="0.4"') for preset in PRESETS}
    assert stems["lstm-dot"] == 3 and stems["bilstm-dot"] == 4 == stems["lstm-additive"] and stems["lstm"] == 0


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    light = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("ground", ["#ffffff", "#181c24"])  # of a card, in assets/app.css
def test_colours_stand_out_from_both_grounds(colour, ground):
    low, high = sorted((luminance(colour), luminance(ground)))
    assert (high + 0.05) / (low + 0.05) >= 3.0


def test_the_weights_of_hierarchical_attention_sum_to_one_in_each_sentence():
    heights = {x: height for x, height in bars("han")[COLOURS[0]].items() if x in COLUMNS}
    assert sum(list(heights.values())[:2]) == pytest.approx(24) == sum(list(heights.values())[2:])


@pytest.mark.parametrize(
    ("one", "other", "only_one"),
    [
        ("lstm", "bilstm", 1),  # the vector, whose place a vector of two takes
        ("lstm", "lstm-dot", 1),
        ("lstm-additive", "bilstm-additive", 4),  # the stems, which are shorter
        ("bilstm", "bilstm-dot", 2),
    ],
)
def test_what_two_networks_share_is_drawn_alike(one, other, only_one):
    assert (strokes(one) - strokes(other)).total() == only_one


def test_a_memory_runs_through_an_lstm_and_not_through_a_gru():
    memory = {row: f'd="M31 {row.middle + row.height * 0.19 + 0.6:g}H' for row in (mechanisms.FORWARD,)}
    assert memory[mechanisms.FORWARD] in mechanisms.svg("lstm")
    assert memory[mechanisms.FORWARD] not in mechanisms.svg("gru")
    assert mechanisms.svg("bilstm-2layer").count('stroke-width="2.1"') == 4
    assert 'stroke-width="2.1"' not in mechanisms.svg("han")


def test_the_description_says_how_it_reads_and_who_decides():
    assert "from left to right;" in mechanisms.description("lstm")
    assert "right to left" in mechanisms.description("bilstm")
    assert "a second layer" in mechanisms.description("bilstm-2layer")
    assert "each direction's last state asks" in mechanisms.description("bilstm-dot")
    assert "in each of two sentences a GRU" in mechanisms.description("han")


def test_the_signs_are_hidden_from_screen_readers_their_meaning_is_not():
    for svg, about in drawing.legend():
        assert ElementTree.fromstring(svg).get("aria-hidden") == "true"
        assert about
