"""Language models learn, repeat themselves bit for bit, and go on after a kill as if nothing had happened."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from model.errors import DataError, ModelError, SettingsError
from model.networks.language_models import LanguageNetwork
from model.training import language_trainer
from model.training.device import PrivateRandomness
from model.training.failures import memory_in_words
from model.training.language_inference import token_losses
from model.training.language_loop import fit_language_model
from model.training.language_settings import LanguageSettings

VOCABULARY = 12
SETTINGS = LanguageSettings(
    preset="lstm-lm", unit="characters", layers=1, hidden_size=12, embedding_size=8, window=10, epochs=4,
    batch_size=4, segment=15, learning_rate=3e-2,
)  # fmt: skip


def _text(tokens, seed):
    """Words 2 to 11, of which each is followed by the next one, or seldom by any."""
    generator = np.random.default_rng(seed)
    ids = [2]
    while len(ids) < tokens:
        ids.append(int(generator.integers(2, VOCABULARY)) if generator.random() < 0.1 else 2 + (ids[-1] - 1) % 10)
    return np.array(ids, np.int32)


TRAIN, VALIDATION = _text(600, 0), _text(200, 1)


def _network(settings):
    with PrivateRandomness(settings.seed, torch.device("cpu")):
        return LanguageNetwork(settings.architecture(vocabulary_size=VOCABULARY))


def _train(settings=SETTINGS, **options):
    network = _network(settings)
    return network, list(fit_language_model(network, TRAIN, VALIDATION, settings, **options))


def _weights(network):
    return {name: value.tolist() for name, value in network.state_dict().items()}


def _epochs(events):
    return [event for event in events if event["kind"] == "epoch"]


@pytest.fixture
def averaged_soon(monkeypatch):
    """Averaging begins with the first validation that is worse than the one before it, but for one."""
    monkeypatch.setattr(language_trainer, "NON_MONOTONIC", 1)


SHAKY = dataclasses.replace(
    SETTINGS, preset="awd-lstm-attention-lm", epochs=12, schedule="none", learning_rate=0.1, patience=None
)


@pytest.mark.parametrize("preset", ["lstm-lm", "lstm-attention-lm"])
def test_it_learns_and_says_so(preset):
    network, events = _train(dataclasses.replace(SETTINGS, preset=preset, epochs=8))
    boot, done = events[0], events[-1]
    assert (boot["kind"], boot["tokens"], boot["resumed_after"]) == ("boot", 4 * 149, 0)
    assert (done["kind"], done["epochs"], done["ended"]) == ("done", 8, "epochs")
    last = _epochs(events)[-1]
    assert last["validation"]["tokens"] == len(VALIDATION) - 1 and not last["averaging"]
    assert last["train"]["perplexity"] == pytest.approx(math.exp(last["train"]["loss"]))
    assert done["validation"]["perplexity"] < 5  # of 10 words; 1.8 where nothing more can be known
    losses = token_losses(network, VALIDATION)
    assert losses.mean() == pytest.approx(done["validation"]["loss"])  # the best epoch's weights are back
    assert network.embedding.weight[0].tolist() == [0.0] * 8


def test_two_trainings_are_one_whatever_the_caller_draws_in_between():
    settings = dataclasses.replace(SETTINGS, preset="awd-lstm-lm")
    first, _ = _train(settings)
    second = _network(settings)
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    for _ in fit_language_model(second, TRAIN, VALIDATION, settings):
        pass
    assert torch.equal(torch.rand(3), expected)
    assert _weights(first) == _weights(second)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"preset": "awd-lstm-attention-lm", "weight_decay": 1e-4},
        {"optimizer": "sgd", "learning_rate": 1.0, "schedule": "plateau"},
        {"schedule": "none", "attention_layers": "all", "preset": "lstm-attention-lm"},
    ],
)
def test_a_killed_training_goes_on_to_the_same_end(tmp_path, changes):
    settings = dataclasses.replace(SETTINGS, **changes)
    unbroken, events = _train(settings)
    path = tmp_path / "checkpoint.safetensors"
    for event in fit_language_model(_network(settings), TRAIN, VALIDATION, settings, checkpoint=path):
        if event["kind"] == "epoch" and event["epoch"] == 2:
            break
    resumed, rest = _train(settings, checkpoint=path)
    assert rest[0]["resumed_after"] == 2
    assert _weights(resumed) == _weights(unbroken)
    assert rest[-1]["validation"] == events[-1]["validation"]


def test_averaging_begins_where_validation_stands_still_and_is_what_is_validated(averaged_soon):
    network, events = _train(SHAKY)
    epochs = _epochs(events)
    losses = [event["validation"]["loss"] for event in epochs]
    first = next(place for place in range(2, 12) if losses[place] > min(losses[: place - 1]))
    assert [event["averaging"] for event in epochs] == [False] * (first + 1) + [True] * (11 - first)
    assert events[-1]["best_epoch"] > first + 1, "the mean is better than any of the weights before it"
    assert token_losses(network, VALIDATION).mean() == pytest.approx(min(losses))


def test_the_mean_is_that_of_the_weights_after_each_update_and_is_what_is_kept(averaged_soon):
    network = _network(SHAKY)
    trainer = language_trainer.LanguageTrainer(network, TRAIN, VALIDATION, SHAKY)
    trainer.mean = {name: value.clone() for name, value in network.state_dict().items()}
    seen = []
    for segment in trainer._steps(np.random.default_rng(0))[:5]:
        network.train()
        trainer._update(segment)
        seen.append(network.output_bias.detach().clone())
    assert torch.allclose(trainer.mean["output_bias"], torch.stack(seen).mean(0), atol=1e-6)
    event = {"epoch": 1, **trainer._validated(1)}
    averaged = _network(SHAKY)
    averaged.load_state_dict(trainer.mean)
    assert event["validation"]["loss"] == pytest.approx(token_losses(averaged, VALIDATION).mean())
    assert trainer.judge(event) and torch.equal(trainer.best["output_bias"], trainer.mean["output_bias"])
    assert torch.equal(network.output_bias, seen[-1]), "training goes on from its own weights"


def test_averaging_survives_a_kill(averaged_soon, tmp_path):
    unbroken, events = _train(SHAKY)
    begun = next(event["epoch"] for event in _epochs(events) if event["averaging"])
    path = tmp_path / "checkpoint.safetensors"
    for event in fit_language_model(_network(SHAKY), TRAIN, VALIDATION, SHAKY, checkpoint=path):
        if event["kind"] == "epoch" and event["epoch"] == begun:
            break
    resumed, rest = _train(SHAKY, checkpoint=path)
    assert _weights(resumed) == _weights(unbroken)
    assert rest[-1]["validation"] == events[-1]["validation"]


def test_no_gradient_reaches_the_segment_before():
    network = _network(SETTINGS)
    trainer = language_trainer.LanguageTrainer(network, TRAIN, VALIDATION, SETTINGS)
    for segment in trainer._steps(np.random.default_rng(0))[:2]:
        trainer._update(segment)  # a second backward through the first segment's graph would raise
        assert not any(part.requires_grad for pair in trainer.state.recurrent for part in pair)
        assert trainer.state.recurrent[0][0].abs().sum() > 0


def test_weight_decay_spares_embeddings_and_biases():
    settings = dataclasses.replace(SETTINGS, weight_decay=0.5, learning_rate=1e-8)
    network = _network(settings)
    trainer = language_trainer.LanguageTrainer(network, TRAIN, VALIDATION, settings)
    groups = trainer.optimizer._dense.param_groups
    assert [group["weight_decay"] for group in groups] == [0.5, 0.0]
    assert all(weight.dim() > 1 for weight in groups[0]["params"])
    assert sum(weight.numel() for group in groups for weight in group["params"]) == sum(
        weight.numel() for name, weight in network.named_parameters() if name != "embedding.weight"
    )


def test_a_loss_that_is_no_number_is_said_with_the_way_out():
    network = _network(SETTINGS)
    with torch.no_grad():
        network.output_bias.fill_(float("nan"))
    with pytest.raises(ModelError, match=r"no longer a number in epoch 1; lower the learning rate \(now 0.03"):
        list(fit_language_model(network, TRAIN, VALIDATION, SETTINGS))


@pytest.mark.parametrize("lengths", [(1, 200), (600, 1), (0, 200)])
def test_a_text_too_short_to_predict_anything_is_refused(lengths):
    with pytest.raises(DataError, match="at least 2 are needed"):
        list(fit_language_model(_network(SETTINGS), TRAIN[: lengths[0]], VALIDATION[: lengths[1]], SETTINGS))


def test_out_of_memory_names_the_segment():
    with pytest.raises(ModelError, match="first of all batch_size 2 or segment 7"), memory_in_words(SETTINGS):
        raise MemoryError


@pytest.mark.parametrize("preset", ["lstm-lm", "lstm-attention-lm"])
@pytest.mark.parametrize("segment", [1, 7, 1000])
def test_losses_are_those_of_a_plain_loop_whatever_the_segment(preset, segment):
    network = _network(dataclasses.replace(SETTINGS, preset=preset, dropout=0.5))
    state, expected = network.initial_state(1), []
    network.eval()
    with torch.no_grad():
        for token, following in pairwise(VALIDATION[:101]):
            output = network(torch.tensor([[int(token)]]), state)
            expected.append(-output.logits[0, 0].log_softmax(0)[int(following)].item())
            state = output.state
    network.train()
    losses = token_losses(network, VALIDATION[:101], segment=segment)
    assert losses.dtype == np.float32 and np.allclose(losses, expected, rtol=1e-5, atol=1e-6)
    assert network.training, "it is left as it was"


def test_a_text_of_one_token_has_no_losses():
    assert token_losses(_network(SETTINGS), np.array([3], np.int32)).shape == (0,)


def test_the_whole_past_is_for_texts_that_are_not_too_long(monkeypatch):
    whole = dataclasses.replace(SETTINGS, preset="lstm-attention-lm", window=None, epochs=1)
    monkeypatch.setattr(language_trainer, "WHOLE_PAST", 149)  # 600 tokens in 4 streams: 149 predictions each
    _, events = _train(whole)
    assert events[-1]["kind"] == "done"
    monkeypatch.setattr(language_trainer, "WHOLE_PAST", 148)
    with pytest.raises(SettingsError, match="each of the 4 streams of this text has 149 tokens"):
        _train(whole)
    _train(dataclasses.replace(whole, window=10))
    _train(dataclasses.replace(whole, preset="lstm-lm"))


def test_it_learns_in_bfloat16_and_says_so():
    network, events = _train(dataclasses.replace(SETTINGS, precision="bfloat16", epochs=8))
    assert events[0]["precision"] == "bfloat16"
    assert all(value.dtype == torch.float32 for value in network.state_dict().values())
    exact, _ = _train(dataclasses.replace(SETTINGS, precision="float32", epochs=8))
    ours, theirs = (float(token_losses(each, VALIDATION).mean()) for each in (network, exact))
    assert ours != theirs and ours == pytest.approx(theirs, abs=0.05)
