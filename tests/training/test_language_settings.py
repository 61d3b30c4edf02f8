"""What a language model's settings mean where they leave something to the preset or the unit."""

import json

import pytest

from model.errors import SettingsError
from model.networks.language_presets import LANGUAGE_PRESETS
from model.training.language_settings import LanguageSettings


def test_survive_json():
    settings = LanguageSettings(preset="awd-lstm-lm", window=None, tied=False, clip=None)
    assert LanguageSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_a_preset_says_how_much_is_regularised():
    plain, awd = (LanguageSettings(preset=preset).meant for preset in ("lstm-lm", "awd-lstm-lm"))
    assert (plain.tied, plain.weight_drop, plain.averaging) == (False, 0.0, "off")
    assert (awd.tied, awd.averaging) == (True, "non-monotonic")
    assert min(awd.dropout, awd.locked_dropout, awd.embedding_dropout, awd.weight_drop) > 0


def test_what_is_said_stands():
    settings = LanguageSettings(preset="awd-lstm-lm", tied=False, dropout=0.0, averaging="off", min_frequency=7)
    meant = settings.meant
    assert (meant.tied, meant.dropout, meant.averaging, meant.min_frequency) == (False, 0.0, "off", 7)
    assert meant.meant == meant


def test_rare_words_are_unknown_but_rare_characters_are_not():
    assert LanguageSettings(unit="words").meant.min_frequency == 2
    assert LanguageSettings(unit="characters").meant.min_frequency == 1


@pytest.mark.parametrize("preset", LANGUAGE_PRESETS)
def test_the_architecture_has_what_is_meant(preset):
    settings = LanguageSettings(preset=preset, hidden_size=7, window=None, attention_score="additive")
    architecture = settings.architecture(vocabulary_size=90)
    assert (architecture.vocabulary_size, architecture.hidden_size, architecture.window) == (90, 7, None)
    assert (architecture.attention, architecture.score) == (LANGUAGE_PRESETS[preset].attention, "additive")
    for name in ("tied", "dropout", "locked_dropout", "embedding_dropout", "weight_drop"):
        assert getattr(architecture, name) == getattr(settings.meant, name), name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "lstm"}, "preset is 'lstm'; choose one of lstm-lm, awd-lstm-lm"),
        ({"window": 2001}, "window is 2001; it must lie between 1 and 2000"),
        ({"averaging": "none"}, "averaging is 'none'; choose one of off, non-monotonic"),
        ({"tied": 1}, "tied is 1 (int); it must be bool or none"),
        ({"vectors": "none"}, "there is no option 'vectors'"),
    ],
)
def test_refuse_what_makes_no_sense(options, message):
    with pytest.raises(SettingsError) as caught:
        LanguageSettings.from_dict(options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("window=none", None), ("tied=false", False), ("averaging=off", "off"), ("learning_rate=3", 3.0)],
)
def test_assignments_have_the_option_s_type(text, value):
    name, parsed = LanguageSettings.parse_assignment(text)
    assert parsed == value and type(parsed) is type(value)
    LanguageSettings.from_dict({name: parsed})
