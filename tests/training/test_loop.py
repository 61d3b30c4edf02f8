"""The loop learns, repeats itself bit for bit, and goes on after a kill as if nothing had happened."""

import dataclasses

import numpy as np
import pytest
import torch

from model.errors import LabError, ModelError
from model.networks.classifiers import TextClassifier
from model.training.batches import Documents
from model.training.device import PrivateRandomness, choose_device
from model.training.inference import logits
from model.training.loop import fit
from model.training.optimizer import one_cycle
from model.training.settings import Settings

VOCABULARY, CLASSES = 60, 2
SETTINGS = Settings(
    preset="bilstm-additive", hidden_size=8, embedding_size=8, epochs=4, batch_size=16, learning_rate=1e-2
)


def _texts(count: int, seed: int) -> Documents:
    """Random words; a text is of class 1 where word 5 stands in it."""
    generator = np.random.default_rng(seed)
    sequences, labels = [], []
    for _ in range(count):
        ids = generator.integers(6, VOCABULARY, size=generator.integers(3, 12)).astype(np.int32)
        label = int(generator.integers(2))
        if label:
            ids[generator.integers(len(ids))] = 5
        sequences.append(ids)
        labels.append(label)
    return Documents(sequences, labels)


TRAIN, VALIDATION = _texts(400, 0), _texts(100, 1)


def _network(settings: Settings) -> TextClassifier:
    with PrivateRandomness(settings.seed, torch.device("cpu")):
        return TextClassifier(settings.architecture(vocabulary_size=VOCABULARY, classes=CLASSES, embedding_size=8))


def _train(settings: Settings = SETTINGS, **options):
    network = _network(settings)
    return network, list(fit(network, TRAIN, VALIDATION, settings, **options))


def _weights(network: TextClassifier) -> dict[str, list]:
    return {name: value.tolist() for name, value in network.state_dict().items()}


def test_it_learns_and_says_so():
    network, events = _train()
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "boot"
    assert kinds[-1] == "done"
    assert kinds.count("epoch") == 4
    assert events[-1]["validation"]["accuracy"] > 0.95
    accuracy = (logits(network, VALIDATION).argmax(1) == VALIDATION.labels.numpy()).mean()
    assert accuracy == pytest.approx(events[-1]["validation"]["accuracy"])  # the best epoch's weights are back


def test_two_trainings_are_one_whatever_the_caller_draws_in_between():
    first, _ = _train()
    second = _network(SETTINGS)
    for _ in fit(second, TRAIN, VALIDATION, SETTINGS):
        torch.rand(7)
    assert _weights(first) == _weights(second)


def test_training_leaves_the_caller_s_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    _train()
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("schedule", ["one-cycle", "plateau", "none"])
@pytest.mark.parametrize("epochs_before_the_kill", [1, 3])
def test_a_killed_training_goes_on_to_the_same_end(tmp_path, schedule, epochs_before_the_kill):
    settings = dataclasses.replace(SETTINGS, schedule=schedule, optimizer="adamw", weight_decay=0.01)
    unbroken, events = _train(settings)
    path = tmp_path / "checkpoint.safetensors"
    for event in fit(_network(settings), TRAIN, VALIDATION, settings, checkpoint=path):
        if event["kind"] == "epoch" and event["epoch"] == epochs_before_the_kill:
            break
    resumed, rest = _train(settings, checkpoint=path)
    assert rest[0]["resumed_after"] == epochs_before_the_kill
    assert [event["epoch"] for event in rest[0]["history"]] == list(range(1, epochs_before_the_kill + 1))
    assert _weights(resumed) == _weights(unbroken)
    assert rest[-1]["best_epoch"] == events[-1]["best_epoch"]
    assert rest[-1]["validation"] == events[-1]["validation"]


def test_patience_ends_a_training_that_no_longer_improves():
    settings = dataclasses.replace(SETTINGS, epochs=50, patience=1, schedule="none", learning_rate=0.05)
    network, events = _train(settings)
    stop = next(event for event in events if event["kind"] == "early_stop")
    assert stop["epoch"] == stop["best_epoch"] + 1 < 50
    loss = torch.nn.functional.cross_entropy(torch.from_numpy(logits(network, VALIDATION)), VALIDATION.labels)
    assert loss.item() == pytest.approx(events[-1]["validation"]["loss"], rel=1e-4)  # the best weights are back


def test_plateau_halves_the_learning_rate():
    settings = dataclasses.replace(SETTINGS, epochs=12, patience=None, schedule="plateau", learning_rate=0.05)
    _, events = _train(settings)
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


def test_frozen_vectors_and_padding_stay_as_they_were():
    frozen = dataclasses.replace(SETTINGS, freeze_vectors=True)
    before = _network(frozen).embedding.weight.tolist()
    assert _train(frozen)[0].embedding.weight.tolist() == before
    trained = _train()[0].embedding.weight
    assert trained.tolist() != before
    assert trained[0].tolist() == [0.0] * 8


def test_balanced_weights_make_a_rare_class_count():
    documents = Documents([np.array([6], np.int32)] * 200, [1] * 20 + [0] * 180)  # one text under both labels
    shares = {}
    for weights in ("none", "balanced"):
        settings = dataclasses.replace(SETTINGS, class_weights=weights, epochs=8)
        network = _network(settings)
        list(fit(network, documents, documents, settings))
        values = torch.from_numpy(logits(network, documents)).softmax(1)
        shares[weights] = values[:, 1].mean().item()
    assert shares["none"] == pytest.approx(0.1 * 0.9 + 0.05, abs=0.06)  # the share, smoothed by 0.1
    assert shares["balanced"] == pytest.approx(0.5, abs=0.1)


def test_a_loss_that_is_no_number_is_said_with_the_way_out():
    network = _network(SETTINGS)
    with torch.no_grad():
        network.head.bias.fill_(float("nan"))
    with pytest.raises(LabError, match="lower the learning rate"):
        list(fit(network, TRAIN, VALIDATION, SETTINGS))


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ModelError, match="cannot be read"):
        _train(checkpoint=path)
    path.unlink()
    next(event for event in fit(_network(SETTINGS), TRAIN, VALIDATION, SETTINGS, checkpoint=path) if "epoch" in event)
    list(fit(_network(SETTINGS), TRAIN, VALIDATION, SETTINGS, checkpoint=path))
    other = dataclasses.replace(SETTINGS, hidden_size=9)
    with pytest.raises(ModelError, match="another training"):
        list(fit(_network(other), TRAIN, VALIDATION, other, checkpoint=path))


def test_an_absent_device_is_named():
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(LabError, match="device 'cuda' is not on this machine"):
        choose_device("cuda")
    assert choose_device("auto").type in ("cpu", "mps")
