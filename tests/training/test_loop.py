"""The loop learns, repeats itself bit for bit, and goes on after a kill as if nothing had happened."""

import dataclasses

import numpy as np
import pytest
import torch

from model.errors import LabError, ModelError
from model.training import loop
from model.training.batches import Documents
from model.training.device import choose_device
from model.training.inference import logits
from model.training.loop import fit
from model.training.optimizer import one_cycle


def _train(task, settings=None, **options):
    settings = settings or task.settings
    network = task.network(settings)
    return network, list(task.events(network, settings=settings, **options))


def test_it_learns_and_says_so(task):
    network, events = _train(task)
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "boot"
    assert kinds[-1] == "done"
    assert kinds.count("epoch") == 4
    assert events[-1]["validation"]["accuracy"] > 0.95
    accuracy = (logits(network, task.validation).argmax(1) == task.validation.labels.numpy()).mean()
    assert accuracy == pytest.approx(events[-1]["validation"]["accuracy"])  # the best epoch's weights are back


def test_it_keeps_the_memory_of_freed_tensors_from_the_first_step_on(task, monkeypatch):
    told = []
    monkeypatch.setattr(loop, "keep_memory", lambda: told.append(True))
    assert next(task.events(task.network()))["kind"] == "boot" and told == [True]


def test_two_trainings_are_one_whatever_the_caller_draws_in_between(task):
    first, _ = _train(task)
    second = task.network()
    for _ in task.events(second):
        torch.rand(7)
    assert task.weights(first) == task.weights(second)


def test_training_leaves_the_caller_s_random_numbers_alone(task):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    _train(task)
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("schedule", ["one-cycle", "plateau", "none"])
@pytest.mark.parametrize("epochs_before_the_kill", [1, 3])
def test_a_killed_training_goes_on_to_the_same_end(task, tmp_path, schedule, epochs_before_the_kill):
    settings = dataclasses.replace(task.settings, schedule=schedule, optimizer="adamw", weight_decay=0.01)
    unbroken, events = _train(task, settings)
    path = tmp_path / "checkpoint.safetensors"
    for event in task.events(task.network(settings), settings=settings, checkpoint=path):
        if event["kind"] == "epoch" and event["epoch"] == epochs_before_the_kill:
            break
    resumed, rest = _train(task, settings, checkpoint=path)
    assert rest[0]["resumed_after"] == epochs_before_the_kill
    assert [event["epoch"] for event in rest[0]["history"]] == list(range(1, epochs_before_the_kill + 1))
    assert task.weights(resumed) == task.weights(unbroken)
    assert rest[-1]["best_epoch"] == events[-1]["best_epoch"]
    assert rest[-1]["validation"] == events[-1]["validation"]


def test_patience_ends_a_training_that_no_longer_improves(task):
    settings = dataclasses.replace(task.settings, epochs=50, patience=1, schedule="none", learning_rate=0.05)
    network, events = _train(task, settings)
    stop = next(event for event in events if event["kind"] == "early_stop")
    assert stop["epoch"] == stop["best_epoch"] + 1 < 50
    loss = torch.nn.functional.cross_entropy(
        torch.from_numpy(logits(network, task.validation)), task.validation.labels
    )
    assert loss.item() == pytest.approx(events[-1]["validation"]["loss"], rel=1e-4)  # the best weights are back


def test_plateau_halves_the_learning_rate(task):
    settings = dataclasses.replace(task.settings, epochs=12, patience=None, schedule="plateau", learning_rate=0.05)
    _, events = _train(task, settings)
    rates = [event["learning_rate"] for event in events if event["kind"] == "epoch"]
    losses = [event["validation"]["loss"] for event in events if event["kind"] == "epoch"]
    best, expected = float("inf"), 0.05
    for rate, loss in zip(rates, losses, strict=True):
        assert rate == pytest.approx(expected)
        best, expected = (loss, expected) if loss < best else (best, expected / 2)
    assert rates[-1] < 0.05


def test_one_cycle_rises_and_falls():
    assert one_cycle(0) == pytest.approx(0.04)
    assert one_cycle(0.15) == pytest.approx(1)
    assert one_cycle(0.575) == pytest.approx(0.52)  # half way down: the mean of both ends
    assert one_cycle(1) == pytest.approx(0.04)


def test_frozen_vectors_and_padding_stay_as_they_were(task):
    frozen = dataclasses.replace(task.settings, freeze_vectors=True)
    before = task.network(frozen).embedding.weight.tolist()
    assert _train(task, frozen)[0].embedding.weight.tolist() == before
    trained = _train(task)[0].embedding.weight
    assert trained.tolist() != before
    assert trained[0].tolist() == [0.0] * 8


def test_balanced_weights_make_a_rare_class_count(task):
    documents = Documents([np.array([6], np.int32)] * 200, [1] * 20 + [0] * 180)  # one text under both labels
    shares = {}
    for weights in ("none", "balanced"):
        settings = dataclasses.replace(task.settings, class_weights=weights, epochs=8)
        network = task.network(settings)
        list(fit(network, documents, documents, settings))
        values = torch.from_numpy(logits(network, documents)).softmax(1)
        shares[weights] = values[:, 1].mean().item()
    assert shares["none"] == pytest.approx(0.1 * 0.9 + 0.05, abs=0.06)  # the share, smoothed by 0.1
    assert shares["balanced"] == pytest.approx(0.5, abs=0.1)


def test_a_loss_that_is_no_number_is_said_with_the_way_out(task):
    network = task.network()
    with torch.no_grad():
        network.head.bias.fill_(float("nan"))
    with pytest.raises(LabError, match="lower the learning rate"):
        list(task.events(network))


def test_a_checkpoint_of_something_else_is_refused(task, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ModelError, match="cannot be read"):
        _train(task, checkpoint=path)
    path.unlink()
    next(event for event in task.events(task.network(), checkpoint=path) if "epoch" in event)
    list(task.events(task.network(), checkpoint=path))
    other = dataclasses.replace(task.settings, hidden_size=9)
    with pytest.raises(ModelError, match="another training"):
        list(task.events(task.network(other), settings=other, checkpoint=path))


def test_an_absent_device_is_named():
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(LabError, match="device 'cuda' is not on this machine"):
        choose_device("cuda")
    assert choose_device("auto").type in ("cpu", "mps")
