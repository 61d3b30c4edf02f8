import csv
import io
import re

import numpy as np
import pytest

from model.compare.trust_tables import summary
from model.compare.verdict import paragraph, verdicts
from model.errors import DataError
from model.reports.charts import Axis, reaching
from model.reports.trust import report, to_csv, to_latex
from model.reports.trust_charts import histogram
from tests.reports.html_page import Page

METHODS = ("attention", "saliency", "leave_one_out")
MEASURES = ("f1", "iou", "auprc", "average_precision", "pointing")
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>&\u202e'


def records(texts, *, labels=("neg", "pos"), other="run-b", reason="all values are 0"):
    rng = np.random.default_rng(3)
    made = []
    for place in range(texts):
        a, b, c = (float(value) for value in rng.random(3))
        curve = [0.9 - 0.07 * step - 0.02 * a for step in range(11)]
        made.append(
            {
                "index": place,
                "label": labels[place % len(labels)],
                "prediction": labels[0],
                "probability": 0.9,
                "tokens": 8 + place % 30,
                "truncated": place == 0,
                "agreement": {
                    "attention|saliency": [a - 0.5, a],
                    "attention|leave_one_out": [a, None if place % 5 else b],
                    "saliency|leave_one_out": [None, None] if place % 4 == 0 else [c, b],
                },
                "faithfulness": {name: [a / 2, b / 2] for name in METHODS},
                "random": [[b / 4, c / 2] for _ in range(20)],
                "curves": {name: {"deletion": curve, "insertion": curve[::-1]} for name in (*METHODS, "random")},
                "flips": {"attention": None if place % 3 else a, "saliency": a, "leave_one_out": b, "random": c},
                "permutation": [a / 4, b],
                "uniform": a / 3,
                "adversary": [0.69 * b, 0.05 * c, place % 2 == 0],
                "flip_distance": [None if place % 3 == 0 else b, True],
                "forced": {other: [a / 5, place % 7 == 0]},
                "randomized": {"head": dict.fromkeys(METHODS, 0.8), "all": dict.fromkeys(METHODS, a - 0.5)},
                "plausibility": {
                    source: {name: dict.fromkeys(MEASURES, a) for name in (*METHODS, "random")}
                    for source in ("rationales", "people")
                },
                "infidelity": {"attention": 0.125, "saliency": 0.25},
                "sensitivity": {"saliency": b},
                "undefined": {"curves.saliency": reason} if place == 1 else {},
            }
        )
    return made


def study(texts=60, *, run="run-a", data="reviews", **changed):
    tables = summary(records(texts, **changed), labels=changed.get("labels", ("neg", "pos")))
    found = verdicts(tables)
    return {
        "run": run,
        "data": data,
        "texts": texts,
        "methods": tables["methods"],
        "summary": tables,
        "verdicts": [verdict.to_dict() for verdict in found],
        "paragraph": paragraph(found),
    }


@pytest.fixture(scope="module")
def document():
    return study()


def test_the_page_has_everything(document):
    page = Page(report(document))
    for verdict in document["verdicts"]:
        assert verdict["sentence"] in page.spaced
        assert verdict["question"] in page.spaced
    assert document["paragraph"] in page.spaced
    assert "run-a" in page.spaced
    assert "60 texts" in page.spaced
    # Histograms of the attention's two pairs, two bar charts, two kinds of curves, two scatters.
    assert sum(dict(a).get("class") == "chart" for name, a in page.elements if name == "svg") == 8
    assert page.count("h2") == 10
    assert "0.125 [" in page.spaced  # the infidelity
    assert "Words that people marked" in page.spaced
    assert "all values are 0" in page.spaced


