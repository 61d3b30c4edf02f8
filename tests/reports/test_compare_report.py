import base64
import copy
import csv
import hashlib
import io
import json
import re

import pytest

from model.errors import DataError
from model.reports.compare import report, to_csv, to_latex
from model.reports.compare_tokens import MOST_TOKENS
from model.reports.compare_words import SCALES
from tests.reports.compare_documents import HOSTILE, hostile, tiny_document
from tests.reports.html_page import Page

TAGS = set(
    "html head meta title style script body main h1 h2 h3 h4 p section nav article ul ol li a div span small b i svg "
    "g rect line circle path text table thead tbody tr th td button fieldset legend label input select option "
    "output".split()
)


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    return tiny_document(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(document):
    return Page(report(document))


def plain(sentence):
    return re.sub(r"\s+", " ", sentence)


def test_the_sentence_comes_first_then_the_chart_then_the_table(document, page):
    parts = document["headline"]["sentence"], "Every seed, every side", "The differences", "The figures"
    order = [page.text.index(plain(words)) for words in parts]
    assert order == sorted(order)
    for note in document["headline"]["notes"]:
        assert plain(note) in page.text


def test_the_claim_has_its_control_its_baselines_and_its_parameters_on_its_chart(document):
    card = re.search(r'<section class="card" id="sides".*?</section>', report(document), re.S)[0]
    rest = '<div class="panel" data-panel="metric" data-value="macro_f1">'
    chart = Page(card.split(rest)[0] + "</section>")
    assert all(side["name"] in chart.text for side in document["sides"])
    assert any(side["control"] for side in document["sides"])
    assert "Most frequent class" in chart.text and "TF-IDF + logistic regression" in chart.text
    for side in document["sides"]:
        assert f"{side['parameters_without_embeddings']:,} parameters" in chart.text
        figures = side["metrics"]["accuracy"]
        assert f"{100 * figures['estimate']:.1f} %" in chart.text
        assert f"{100 * figures['low']:.1f} to {100 * figures['high']:.1f}" in chart.text
    tips = chart.having("data-tip")
    for side in document["sides"]:
        for seed, value in zip(side["seeds"], side["metrics"]["accuracy"]["seeds"], strict=True):
            assert f"{side['name']}, seed {seed}: {100 * value:.1f}\u00a0%" in tips


def test_every_pair_has_its_sentence_its_notes_and_its_interval(document, page):
    for pair in document["pairs"]:
        assert plain(pair["sentence"]) in page.text
        assert all(plain(note) in page.text for note in pair["notes"])
        for metric, scale in SCALES.items():
            assert scale.between(pair["differences"][metric], signed=True) in page.text
        for rows in pair["slices"].values():
            assert all(row["title"] in page.text for row in rows)
        for test in pair["mcnemar"]:
            assert f"{test['p_value']:.3f}" in page.text
    assert "not the two architectures" in page.text


@pytest.mark.parametrize(
    ("part", "heading"),
    [("texts", "Where they differ"), ("growth", "How attention grew"), ("stability", "Is it stable?"),
     ("audit", "Where its attention goes"), ("shares", "What more data brings")],
)  # fmt: skip
def test_a_part_that_is_not_there_leaves_no_card(document, page, part, heading):
    assert heading in page.text
    without = Page(report({**document, part: [] if part == "growth" else None}))
    assert heading not in without.text
    bare = {key: value for key, value in document.items() if key != part}
    assert heading not in Page(report(bare)).text


def test_every_text_of_the_sample_is_there_as_typed_with_both_sides(document, page):
    rows = document["texts"]["rows"]
    assert rows and page.having("data-cell").count("fixed") == sum(row["cell"] == "fixed" for row in rows)
    for row in rows:
        assert page.text.count(plain(row["text"])) >= 2


def test_growth_has_every_epoch_and_stability_every_seed(document, page):
    epochs = {epoch["epoch"] for one in document["growth"] for epoch in one["epochs"]}
    assert epochs == {0, 1, 2, 3}
    assert {int(epoch) for epoch in page.having("data-epoch")} == epochs
    assert "before training:" in page.text
    assert {"mean", "13", "14"} == set(page.having("data-seed"))
    attending = next(one for one in document["growth"] if one["side"] == "bilstm-additive")
    last = attending["epochs"][-1]["outputs"][0]
    assert f"epoch 3: {attending['classes'][max(range(2), key=last['probabilities'].__getitem__)]}" in page.text
    assert f"entropy {last['entropy']:.2f}" in page.text


def test_one_script_and_no_other_may_run(document):
    text = report(document)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe-eval" not in policy and policy.count("unsafe-inline") == 1  # of styles
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|XMLHttp|import\(", script
    )
    assert not re.search(r"https?://|url\(|@import|javascript:", text)


def test_without_the_script_everything_is_shown_and_no_control_stands_idle(page):
    for tag, attributes in page.elements:
        if attributes.get("class", "").startswith("panel") or "data-epoch" in attributes or "data-cell" in attributes:
            assert "hidden" not in attributes
        if "needs-script" in attributes.get("class", ""):
            assert "hidden" in attributes
        if tag == "button":
            assert "hidden" in attributes or "disabled" in attributes


def test_nothing_becomes_markup(document):
    text = report(hostile(document))
    parsed = Page(text)
    assert {name for name, _ in parsed.elements} <= TAGS
    assert sum(name == "script" for name, _ in parsed.elements) == 1
    assert not any(key.startswith("on") or key == "src" for _, found in parsed.elements for key in found)
    assert all(link.startswith("#") for link in parsed.having("href"))
    assert "<script>alert(1)</script>" in parsed.text  # as text
    rows = list(csv.reader(io.StringIO(to_csv(hostile(document)))))
    assert not any(cell[:1] in ("=", "+", "@") for row in rows for cell in row)
    latex = to_latex(hostile(document))
    assert r"\textless{}script\textgreater{}" in latex and not re.search(r"(?<!\\)[&_#]script", latex)


def test_a_surrogate_does_not_stop_the_page(document):
    broken = copy.deepcopy(document)
    broken["sides"][0]["name"] = broken["texts"]["rows"][0]["text"] = "\ud800\x00"
    broken["texts"]["rows"][0].update(tokens=[[0, 1, True]], first_values=[1.0], second_values=[1.0])
    assert report(broken).encode("utf-8") and to_csv(broken).encode("utf-8") and to_latex(broken).encode("utf-8")


def test_it_may_come_from_a_json_file(document):
    again = json.loads(json.dumps(document, allow_nan=False))
    assert report(again) == report(document)


@pytest.mark.parametrize("broken", [{}, {"sides": []}, {"sides": None, "pairs": []}, {"sides": [{}]}, []])
def test_what_is_no_comparison_is_refused(broken):
    for export in (report, to_csv, to_latex):
        with pytest.raises(DataError, match=r"this is no comparison \(.*\); pass what the command compare gave"):
            export(broken)


def test_one_seed_and_one_side_are_enough(tmp_path):
    document = tiny_document(tmp_path, seeds=1)
    page = Page(report(document))
    assert "Is it stable?" not in page.text  # of one seed nothing is known
    assert "1 seed ·" in page.text
    alone = {**document, "sides": document["sides"][:1], "pairs": [], "texts": None, "shares": None}
    alone["headline"] = {"pair": None, "sentence": "One side.", "notes": []}
    assert "The differences" not in Page(report(alone)).text
    assert to_latex(alone).count(r"\begin{tabular}") == 2


def test_many_classes_leave_the_matrices_out_and_the_rest_in(document):
    many = copy.deepcopy(document)
    many["data"]["classes"] = [f"class {place}" for place in range(50)]
    page = Page(report(many))
    assert "Confusion" not in page.text and "class 29 and 20 more" in page.text


def test_no_number_in_a_chart_is_missing_and_every_place_is_inside(document):
    text = report(document)
    for chart in re.findall(r'<svg class="(?:plot|map).*?</svg>', text, re.S):
        assert not re.search(r"\b(nan|inf|None)\b", re.sub(r'data-tip="[^"]*"|aria-label="[^"]*"', "", chart))
    places = [float(place) for place in re.findall(r'c?[xy][12]?="(-?[\d.]+)%"', text)]
    assert places and min(places) >= 0 and max(places) <= 100


def test_the_page_is_smaller_than_a_megabyte_whatever_the_texts(document):
    long = copy.deepcopy(document)
    text = " ".join(f"word{place}" for place in range(2_000))
    tokens = [[match.start(), match.end(), True] for match in re.finditer(r"\S+", text)]
    values = [(-1.0) ** place * (place % 97) for place in range(2_000)]
    row = {
        **long["texts"]["rows"][0],
        "text": text,
        "tokens": tokens,
        "first_values": values,
        "second_values": values,
    }
    long["texts"]["rows"] = [{**row, "index": place} for place in range(400)]
    page = report(long)
    assert len(page.encode("utf-8")) < 1_000_000
    drawn = Page(page).having("data-cell")
    assert 0 < len(drawn) < 400 and f"and {2_000 - MOST_TOKENS:,} more tokens" in page


def test_the_csv_has_the_figures(document):
    rows = list(csv.DictReader(io.StringIO(to_csv(document).removeprefix("\ufeff"))))
    assert len({(row["table"], row["of"], row["against"], row["figure"]) for row in rows}) == len(rows)
    by_place = {(row["table"], row["of"], row["against"], row["figure"]): row for row in rows}
    names = {side["key"]: side["name"] for side in document["sides"]}
    for side in document["sides"]:
        row, figures = by_place["side", side["name"], "", "loss"], side["metrics"]["loss"]
        assert [float(row[key]) for key in ("estimate", "low", "high")] == [
            figures[k] for k in ("estimate", "low", "high")
        ]
        assert int(row["n"]) == 2
    for pair in document["pairs"]:
        of, against = names[pair["second"]], names[pair["first"]]
        row = by_place["difference", of, against, "accuracy"]
        assert float(row["estimate"]) == pair["differences"]["accuracy"]["estimate"]
        seed = by_place["difference", of, against, "accuracy, seed 14"]
        assert float(seed["estimate"]) == pair["differences"]["accuracy"]["seeds"][1]
        assert (
            float(by_place["mcnemar", of, against, "p_value, seed 13"]["estimate"]) == pair["mcnemar"][0]["p_value"]
        )
    tables = {row["table"] for row in rows}
    assert tables == {
        "side", "seed", "cost", "curve", "baseline", "difference", "mcnemar", "cells", "slice", "stability", "share",
        "audit", "word",
    }  # fmt: skip


def test_latex_has_the_tables(document):
    latex = to_latex(document)
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 4
    assert r"\usepackage{booktabs}" in latex
    for table in latex.split(r"\begin{table}")[1:]:
        columns = len(re.search(r"\\begin\{tabular\}\{(\w+)\}", table)[1])
        for line in table.splitlines():
            if line.endswith(r"\\"):
                assert line.count(" & ") == columns - 1 and "−" not in line and "\u00a0" not in line


def test_a_name_cannot_leave_its_place(document):
    assert HOSTILE not in report(hostile(document))
