"""A study of many texts: which it takes, what it keeps, how it ends, and what it refuses."""

import hashlib
import warnings
from itertools import islice
from types import SimpleNamespace

import pytest

from model.data.datasets import load_builtin
from model.data.splits import Split
from model.errors import DataError, RunError, SettingsError
from model.estimator import AttentionClassifier, load_run
from model.runs.bundle import bundle, unbundle
from model.runs.rationales import Rationale
from model.runs.run import DEMO_ROOT, Run
from model.runs.store import delete_run, list_runs
from model.studies import trust as room
from model.studies.training import execute, prepare
from model.studies.trust import study_root, trust
from model.studies.trust_texts import positions, sample, texts_of
from model.training.settings import Settings

SMALL = {"hidden_size": 4, "embedding_size": 4, "vectors": "none", "epochs": 1}
FAST = ("leave_one_out",)


@pytest.fixture(scope="module")
def dataset():
    return load_builtin("diagnostic:keyword:200")


def train(root, dataset, preset="bilstm-additive", *, seeds=1, **options):
    runs = prepare(root, dataset, presets=[preset], seeds=seeds, settings=Settings(**SMALL, **options))
    for run in runs:
        execute(run)
    return runs


@pytest.fixture(scope="module")
def library(tmp_path_factory, dataset):
    """Two seeds of one preset; their records are kept elsewhere, by each test for itself."""
    return train(tmp_path_factory.mktemp("library"), dataset, seeds=2)


@pytest.fixture
def run(library):
    return library[0]


@pytest.fixture
def asked(monkeypatch):
    """The places of the texts that are really examined, in order."""
    places = []
    examine = room.examine

    def counting(network, ids, **options):
        places.append(options["index"])
        return examine(network, ids, **options)

    monkeypatch.setattr(room, "examine", counting)
    return places


@pytest.fixture
def study(run, dataset, tmp_path):
    """A function that examines texts of the test split, its records kept in a folder of this test."""

    def begin(model=run, split=dataset.test, **options):
        return trust(model, split, **{"methods": FAST, "root": tmp_path, "limit": 4, **options})

    return begin


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


# -- what is kept ----------------------------------------------------------------------------------------------


def test_nothing_is_examined_twice(study, asked):
    first = last(study(limit=4))
    assert (first.done, first.total, len(asked)) == (4, 4, 4)
    again = list(study(limit=4))
    assert len(again) == 1 and again[0].done == 4 and again[0].record is None
    assert again[0].records == first.records and len(asked) == 4
    smaller = last(study(limit=2))
    assert smaller.records == first.records[:2] and (smaller.done, smaller.total, len(asked)) == (2, 2, 4)
    larger = last(study(limit=7))
    assert larger.records[:4] == first.records and len(larger.records) == 7 and len(set(asked)) == len(asked) == 7


def test_each_step_brings_one_record_in_the_order_of_the_sample(study, dataset):
    steps = [(step.done, step.record and step.record["index"]) for step in study(limit=3)]
    order = sample(dataset.test, limit=3, seed=13)
    assert steps == [(0, None), *enumerate(order, start=1)]


@pytest.mark.parametrize(
    "change",
    [
        {"methods": ("saliency",)},
        {"methods": ("saliency", "leave_one_out")},
        {"adversary": False},
        {"randomize": True},
    ],
)
def test_other_settings_are_another_study(study, asked, change):
    last(study(limit=2))
    last(study(limit=2, **change))
    assert len(asked) == 4


def test_the_attention_of_others_is_another_study(study, asked, library):
    last(study(limit=2))
    assert all(record["forced"] for record in last(study(limit=2, others=[library[1]])).records)
    last(study(limit=2, others=[library[1]]))
    assert len(asked) == 4


def test_the_order_of_methods_and_the_sampling_seed_change_no_record(study, asked):
    last(study(methods=("saliency", "leave_one_out"), limit=20))
    last(study(methods=("leave_one_out", "saliency", "saliency"), limit=20, seed=14))
    assert len(asked) == 20  # all texts of the split: only their order differs


def test_another_model_under_the_same_id_is_another_study(study, asked, run, tmp_path, library):
    last(study(limit=2))
    copy = tmp_path / "copy" / run.id
    copy.mkdir(parents=True)
    for name in ("spec.json", "state.json", "vocabulary.json"):
        (copy / name).write_bytes((run.folder / name).read_bytes())
    (copy / "model.safetensors").write_bytes((library[1].folder / "model.safetensors").read_bytes())
    last(study(Run(copy), limit=2))
    assert len(asked) == 4


def test_a_mark_that_changes_asks_for_that_text_alone(study, asked, dataset):
    marks = dataset.rationales["test"]
    before = last(study(rationales=marks)).records
    assert all(record["plausibility"]["rationales"]["leave_one_out"]["f1"] is not None for record in before)
    changed = list(marks)
    changed[before[2]["index"]] = [(0, 1)]
    after = last(study(rationales=changed)).records
    assert asked[4:] == [before[2]["index"]]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, False, True]


def test_a_damaged_line_is_computed_again_and_stands_where_it_stood(study, asked, tmp_path):
    before = last(study(limit=4)).records
    path = next(tmp_path.glob("trust/*/*/records.jsonl"))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"tokens": ', b'"tokens": 1')
    path.write_bytes(b"".join(lines))
    assert last(study(limit=4)).records == before
    assert asked[4:] == [before[1]["index"]]


