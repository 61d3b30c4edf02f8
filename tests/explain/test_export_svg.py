"""The exported picture: well-formed, its text selectable and as typed, nothing outside its frame."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from model.errors import DataError, SettingsError
from model.explain.export_svg import to_svg
from model.explain.export_words import visible
from tests.explain.documents import HOSTILE, explained, without_attention

SVG = "{http://www.w3.org/2000/svg}"


def picture(document, **options):
    return ElementTree.fromstring(to_svg(document, **options).encode("utf-8"))


def texts(root, kind="typed"):
    return [element.text or "" for element in root.iter(f"{SVG}text") if element.get("class") == kind]


def typed(root):
    return [element for element in root.iter(f"{SVG}text") if element.get("class") == "typed"]


def notes(root):
    return [element.text for element in root.iter(f"{SVG}text") if element.get("class") is None]


def grounds(root):
    """The boxes behind tokens: (fill, stroke) in the order of the tokens."""
    group = root.find(f"{SVG}g[@class='grounds']")
    return [(box.get("fill"), box.get("stroke")) for box in group.iter(f"{SVG}rect")]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_appear_as_typed_and_run_nothing(name):
    text = HOSTILE[name]
    document = explained(text) | {"target": text, "prediction": text, "probabilities": {text: 0.75}}
    root = picture(document)
    assert "".join(texts(root)) == visible(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "title", "rect", "text", "g", "path"}
    for element in root.iter():
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on") and "href" not in attribute
            assert attribute in ("role", "font-family", "viewBox", "style") or re.fullmatch(r"[\w#.,() -]*", value)


def test_a_megabyte_stays_small():
    for text, read in (("x" * 1_000_000, None), ("a" + "\x00" * 1_000_000, None), ("a b " * 250_000, 4)):
        source = to_svg(explained(text, read=read))
        assert len(source) < 250_000
        assert "more" in source


def test_every_word_lies_in_the_frame_and_is_as_wide_as_its_ground():
    document = explained(" ".join(HOSTILE.values()), target="w" * 99)
    root = picture(document | {"prediction": "w" * 99, "probabilities": {"w" * 99: 1.0}})
    high = float(root.get("height"))
    for element in root.iter(f"{SVG}text"):
        start, length = float(element.get("x")), float(element.get("textLength") or 0)
        left = start - length if element.get("direction") == "rtl" else start
        assert left >= -8 and left + length <= 720
        assert 0 < float(element.get("y")) < high


def test_the_strongest_token_has_the_full_colour_and_the_thickest_line():
    root = picture(explained("not a film", weights=[0.25, 0.0, 0.75], unknown=[1]))
    assert grounds(root) == [("#fef0da", None), ("none", "#5f6b7a"), ("#fad391", None)]
    lines = [(path.get("stroke-width"), path.get("stroke-dasharray")) for path in root.iter(f"{SVG}path")]
    assert lines == [("1", None), ("3", None)]
    assert "0.750 = 2.2 × uniform    │ uniform 0.333" in notes(root)
    assert "unknown word" in notes(root)


def test_tokens_against_the_target_are_red_and_dashed():
    root = picture(explained("good film", lime=[1.0, -1.0], target="negative"), row="lime")
    assert [fill for fill, _ in grounds(root)] == ["#9db9f6", "#e69a9a"]
    assert [path.get("stroke-dasharray") for path in root.iter(f"{SVG}path")] == [None, "2 2"]
    assert root.find(f"{SVG}title").text == "positive 0.75 · words coloured by LIME, explaining negative"
    assert "blue for negative, red and dashed against it" in notes(root)


def test_a_row_that_says_nothing_is_hatched_and_named():
    root = picture(explained("good film", saliency=[0.0, 0.0]), row="saliency")
    pattern = root.find(f"{SVG}defs/{SVG}pattern").get("id")
    assert [fill for fill, _ in grounds(root)] == [f"url(#{pattern})"] * 2
    assert "Saliency: all zero: this method sees no effect of any word" in notes(root)


def test_what_was_not_read_is_labelled():
    root = picture(explained("good film, never read", read=9))
    assert "".join(texts(root)) == "good film, never read"
    assert "".join(texts(root, "mark")).strip() == "[cut here: the rest is not read]"
    grey = [element.text for element in typed(root) if element.get("fill")]
    assert "".join(grey) == ", never read"


def test_right_to_left_words_say_so():
    root = picture(explained("هذا film جيد"))
    words = [element for element in typed(root) if element.text.strip()]
    assert [element.get("direction") for element in words] == ["rtl", None, "rtl"]
    assert float(words[0].get("x")) == 696


def test_sentences_start_lines_with_their_weight_beside_them():
    document = explained("Good film. Bad end.")
    document["attention"]["sentences"] = [[0, 3, 0.75], [3, 6, 0.25]]
    root = picture(document)
    places = {element.text.strip(): element.get("y") for element in root.iter(f"{SVG}text")}
    assert places["0.75"] == places["Good"] == "70.0"
    assert places["0.25"] == places["Bad"] == "100.0"


def test_without_attention_the_first_method_colours_and_an_empty_text_is_no_error():
    document = without_attention(explained("good film", leave_one_out=[1.0, 0.5], saliency=[1.0, 0.5]))
    assert "words coloured by leave one out" in picture(document).find(f"{SVG}title").text
    assert picture(without_attention(explained(""))).find(f"{SVG}title").text == "positive 0.75"
    with pytest.raises(SettingsError, match="no row 'attention2'"):
        to_svg(document, row="attention2")
    with pytest.raises(DataError, match="no saved explanation"):
        to_svg({"text": "good"})
