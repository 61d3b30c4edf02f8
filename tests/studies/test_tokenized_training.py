"""A run that trains from the kept numbers of its texts is, to the last bit, one that was given the texts."""

from dataclasses import replace

import numpy as np
import pytest

from model.data.datasets import load_builtin
from model.data.tokenizing import tokenize_dataset
from model.errors import ModelError
from model.estimator import AttentionClassifier
from model.runs.tokens import tokens_of
from model.studies import baselines as baselines_room
from model.studies.training import execute, prepare
from model.training.settings import Settings

SMALL = {"hidden_size": 4, "embedding_size": 4, "vectors": "none", "epochs": 2}
UNTOLD = ("seconds", "documents_per_second", "eta_seconds")  # clocks


@pytest.fixture(scope="module")
def dataset():
    return replace(load_builtin("diagnostic:negation:300"), name="own.csv")


def told(events):
    return [{key: value for key, value in event.items() if key not in UNTOLD} for event in events]


@pytest.mark.parametrize("options", [{}, {"max_vocabulary": 9, "max_tokens": 4}, {"min_frequency": 40}])
@pytest.mark.parametrize("preset", ["lstm", "bilstm-additive"])
def test_events_and_predictions_are_those_of_the_texts(dataset, tmp_path, preset, options):
    (run,) = prepare(tmp_path, dataset, presets=[preset], seeds=1, settings=Settings(**SMALL, **options))
    by_texts, by_numbers = (AttentionClassifier(preset, seed=13, **SMALL, **options) for _ in range(2))
    data, probe = tokens_of(run), dataset.test.texts[:3]
    assert isinstance(data.ids, np.memmap)
    expected = by_texts.training_events(*dataset.train, validation=tuple(dataset.validation), probe=probe)
    found = by_numbers.training_events_tokenized(data, probe=probe)
    for one, other in zip(told(expected), told(found), strict=True):
        if one["kind"] != "progress":
            assert one == other
    assert by_numbers.vocabulary_.words == by_texts.vocabulary_.words
    assert by_numbers.vocabulary_.counts == by_texts.vocabulary_.counts
    assert by_numbers.classes_.tolist() == by_texts.classes_.tolist()
    for name, weights in by_texts.network_.state_dict().items():
        assert by_numbers.network_.state_dict()[name].equal(weights), name
    found = by_numbers.probabilities(data, "test")
    assert np.array_equal(found, by_texts.predict_proba(dataset.test.texts))


def test_texts_in_pieces_get_what_they_get_together(dataset, monkeypatch):
    classifier = AttentionClassifier("bilstm-additive", **SMALL).fit(*dataset.train)
    whole = classifier.predict_proba(dataset.train.texts)
    monkeypatch.setattr("model.estimator._PIECE", 7)
    assert np.allclose(classifier.predict_proba(dataset.train.texts), whole, atol=1e-6)
    assert classifier.predict_proba(dataset.train.texts[:14]).shape == (14, 2)
    assert classifier.predict_proba([]).shape == (0, 2)


def test_ids_of_another_vocabulary_are_refused(dataset):
    classifier = AttentionClassifier("lstm", **SMALL).fit(["a b", "b a", "a a", "b b"] * 5, ["x", "y"] * 10)
    with pytest.raises(ModelError, match="ids in another vocabulary"):
        classifier.probabilities(tokenize_dataset(dataset), "test")


def test_the_second_run_reads_no_text(dataset, tmp_path, monkeypatch):
    first, second = prepare(tmp_path, dataset, presets=["lstm"], seeds=2, settings=Settings(**SMALL))
    report = execute(first)
    for place in ("model.data.storage.stored_parts", "model.data.tokenizing.stored_parts", "model.runs.tokens._made"):
        monkeypatch.setattr(place, lambda *a, **o: pytest.fail("texts were read"))
    monkeypatch.delattr(baselines_room, "tfidf_logistic_regression")
    again = execute(second)
    assert again["baselines"] == report["baselines"] and again["data"] == report["data"] == dataset.report
    assert again["vocabulary"] == report["vocabulary"] and again["milliseconds_per_prediction"] > 0