def test_the_page_loads_and_runs_nothing(document):
    page = report(document)
    parsed = Page(page)
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|url\(|@import|<script|javascript:", page)
    names = {name for name, _ in parsed.elements}
    assert names <= set(
        "html head meta title style body main h1 h2 h3 h4 p section ul li div figure svg g rect path text span table "
        "thead tbody tr th td".split()
    )
    assert not any(key.startswith("on") or key in ("src", "href") for _, found in parsed.elements for key in found)


def test_no_number_in_a_chart_is_missing(document):
    charts = re.findall(r'<svg class="chart".*?</svg>', report(document), re.S)
    assert charts
    for chart in charts:
        assert not re.search(r"\b(nan|inf|None)\b", chart)


def test_the_figures_are_in_the_tables(document):
    page = Page(report(document)).spaced
    tau = document["summary"]["agreement"]["attention|leave_one_out"]["tau"]
    assert f"{tau['mean']:.3f} [{tau['low']:.3f},\u00a0{tau['high']:.3f}]" in page
    assert "45 (15 undefined)" in page  # saliency with leave one out
    assert "never" in page  # the attention changes the prediction of a third


@pytest.mark.parametrize("texts", [0, 1, 2, 19])
def test_few_records(texts):
    page = Page(report(study(texts)))
    assert f"{texts} text" in page.spaced
    assert to_csv(study(texts)).startswith("\ufeff")
    assert to_latex(study(texts))


def test_names_are_only_text():
    hostile = study(
        30, run=HOSTILE, data={"name": HOSTILE}, labels=(HOSTILE, "=cmd()"), other=HOSTILE, reason=HOSTILE
    )
    hostile["verdicts"][0]["sentence"] = HOSTILE
    hostile["verdicts"][1]["outcome"] = HOSTILE
    hostile["verdicts"][2]["outcome"] = "=cmd()"
    hostile["paragraph"] = HOSTILE
    hostile["summary"]["agreement"][f"attention|{HOSTILE}"] = hostile["summary"]["agreement"]["attention|saliency"]
    hostile["summary"]["randomized"][HOSTILE] = hostile["summary"]["randomized"]["all"]
    hostile["summary"]["plausibility"][HOSTILE] = hostile["summary"]["plausibility"]["people"]
    hostile["summary"]["plausibility"]["=1+1"] = hostile["summary"]["plausibility"]["people"]
    page = report(hostile)
    assert "<script" not in page
    assert "<img" not in page
    parsed = Page(page)
    assert not any(name in ("script", "img") for name, _ in parsed.elements)
    assert "<script>alert(1)</script>" in parsed.spaced  # as text
    assert page.encode("utf-8")
    rows = list(csv.reader(io.StringIO(to_csv(hostile))))
    assert not any(cell[:1] in ("=", "+", "@") for row in rows for cell in row)
    assert any(cell == "'=cmd()" for row in rows for cell in row)
    assert any(cell.startswith("'=1+1 / ") for row in rows for cell in row)
    latex = to_latex(hostile)
    assert not re.search(r"(?<!\\)[&_#]script", latex)
    assert r"\textless{}script\textgreater{}" in latex


def test_a_surrogate_does_not_stop_the_page():
    broken = study(25, run="\ud800", labels=("\ud800", "b\x00"))
    assert report(broken).encode("utf-8")
    assert to_csv(broken).encode("utf-8")


def test_many_labels_share_one_colour():
    page = report(study(60, labels=tuple(f"label {place}" for place in range(30))))
    assert "c10" not in page


def test_a_model_without_attention(document):
    plain = records(30)
    for record in plain:
        record["agreement"] = {"saliency|leave_one_out": [0.5, 0.5]}
        for part in ("faithfulness", "curves", "flips"):
            record[part].pop("attention")
        record.update(permutation=None, uniform=None, adversary=None, flip_distance=None, forced={}, randomized={})
    tables = summary(plain, labels=[])
    found = verdicts(tables)
    page = Page(report({"summary": tables, "verdicts": [v.to_dict() for v in found], "paragraph": paragraph(found)}))
    assert "Do the explanations explain?" in page.spaced
    assert "What if the attention were different?" not in page.spaced


def test_controls_stand_beside_the_run(document):
    control = {
        "control": "run-c",
        "texts": 500,
        "accuracy": 0.9,
        "control_accuracy": 0.875,
        "difference": [0.025, 0.01, 0.04],
        "faithfulness": document["summary"]["faithfulness"],
    }
    page = Page(report(document | {"controls": {"uniform": control, HOSTILE: control | {"faithfulness": None}}}))
    assert "Attention frozen to uniform" in page.spaced
    assert "+0.025 [+0.010,\u00a0+0.040]" in page.spaced
    assert page.spaced.count("87.5 %") == 2


@pytest.mark.parametrize("broken", [{}, {"summary": []}, {"summary": {"methods": []}}, {"summary": None}])
def test_what_is_no_study_is_refused(broken):
    for export in (report, to_csv, to_latex):
        with pytest.raises(DataError, match="no study of trust"):
            export(broken)


def test_the_csv_has_every_figure_once(document):
    rows = list(csv.DictReader(io.StringIO(to_csv(document).removeprefix("\ufeff"))))
    by_place = {(row["table"], row["of"], row["figure"]): row for row in rows}
    assert len(by_place) == len(rows)
    tau = document["summary"]["agreement"]["attention|leave_one_out"]["tau"]
    row = by_place["agreement", "attention|leave_one_out / tau", "mean"]
    assert [float(row[key]) for key in ("estimate", "low", "high")] == [tau["mean"], tau["low"], tau["high"]]
    assert int(row["n"]) == tau["n"]
    assert by_place["verdict", "permutation", document["verdicts"][4]["outcome"]] is not None
    assert ("curves", "attention / deletion / points / 3", "mean") in by_place
    assert any(row["of"].startswith("attention|saliency / by_length / 8 to") for row in rows)


def test_latex_has_the_tables(document):
    latex = to_latex(document)
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 6
    assert r"\usepackage{booktabs}" in latex
    for line in latex.splitlines():
        if line.endswith(r"\\"):
            assert "−" not in line
    table = latex.split(r"\begin{table}")[1]
    columns = len(re.search(r"\\begin\{tabular\}\{(\w+)\}", table)[1])
    for line in table.splitlines():
        if line.endswith(r"\\"):
            assert line.count(" & ") == columns - 1


def test_axes_end_at_round_numbers():
    axis = reaching("x", [0.03, 0.17])
    assert (axis.low, axis.high) == (0.0, pytest.approx(0.2))
    below = reaching("x", [-0.12, 0.3])
    assert below.low <= -0.12
    assert below.high >= 0.3
    assert len(below.ticks) <= 8


def test_bars_of_a_histogram_stand_on_one_another():
    axis = Axis("tau", -1.0, 1.0, (-1.0, 0.0, 1.0))
    chart = histogram({"a": [0, 3, 0, 0], "b": [0, 1, 0, 0]}, axis=axis, about="taus")
    first, second = re.findall(r'<path class="bar c\d" d="M([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)', chart)
    assert first[3] == second[1]  # where the first ends, the second begins
    heights = [float(bar[1]) - float(bar[3]) for bar in (first, second)]
    assert heights[0] == pytest.approx(3 * heights[1], abs=0.3)
