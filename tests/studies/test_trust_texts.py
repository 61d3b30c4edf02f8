"""Which texts a study takes, with which marks, and what it refuses."""

import hashlib
import warnings

import pytest

from model.data.splits import Split
from model.errors import DataError, RunError, SettingsError
from model.estimator import AttentionClassifier, load_run
from model.runs.rationales import Rationale
from model.studies.training import prepare
from model.studies.trust import trust
from model.studies.trust_texts import positions, sample, texts_of
from model.training.settings import Settings

FAST = ("leave_one_out",)


def last(steps):
    *_, step = steps
    return step


# -- the sample ------------------------------------------------------------------------------------------------


def test_each_label_has_its_share_in_an_order_by_hash():
    texts = [f"text {place}" for place in range(12)]
    split = Split(texts, ["rare" if place < 4 else "often" for place in range(12)])
    order = sample(split, limit=12, seed=13)
    assert sorted(order) == list(range(12))
    # Middles of the parts: 1/8, 3/8 … of the rare, 1/16, 3/16 … of the others; at 1/8 the rare one stands between.
    assert [split.labels[place] for place in order[:6]] == ["often", "rare", "often", "often", "rare", "often"]

    def key(place):
        return hashlib.sha256(f"13 {texts[place]}".encode()).digest()

    assert [place for place in order if place < 4] == sorted(range(4), key=key)
    assert [sample(split, limit=limit, seed=13) for limit in range(1, 12)] == [
        order[:limit] for limit in range(1, 12)
    ]


def test_a_larger_limit_extends_a_smaller_one_and_rows_may_come_in_any_order(dataset):
    split = dataset.test
    whole = sample(split, limit=10**9, seed=13)
    assert [sample(split, limit=limit, seed=13) for limit in (1, 5, 11)] == [whole[:1], whole[:5], whole[:11]]
    turned = Split(split.texts[::-1], split.labels[::-1])
    assert [turned.texts[place] for place in sample(turned, limit=9, seed=13)] == [split.texts[i] for i in whole[:9]]
    assert sample(split, limit=9, seed=14) != whole[:9]


def test_a_token_is_marked_where_a_span_holds_any_part_of_it(run):
    tokens = load_run(run.folder).tokenize("a good film")
    assert positions(tokens, [(3, 4)]) == {1}
    assert positions(tokens, [(1, 2)]) == set() == positions(tokens, [])
    assert positions(tokens, [(0, 3), (7, 11)]) == {0, 1, 2}
    assert positions(tokens, None) is None


# -- marks -----------------------------------------------------------------------------------------------------


def test_people_are_matched_by_the_text_and_the_newest_mark_counts(dataset):
    split = dataset.test
    first, second = sample(split, limit=2, seed=13)

    def mark(place, spans):
        return Rationale(split.texts[place], spans, None, None, "2026-11-21T10:00:00+00:00")

    texts = texts_of(split, limit=2, seed=13, people=[mark(second, [(0, 1)]), mark(second, [(0, 2)])])
    assert [(text.index, text.marks) for text in texts] == [(first, None), (second, [(0, 2)])]


def test_marks_of_people_and_data_stand_side_by_side(study, dataset):
    place = sample(dataset.test, limit=1, seed=13)[0]
    people = [Rationale(dataset.test.texts[place], [(0, 1)], None, None, "2026-11-21T10:00:00+00:00")]
    record = last(study(limit=1, people=people, rationales=dataset.rationales["test"])).record
    assert set(record["plausibility"]) == {"rationales", "people"}


def test_a_mark_may_be_0_or_1_for_each_token(study, dataset, run):
    place = sample(dataset.test, limit=1, seed=13)[0]
    tokens = load_run(run.folder).tokenize(dataset.test.texts[place])
    spans = dataset.rationales["test"][place]
    flags = [None] * len(dataset.test.texts)
    flags[place] = [int((token.start, token.end) in spans) for token in tokens]
    assert sum(flags[place]) == len(spans) == 1
    by_spans = last(study(limit=1, rationales=dataset.rationales["test"])).records
    assert last(study(limit=1, rationales=flags)).records == by_spans
    flags[place].append(0)
    with pytest.raises(DataError, match=f"the rationale of text {place} marks {len(tokens) + 1} tokens"):
        study(limit=1, rationales=flags)


# -- what it refuses, and what has no meaning ------------------------------------------------------------------


def test_a_run_without_attention_has_no_tests_of_attention_and_says_so(dataset, tmp_path, train):
    plain = train(tmp_path, dataset, "lstm")[0]
    record = last(trust(plain, dataset.test, methods=FAST, limit=1)).record
    assert record["permutation"] is record["uniform"] is record["adversary"] is None
    assert record["undefined"]["permutation"] == "no attention"
    assert list(record["faithfulness"]) == ["leave_one_out"]


def test_wrong_input_is_refused_before_anything_is_computed(study, dataset, asked):
    for error, words, options in (
        (DataError, "there are no texts", {"split": Split([], [])}),
        (SettingsError, "the limit is 0", {"limit": 0}),
        (SettingsError, "the budget is -1", {"seconds": -1}),
        (SettingsError, "the budget is nan", {"seconds": float("nan")}),
        (SettingsError, "no attribution method 'guess'", {"methods": ["guess"]}),
        (DataError, "20 texts but 1 rationales", {"rationales": [None]}),
    ):
        with pytest.raises(error, match=words):
            study(**options)
    assert not asked


def test_a_label_that_the_model_does_not_know_is_named(study):
    with pytest.raises(DataError, match="text 0 has the label 'odd', which the model does not know; it knows neg"):
        list(study(split=Split(["a film"], ["odd"])))


def test_a_run_without_a_model_is_named_with_its_state(dataset, tmp_path):
    run = prepare(tmp_path, dataset, presets=["lstm"], seeds=1, settings=Settings(hidden_size=4, epochs=1))[0]
    with pytest.raises(RunError, match=rf"run {run.id} has no model to test \(it is queued\)"):
        trust(run, dataset.test)


def test_texts_without_tokens_and_labels_that_are_numbers(tmp_path):
    classifier = AttentionClassifier(hidden_size=4, embedding_size=4, vectors="none", epochs=1)
    with warnings.catch_warnings(action="ignore"):
        texts = [f"a {'good' if place % 2 else 'bad'} film number {place}" for place in range(40)]
        classifier.fit(texts, [place % 2 for place in range(40)])
    records = last(trust(classifier, Split(["", "film", "a good film"], [1, 0, 1]), methods=FAST)).records
    by_index = {record["index"]: record for record in records}
    assert [by_index[place]["tokens"] for place in range(3)] == [0, 1, 3]
    assert by_index[0]["label"] == "1" and by_index[0]["undefined"]["agreement"] == "no tokens"
