"""Many texts on one page: pasted or uploaded, predicted once, filtered without a model, and opened one by one."""

import json

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.components import batch, caches, lists, many, read_state
from pages.components.list_picker import BY_BLANK_LINES, BY_LINE, NO_LABELS, UPLOAD


def _page():
    """What the tests below open: the component, and the text that it opened last."""
    import streamlit as st

    from pages.components import read_state, session
    from pages.components.many import many

    runs = {f"{run.spec['preset']} {run.spec['seed']}": run for run in session.finished_runs()}
    second = st.toggle("second", value=True, key="with-second")
    st.text_area("Text", key=read_state.TEXT)
    first = runs[st.session_state.get("first", "bilstm-additive 13")]
    beside = runs["lstm 13"] if second else None
    many(first, beside, open_text=lambda text: st.session_state.update({read_state.TEXT: text}))


@pytest.fixture
def page(root):
    """The component as a new visitor finds it, with nothing remembered."""
    caches.batches.clear()
    return AppTest.from_function(_page, default_timeout=60).run()


def _paste(page, typed):
    page.text_area(key="many-text").set_value(typed)
    page.run()
    assert not page.exception
    return page


def _upload(page, name, content):
    page.segmented_control(key="many-source").set_value(UPLOAD).run()
    page.file_uploader(key="many-file").upload(name, content, "application/octet-stream").run()
    assert not page.exception
    return page


@pytest.fixture
def labelled(trained):
    """A table of the first 70 texts of the test set and 20 more, of which every third has no label."""
    dataset = caches.dataset(trained["lstm 13"])
    texts, labels = [*dataset.test.texts, *dataset.train.texts], [*dataset.test.labels, *dataset.train.labels]
    return pd.DataFrame(
        {"text": texts[:90], "label": [label if i % 3 else "" for i, label in enumerate(labels[:90])]}
    )


def _csv(frame):
    return frame.to_csv(index=False).encode()


def test_it_opens_empty_and_says_how_texts_are_told_apart(page, said):
    assert not page.exception and not page.error
    assert page.segmented_control(key="many-rule").options == [BY_LINE, BY_BLANK_LINES]
    assert "up to 10,000" in said(page)
    assert len(page.dataframe) == 0
    _paste(page, " \n\n")
    assert len(page.dataframe) == 0


def test_pasted_lines_are_predicted_by_both_models(page, trained, said):
    texts = ["one plain text", "<script>alert(1)</script>", "=1+1", "another"]
    shown = _paste(page, "\n\n".join(texts)).dataframe[0].value
    assert shown["text"].tolist() == texts
    for run, label, confidence in (
        ("bilstm-additive 13", "prediction", "confidence"),
        ("lstm 13", "second model", "its confidence"),
    ):
        classifier = caches.classifier(trained[run])
        highest = classifier.predict_proba(texts).max(axis=1).tolist()
        assert shown[label].tolist() == classifier.predict(texts).tolist()
        assert shown[confidence].tolist() == pytest.approx(highest, abs=1e-6)
    assert "4 texts" in said(page) and "with a label" not in said(page)
    assert [option.split(":")[0] for option in page.pills(key="many-filter").options] == [
        "all", "unsure, below 0.60", "models disagree",
    ]  # fmt: skip
    page.toggle(key="with-second").set_value(False).run()
    assert "second model" not in page.dataframe[0].value
    assert len(page.pills(key="many-filter").options) == 2


def test_blank_lines_may_divide_them(page):
    _paste(page, "first line\nsecond line\n\nanother")
    assert len(page.dataframe[0].value) == 3
    page.segmented_control(key="many-rule").set_value(BY_BLANK_LINES).run()
    assert page.dataframe[0].value["text"].tolist() == ["first line second line", "another"]


def test_too_many_are_a_sentence_with_the_command(page, trained, monkeypatch):
    monkeypatch.setattr(lists, "MOST_TEXTS", 2)
    _paste(page, "a\nb\nc")
    assert f"python -m model predict {trained['bilstm-additive 13'].id} FILE" in page.error[0].value
    assert len(page.dataframe) == 0


def test_a_table_with_some_labels(page, labelled, trained, said):
    _upload(page, "films.csv", _csv(labelled))
    rows = labelled[labelled["label"] != ""]
    for run in ("bilstm-additive 13", "lstm 13"):
        right = (caches.classifier(trained[run]).predict(rows["text"].tolist()) == rows["label"].to_numpy()).mean()
        assert f"right on **{100 * right:.1f} %** of the 60 texts with a label" in said(page)
    shown = page.dataframe[0].value
    assert len(shown) == many.PAGE and shown["label"].tolist() == labelled["label"].tolist()[: many.PAGE]
    assert [bool(mark) for mark in shown["✓"]] == [bool(label) for label in shown["label"]]
    predictions = caches.classifier(trained["bilstm-additive 13"]).predict(rows["text"].tolist())
    wrong = int((predictions != rows["label"].to_numpy()).sum())
    assert f"wrong: {wrong}" in page.pills(key="many-filter").options
    page.pills(key="many-filter").set_value(batch.WRONG).run()
    if wrong:
        assert set(page.dataframe[0].value["✓"]) == {"✗"}


