"""Attention epoch by epoch, from what the runs told while they were trained."""

import json
import math

import pytest

from model.studies.growth import growth, growth_of, outputs_of
from model.studies.sides import sides_of
from model.studies.training import execute, prepare
from model.training.settings import Settings
from tests.studies.conftest import SMALL


@pytest.fixture(scope="module")
def sides(tmp_path_factory, dataset, train):
    root = tmp_path_factory.mktemp("grown")
    return sides_of(train(root, dataset, seeds=2) + train(root, dataset, "lstm"))


def test_every_run_has_its_texts_before_training_and_after_each_epoch(sides):
    grown = growth(sides)
    assert [(each["side"], each["seed"]) for each in grown] == [
        ("lstm", 13), ("bilstm-additive", 13), ("bilstm-additive", 14)]  # fmt: skip
    assert json.loads(json.dumps(grown, allow_nan=False)) == grown
    for each in grown:
        assert each["classes"] == ["negative", "positive"]
        assert [epoch["epoch"] for epoch in each["epochs"]] == [0, 1]
        for epoch in each["epochs"]:
            assert len(epoch["outputs"]) == len(each["texts"]) > 1
            for text, output in zip(each["texts"], epoch["outputs"], strict=True):
                assert sum(output["probabilities"]) == pytest.approx(1.0, abs=1e-3)
                if each["side"] == "lstm":
                    assert output["weights"] is None and output["entropy"] is None
                else:
                    assert len(output["weights"]) == len(text["tokens"])
                    shares = [weight / sum(output["weights"]) for weight in output["weights"]]
                    nats = -sum(share * math.log(share) for share in shares if share)
                    assert output["entropy"] == pytest.approx(nats / math.log(len(shares)), abs=1e-4)


def test_bounds_keep_a_document_small(sides):
    grown = growth(sides, seeds=1, texts=2)
    assert [(each["side"], each["seed"]) for each in grown] == [("lstm", 13), ("bilstm-additive", 13)]
    assert all(len(each["texts"]) == 2 == len(each["epochs"][1]["outputs"]) for each in grown)


def test_runs_without_probes_are_left_out(tmp_path, dataset):
    (run,) = prepare(tmp_path, dataset, presets=["lstm"], seeds=1, settings=Settings(**SMALL), probe=())
    assert growth_of(run, side="lstm") is None  # not even begun
    execute(run)
    assert growth(sides_of([run])) == []


def test_one_token_has_no_entropy_and_a_sharp_one_has_none_left():
    run = _Told(weights=[[1.0], [1.0, 0.0], [0.5, 0.5], [0.3333, 0.3333, 0.3333]])
    outputs = growth_of(run, side="s")["epochs"][0]["outputs"]
    assert [output["entropy"] for output in outputs] == [None, 0.0, 1.0, 1.0]
    assert str(outputs[1]["entropy"]) == "0.0"  # and not -0.0


def test_a_training_that_was_resumed_tells_each_epoch_once():
    events = [{"kind": "boot", "probe": ["before"]}, {"kind": "epoch", "epoch": 1, "probe": ["first"]}]
    events += [{"kind": "boot", "probe": ["before"]}, {"kind": "epoch", "epoch": 1, "probe": ["again"]}]
    assert outputs_of([*events, {"kind": "step"}]) == [(0, ["before"]), (1, ["again"])]


class _Told:
    """A run that told these weights before its training."""

    id, spec = "a", {"seed": 13}

    def __init__(self, weights):
        outputs = [{"probabilities": [0.5, 0.5], "weights": row} for row in weights]
        texts = [{"text": "", "tokens": []}] * len(weights)
        self._events = [{"kind": "boot", "probe": outputs, "probe_texts": texts, "classes": ["a", "b"]}]

    def events(self):
        return self._events, 0
