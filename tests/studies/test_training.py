"""Preparing runs, and one training from its folder to its report."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from model.data.datasets import load_builtin
from model.data.splits import Split
from model.data.tokenizing import tokenize_dataset
from model.errors import DataError, ModelError, RunError, Stopped
from model.runs import shapes
from model.runs.bundle import bundle, unbundle
from model.runs.checks import check
from model.studies import training
from model.studies.training import execute, prepare
from model.training import trainer
from model.training.settings import Settings

SMALL = Settings(hidden_size=4, embedding_size=4, vectors="none", epochs=3, patience=None)


@pytest.fixture(scope="module")
def dataset():
    return load_builtin("diagnostic:keyword:300")


@pytest.fixture
def make(tmp_path, dataset):
    """A function that prepares one run."""

    def one(data=dataset, settings=SMALL, **options):
        return prepare(tmp_path / "runs", data, presets=["bilstm-additive"], seeds=1, settings=settings, **options)[0]

    return one


def _told(run):
    return [{name: value for name, value in event.items() if name not in ("t", "seconds", "documents_per_second")}
            for event in run.events()[0] if event["kind"] == "epoch"]  # fmt: skip


def _weights(run):
    return {name: value.tobytes() for name, value in load_file(run.folder / "model.safetensors").items()}


def test_a_dataset_or_what_a_spec_says_of_it(make, dataset):
    renamed = replace(dataset, name="own.csv")  # no built-in name: it is kept beside the runs
    first = make(renamed)
    second = make(first.spec["data"])
    assert first.spec["data"]["folder"] == f"data/{dataset.sha256[:16]}"
    assert second.spec["data"] == first.spec["data"] and second.spec["probe"] == first.spec["probe"]
    assert make(make().spec["data"]).spec["data"]["folder"] is None, "built-in data goes by its name"
    assert len(first.spec["probe"]) == 12


def test_probes_can_be_chosen_or_left_out(make):
    assert make(probe=["one text", "another"]).spec["probe"] == ["one text", "another"]
    assert "probe" not in make(probe=[]).spec
    with pytest.raises(RunError, match="not list of 1 to 12 texts of at most 2000 characters"):
        make(probe=["x"] * 13)


def test_a_run_is_watched_from_before_to_after(make, tmp_path):
    run = make()
    report = execute(run)
    boot, *epochs = [event for event in run.events()[0] if event["kind"] in ("boot", "epoch")]
    assert boot["classes"] == sorted(run.spec["data"]["report"]["classes"])
    for row, text in zip(boot["probe_texts"], run.spec["probe"], strict=True):
        assert row["text"] == text
        assert " ".join(text[start:end] for start, end, _ in row["tokens"]) == " ".join(text.split())
    assert [len(event["probe"]) for event in (boot, *epochs)] == [12] * 4
    assert report["ended"] == "epochs" and report == run.report
    again = unbundle(bundle(run.folder, tmp_path / "run.zip"), tmp_path / "elsewhere")
    assert again.events() == run.events()


def test_probing_a_run_does_not_change_it(make):
    probed, plain = make(), make(probe=[])
    reports = [execute(run) for run in (probed, plain)]
    assert _weights(probed) == _weights(plain)
    assert reports[0]["test"] == reports[1]["test"]
    assert not any("probe" in event or "classes" in event for event in plain.events()[0])


@pytest.mark.parametrize("lost", [False, True])
def test_interrupted_and_resumed_it_tells_what_an_unbroken_run_tells(make, monkeypatch, lost):
    whole, broken = make(), make()
    execute(whole)
    seen, reasons = [], []

    def on_event(event):
        seen.append(event)
        if event["kind"] == "epoch" and event["epoch"] == 2:
            reasons.append("interrupted")

    append = broken.append_event
    if lost:  # killed between the checkpoint of epoch 2 and its event
        monkeypatch.setattr(broken, "append_event", lambda event: event.get("epoch") == 2 or append(event))
    with pytest.raises(Stopped):
        execute(broken, stop=lambda: reasons and reasons[-1], on_event=on_event)
    monkeypatch.undo()
    assert len(_told(broken)) == (1 if lost else 2)
    execute(broken)
    assert _told(broken) == _told(whole)
    boots = [event for event in broken.events()[0] if event["kind"] == "boot"]
    assert len(boots) == 2 and boots[0]["probe"] == boots[1]["probe"]
    assert _weights(broken) == _weights(whole)


def test_enough_ends_a_run_well(make, monkeypatch):
    monkeypatch.setattr(trainer, "PROGRESS_SECONDS", 0.0)
    asked = []
    run = make()
    report = execute(run, enough=lambda: bool(asked), on_event=lambda e: asked.append(e["kind"] == "progress"))
    assert run.state["state"] == "done" and report["ended"] == "stopped" and report["epochs"] == 1
    assert not (run.folder / training.CHECKPOINT).exists()
    epoch = next(event for event in run.events()[0] if event["kind"] == "epoch")
    assert 0 < epoch["share"] < 1 and epoch["validation"] == report["validation"]
    table = run.predictions()
    chances = [table[name].dtype for name in table if name.startswith("p_")]
    assert chances == [np.float32] * 2 and report["test"]["documents"] == len(table)


def test_a_stop_outweighs_an_end(make):
    run = make()
    with pytest.raises(Stopped, match="cancelled"):
        execute(run, stop=lambda: "cancelled", enough=lambda: True)
    assert run.report is None


def test_a_class_that_is_never_predicted_is_named(make, monkeypatch):
    run = make(settings=replace(SMALL, epochs=1))
    report = execute(run)
    predicted = set(run.predictions()["prediction"])
    assert report["never_predicted"] == sorted(run.spec["data"]["report"]["classes"].keys() - predicted)
    constant = np.tile([0.9, 0.1], (5, 1))
    assert training._never_predicted(constant, ["no", "yes"]) == ["yes"]
    assert training._never_predicted(np.eye(3), [1, 2, 3]) == []


def test_a_class_without_training_texts_is_told(make, dataset, monkeypatch):
    run = make()
    label = dataset.classes[0]
    kept = [place for place, other in enumerate(dataset.train.labels) if other != label]
    train = Split(*([column[place] for place in kept] for column in dataset.train))
    monkeypatch.setattr(training, "tokens_of", lambda run: tokenize_dataset(replace(dataset, train=train)))
    with pytest.raises(DataError, match=f"no training text of the class {label!r} is left, though 30 texts"):
        execute(run)


def test_the_end_of_the_memory_is_told(make, monkeypatch):
    def scarce(*arguments, **options):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr("model.estimator.fit", scarce)
    with pytest.raises(ModelError, match=r"Out of memory with batch_size 48, .* first of all batch_size 24 or"):
        execute(make())


def test_a_prediction_is_timed_text_by_text_and_the_first_does_not_count(monkeypatch):
    asked, now = [], iter([0.0, 0.002, 1.0, 1.004, 2.0, 2.9])
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(now))

    class Classifier:
        def predict_proba(self, texts):
            asked.append(texts)

    assert training.milliseconds_per_prediction(Classifier(), ["a", "b", "c"]) == pytest.approx(4.0)
    assert asked == [["a"], ["a"], ["b"], ["c"]]


def test_a_report_fits_into_a_bundle(make):
    run = make()
    report = training.execute(run)
    check(run.report, shapes.REPORT, "report.json")
    assert 0 < report["milliseconds_per_prediction"] < 10_000
    del report["milliseconds_per_prediction"]
    check(report, shapes.REPORT, "the report of an older run")
