"""Side by side: every number that is drawn is one of the document's, and stands where it belongs."""

import numpy as np
import pytest

from model.reports.compare_words import SCALES
from model.studies.comparison import comparison
from pages.components import charts, compare_charts, confusions
from pages.components.verdict import about, p_value


@pytest.fixture(scope="module")
def document(dueled):
    return comparison(dueled.runs())


def _bare(text):
    return text.replace("\\", "")


# -- the chart of sides ------------------------------------------------------------------------------------------


def test_sides_controls_and_baselines_are_on_one_chart(document):
    rows = compare_charts.rows_of(document, "accuracy")
    assert [row.name for row in rows] == [
        "Most frequent class",
        "BiLSTM",
        "BiLSTM + additive attention, uniform weights",
        "BiLSTM + additive attention",
        "TF-IDF + logistic regression",
    ]
    for row, side in zip(rows[1:-1], document["sides"], strict=True):
        figures = side["metrics"]["accuracy"]
        assert [dot for dot, _ in row.dots] == figures["seeds"]
        assert row.mean == pytest.approx(np.mean(figures["seeds"]))
        assert row.interval == (figures["low"], figures["high"])
        assert row.about.startswith(f"{side['parameters_without_embeddings']:,} parameters, ")
    assert [title for _, title in rows[1].dots] == ["seed 13", "seed 14"]
    assert rows[3].about.endswith("the reference")
    gap = (
        document["sides"][0]["parameters_without_embeddings"] / document["sides"][2]["parameters_without_embeddings"]
        - 1
    )
    assert rows[1].about.endswith(f"{100 * gap:+.1f} %".replace("-", "−"))
    tfidf = document["baselines"]["tfidf_logistic_regression"]
    assert rows[-1].interval == (tfidf["low"], tfidf["high"]) and rows[-1].mean == tfidf["accuracy"]


def test_the_control_has_a_colour_of_its_own(document):
    found = compare_charts.looks(document["sides"])
    colours = [found[key].colour for key in ("bilstm", "bilstm-additive:uniform", "bilstm-additive")]
    assert colours == [charts.PLAIN, compare_charts.UNIFORM, charts.ATTENTION]


def test_sides_of_one_kind_are_told_apart():
    kinds = [{"key": f"plain-{n}", "attends": False, "control": False} for n in range(3)]
    kinds += [{"key": f"learned-{n}", "attends": True, "control": False} for n in range(7)]
    found = compare_charts.looks(kinds)
    assert len(set(found.values())) == 10


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "loss", "expected_calibration_error"])
def test_every_seed_is_a_dot_of_the_drawing(document, metric):
    rows = compare_charts.rows_of(document, metric)
    figure = compare_charts.sides_chart(rows, SCALES[metric])
    drawn = [value for trace in figure.data if trace.mode == "markers" and trace.customdata for value in trace.x]
    seeds = [value for side in document["sides"] for value in side["metrics"][metric]["seeds"]]
    assert set(seeds) <= set(drawn)
    low, high = figure.layout.xaxis.range
    assert all(low <= value <= high for value in drawn)
    names = " ".join(annotation.text for annotation in figure.layout.annotations)
    assert all(charts.safe(row.name) in names and charts.safe(row.about) in names for row in rows)


def test_what_lies_far_below_stands_at_the_edge():
    near = [
        compare_charts.Row(f"side {n}", "", [(0.84 + n / 100, "")], 0.84 + n / 100, None, "#000000") for n in (0, 1)
    ]
    far = compare_charts.Row("majority", "", [(0.5, "")], 0.5, None, "#000000")
    figure = compare_charts.sides_chart([far, *near], SCALES["accuracy"])
    assert figure.layout.xaxis.range[0] > 0.8
    assert "◂ 50.0" in " ".join(annotation.text for annotation in figure.layout.annotations)
    assert 0.5 not in [value for trace in figure.data for value in trace.x]


def test_what_the_intervals_reach_anyway_is_drawn():
    wide = [compare_charts.Row(f"side {n}", "", [(0.3, "")], 0.3, (0.05, 0.8), "#000000") for n in (0, 1)]
    far = compare_charts.Row("TF-IDF", "", [(1.0, "")], 1.0, (0.97, 1.0), "#000000")
    figure = compare_charts.sides_chart([*wide, far], SCALES["accuracy"])
    assert 1.0 in [value for trace in figure.data for value in trace.x]
    assert not any("▸" in annotation.text for annotation in figure.layout.annotations)


def test_names_are_shown_as_typed():
    row = compare_charts.Row("<b>bold</b> & co", "", [(0.5, "")], 0.5, (0.4, 0.6), "#000000")
    text = compare_charts.sides_chart([row], SCALES["accuracy"]).layout.annotations[0].text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; co" in text


def test_learning_curves_are_the_means_within_their_bands(document):
    figure = compare_charts.learning_chart(document["sides"], "accuracy")
    bands, lines = figure.data[::2], figure.data[1::2]
    for side, band, line in zip(document["sides"], bands, lines, strict=True):
        means = [point["accuracy"]["mean"] for point in side["curves"]]
        assert list(line.y) == means and list(line.x) == [1, 2]
        assert list(band.y[:2]) == [point["accuracy"]["high"] for point in side["curves"]]
        assert list(band.y[2:]) == [point["accuracy"]["low"] for point in reversed(side["curves"])]


# -- a pair ------------------------------------------------------------------------------------------------------


