"""The exported page: what was typed, drawn by the numbers, and nothing that could run or load."""

import json
import re
from html.parser import HTMLParser

import pytest

from model.errors import DataError, SettingsError
from model.explain.export_html import to_html
from model.explain.export_words import MOST_DRAWN, visible
from tests.explain.documents import HOSTILE, explained, without_attention

ELEMENTS = set(
    "html head meta title style body main h1 h2 h3 p article section div span i svg path rect table thead tbody tr th"
    " td em".split()
)
ATTRIBUTES = set(
    "class id title style dir d x y width height data-name data-weight viewbox preserveaspectratio role aria-label"
    " aria-hidden".split()
)
VOID = {"meta", "path", "rect"}


class Page(HTMLParser):
    """A parsed page: every element as (name, attributes, text), in the order of their starts; tags must balance."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes)
        element = [tag, dict(attributes), ""]
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.elements.append([tag, dict(attributes), ""])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for element in self.open:
            element[2] += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    handle_pi = unknown_decl = handle_comment

    def of(self, name):
        """The elements with a class."""
        return [element for element in self.elements if name in element[1].get("class", "").split()]

    def text(self, name):
        """The text of the one element with a class."""
        ((_, _, text),) = self.of(name)
        return text


def page(document, **options):
    return Page(to_html(document, **options))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_appear_as_typed_and_run_nothing(name):
    text = HOSTILE[name]
    document = explained(text)
    row = [(-1) ** place * 0.5 for place in range(len(document["tokens"]))]
    document |= explained(text, **{text: row, "saliency": [abs(value) for value in row]})
    document |= {"target": text, "prediction": text, "probabilities": {text: 0.75, "other": 0.25}}
    source = to_html(json.loads(json.dumps([document, document])), about=text)
    source.encode("utf-8")
    parsed = Page(source)
    assert [element[2] for element in parsed.of("text")] == [visible(text)] * 2
    assert [element[2] for element in parsed.of("t")] == [visible(token["text"]) for token in document["tokens"]] * 2
    for tag, attributes, _ in parsed.elements:
        assert tag in ELEMENTS
        allowed = {
            "class",
            "id",
            "title",
            "style",
            "dir",
            "d",
            "x",
            "y",
            "width",
            "height",
            "data-name",
            "data-weight",
        }
        allowed |= {"viewbox", "preserveaspectratio", "role", "aria-label", "aria-hidden"}
        if tag not in ("html", "meta"):
            assert set(attributes) <= allowed
        assert re.fullmatch(r"(--?[a-z]+:[\d.%px]+;?)*|width:[\d.]+%|left:[\d.]+%", attributes.get("style", ""))


def test_a_policy_forbids_all_but_the_styles_before_anything_else():
    metas = [attributes for tag, attributes, _ in page(explained("good")).elements if tag == "meta"]
    assert metas[0] == {"charset": "utf-8"}
    assert metas[1]["http-equiv"] == "Content-Security-Policy"
    assert metas[1]["content"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "url(" not in to_html(explained("good")) and "@import" not in to_html(explained("good"))


def test_a_megabyte_stays_small():
    for text, read in (("x" * 1_000_000, None), ("a" + "\x00" * 1_000_000, None), ("a b " * 250_000, 4)):
        source = to_html(explained(text, read=read))
        assert len(source) < 60_000
        assert "more characters" in source
    assert page(explained("x" * 1_000_000)).text("t") == "x" * MOST_DRAWN + "… (997,000 more characters)"


def test_tokens_are_coloured_by_their_share_of_the_largest():
    document = explained("not a bad film", weights=[0.4, 0.0, 0.5, 0.1], unknown=[3])
    tokens = page(document).of("t")
    assert [element[1].get("style") for element in tokens] == [
        "--a:0.800;--u:2px",
        None,
        "--a:1.000;--u:3px",
        "--a:0.200;--u:1px",
    ]
    assert [element[1]["class"] for element in tokens] == ["t", "t", "t", "t unknown"]
    assert tokens[0][1]["title"] == "0.400 · 1.6 × uniform · rank 2 of 4"
    assert tokens[3][1]["title"].endswith("\nunknown word: the model reads a stand-in")


def test_the_legend_has_numbers_and_marks_the_uniform_share():
    parsed = page(explained("not a bad film", weights=[0.4, 0.0, 0.5, 0.1], unknown=[3]))
    legend = parsed.text("legend")
    for words in ("0.500 = 2.0 × uniform", "uniform 0.250", "unknown word"):
        assert words in legend
    assert parsed.of("tick")[0][1]["style"] == "left:50.0%"


def test_signed_rows_are_symmetric_about_zero_and_say_for_whom():
    document = explained("not a bad film", leave_one_out=[0.2, 0.0, -0.8, 0.0004])
    document["attributions"]["leave_one_out"]["convergence_delta"] = 0.004
    parsed = page(document, row="leave_one_out")
    tokens = parsed.of("t")
    assert [element[1]["class"] for element in tokens] == ["t", "t", "t n", "t"]
    assert tokens[2][1]["title"] == "−0.80 against positive · rank 1 of 4 by size\nAttention 0.200"
    assert tokens[0][1]["style"] == "--a:0.250;--u:1px"
    legend = parsed.text("legend")
    assert "−0.80" in legend and "+0.80" in legend and "blue for positive, red and dotted against it" in legend
    assert "sum −0.60 = change of the logit +1.00, error 0.4\u00a0%" in legend


def test_bars_stand_on_one_scale_a_row():
    document = explained("a b", weights=[0.5, 0.25], leave_one_out=[1.0, -0.5])
    paths = {
        (attributes["class"], attributes["d"]) for tag, attributes, _ in page(document).elements if tag == "path"
    }
    assert ("w", "M0.07 0h.86V2h-.86zM1.07 1h.86V2h-.86z") in paths
    assert ("f", "M0.07 0h.86V1h-.86z") in paths
    assert ("g", "M1.07 1h.86v0.5h-.86z") in paths
    mirrored = {attributes.get("d") for tag, attributes, _ in page(explained("א ב", weights=[0.5, 0.25])).elements}
    assert "M1.07 0h.86V2h-.86zM0.07 1h.86V2h-.86z" in mirrored


@pytest.mark.parametrize(
    ("values", "flaw"), [([0.0, 0.0], "all zero"), ([1.0, None], "not a number"), ([float("inf"), 1], "not a number")]
)
def test_a_row_that_says_nothing_is_hatched_and_named_and_never_coloured(values, flaw):
    parsed = page(explained("good film", saliency=values), row="saliency")
    assert parsed.of("flawed") and not parsed.of("signed") and not parsed.of("weight")
    assert all("style" not in element[1] for element in parsed.of("t"))
    in_legend, in_rows = parsed.of("hatch")
    assert in_legend[2].startswith(f"Saliency: {flaw}") and in_rows[2].startswith(flaw)


def test_the_part_that_was_not_read_is_grey_and_labelled():
    parsed = page(explained("good film, never read", read=9))
    assert parsed.text("cut") == ", never read"
    assert parsed.text("mark") == "cut here: the rest is not read"
    assert [element[2] for element in parsed.of("t")] == ["good", "film"]


def test_sentences_have_their_weight_in_the_margin():
    document = explained("Good film. Bad end.")
    document["attention"]["sentences"] = [[0, 3, 0.75], [3, 6, 0.25]]
    parsed = page(document)
    assert [(element[1]["data-weight"], element[2]) for element in parsed.of("sentence")] == [
        ("0.75", "Good film. "), ("0.25", "Bad end."),
    ]  # fmt: skip
    assert parsed.text("text") == "Good film. Bad end."
    assert "in a sentence with weight 0.750" in parsed.of("t")[0][1]["title"]
    assert "the sentence’s weight" in parsed.text("legend")


def test_each_head_has_a_row():
    document = explained("a b", weights=[0.5, 0.5])
    document["attention"] |= {"per_head": [[1.0, 0.0], [0.0, 1.0]], "names": ["layer 1 forward", "layer 1 backward"]}
    names = [element[2] for element in page(document).of("name")]
    assert names == ["", "Attention", "layer 1 forward", "layer 1 backward"]
    document["attention"]["names"] = None
    assert [element[2] for element in page(document).of("name")][2:] == ["head 1", "head 2"]


def test_the_table_sets_each_row_beside_random_rankings():
    document = explained("a b", leave_one_out=[1.0, -0.5])
    document["agreement"]["leave_one_out"]["kendall_tau"] = None
    document["faithfulness"] = {
        "attention": {"comprehensiveness": 0.05, "sufficiency": 0.2},
        "leave_one_out": {"comprehensiveness": 0.5, "sufficiency": -0.01},
        "random": {
            "comprehensiveness": {"mean": 0.1, "p5": 0.0, "p95": 0.2},
            "sufficiency": {"mean": 0.3, "p5": 0.1, "p95": 0.4},
        },
    }
    parsed = page(document)
    rows = [
        [element[2] for element in parsed.elements if element[0] == "td"][start : start + 6] for start in (0, 6, 12)
    ]
    assert rows == [
        ["Attention", "–", "–", "0.05", "", "0.20"],
        ["Leave one out", "–", "50% of 2", "0.50", "", "−0.01"],
        ["random words", "–", "–", "0.00 to 0.20", "–", "0.10 to 0.40"],
    ]
    marks = [element[1]["x"] for element in parsed.of("here")]
    assert marks == ["10.6", "97.0"]  # 2 + 96 * 0.05 / 0.5 and 2 + 96 * 0.5 / 0.5, less half the mark's width
    assert "no more than random words may: weak evidence" in to_html(document)
    assert "positive loses 0.50 of its probability" in to_html(document, row="leave_one_out")
    assert "they matter to the model" in to_html(document, row="leave_one_out")


def test_many_documents_make_one_page():
    documents = [explained("good"), without_attention(explained("bad", saliency=[1.0])), explained("")]
    parsed = page(documents, row="attention")
    assert [element[2] for element in parsed.elements if element[0] == "h1"] == ["3 predictions, explained"]
    assert [element[1]["id"] for element in parsed.elements if element[0] == "article"] == ["e1", "e2", "e3"]
    assert next(element[2] for element in parsed.elements if element[0] == "h2") == "1 · positive 0.75"
    assert "words coloured by saliency" in to_html(documents)
    assert to_html(documents, row="saliency").count("coloured by saliency") == 1  # the others as they can
    assert "prediction for an empty text" in to_html(documents)
    assert "0 predictions" in to_html([])


def test_a_saved_document_gives_the_same_page():
    document = explained("good film", leave_one_out=[1.0, -0.5])
    document |= {"prediction": 1, "target": 1, "probabilities": {0: 0.25, 1: 0.75}}
    assert to_html(json.loads(json.dumps(document))) == to_html(document)
    assert "1 0.75" in to_html(document)


def test_a_row_that_is_not_there_is_refused():
    with pytest.raises(SettingsError, match="no row 'lime'; it has attention, saliency"):
        to_html(explained("good", saliency=[1.0]), row="lime")


@pytest.mark.parametrize(
    "change",
    [
        {"text": None},
        {"tokens": [{"text": "x", "start": 0, "end": 99, "known": True}]},
        {"tokens": [{"text": "x", "start": 3, "end": 1, "known": True}]},
        {"tokens": [{"start": 0, "end": 3, "known": True}, {"start": 2, "end": 4, "known": True}], "attention": None},
        {"tokens": "<b>"},
        {"attributions": {"lime": {"values": [1, 2, 3], "convergence_delta": None, "seconds": 0}}},
        {"attributions": {"lime": {"values": ["<b>"], "convergence_delta": None, "seconds": 0}}},
        {"probabilities": {}},
        {"faithfulness": {"random": {"comprehensiveness": {"mean": 1}}}},
        {"agreement": []},
    ],
)
def test_what_is_no_explanation_is_refused(change):
    with pytest.raises(DataError, match="no saved explanation"):
        to_html({**explained("good"), **change})
    with pytest.raises(DataError, match="no saved explanation"):
        to_html(["good"])
