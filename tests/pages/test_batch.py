"""Predictions of many texts: what is asked of the model and when, which rows a filter keeps, what a file may hold."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from model.errors import LabError
from pages.components import batch, caches
from pages.components.batch import (
    ALL,
    DISAGREE,
    TOP_WORDS,
    UNSURE_ONES,
    WRONG,
    Predicted,
    arranged,
    as_csv,
    fingerprint,
    inert,
    kinds,
    predicted,
    strange_labels,
    strongest,
    table,
    top_words,
)
from pages.components.lists import TextList

LISTED = TextList("films.csv", ("one", "two", "three", "four"), ("good", "bad", "", "so-so"), 0)
FIRST = Predicted(["good", "good", "bad", "bad"], np.array([0.9, 0.55, 0.6, 0.59]))
SECOND = Predicted(["good", "bad", "bad", "bad"], np.array([0.8, 0.7, 0.6, 0.5]))
CLASSES = ["bad", "good"]


def _rows(listed=LISTED, second=SECOND):
    return table(listed, FIRST, second, classes=CLASSES)


def test_a_text_is_right_or_wrong_only_with_a_label_that_the_model_knows():
    assert _rows()["right"].tolist() == [True, False, None, None]
    assert strange_labels(LISTED, classes=CLASSES) == ["so-so"]
    assert "right" not in _rows(LISTED._replace(labels=None))
    assert strange_labels(LISTED._replace(labels=None), classes=CLASSES) == []


def test_filters_and_their_counts():
    passing = {name: np.flatnonzero(mask).tolist() for name, mask in kinds(_rows()).items()}
    assert passing == {ALL: [0, 1, 2, 3], WRONG: [1], UNSURE_ONES: [1, 3], DISAGREE: [1]}
    assert list(kinds(_rows(LISTED._replace(labels=None), None))) == [ALL, UNSURE_ONES]
    assert WRONG not in kinds(_rows(LISTED._replace(labels=("", "x", "y", "z"))))
    assert {mask.dtype for mask in kinds(_rows()).values()} == {np.dtype(bool)}


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("as listed", [0, 1, 2, 3]),
        ("least sure first", [1, 3, 2, 0]),
        ("most sure first", [0, 2, 3, 1]),
        ("by prediction", [2, 3, 0, 1]),
    ],
)
def test_orders(sort, order):
    rows = _rows()
    assert arranged(rows, kinds(rows)[ALL], sort).index.tolist() == order
    assert arranged(rows, np.zeros(4, bool), sort).empty


def test_texts_have_one_fingerprint_and_others_another():
    lists = [["a", "b"], ["ab"], ["b", "a"], ["a", "b", ""], [], [""], ["a\x00", "b"], ["\ud800"]]
    assert len({fingerprint(texts) for texts in lists}) == len(lists)
    assert fingerprint(("a", "b")) == fingerprint(["a", "b"])


def test_top_words_are_different_positive_and_strongest_first():
    tokens = ["Good", "film", ",", "good", "very", "bad", "indeed", "so"]
    values = np.array([0.1, 0.3, 0.0, 0.5, 0.2, -0.9, 0.05, 0.01])
    assert top_words(tokens, values, seed=0) == ["good", "film", "very", "indeed", "so"]
    assert top_words(tokens, values, seed=0, most=2) == ["good", "film"]
    assert top_words(tokens, -abs(values), seed=0) == []
    assert top_words([], np.zeros(0), seed=0) == []
    ties = {tuple(top_words(["a", "b", "c"], np.ones(3), seed=seed, most=1)) for seed in range(30)}
    assert ties == {("a",), ("b",), ("c",)}


TEXTS = [f"text {i} with words of its own, and one more" for i in range(7)] + ["", "\x00", "词语"]


@pytest.fixture
def asked(monkeypatch):
    """Counts what the models are asked for, with batches of three."""
    monkeypatch.setattr(batch, "BATCH", 3)
    caches.batches.clear()
    found = []
    plain = caches.classifier
    monkeypatch.setattr(caches, "classifier", lambda run: found.append(run.id) or plain(run))
    return found


def test_batches_say_what_each_text_says_alone_and_are_asked_once(trained, asked):
    run = trained["bilstm-additive 13"]
    shares = []
    found = predicted(run, TEXTS, progress=shares.append)
    probabilities = np.concatenate([caches.classifier(run).predict_proba([text]) for text in TEXTS])
    classes = caches.classifier(run).classes_
    assert found.labels == classes[probabilities.argmax(axis=1)].tolist()
    np.testing.assert_allclose(found.confidences, probabilities.max(axis=1), atol=1e-6)
    assert shares == [0.0, 0.3, 0.6, 0.9]
    asked.clear()
    again = predicted(run, TEXTS, progress=shares.append)
    assert asked == [] and len(shares) == 4
    np.testing.assert_array_equal(again.confidences, found.confidences)
    predicted(run, [*TEXTS[:9], "another"], progress=shares.append)
    assert asked == [run.id] and shares[4:] == [0.9]  # three batches were known
    predicted(trained["lstm 13"], TEXTS)
    assert asked.count(trained["lstm 13"].id) == 4
    assert predicted(run, []).labels == []


def test_an_error_in_one_batch_keeps_the_others(trained, asked, monkeypatch):
    run = trained["lstm 13"]
    whole, calls = batch._predict, []

    def fail(run, texts):
        calls.append(len(texts))
        if len(calls) == 3:
            raise LabError("the model is gone")
        return whole(run, texts)

    monkeypatch.setattr(batch, "_predict", fail)
    with pytest.raises(LabError, match="the model is gone"):
        predicted(run, TEXTS)
    predicted(run, TEXTS)
    assert calls == [3, 3, 3, 3, 1]


@pytest.mark.parametrize("name", ["bilstm-additive 13", "lstm 13"])
def test_strongest_words_are_those_of_the_reading(trained, asked, name):
    from pages.components.reading import Reading

    run = trained[name]
    found = strongest(run, TEXTS)
    assert [len(words) for words in found[7:]] == [0, 0, len(found[9])]
    for text, words in zip(TEXTS, found, strict=True):
        if words:
            reading = Reading(run, text)
            values = reading.values("attention" if reading.weights is not None else "input_x_gradient")
            best = reading.seen.parts.tokens[int(np.argmax(values))]
            assert words[0] == best and len(words) <= TOP_WORDS
    asked.clear()
    assert strongest(run, TEXTS) == found and asked == []


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"])
def test_no_cell_begins_a_formula(cell):
    assert inert(cell) == "'" + cell
    rows = _rows(LISTED._replace(texts=(cell, "a,b", 'say "hi"\nthere', "\x00 x"), labels=("=good", "", "", "")))
    content = as_csv(rows, words=[["=x", "y"], [], [], []])
    assert content.startswith(b"\xef\xbb\xbf")
    cells = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    columns = ["text", "prediction", "confidence", "label", "other", "other confidence", "top words"]
    assert cells[0] == columns
    assert cells[1] == [f"'{cell}", "good", "0.900000", "'=good", "good", "0.800000", "'=x y"]
    assert [row[0] for row in cells[2:]] == ["a,b", 'say "hi"\nthere', "\x00 x"]
    assert inert("a - b = c") == "a - b = c"


def test_a_csv_is_read_back_by_pandas_with_every_row():
    frame = pd.read_csv(io.BytesIO(as_csv(_rows())), keep_default_na=False)
    assert frame["text"].tolist() == list(LISTED.texts) and frame["label"].tolist() == list(LISTED.labels)
