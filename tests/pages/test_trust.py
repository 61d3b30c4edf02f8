"""The Trust page: tests begun, gone on with, stopped, and what they say."""

import dataclasses

import pytest

from model.data.diagnostic import generate
from model.studies.training import execute, prepare
from pages.components import caches
from tests.pages.conftest import SMALL, to_the_end


def _run(test):
    return to_the_end(test, "tests", times=200)


@pytest.fixture
def attending(root, trained, visit):
    """The page of a model with attention, before any test."""
    return lambda **query: visit("trust", run=trained["bilstm-additive 13"].id, limit="50", **query)


def test_without_a_model_the_page_says_what_to_do(empty_root, visit, said):
    test = visit("trust")
    assert not test.exception
    assert "There is no model to test yet" in said(test)


def test_the_tests_run_to_an_end_and_say_what_may_be_claimed(attending, trained, said):
    test = _run(attending())
    assert not test.exception and not test.error
    total = min(50, len(caches.dataset(trained["bilstm-additive 13"]).test.texts))
    text = said(test)
    assert "What may be claimed" in text and f"{total} test texts" in text
    assert "Attention and saliency" in text and "| Leave one out |" in text
    assert text.count("Held against:") >= 8
    for outcome in ("pass", "fail", "undecided"):
        assert text.count(f"-badge[{outcome}]") == sum(f"badge[{outcome}] **" in line for line in text.splitlines())
    assert "**rationales**" in text  # this data set's deciding words are known
    assert [button.label for button in test.get("download_button")] == ["Report", "CSV", "LaTeX"]


def test_a_second_look_computes_nothing(attending, trained, monkeypatch):
    _run(attending())
    caches.studies()._values.clear()
    monkeypatch.setattr("model.studies.trust.examine", None)  # would fail if it were called
    test = _run(attending())
    assert not test.exception and not test.error


def test_a_model_without_attention_is_tested_too(root, trained, visit, said):
    test = _run(visit("trust", run=trained["lstm 13"].id, limit="50"))
    assert not test.exception and not test.error
    assert "This model has no attention that could be moved" in said(test)


def test_other_seeds_and_forgetful_copies(attending, said):
    test = _run(attending(also="copies,seeds,captum"))
    assert not test.exception and not test.error
    text = said(test)
    assert "| of other seeds |" in text
    assert "| layers made anew |" in text
    assert "| method | infidelity | sensitivity |" in text


def test_what_is_there_when_it_is_stopped_is_shown(attending, trained, said, monkeypatch):
    monkeypatch.setattr("pages.components.study.STEP_SECONDS", 0.0)  # one text a turn
    test = attending(methods="saliency")
    test.button(key="run-tests").click().run()
    test.run()
    test.button(key="stop-tests").click().run()
    assert not test.exception
    assert "What may be claimed" in said(test)
    assert any(button.key == "run-tests" for button in test.button)


def test_a_retrained_control_stands_beside(tmp_path, no_demos, monkeypatch, visit, said):
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path))
    data = generate("keyword", rows=200)
    runs = []
    for weights in ("learned", "uniform"):
        settings = dataclasses.replace(SMALL, attention_weights=weights)
        runs += prepare(tmp_path, data, presets=["bilstm-additive"], seeds=1, settings=settings)
        execute(runs[-1])
    test = _run(visit("trust", run=runs[0].id, limit="50", methods="saliency"))
    assert not test.exception
    assert "| Attention frozen to uniform |" in said(test)


@pytest.mark.parametrize("name", ["run", "limit", "methods", "also", "pair", "curve"])
def test_nonsense_in_an_address_is_let_lie(root, visit, name):
    test = visit("trust", **{name: "<script>"})
    assert not test.exception
