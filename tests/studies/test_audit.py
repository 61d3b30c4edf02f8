"""The audit of real networks: what decides is found, a planted shortcut is, and an honest word is not."""

import json
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from model.data.datasets import load_builtin
from model.data.diagnostic_words import WORDS
from model.data.splits import Dataset, Split, dataset_hash
from model.errors import DataError, RunError, SettingsError
from model.estimator import AttentionClassifier, load_run
from model.explain.attribution import attribute
from model.networks.presets import PRESETS
from model.runs.records import FOLDER
from model.runs.store import delete_run
from model.studies import audit as room
from model.studies.audit import audit, audit_document, check_run
from model.studies.audit_reading import KINDS, centred_logits, encoded, read, texts_with
from model.studies.training import execute, prepare
from model.training.settings import Settings

LEARNED = {"hidden_size": 8, "embedding_size": 8, "vectors": "none", "epochs": 4, "learning_rate": 0.02}
CUES = dict(zip(("negative", "positive"), map(set, WORDS["en"].keywords), strict=True))
PLANTED = "zebra"


def trained(root, data, preset="bilstm-additive"):
    (run,) = prepare(root, data, presets=[preset], seeds=1, settings=Settings(**LEARNED), probe=())
    execute(run)
    return run


def last(steps):
    *_, step = steps
    return step


@pytest.fixture(scope="module")
def keyword():
    return load_builtin("diagnostic:keyword")


@pytest.fixture(scope="module")
def learned(tmp_path_factory, keyword):
    return trained(tmp_path_factory.mktemp("learned"), keyword)


@pytest.fixture(scope="module")
def found(learned, keyword, tmp_path_factory):
    records = last(audit(learned, keyword, limit=20, root=tmp_path_factory.mktemp("records"))).records
    return audit_document(learned, records, keyword)


def planted(dataset: Dataset) -> Dataset:
    """The data with a word in the place of every third cue of a positive training text, and anywhere in the test."""

    def with_word(split, places):
        rows = zip(split.texts, split.labels, places, strict=True)
        texts = []
        for text, label, place in rows:
            words = text.split()
            if place is not None:
                cues = [at for at, word in enumerate(words) if word in CUES[label]]
                words[cues[0] if place == "cue" else cues[0] - 1] = PLANTED
            texts.append(" ".join(words))
        return Split(texts, split.labels)

    in_train = ["cue" if label == "positive" and n % 3 == 0 else None for n, label in enumerate(dataset.train.labels)]
    in_test = ["beside" if n % 3 == 0 else None for n, _ in enumerate(dataset.test.labels)]
    splits = {
        "train": with_word(dataset.train, in_train),
        "validation": dataset.validation,
        "test": with_word(dataset.test, in_test),
    }
    return Dataset(
        name="planted", **splits, classes=dataset.classes, report=dataset.report, sha256=dataset_hash(splits)
    )


# -- planted cases -------------------------------------------------------------------------------------------------


def test_the_words_with_most_weight_and_with_most_effect_are_the_cue_words(found):
    for label, cues in CUES.items():
        rows = [row for row in found["words"] if row["class"] == label]
        for rank in ("weight_rank", "effect_rank"):
            assert {row["word"] for row in rows if (row[rank] or 99) <= 3} == cues
        cue_rows = [row for row in rows if row["word"] in cues]
        assert min(row["weight"] for row in cue_rows) > 2 * max(row["weight"] for row in rows if row not in cue_rows)
        assert all(row["effect_interval"][0] > 0.5 and row["effect_texts"] == 20 for row in cue_rows)
    assert found["shortcuts"] == [] and "No word was found" in found["sentence"]


def test_a_word_that_predicts_in_training_alone_is_found_and_an_honest_one_is_not(tmp_path, keyword):
    data = planted(keyword)
    run = trained(tmp_path, data)
    document = audit_document(run, [], data)
    (row,) = document["shortcuts"]
    assert (row["word"], row["class"], row["why"]) == (PLANTED, "positive", "another class")
    assert row["train"]["share"] == 1.0 and row["train"]["n"] > 200
    assert 0.3 < row["test"]["share"] < 0.7 and row["test"]["low"] < row["test"]["of all"] < row["test"]["high"]
    assert row["weight_interval"][0] > 1 and row["effect_interval"][0] > 0.5
    assert f"“{PLANTED}” (positive)" in document["sentence"] and "in the test it does not" in document["sentence"]