def test_columns_can_be_changed(page, labelled, said):
    frame = labelled.assign(comment=[f"note {i}" for i in range(len(labelled))])
    _upload(page, "films.csv", _csv(frame))
    assert page.multiselect[0].value == ["text"] and page.selectbox[0].value == "label"
    page.multiselect[0].set_value(["comment"]).run()
    assert page.dataframe[0].value["text"].tolist()[0] == "note 0"
    page.selectbox[0].set_value(NO_LABELS).run()
    assert "label" not in page.dataframe[0].value and "with a label" not in said(page)
    page.multiselect[0].set_value([]).run()
    assert "Choose a column of texts" in page.warning[0].value and len(page.dataframe) == 0


def test_labels_that_the_model_does_not_know_count_as_none(page, labelled, said):
    _upload(page, "films.csv", _csv(labelled.assign(label="so-so *bold*")))
    assert "90 texts count as having no label" in page.warning[0].value
    assert "so\\-so \\*bold\\*" in page.warning[0].value
    assert "with a label" not in said(page)
    assert not any(option.startswith("wrong") for option in page.pills(key="many-filter").options)


def test_every_filter_sort_and_page_asks_no_model_again(page, labelled, monkeypatch):
    _upload(page, "films.csv", _csv(labelled))

    def never(*_):
        raise AssertionError("a model was asked again")

    monkeypatch.setattr(batch, "_predict", never)
    for kind in (batch.UNSURE_ONES, batch.DISAGREE, batch.ALL):
        page.pills(key="many-filter").set_value(kind).run()
        assert not page.exception
    page.selectbox(key="many-sort").set_value("least sure first").run()
    shown = page.dataframe[0].value["confidence"].tolist()
    assert shown == sorted(shown) and len(shown) == 50 and not page.exception


def test_pages_follow_one_another_and_a_filter_begins_at_the_first(page, labelled):
    _upload(page, "films.csv", _csv(labelled))
    (pagination,) = page.get("pagination")
    page.session_state["many-page" + pagination.proto.id.rpartition("many-page")[2]] = 2
    page.run()
    assert not page.exception and len(page.dataframe[0].value) == 40
    assert page.dataframe[0].value["text"].tolist()[0].startswith(labelled["text"][50][:20])
    page.selectbox(key="many-sort").set_value("by prediction").run()
    assert len(page.dataframe[0].value) == 50


def _click(page, row):
    """What a click on a row's button sends; AppTest has no name for it."""
    states = page._tree.get_widget_states()
    clicked = states.widgets.add()
    clicked.id = page.dataframe[0].proto.button_click_widgets["open"]
    clicked.string_trigger_value.data = json.dumps({"row": row, "label": "any"})
    page._run(states)
    assert not page.exception
    return page.text_area(key=read_state.TEXT).value


def test_a_row_opens_its_text(page):
    long = "a long text " * 60
    _paste(page, f"first\n{long}\n<b>third</b>")
    assert page.dataframe[0].value["text"].tolist()[1].endswith("…")
    assert _click(page, 1) == long.strip()
    assert _click(page, 2) == "<b>third</b>"
    assert _click(page, 999) == "<b>third</b>"
    page.selectbox(key="many-sort").set_value("least sure first").run()
    shown = page.dataframe[0].value["text"].tolist()
    assert _click(page, shown.index("first")) == "first"


def test_a_number_opens_its_text_whatever_is_shown(page, labelled):
    _upload(page, "films.csv", _csv(labelled))
    page.selectbox(key="many-sort").set_value("least sure first").run()
    page.text_input(key="many-number").set_value(" 77 ").run()
    assert not page.exception and page.text_input(key="many-number").value == ""
    assert page.text_area(key=read_state.TEXT).value == labelled["text"][76].strip()
    for nonsense in ("0", "91", "-1", "²", "x", "9" * 30):
        page.text_input(key="many-number").set_value(nonsense).run()
        assert not page.exception and page.text_area(key=read_state.TEXT).value == labelled["text"][76].strip()


@pytest.mark.parametrize("name", ["bilstm-additive 13", "lstm 13"])
def test_strongest_words_come_with_and_without_attention(page, name, said):
    page.session_state["first"] = name
    _paste(page, "one plain text about nothing\nanother one")
    assert all(0 < len(words.split(" · ")) <= batch.TOP_WORDS for words in page.dataframe[0].value["strongest words"])
    assert ("by attention" if name.startswith("bi") else "by input × gradient") in said(page)


def test_an_upload_outlives_another_page_until_it_is_forgotten(page, labelled, said):
    _upload(page, "films.csv", _csv(labelled))
    kept = page.session_state["many-list"]
    other = AppTest.from_function(_page, default_timeout=60)
    other.session_state["many-list"] = kept  # the browser forgets the file, the session does not
    other.session_state["many-source"] = UPLOAD
    other.run()
    assert "**films\\.csv**, uploaded before: 90 texts" in said(other) and len(other.dataframe[0].value) == 50
    other.button(key="many-forget").click().run()
    assert len(other.dataframe) == 0


@pytest.mark.parametrize(
    ("name", "content"), [("x.csv", b""), ("x.xlsx", b"PK\x03\x04"), ("x.txt", b"\x80\x04 pickle"), ("x.json", b"{")]
)
def test_a_file_that_is_none_is_one_sentence(page, name, content):
    _upload(page, name, content)
    assert len(page.error) == 1 and "x." in page.error[0].value and len(page.dataframe) == 0


def test_a_model_that_is_gone_is_one_sentence(page, monkeypatch):
    from model.errors import ModelError

    def gone(run, texts):
        raise ModelError("model.safetensors is missing")

    monkeypatch.setattr(batch, "_predict", gone)
    _paste(page, "a text")
    assert page.error[0].value == "model.safetensors is missing" and len(page.dataframe) == 0
