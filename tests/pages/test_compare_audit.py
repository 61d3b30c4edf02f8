"""Where weight goes: the audit begun and summed up, and its tables in words that claim no more than they show."""

import pytest
from streamlit.testing.v1 import AppTest

from model.studies.audit import audit, audit_document
from pages.components import caches
from tests.pages.conftest import to_the_end


@pytest.fixture
def face(root, trained, visit):
    runs = ",".join(run.id for run in trained.values())
    return lambda **query: visit("compare", runs=runs, view="audit", effects="100", **query)


@pytest.fixture
def document(trained):
    run = trained["bilstm-additive 13"]
    dataset = caches.dataset(run)
    return audit_document(run, list(audit(run, dataset, limit=100))[-1].records, dataset)


def test_the_audit_says_what_its_document_says(face, document, said):
    test = to_the_end(face(), "audit")
    assert not test.exception and not test.error
    text = said(test).replace("\\", "")
    assert document["sentence"] in text and "30 test texts" in text
    assert len(test.get("plotly_chart")) == 4
    for row in [row for row in document["words"] if row["class"] == document["words"][0]["class"]]:
        line = next(
            line for line in text.splitlines() if line.startswith((f"| {row['word']} |", f"| **{row['word']}**"))
        )
        assert f"| {row['weight_rank'] or '–'} | {row['texts']} |" in line
        assert line.endswith(f"| {row['effect_rank'] or '–'} | {row['effect_texts']} |")
        if row["effect"] is not None:
            assert f"{row['effect']:+.2f}".replace("-", "−") in line


def test_words_stand_in_the_order_asked_for(face, document, said):
    test = to_the_end(face(**{"audit-order": "effect", "audit-class": "class-1"}), "audit")
    name = list(dict.fromkeys(row["class"] for row in document["words"]))[1]
    ranked = sorted((row for row in document["words"] if row["class"] == name), key=lambda r: r["effect_rank"] or 1e9)
    lines = said(test).replace("\\", "").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("| word | weight"))
    shown = [line.split("|")[1].strip(" *") for line in lines[start + 2 : start + 2 + len(ranked)]]
    assert shown[:5] == [row["word"] for row in ranked[:5]]


def test_another_seed_is_another_audit(face, trained, said):
    other = trained["bilstm-additive 14"]
    test = face(audited=other.id)
    assert test.selectbox(key="audited").value == other.id
    assert "What the weights say" not in said(test)
    assert "What the weights say" in said(to_the_end(test, "audit"))


def test_without_learned_weights_there_is_nothing_to_audit(root, trained, visit, said):
    test = visit("compare", runs=f"{trained['lstm 13'].id},{trained['lstm 14'].id}", view="audit")
    assert not test.exception
    assert "no weight to follow" in said(test)


@pytest.mark.parametrize("name", ["audited", "effects", "audit-class", "audit-order"])
def test_nonsense_in_an_address_is_let_lie(root, trained, visit, name):
    runs = ",".join(run.id for run in trained.values())
    assert not visit("compare", runs=runs, view="audit", **{name: "<script>"}).exception


# -- made up -----------------------------------------------------------------------------------------------------


def _made_up():
    import streamlit as st

    from pages.components import compare_audit

    compare_audit._audit(st.session_state["document"])


@pytest.fixture
def made_up(document, said):
    """The page's text for the real document with some of its tables replaced."""

    def draw(**changed):
        test = AppTest.from_function(_made_up, default_timeout=30)
        test.session_state["document"] = {**document, **changed}
        test.run()
        assert not test.exception
        return said(test).replace("\\", "")

    return draw


def shortcut(**changed):
    share = {"share": 0.9, "n": 40, "low": 0.769, "high": 0.96, "of all": 0.5}
    return {
        "word": "<b>sale</b>|x",
        "class": "*pos*",
        "why": "another class",
        "weight": 2.345,
        "weight_interval": [1.5, 3.19],
        "effect": -0.5,
        "effect_interval": None,
        "train": share,
        "test": {"share": 0.25, "n": 8, "low": 0.071, "high": 0.591, "of all": 0.45},
    } | changed


def test_a_shortcut_is_told_with_both_shares(made_up):
    text = made_up(shortcuts=[shortcut()], shortcuts_passed_over=2)
    line = next(line for line in text.splitlines() if line.startswith("| <b>sale</b>"))
    assert "90 % of 40 (77 to 96 %); all: 50 %" in line and "25 % of 8 (7 to 59 %); all: 45 %" in line
    assert "2.35 (1.50 to 3.19)" in line or "2.34 (1.50 to 3.19)" in line
    assert "| −0.50 |" in line
    assert "says *pos* in training: 90 % of the 40 texts with it are that. In the test they are 25 % of 8." in text
    assert "2 such words get no more than their share of the weight" in text


def test_a_shortcut_that_the_test_lacks(made_up):
    none = {"share": None, "n": 0, "low": None, "high": None, "of all": 0.45}
    text = made_up(shortcuts=[shortcut(why="missing", test=none)])
    assert "No test text has it" in text and "in no text; all: 45 %" in text
    rare = {"share": 0.0, "n": 1, "low": 0.0, "high": 0.79, "of all": 0.45}
    assert "it stands in 1 text, far fewer" in made_up(shortcuts=[shortcut(why="missing", test=rare)])


def test_no_word_and_no_entropy_are_said(made_up):
    empty = {"mean": None, "of uniform": {"mean": None, "low": None, "high": None}, "histogram": []}
    text = made_up(words=[], shortcuts=[], shortcuts_passed_over=0, entropy=empty, position=[])
    assert "No word stands in five texts or more." in text
    assert "No text has two tokens or more with weights." in text
    assert "Nothing can be said of this." in text
    assert "predicts a class in training but surely not in the test." in text


def test_words_first_in_both_are_bold(made_up, document):
    row = {**document["words"][0], "word": "both", "weight_rank": 3, "effect_rank": 10}
    other = {**row, "word": "one", "effect_rank": 11}
    text = made_up(words=[row, other])
    assert "| **both** |" in text and "| one |" in text
    assert "In bold: the 1 that is among the first 10 of both." in text