def test_a_shortcut_without_weight_is_counted_and_not_named(tmp_path, keyword, learned):
    # This network has never seen the word: it is among the words it does not know, and those are no candidates.
    document = audit_document(learned, [], planted(keyword))
    assert document["shortcuts"] == [] and document["kinds"]["unknown"]["tokens"] > 0
    filler = "window"
    train = keyword.train
    texts = [
        f"{text} {filler} {filler}" if label == "positive" else text.replace(filler, "door")
        for text, label in zip(train.texts, train.labels, strict=True)
    ]
    document = audit_document(learned, [], replace(keyword, train=Split(texts, train.labels)))
    assert document["shortcuts"] == [] and document["shortcuts_passed_over"] == 1


# -- where weight goes ---------------------------------------------------------------------------------------------


def test_shares_add_up_to_the_whole(found, keyword):
    assert found["texts"] == len(keyword.test.texts) and found["cut"] == 0 and found["effect_texts"] == 20
    for rows in (found["position"], list(found["kinds"].values()), found["frequency"]):
        assert sum(row["weight"] for row in rows) == pytest.approx(1.0)
    assert sum(row["uniform"] for row in found["position"]) == pytest.approx(1.0)
    assert set(found["kinds"]) == {"word"} and found["kinds"]["word"]["times uniform"] == pytest.approx(1.0)
    assert [row["title"] for row in found["parts"]] == ["first token", "last token"]  # nothing ends a sentence
    entropy = found["entropy"]
    assert (
        sum(row["texts"] for row in entropy["histogram"]) == found["texts"] and 0 < entropy["of uniform"]["mean"] < 1
    )
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_kinds_frequencies_and_sentences_of_tokens():
    texts = ["Good , 12 films 3d . Bad zzz", "Good films .", "films", ""]
    classifier = AttentionClassifier(
        "bilstm-additive", hidden_size=4, embedding_size=4, vectors="none", epochs=1, min_frequency=1
    )
    classifier.fit(["Good , 12 films 3d . Bad", "Good films ."] * 6, ["a", "b"] * 6, (["Good", "films"], ["a", "b"]))
    reading = read(classifier, texts)
    assert [KINDS[kind] for kind in reading.kinds[:8]] == [
        "word", "punctuation", "number", "word", "word", "punctuation", "word", "unknown"]  # fmt: skip
    assert reading.lengths.tolist() == [8, 3, 1, 0]
    assert reading.sentences.tolist() == [0, 0, 0, 0, 0, 0, 2, 2, -1, -1, -1, -1]
    assert reading.ends.tolist() == [0, 1, 1, 1, 1, 1, 1, 2, 0, 1, 2, -1]
    seen = dict(zip(reading.ids[:8].tolist(), reading.frequencies[:8].tolist(), strict=True))
    counts = classifier.vocabulary_.counts
    assert all(place == (5 if each == 1 else int(counts[each] >= 10)) for each, place in seen.items())


def test_words_are_counted_once_a_text_and_unknown_ones_never():
    ids = [np.array([2, 2, 3]), np.array([1, 3]), np.array([], int), np.array([3])]
    counts = texts_with(ids, np.array([0, 0, 1, 1]), words=5, classes=2)
    assert counts.tolist() == [[0, 0], [0, 0], [1, 0], [2, 1], [0, 0]]


