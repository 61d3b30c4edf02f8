"""Controls of a run: the same training but for one option, found among the runs or trained, and their accuracy."""

import numpy as np
import pandas as pd
import pytest

from model.data.datasets import load_builtin
from model.errors import RunError, SettingsError
from model.runs.store import list_runs
from model.studies import controls as room
from model.studies.controls import CONTROLS, accuracy_beside, control_settings, find_control, train_control
from model.studies.training import execute, prepare
from model.training.settings import Settings

SMALL = {"hidden_size": 4, "embedding_size": 4, "vectors": "none", "epochs": 1}


@pytest.fixture(scope="module")
def dataset():
    return load_builtin("diagnostic:keyword:100")


@pytest.fixture
def new(tmp_path, dataset):
    """A function that creates a run, and trains it unless told otherwise."""

    def make(preset="bilstm-additive", *, data=dataset, trained=True, **options):
        run = prepare(tmp_path, data, presets=[preset], seeds=1, settings=Settings(**{**SMALL, **options}))[0]
        if trained:
            execute(run)
        return run

    return make


def test_a_control_differs_in_one_option(new):
    run = new(trained=False)
    own = Settings.from_dict(run.spec["settings"]).to_dict()
    for kind, changed in (("uniform", {"attention_weights": "uniform"}), ("deletions", {"word_dropout": 0.3})):
        assert control_settings(run, kind).to_dict() == own | changed


def test_a_run_that_is_its_own_control_or_can_have_none(new):
    assert control_settings(new(trained=False, attention_weights="uniform"), "uniform") is None
    assert control_settings(new("lstm", trained=False), "uniform") is None
    assert control_settings(new(trained=False, word_dropout=0.4), "deletions") is None
    assert control_settings(new("lstm", trained=False), "deletions").word_dropout == 0.3


def test_only_a_finished_run_of_the_same_training_is_a_control(new, tmp_path):
    run = new()
    new(attention_weights="uniform", trained=False)
    new(attention_weights="uniform", hidden_size=6)
    new("lstm-additive", attention_weights="uniform")
    new(attention_weights="uniform", data=load_builtin("diagnostic:order:100"))
    assert find_control(run, "uniform", root=tmp_path) is find_control(run, "deletions", root=tmp_path) is None
    right = new(attention_weights="uniform", device="cpu", precision="float32")
    assert find_control(run, "uniform", root=tmp_path).id == right.id
    more = new(word_dropout=0.5)
    assert find_control(run, "deletions", root=tmp_path).id == more.id


def test_a_control_is_trained_from_the_same_seed_on_the_same_texts(new, tmp_path):
    run = new()
    control = train_control(run, "uniform", root=tmp_path)
    assert control.state["state"] == "done" and control.spec["data"] == run.spec["data"]
    assert control.spec["settings"] == run.spec["settings"] | {"attention_weights": "uniform"}
    assert find_control(run, "uniform", root=tmp_path).id == control.id
    assert train_control(new("lstm"), "uniform", root=tmp_path) is None


def test_a_training_that_is_interrupted_leaves_nothing(new, tmp_path, monkeypatch):
    run = new()

    def interrupted(control, *, on_event):
        control.set_state("running")
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_control(run, "uniform", root=tmp_path)
    assert [each.id for each in list_runs(tmp_path)] == [run.id]


def test_accuracies_beside_each_other(new):
    run, control = new(trained=False), new(trained=False)
    labels = np.array(["a"] * 10)
    for each, right in ((run, 8), (control, 5)):
        predicted = np.array(["a"] * right + ["b"] * (10 - right))
        each.save_predictions(pd.DataFrame({"index": range(10), "label": labels, "prediction": predicted}))
    found = accuracy_beside(run, control)
    assert (found["run"], found["control"], found["texts"]) == (run.id, control.id, 10)
    assert (found["accuracy"], found["control_accuracy"]) == (0.8, 0.5)
    estimate, low, high = found["difference"]
    assert estimate == pytest.approx(0.3) and 0.0 <= low < 0.3 < high <= 0.6  # each draws 3 differing texts of 10


def test_what_has_no_predictions_or_no_name(new):
    run = new(trained=False)
    with pytest.raises(RunError, match="has no predictions on its test texts"):
        accuracy_beside(run, run)
    with pytest.raises(SettingsError, match="no control 'placebo'; choose from uniform, deletions"):
        control_settings(run, "placebo")
    assert list(CONTROLS) == ["uniform", "deletions"]
