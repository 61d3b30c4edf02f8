"""What a language model is made of: presets, layers, and what is refused."""

import dataclasses
import json

import pytest

from model.errors import SettingsError
from model.networks.language_presets import LANGUAGE_PRESETS, LanguageArchitecture
from model.networks.preset_words import LANGUAGE_PRESET_WORDS, PRESET_WORDS, preset_title


def test_presets_have_words_that_say_whether_they_attend():
    assert list(LANGUAGE_PRESETS) == ["lstm-lm", "awd-lstm-lm", "lstm-attention-lm", "awd-lstm-attention-lm"]
    assert list(LANGUAGE_PRESET_WORDS) == list(LANGUAGE_PRESETS)
    for name, preset in LANGUAGE_PRESETS.items():
        assert LANGUAGE_PRESET_WORDS[name].attends == preset.attention, name
        assert preset_title(name) == LANGUAGE_PRESET_WORDS[name].title
        assert preset.regularized == name.startswith("awd")
    assert not set(PRESET_WORDS) & set(LANGUAGE_PRESET_WORDS)
    assert preset_title("lstm") == "LSTM" and preset_title("from a newer version") == "from a newer version"


def test_an_architecture_goes_through_json():
    original = LanguageArchitecture(vocabulary_size=50, attention=True, window=None, tied=True, dropout=0.5)
    assert LanguageArchitecture(**json.loads(json.dumps(dataclasses.asdict(original)))) == original


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("score", "cosine", "score is 'cosine': choose one of dot, scaled-dot, general, additive"),
        ("attention_layers", "first", "attention_layers is 'first': choose one of top, all"),
        ("window", 0, "window is 0: give a whole number from 1 to 2000"),
        ("window", 2.5, "window is 2.5"),
        ("vocabulary_size", 2, "vocabulary_size is 2: give a whole number from 3"),
        ("layers", 9, "layers is 9: give a whole number from 1 to 8"),
        ("hidden_size", True, "hidden_size is True"),
        ("weight_drop", 1.0, "weight_drop is 1.0: give a number from 0"),
        ("embedding_dropout", -0.1, "embedding_dropout is -0.1"),
        ("tied", 1, "tied is 1: give True or False"),
        ("attention", None, "attention is None: give True or False"),
    ],
)
def test_options_out_of_range_name_their_value_and_the_way_out(option, value, message):
    with pytest.raises(SettingsError, match=message):
        LanguageArchitecture(**{"vocabulary_size": 30, option: value})


def test_layers_feed_each_other_and_a_tied_one_without_attention_ends_in_an_embedding():
    sizes = {"vocabulary_size": 30, "embedding_size": 4, "hidden_size": 6, "layers": 3}
    assert LanguageArchitecture(**sizes).layer_sizes == ((4, 6), (6, 6), (6, 6))
    assert LanguageArchitecture(**sizes, tied=True).layer_sizes == ((4, 6), (6, 6), (6, 4))
    assert LanguageArchitecture(**sizes, tied=True, attention=True).layer_sizes == ((4, 6), (6, 6), (6, 6))
    assert LanguageArchitecture(**sizes | {"layers": 1}, tied=True).layer_sizes == ((4, 4),)


def test_the_last_layer_attends_or_all_do():
    assert LanguageArchitecture(vocabulary_size=30, layers=3).attending_layers == ()
    assert LanguageArchitecture(vocabulary_size=30, layers=3, attention=True).attending_layers == (2,)
    every = LanguageArchitecture(vocabulary_size=30, layers=3, attention=True, attention_layers="all")
    assert every.attending_layers == (0, 1, 2)
