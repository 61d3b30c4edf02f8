"""What more data is worth: a duel on parts of its texts, and what is told of it."""

import pytest
from streamlit.testing.v1 import AppTest

from model.data.diagnostic import generate
from model.runs.store import find_run
from model.studies.duel import DuelPlan, advance, begin
from model.studies.shares import share_figures
from model.studies.training import execute
from tests.studies.duels import StillQueue

SIDES = ("lstm", "lstm-additive")
SETTINGS = {"vectors": "none", "hidden_size": 6, "embedding_size": 6, "epochs": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("duels")


@pytest.fixture(scope="module")
def duel(folder):
    """Two sides of two seeds on half of the texts and on all of them, trained here and now."""
    plan = DuelPlan(presets=SIDES, seeds=2, settings=SETTINGS, shares=(0.5,))
    duel = begin(folder, generate("keyword", rows=120), plan)
    queue = StillQueue(folder)
    advance(folder, queue)
    for share in (1.0, 0.5):
        for run in duel.runs(share):
            execute(find_run(run.id, folder))
    return duel


def _draw():
    import streamlit as st

    from pages.components import compare_data

    compare_data.draw(st.session_state["duel"])


@pytest.fixture
def drawn(said):
    def draw(duel, **query):
        test = AppTest.from_function(_draw, default_timeout=60)
        test.session_state["duel"] = duel
        for name, value in query.items():
            test.query_params[name] = value
        return test.run()

    return draw


def test_each_side_has_its_line_and_each_share_its_column(drawn, duel, said):
    test = drawn(duel)
    assert not test.exception and not test.error
    figures = share_figures(duel)
    text = said(test).replace("\\", "")
    half, whole = figures["train"]
    assert f"| training texts | {half} (50 %) | {whole} (100 %) |" in text
    for key, name in (("lstm", "LSTM"), ("lstm-additive", "LSTM + additive attention")):
        cells = [
            f"{100 * row['metrics']['accuracy']['estimate']:.1f} % ({100 * row['metrics']['accuracy']['low']:.1f} to"
            f" {100 * row['metrics']['accuracy']['high']:.1f})"
            for row in figures["sides"][key]
        ]
        assert f"| {name} | {' | '.join(cells)} |" in text
    assert len(test.get("plotly_chart")) == 2
    assert "seeds" in text


def test_the_difference_is_that_of_the_pair(drawn, duel, said):
    figures = share_figures(duel)["pairs"][0]["differences"]
    text = said(drawn(duel, **{"size-metric": "macro_f1"})).replace("\\", "")
    cells = [
        f"{100 * each['macro_f1']['estimate']:+.1f} ({100 * each['macro_f1']['low']:+.1f} to"
        f" {100 * each['macro_f1']['high']:+.1f})".replace("-", "−")
        for each in figures
    ]
    assert f"| points of macro F1 | {' | '.join(cells)} |" in text
    sure = sum(each["macro_f1"]["low"] > 0 or each["macro_f1"]["high"] < 0 for each in figures)
    told = {0: "No interval excludes 0", 1: "1 of 2 intervals exclude 0", 2: "Every interval excludes 0"}[sure]
    assert told in text


def test_a_duel_without_parts_says_so(drawn, folder, said):
    duel = begin(folder, generate("keyword", rows=120), DuelPlan(presets=SIDES, seeds=1, settings=SETTINGS))
    test = drawn(duel)
    assert not test.exception
    assert "trained on all texts alone" in said(test)


def test_parts_that_are_not_trained_yet_say_so(drawn, folder, said):
    plan = DuelPlan(presets=SIDES, seeds=1, settings=SETTINGS, shares=(0.5,))
    test = drawn(begin(folder, generate("keyword", rows=120, seed=5), plan))
    assert not test.exception
    assert "nothing to hold against the trainings on all texts yet" in said(test)
