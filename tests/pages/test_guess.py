"""Guess first: nothing is given away before the reveal, the marks are scored and kept, another text starts anew."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from model.explain.explanation import text_seed
from model.explain.plausibility import score
from model.runs.rationales import FILE, rationales
from pages.components import caches, read_state, session
from pages.components.reading import Reading

TEXT = "six words to be marked here"


def _page():
    """What the tests below open: one text under one of the models."""
    import streamlit as st

    from pages.components import read_state, session
    from pages.components.guess import guess
    from pages.components.reading import Reading

    runs = {f"{run.spec['preset']} {run.spec['seed']}": run for run in session.finished_runs()}
    text = st.text_area("Text", key=read_state.TEXT)
    guess(Reading(runs[st.session_state.get("first", "bilstm-additive 13")], text))


@pytest.fixture
def visit(root):
    """Opens the component as a new visitor; what was marked before is gone."""
    (root / FILE).unlink(missing_ok=True)

    def visit(text=TEXT, first="bilstm-additive 13"):
        caches.readings.clear()
        page = AppTest.from_function(_page, default_timeout=60)
        page.session_state[read_state.TEXT] = text
        page.session_state["first"] = first
        page.session_state["turn-guess"] = 0
        return page.run()

    yield visit
    (root / FILE).unlink(missing_ok=True)


def _mark(page, drawn, places):
    """Do as the browser does when words are clicked."""
    turn = f"guess-marks-{page.session_state['turn-guess']}"
    page.session_state[turn] = {"marked": {"text": drawn(page, turn)["text_signature"], "tokens": places}}
    page.run()
    assert drawn(page, turn)["marked"] == places
    return page


def _reveal(page):
    page.button(key="guess-reveal").click().run()
    assert not page.exception and not page.error
    return page


def test_nothing_is_given_away_before(visit, drawn, said, trained):
    page = visit()
    strip = drawn(page, "guess-marks-0")
    assert strip["tokens"] == TEXT.split() and strip["marking"] and not strip.get("values")
    assert page.button(key="guess-reveal").disabled and page.button(key="guess-again").disabled
    reading = Reading(trained["bilstm-additive 13"], TEXT)
    assert f"{max(reading.seen.prediction.probabilities):.2f}" not in said(page)
    assert drawn(page, "guess-strip") is None and "predicts" not in said(page)
    assert rationales(session.runs_root()).marks == []


def test_the_reveal_scores_every_row_and_keeps_the_marks(visit, drawn, said, trained):
    page = _reveal(_mark(visit(), drawn, [1, 4]))
    reading = Reading(trained["bilstm-additive 13"], TEXT)
    found = score({1, 4}, reading.weights, seed=text_seed(TEXT))
    assert f"| Attention | {found.f1:.2f} | {found.iou:.2f} |" in said(page)
    quick = score({1, 4}, reading.values("input_x_gradient"), seed=text_seed(TEXT))
    assert f"| Input × gradient | {quick.f1:.2f} | {quick.iou:.2f} |" in said(page)
    # Two of six at random: F1 1/3; one hit in 8 of 15 draws (IoU 1/3), two in 1 (IoU 1).
    assert f"| *2 random words, on average* | *0.33* | *{(8 / 3 + 1) / 15:.2f}* |" in said(page)
    assert f"**{len({1, 4} & found.chosen)} of your 2**" in said(page) and "would share 0.7" in said(page)
    both = [TEXT.split()[place] for place in sorted({1, 4} & found.chosen)]
    assert f"**Both**: {' and '.join(both) or 'none'}" in said(page)
    assert f"The model predicts **{reading.predicted}**" in said(page)
    strip = drawn(page, "guess-strip")
    assert strip["marked"] == [1, 4] and strip["kind"] == "weight"
    assert strip["values"] == pytest.approx(reading.weights.tolist(), abs=1e-3)
    (mark,) = rationales(session.runs_root()).marks
    assert [mark.text[start:end] for start, end in mark.spans] == ["words", "marked"]
    assert mark.text == TEXT and mark.label is None and mark.data is None
    page.run()
    assert len(rationales(session.runs_root()).marks) == 1
    assert (session.runs_root() / FILE).read_bytes().count(b"\n") == 1


def test_the_other_rows_come_when_asked_for(visit, drawn, said):
    page = _reveal(_mark(visit(), drawn, [0]))
    assert "| Integrated gradients | … | … |" in said(page)
    page.button(key="guess-rest").click().run()
    assert not page.exception and "…" not in said(page)
    assert not [button for button in page.button if button.key == "guess-rest"]


def test_a_guessed_label_is_compared_and_kept(visit, drawn, said, trained):
    reading = Reading(trained["bilstm-additive 13"], TEXT)
    other = next(label for label in reading.seen.labels if label != reading.predicted)
    for label, words in ((reading.predicted, ", as you do"), (other, f"; you say **{other}**")):
        page = _mark(visit(), drawn, [0])
        page.pills[0].set_value(label).run()
        assert words in said(_reveal(page))
        assert rationales(session.runs_root()).marks[-1].label == label


def test_a_test_text_is_kept_with_its_data(visit, drawn, root, trained):
    run = trained["bilstm-additive 13"]
    text = caches.dataset(run).test.texts[0]
    page = visit(text)
    page.session_state["example"] = (0, run.spec["data"]["sha256"])
    _reveal(_mark(page, drawn, [0]))
    assert [mark.text for mark in rationales(root, data=run.spec["data"]["sha256"]).marks] == [text]


def test_start_again_and_another_text_forget_the_marks(visit, drawn):
    page = _reveal(_mark(visit(), drawn, [0, 2]))
    page.button(key="guess-again").click().run()
    assert drawn(page, "guess-strip") is None and drawn(page, "guess-marks-1")["marked"] == []
    _mark(page, drawn, [3])
    page.text_area(key=read_state.TEXT).set_value("another text").run()
    assert drawn(page, "guess-marks-1")["marked"] == []
    _reveal(_mark(page, drawn, [1]))
    page.text_area(key=read_state.TEXT).set_value("a third one").run()
    assert drawn(page, "guess-strip") is None and drawn(page, "guess-marks-1")["marked"] == []


def test_the_same_marks_stand_beside_another_model(visit, drawn, said):
    page = _reveal(_mark(visit(), drawn, [1, 4]))
    page.session_state["first"] = "lstm 13"
    page.run()
    assert not page.exception and drawn(page, "guess-strip")["marked"] == [1, 4]
    assert drawn(page, "guess-strip")["kind"] == "signed" and "| Attention |" not in said(page)
    assert "input × gradient ranks first" in said(page)


def test_all_words_marked_compare_with_nothing(visit, drawn, said):
    page = _reveal(_mark(visit(), drawn, list(range(6))))
    assert "cannot be compared with your words: every word is marked" in said(page)
    assert "| Attention | – | – |" in said(page) and "random words, on average" not in said(page)


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_without_a_word_there_is_nothing_to_mark(visit, said, text):
    page = visit(text)
    assert not page.exception and "no word in this text to mark" in said(page)


def test_hostile_words_are_shown_as_typed(visit, drawn, said):
    text = "**bold** [link](http://a.b) <script>alert(1)</script> :red[x] | `code`"
    page = visit(text)
    strip = drawn(page, "guess-marks-0")
    assert "".join(gap + token for gap, token in zip(strip["gaps"], strip["tokens"], strict=True)) == text
    _reveal(_mark(page, drawn, list(range(len(strip["tokens"]) - 1))))
    lines = [line for line in said(page).splitlines() if line.startswith("**Both**")]
    assert lines and "<script>" not in lines[0] and "\\*" in lines[0]


def test_marks_that_cannot_be_kept_are_one_sentence(visit, drawn, said, root):
    page = _mark(visit(), drawn, [0])
    (root / FILE).mkdir()
    try:
        page.button(key="guess-reveal").click().run()
        assert not page.exception and "cannot be written" in page.error[0].value
        assert "kept for Trust" not in said(page) and "predicts" in said(page)
    finally:
        (root / FILE).rmdir()
    page.run()
    assert "kept for Trust" in said(page)


def test_the_download_is_the_file_itself(visit, drawn, root):
    _reveal(_mark(visit(), drawn, [0]))
    (line,) = (root / FILE).read_text().splitlines()
    assert json.loads(line)["spans"] == [[0, 3]]
