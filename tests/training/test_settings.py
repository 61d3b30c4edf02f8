"""Settings refuse what they do not know, with a sentence that names it."""

import inspect
import json

import pytest

from model.errors import SettingsError
from model.estimator import AttentionClassifier
from model.training.settings import Settings, parse_assignment


def test_survive_json():
    settings = Settings(preset="lstm", hidden_size=32, learning_rate=1e-3, patience=None)
    assert Settings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_the_estimator_has_the_same_options_and_defaults():
    parameters = inspect.signature(AttentionClassifier).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == Settings().to_dict()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "bilstm-additve"}, "did you mean 'bilstm-additive'"),
        ({"hiden_size": 3}, "did you mean 'hidden_size'"),
        ({"hidden_size": 0}, "hidden_size is 0; it must lie between 1 and 2048"),
        ({"hidden_size": "64"}, "hidden_size is '64' (str); it must be int"),
        ({"hidden_size": True}, "it must be int"),
        ({"dropout": float("nan")}, "dropout is nan"),
        ({"learning_rate": 0}, "learning_rate is 0.0"),
        ({"schedule": "cosine"}, "choose one of none, plateau, one-cycle"),
        ({"threads": None}, "threads is None"),
    ],
)
def test_refuse_what_makes_no_sense(options, message):
    with pytest.raises(SettingsError) as caught:
        Settings.from_dict(options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("hidden_size=32", 32),
        ("dropout=0", 0.0),
        ("learning_rate = 2e-3", 2e-3),
        ("patience=none", None),
        ("vectors=none", "none"),
        ("freeze_vectors=true", True),
        ("vectors=/tmp/a=b.vec", "/tmp/a=b.vec"),
    ],
)
def test_assignments_have_the_option_s_type(text, value):
    name, parsed = parse_assignment(text)
    assert parsed == value
    assert type(parsed) is type(value)
    Settings.from_dict({name: parsed})


@pytest.mark.parametrize("text", ["hidden_size", "hidden_size=many", "hiden_size=3", "freeze_vectors=maybe"])
def test_assignments_that_cannot_be_read(text):
    with pytest.raises(SettingsError):
        parse_assignment(text)


def test_architecture_takes_sizes_from_preset_and_data():
    architecture = Settings(preset="bilstm-2layer", hidden_size=7).architecture(
        vocabulary_size=100, classes=3, embedding_size=50
    )
    assert (architecture.layers, architecture.hidden_size, architecture.embedding_size) == (2, 7, 50)
    assert (architecture.cell, architecture.bidirectional, architecture.classes) == ("lstm", True, 3)
    one = Settings(preset="bilstm-2layer", layers=1).architecture(vocabulary_size=100, classes=3, embedding_size=50)
    assert one.layers == 1
