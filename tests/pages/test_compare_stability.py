"""Is it stable? The study begun, stopped and summed up, and one text under every seed."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import load_run
from model.explain.figures import predict_ids
from model.studies.sides import sides_of
from model.studies.stability import stability, stability_document
from pages.components import caches
from tests.pages.conftest import to_the_end

SEEDS = ("bilstm-additive 13", "bilstm-additive 14")


@pytest.fixture
def face(root, trained, visit):
    runs = ",".join(run.id for run in trained.values())
    return lambda **query: visit("compare", runs=runs, view="stability", texts="20", **query)


def test_the_study_says_what_its_document_says(face, trained, said):
    test = to_the_end(face(), "stability")
    assert not test.exception and not test.error
    side = sides_of([trained[name] for name in SEEDS])[0]
    records = list(stability(side, caches.dataset(side.runs[0]).test, limit=20))[-1].records
    document = stability_document(side, records)
    text = said(test).replace("\\", "")
    assert document["sentence"] in text and "20 test texts" in text
    for name, title in (("attention", "Attention"), ("leave_one_out", "Leave one out")):
        row = document["rows"][name]
        tau = f"{row['tau']['mean']:+.2f} ({row['tau']['low']:+.2f} to {row['tau']['high']:+.2f})"
        assert f"| {title} | {tau.replace('-', '−')} |" in text
        assert f"{100 * row['flipping']['mean']:.1f} %" in text
    difference = document["against"]["saliency"]["tau"]
    assert f"| Saliency | {difference['mean']:+.2f} (".replace("-", "−") in text
    for note in document["notes"]:
        assert note in text


def test_what_is_there_when_it_is_stopped_is_shown(face, said, monkeypatch):
    monkeypatch.setattr("pages.components.study.STEP_SECONDS", 0.0)  # one text a turn
    caches.studies()._values.clear()
    monkeypatch.setattr("model.studies.stability.RECORD_VERSION", 1000)  # as if none of it were known
    test = face()
    test.button(key="run-stability").click().run()
    assert "How alike the seeds are" not in said(test) and "One text under every seed" not in said(test)
    test.run()
    test.button(key="stop-stability").click().run()
    assert not test.exception
    assert "How alike the seeds are" in said(test)
    assert any(button.key == "run-stability" for button in test.button)


def test_one_seed_alone_cannot_be_stable(root, trained, visit, said):
    ids = ",".join(trained[name].id for name in ("lstm 13", "lstm 14", "bilstm-additive 13"))
    test = visit("compare", runs=ids, view="stability")
    assert not test.exception
    assert "two seeds or more" in said(test)
    assert not any(button.key == "run-stability" for button in test.button)


def chart(test):
    return json.loads(next(each for each in test.get("plotly_chart") if "seeds-chart" in each.proto.id).proto.spec)


def numbers(values):
    """Plotly sends long lists in base 64."""
    if isinstance(values, dict):
        import base64

        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).astype(float)
    return np.array(values, dtype=float)


def test_a_typed_text_is_laid_before_every_seed(face, trained, said):
    test = face(**{"seeds-text": "typed", "seeds-typed": "the tape was wonderful that evening"})
    assert not test.exception and not test.error
    rows, likely = [], []
    for name in SEEDS:
        model = load_run(trained[name].folder)
        found = predict_ids(model.network_, model.vocabulary_.encode(["the tape was wonderful that evening"])[0])
        rows.append(found.attention.weights)
        likely.append(found.probabilities)
    bars, *dots = chart(test)["data"][:3]
    assert numbers(bars["y"]) == pytest.approx(np.mean(rows, axis=0), rel=1e-4)
    error = bars["error_y"]
    assert numbers(bars["y"]) + numbers(error["array"]) == pytest.approx(np.max(rows, axis=0), rel=1e-4)
    assert numbers(bars["y"]) - numbers(error["arrayminus"]) == pytest.approx(np.min(rows, axis=0), rel=1e-4)
    for row, drawn in zip(rows, dots, strict=True):
        assert numbers(drawn["y"]) == pytest.approx(row, rel=1e-4)
    target = int(np.mean(likely, axis=0).argmax())
    for seed, row in zip((13, 14), likely, strict=True):
        assert f"| {row[target]:.2f} |" in next(line for line in said(test).splitlines() if f"| {seed} |" in line)


def test_words_that_flip_are_marked_in_name_and_colour(face, said):
    test = face(**{"seeds-row": "saliency"})
    figure = chart(test)
    ticks = figure["layout"]["xaxis"]["ticktext"]
    colours = figure["data"][0]["marker"]["color"]
    flipping = [place for place, tick in enumerate(ticks) if tick.startswith("↕ ")]
    assert [place for place, colour in enumerate(colours) if colour == "#c77a12"] == flipping
    values = np.abs([numbers(dots["y"]) for dots in figure["data"][1:3]])
    tokens = values.shape[1]
    order = np.argsort(np.argsort(-values, axis=1), axis=1)  # no ties here: 0 the largest
    top, low = order < -(-tokens // 10), order >= tokens - tokens // 2
    assert flipping == np.flatnonzero(top.any(axis=0) & low.any(axis=0)).tolist()
    line = next(line for line in said(test).replace("\\", "").splitlines() if "mean τ" in line)
    assert "flips:" in line if flipping else "no word flips" in line


def test_an_empty_text_of_ones_own_waits(face, said):
    test = face(**{"seeds-text": "typed"})
    assert not test.exception
    assert "Type a text, and every seed reads it" in said(test)
    test.text_area(key="seeds-typed").set_value("  \n ").run()
    assert not test.exception and "Type a text" in said(test)


@pytest.mark.parametrize("name", ["stable", "texts", "seeds-text", "seeds-row", "seeds-typed"])
def test_nonsense_in_an_address_is_let_lie(root, trained, visit, name):
    runs = ",".join(run.id for run in trained.values())
    test = visit("compare", runs=runs, view="stability", **{name: "<script>"})
    assert not test.exception


def _table():
    import streamlit as st

    from pages.components import compare_stability

    compare_stability._predictions(st.session_state["record"], "no")


def test_every_seed_is_told_with_the_probability_of_one_class(said):
    test = AppTest.from_function(_table, default_timeout=30)
    record = {"classes": ["no", "yes"], "target": 1, "seeds": [13, 14], "probabilities": [[0.3, 0.7], [0.6, 0.4]]}
    test.session_state["record"] = record
    text = said(test.run())
    assert "| seed | prediction | probability of yes |" in text
    assert "| 13 | yes ✗ | 0.70 |" in text and "| 14 | no ✓ | 0.40 |" in text
