"""What an estimate is made of; that it comes true is for tests/benchmarks/benchmark_estimates.py."""

from dataclasses import replace

import pytest

from model.data.datasets import load_builtin
from model.errors import ModelError
from model.studies import calibration as room
from model.studies.baselines import baselines_path
from model.studies.calibration import Calibration
from model.training.settings import Settings

SMALL = Settings(preset="lstm-additive", hidden_size=4, embedding_size=4, vectors="none", epochs=7)


@pytest.fixture(scope="module")
def data():
    dataset = load_builtin("diagnostic:keyword:200")
    return {"name": dataset.name, "sha256": dataset.sha256, "folder": None, "report": dataset.report}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(room, "TRAINING_SECONDS", 0.2)


def test_the_parts_make_the_whole(data, tmp_path):
    calibration = Calibration(tmp_path, data, ready=100.0)
    few, many = (calibration.estimate(replace(SMALL, epochs=epochs)) for epochs in (7, 700))
    assert few["seconds"] == pytest.approx(few["start"] + 7 * few["per_epoch"] + few["rest"])
    assert many["seconds"] > 100 + 700 * many["per_epoch"]
    assert 100 < few["start"] < 110, "the start of the process is a part of it"
    assert few["rest"] > few["baselines"] > 0
    assert list(tmp_path.iterdir()) == []


def test_baselines_that_are_kept_cost_nothing(data, tmp_path):
    kept = baselines_path(tmp_path, data["sha256"])
    kept.parent.mkdir()
    kept.write_text("{}")
    assert Calibration(tmp_path, data, ready=0.0).estimate(SMALL)["baselines"] == 0


def test_what_grows_with_the_texts_grows(data, tmp_path):
    """The same texts, said to be the first of a hundred times as many."""
    more = {**data["report"], **{name: 100 * data["report"][name] for name in ("train", "validation", "test")}}
    small, large = (
        Calibration(tmp_path, {**data, "report": report}, ready=0.0).estimate(SMALL)
        for report in (data["report"], more)
    )
    assert 10 * small["per_epoch"] < large["per_epoch"] < 1000 * small["per_epoch"]
    assert large["baselines"] > small["baselines"] and large["megabytes"] > small["megabytes"]


def test_a_wider_network_takes_longer_and_more(data, tmp_path):
    calibration = Calibration(tmp_path, data, ready=0.0)
    narrow, wide = (calibration.estimate(replace(SMALL, hidden_size=size)) for size in (4, 256))
    assert wide["per_epoch"] > 2 * narrow["per_epoch"]
    assert wide["megabytes"] > narrow["megabytes"] + 5


def test_no_memory_is_said_in_words(data, tmp_path, monkeypatch):
    calibration = Calibration(tmp_path, data, ready=0.0)

    def scarce(*arguments):
        raise MemoryError

    monkeypatch.setattr(room, "_read_longest", scarce)
    with pytest.raises(ModelError, match="Out of memory with batch_size 48"):
        calibration.estimate(SMALL)
