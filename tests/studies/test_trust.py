"""A study of many texts: what it keeps, how it ends, and which other networks it asks."""

from itertools import islice
from types import SimpleNamespace

import pytest

from model.data.datasets import load_builtin
from model.errors import SettingsError
from model.estimator import load_run
from model.runs.bundle import bundle, unbundle
from model.runs.run import DEMO_ROOT, Run
from model.runs.store import delete_run, list_runs
from model.studies import text_by_text
from model.studies import trust as room
from model.studies.text_by_text import study_root
from model.studies.trust import trust
from model.studies.trust_texts import sample

FAST = ("leave_one_out",)


def last(steps):
    *_, step = steps
    return step


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
        {"captum_metrics": True},
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


def test_records_go_with_the_run_and_not_into_its_bundle(dataset, tmp_path, train):
    run = train(tmp_path / "runs", dataset)[0]
    last(trust(run, dataset.test, methods=FAST, limit=2))
    kept = tmp_path / "runs" / "trust" / run.id
    assert kept.is_dir() and [each.id for each in list_runs(tmp_path / "runs")] == [run.id]
    again = unbundle(bundle(run.folder, tmp_path / "run.zip"), tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / "trust").exists() and again.spec["preset"] == "bilstm-additive"
    delete_run(run, for_good=True)
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
    monkeypatch.setattr(text_by_text, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
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


def test_another_seed_that_reads_less_of_a_text_is_undefined_there(study, dataset, tmp_path, train):
    short = train(tmp_path / "short", dataset, max_tokens=12)[0]
    records = last(study(others=[short], limit=20)).records
    long = [record for record in records if record["tokens"] > 12]
    assert long and len(long) < len(records)
    for record in records:
        assert (short.id in record["forced"]) == (record["tokens"] <= 12)
        assert (f"forced.{short.id}" in record["undefined"]) == (record["tokens"] > 12)


def test_other_runs_must_be_other_seeds(study, run, dataset, tmp_path, train):
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
