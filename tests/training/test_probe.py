"""Probing a training tells what the network says of a few texts, and changes nothing."""

import dataclasses

import numpy as np
import pytest
import torch

from model.networks.presets import PRESETS
from model.training import probe as room
from model.training.batches import Documents
from model.training.inference import logits
from model.training.probe import probe_interval, probe_outputs

PROBE = Documents([np.array(ids, np.int32) for ids in ([7, 5, 9, 11], [], [8], [30, 31, 5, 40, 6, 7])])


def _probes(events):
    return {event.get("epoch", 0): event["probe"] for event in events if "probe" in event}


def _told(events):
    return [{name: value for name, value in event.items() if name not in ("seconds", "documents_per_second")}
            for event in events if event["kind"] == "epoch"]  # fmt: skip


@pytest.mark.parametrize("preset", list(PRESETS))
def test_with_and_without_the_weights_are_the_same_to_the_last_bit(task, preset):
    changes = {"preset": preset, "epochs": 2, "input_normalization": True, "weight_drop": 0.2, "locked_dropout": 0.2}
    settings = dataclasses.replace(task.settings, **changes)
    plain, probed = task.network(settings), task.network(settings)
    list(task.events(plain, settings=settings))
    before = torch.get_rng_state()
    events = list(task.events(probed, settings=settings, probe=PROBE))
    assert torch.equal(torch.get_rng_state(), before)
    assert task.weights(plain) == task.weights(probed)
    assert sorted(_probes(events)) == [0, 1, 2]


def test_it_tells_what_the_network_says_before_and_after(task):
    network, untrained = task.network(), task.network()
    events = list(task.events(network, probe=PROBE))
    probes = _probes(events)
    for state, told in ((untrained, probes[0]), (network, probes[events[-1]["best_epoch"]])):
        expected = torch.from_numpy(logits(state, PROBE)).softmax(1).numpy()
        assert np.array([row["probabilities"] for row in told]) == pytest.approx(expected, abs=6e-5)
        assert [len(row["weights"]) for row in told] == [4, 0, 1, 6]
        assert sum(told[3]["weights"]) == pytest.approx(1, abs=4e-4)
        alone = probe_outputs(state, Documents([np.array([7, 5, 9, 11], np.int32)]))
        assert told[0]["weights"] == pytest.approx(alone[0]["weights"], abs=2e-4), "whatever else is probed"
    assert probes[0][0]["weights"] == pytest.approx([0.25] * 4, abs=0.02), "attention has not formed"
    assert int(np.argmax(probes[4][0]["weights"])) == 1, "and then it has: word 5 decides"


def test_without_attention_there_are_no_weights(task):
    told = probe_outputs(task.network(dataclasses.replace(task.settings, preset="lstm")), PROBE)
    assert [row["weights"] for row in told] == [None] * 4
    assert all(len(row["probabilities"]) == 2 for row in told)


def test_a_network_is_left_in_its_mode(task):
    network = task.network()
    for training in (True, False):
        network.train(training)
        probe_outputs(network, PROBE)
        assert network.training is training


def test_no_probe_no_word_of_it(task):
    events = list(task.events(task.network()))
    assert not any("probe" in key for event in events for key in event)


@pytest.mark.parametrize("epochs_before_the_kill", [1, 3])
def test_killed_and_resumed_the_probes_are_complete_and_told_once(task, tmp_path, epochs_before_the_kill):
    unbroken = list(task.events(task.network(), probe=PROBE))
    path = tmp_path / "checkpoint"
    for event in task.events(task.network(), probe=PROBE, checkpoint=path):
        if event["kind"] == "epoch" and event["epoch"] == epochs_before_the_kill:
            break
    rest = list(task.events(task.network(), probe=PROBE, checkpoint=path))
    assert rest[0]["probe"] == unbroken[0]["probe"], "a training that goes on still knows how it began"
    assert _told(rest[0]["history"] + rest) == _told(unbroken)


def test_a_stopped_first_epoch_is_probed_too(task, every_batch):
    told = []
    for event in task.events(task.network(), probe=PROBE, enough=lambda: len(told) > 5):
        told.append(event)
    assert sorted(_probes(told)) == [0, 1] and told[-1]["ended"] == "stopped"


def test_long_trainings_on_long_texts_are_probed_at_intervals(task, monkeypatch):
    assert probe_interval(PROBE, classes=2, epochs=1000) == 1
    long = Documents([np.zeros(400, np.int32)] * 12)
    assert probe_interval(long, classes=2, epochs=1000) == 3  # 4,824,000 numbers in 2,000,000
    monkeypatch.setattr(room, "MOST_NUMBERS", (11 + 8) * 2)
    assert sorted(_probes(task.events(task.network(), probe=PROBE))) == [0, 2, 4]