def test_records_go_with_the_run_and_not_into_its_bundle(dataset, tmp_path):
    run = train(tmp_path / "runs", dataset)[0]
    last(trust(run, dataset.test, methods=FAST, limit=2))
    kept = tmp_path / "runs" / "trust" / run.id
    assert kept.is_dir() and [each.id for each in list_runs(tmp_path / "runs")] == [run.id]
    again = unbundle(bundle(run.folder, tmp_path / "run.zip"), tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / "trust").exists() and again.spec["preset"] == "bilstm-additive"
    delete_run(run)
    assert not kept.exists()


def test_a_demo_run_keeps_its_records_in_the_users_library(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path))
    demo = Run(next(path.parent for path in DEMO_ROOT.glob("*/spec.json")))
    assert study_root(demo) == tmp_path
    assert study_root(run) == run.folder.parent


def test_a_classifier_that_is_no_run_is_examined_too(run, dataset, asked, tmp_path):
    classifier = load_run(run.folder)
    for _ in range(2):
        step = last(trust(classifier, dataset.test, methods=FAST, limit=2, root=tmp_path))
    assert step.done == 2 and len(asked) == 4 and not list(tmp_path.iterdir())


# -- how it ends -----------------------------------------------------------------------------------------------


def test_no_text_is_begun_after_the_budget(study, asked, monkeypatch):
    ticks = iter(range(100))
    monkeypatch.setattr(room, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    step = last(study(limit=9, seconds=3.5))  # asked at 1, 2 and 3 seconds; at 4 it is over
    assert (step.done, step.total, len(asked)) == (3, 9, 3)
    monkeypatch.undo()
    assert last(study(limit=9, seconds=0)).done == 3


def test_an_interrupt_keeps_what_was_finished(study, monkeypatch):
    examine, calls = room.examine, []

    def interrupted(*arguments, **options):
        calls.append(options["index"])
        if len(calls) == 4:
            raise KeyboardInterrupt
        return examine(*arguments, **options)

    monkeypatch.setattr(room, "examine", interrupted)
    steps = study(limit=6)
    with pytest.raises(KeyboardInterrupt):
        list(steps)
    assert last(study(limit=6)).done == 6
    assert len(calls) == 4 + 3 and calls[3] == calls[4]


def test_a_caller_may_stop_at_any_time(study, asked):
    steps = study(limit=6)
    assert [step.done for step in islice(steps, 3)] == [0, 1, 2]
    steps.close()
    assert next(study(limit=6)).done == 2 and len(asked) == 2


# -- other networks --------------------------------------------------------------------------------------------


def test_the_attention_of_another_seed_is_laid_on_the_same_tokens(study, library):
    other = library[1]
    for record in last(study(others=[other])).records:
        moved, changed = record["forced"][other.id]
        assert 0.0 <= moved <= 1.0 and isinstance(changed, bool)


def test_another_seed_that_reads_less_of_a_text_is_undefined_there(study, dataset, tmp_path):
    short = train(tmp_path / "short", dataset, max_tokens=12)[0]
    records = last(study(others=[short], limit=20)).records
    long = [record for record in records if record["tokens"] > 12]
    assert long and len(long) < len(records)
    for record in records:
        assert (short.id in record["forced"]) == (record["tokens"] <= 12)
        assert (f"forced.{short.id}" in record["undefined"]) == (record["tokens"] > 12)


def test_other_runs_must_be_other_seeds(study, run, dataset, tmp_path):
    plain = train(tmp_path / "a", dataset, "lstm")[0]
    frozen = train(tmp_path / "b", dataset, attention_weights="uniform")[0]
    elsewhere = train(tmp_path / "c", load_builtin("diagnostic:order:200"))[0]
    for model, other, words in (
        (run, run, "is named twice"),
        (run, plain, "has preset 'lstm', and .* has 'bilstm-additive'"),
        (run, frozen, "has attention_weights 'uniform'"),
        (run, elsewhere, "was trained on other data"),
        (plain, run, "has no attention that others could replace"),
        (load_run(run.folder), run, "other seeds belong to a run"),
    ):
        with pytest.raises(SettingsError, match=words):
            study(model, others=[other])


def test_copies_that_forgot_are_explained_too(study):
    record = last(study(limit=1, randomize=True)).record
    assert list(record["randomized"]) == ["head", "head+attention", "head+attention+encoder", "all"]


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


def test_a_run_without_attention_has_no_tests_of_attention_and_says_so(dataset, tmp_path):
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
    run = prepare(tmp_path, dataset, presets=["lstm"], seeds=1, settings=Settings(**SMALL))[0]
    with pytest.raises(RunError, match=rf"run {run.id} has no model to test \(it is queued\)"):
        trust(run, dataset.test)


def test_texts_without_tokens_and_labels_that_are_numbers(tmp_path):
    classifier = AttentionClassifier(**SMALL)
    with warnings.catch_warnings(action="ignore"):
        texts = [f"a {'good' if place % 2 else 'bad'} film number {place}" for place in range(40)]
        classifier.fit(texts, [place % 2 for place in range(40)])
    records = last(trust(classifier, Split(["", "film", "a good film"], [1, 0, 1]), methods=FAST)).records
    by_index = {record["index"]: record for record in records}
    assert [by_index[place]["tokens"] for place in range(3)] == [0, 1, 3]
    assert by_index[0]["label"] == "1" and by_index[0]["undefined"]["agreement"] == "no tokens"