def test_slices_are_drawn_in_points_with_their_intervals():
    rows = [
        {"title": "up to 10 tokens", "texts": 40, "first": {"estimate": 0.8}, "second": {"estimate": 0.85},
         "difference": {"estimate": 0.05, "low": -0.01, "high": 0.11}},
        {"title": "more", "texts": 3, "first": {"estimate": 1.0}, "second": {"estimate": 0.5},
         "difference": {"estimate": -0.5, "low": None, "high": None}},
    ]  # fmt: skip
    figure = compare_charts.slices_chart(rows, "#000000")
    bands = [trace for trace in figure.data if trace.mode == "lines"]
    assert [list(band.x) for band in bands] == [[-1.0, 11.0]]
    assert list(figure.data[-1].x) == [5.0, -50.0]
    assert figure.data[-1].customdata[0] == "80.0\xa0% → 85.0\xa0%: +5.0 points (−1.0 to +11.0)"
    assert list(figure.layout.yaxis.ticktext) == ["up to 10 tokens · 40", "more · 3"]


def test_the_difference_of_confusions_is_signed(document):
    pair = document["pairs"][0]
    figure = confusions.difference(np.asarray(pair["confusion"]), document["data"]["classes"])
    heat = figure.data[0]
    sides = {side["key"]: np.asarray(side["confusion"]) for side in document["sides"]}
    assert np.asarray(heat.z) == pytest.approx(sides[pair["second"]] - sides[pair["first"]])
    assert heat.zmin == -heat.zmax
    texts = [annotation.text for annotation in figure.layout.annotations]
    assert all(text[0] in "+−" or text == "0" for text in texts) and len(texts) == 4
    none = confusions.difference(np.array([[0.0, -0.04], [2.0, -2.0]]), ["a", "b"])
    assert [annotation.text for annotation in none.layout.annotations] == ["0", "0", "+2.0", "−2.0"]


def test_long_labels_are_cut_in_the_middle_and_whole_when_pointed_at():
    labels = [f"a rather long name of class <{n}>" for n in range(8)]
    figure = confusions.confusion(np.eye(8), labels, colour="#000000")
    assert figure.layout.xaxis.ticktext[3] == "a rather…s &lt;3&gt;"
    assert figure.data[0].customdata[2][3][1] == "a rather long name of class &lt;3&gt;"
    assert charts.short_names(["short", "longer"], 5) == ["short", "lo…er"]
    alike = charts.short_names(["a long name, 1, with an end", "a long name, 2, with an end"], 14)
    assert alike == ["1 a long… end", "2 a long… end"]


# -- the page ----------------------------------------------------------------------------------------------------


def test_the_tables_are_the_documents(duel_root, dueled, document, visit, said):
    page = _bare(said(visit("compare", duel=dueled.id)))
    place = document["headline"]["pair"]
    pair = document["pairs"][place]
    for test in pair["mcnemar"]:
        p = p_value(test["p_value"]).removeprefix("= ")
        assert f"| {test['seed']} | {test['fixed']} | {test['broken']} | {p} |" in page
    accuracy = pair["differences"]["accuracy"]
    assert abs(accuracy["estimate"]) > 0.001  # else nothing below could be wrong
    ends = [f"{100 * accuracy[name]:+.1f}".replace("-", "−") for name in ("estimate", "low", "high")]
    assert f"| {ends[0]} points | {ends[1]} to {ends[2]} |" in page
    for side in document["sides"]:
        cost = f"| {side['name']} | {side['parameters']:,} | {side['parameters_without_embeddings']:,} | 8 |"
        assert cost in page or side["preset"] == "bilstm"
    assert page.count("exact McNemar test") == 1


def test_the_figure_is_switched_by_the_address(duel_root, dueled, document, visit, said):
    test = visit("compare", duel=dueled.id, metric="loss")
    assert not test.exception
    assert "Loss, every seed" in said(test) and "loss on the validation texts" in said(test)
    assert visit("compare", duel=dueled.id, metric="nonsense").session_state["metric"] == "accuracy"


def test_slices_are_switched_by_the_address(duel_root, dueled, visit, said):
    test = visit("compare", duel=dueled.id, slices="class")
    assert not test.exception and "The label of the text." in said(test)


def test_the_line_above_says_what_is_held_equal(document):
    assert _bare(about(document)) == (
        "diagnostic:keyword:300 · 30 test texts · 3 sides, 2 seeds each · one split · at most 10 updates each"
        " · epoch chosen by best validation loss"
    )


@pytest.mark.parametrize(("p", "shown"), [(0.0001, "< 0.001"), (0.0333, "= 0.033"), (0.5, "= 0.50"), (1.0, "= 1.00")])
def test_p_values_are_rounded_as_they_are_read(p, shown):
    assert p_value(p) == shown


def test_the_tables_can_be_taken_along_at_once(duel_root, dueled, visit):
    test = visit("compare", duel=dueled.id)
    assert not test.button(key="make-report").disabled
    assert {button.proto.label for button in test.get("download_button")} == {"CSV", "LaTeX"}


def test_the_report_is_made_when_it_is_asked_for(duel_root, dueled, visit):
    test = visit("compare", duel=dueled.id)
    test.button(key="make-report").click().run()
    assert not test.exception and not test.error
    assert {button.proto.label for button in test.get("download_button")} == {"Report", "CSV", "LaTeX"}