@pytest.mark.parametrize(
    "preset", [name for name, preset in PRESETS.items() if preset.pooling not in ("mean", "last")]
)
def test_every_mechanism_can_be_audited_on_short_empty_and_cut_texts(preset):
    classifier = AttentionClassifier(
        preset, hidden_size=4, embedding_size=4, vectors="none", epochs=1, max_tokens=6, min_frequency=1
    )
    classifier.fit(["one two three . four", "five six . seven"] * 8, ["a", "b"] * 8, (["one", "five"], ["a", "b"]))
    texts = ["", "one", "one two . three four five six seven . eight"]
    reading = read(classifier, texts)
    assert reading.lengths.tolist() == [0, 1, 6] and reading.cut == 1
    assert reading.weights[1:].sum() == pytest.approx(1.0)
    own = classifier.logits(texts)
    assert reading.centred == pytest.approx(own - own.mean(axis=1, keepdims=True), abs=1e-5)
    assert centred_logits(classifier, encoded(classifier, texts)[0]) == pytest.approx(reading.centred, abs=1e-5)


@pytest.mark.parametrize("data", ["diagnostic:keyword:zh:200"])
def test_chinese_texts_are_audited_by_their_words(tmp_path, data):
    dataset = load_builtin(data)
    run = trained(tmp_path, dataset)
    document = audit_document(run, last(audit(run, dataset, limit=3)).records, dataset)
    assert document["words"] and {row["word"] for row in document["words"]} <= set(
        load_run(run.folder).vocabulary_.words
    )


# -- the study -----------------------------------------------------------------------------------------------------


def test_effects_are_leave_one_out_less_the_mean_of_all_classes(learned, keyword, tmp_path):
    record = last(audit(learned, keyword, limit=1, root=tmp_path)).records[0]
    classifier, text = load_run(learned.folder), keyword.test.texts[record["index"]]
    ids = classifier.vocabulary_.tokenize(text).ids
    assert record["ids"] == ids.tolist() and record["label"] == keyword.test.labels[record["index"]]
    raw = [attribute(classifier.network_, ids, method="leave_one_out", target=column).values for column in (0, 1)]
    expected = np.stack(raw, axis=1) - np.mean(raw, axis=0)[:, None]
    assert np.array(record["effects"]) == pytest.approx(expected, abs=1e-4)


def test_nothing_is_computed_twice_and_records_go_with_the_run(tmp_path, dataset, train, monkeypatch):
    run = train(tmp_path, dataset)[0]
    first = last(audit(run, dataset, limit=3)).records
    kept = tmp_path / FOLDER / run.id
    assert kept.is_dir()
    monkeypatch.setattr(room, "_effects", None)
    again = list(audit(run, dataset, limit=3))
    assert len(again) == 1 and again[0].records == first
    assert last(audit(run, dataset, limit=9, seconds=0)).records == first
    delete_run(run, for_good=True)
    assert not kept.exists()


def test_a_caller_may_stop_and_go_on(learned, keyword, tmp_path):
    assert [step.done for step in islice(audit(learned, keyword, limit=5, root=tmp_path), 3)] == [0, 1, 2]
    assert next(audit(learned, keyword, limit=5, root=tmp_path)).done == 2


def test_what_cannot_be_audited_is_said_in_words(tmp_path, dataset, train, learned, keyword):
    (plain,) = train(tmp_path, dataset, "bilstm")
    (control,) = train(tmp_path, dataset, attention_weights="uniform")
    with pytest.raises(RunError, match=r"\(BiLSTM\) has no attention: choose a run with learned"):
        audit(plain, dataset)
    with pytest.raises(RunError, match="frozen uniform weights"):
        audit_document(control, [], dataset)
    check_run(learned)
    with pytest.raises(SettingsError, match="-1 seconds"):
        audit(learned, keyword, seconds=-1)
    strange = replace(keyword, test=Split(["a text"], ["odd"]))
    with pytest.raises(
        DataError, match="the label 'odd', which the model does not know; it knows negative, positive"
    ):
        audit(learned, strange)
    with pytest.raises(DataError, match="no test texts"):
        audit_document(learned, [], replace(keyword, test=Split([], [])))


def test_texts_without_weights_leave_nothing_to_audit(learned, keyword):
    empty = replace(keyword, test=Split(["", " "], ["negative", "positive"]))
    document = audit_document(learned, [], empty)
    assert document["sentence"].startswith("No text had two tokens") and document["words"] == []
    assert document["entropy"]["mean"] is None and document["kinds"] == {}
