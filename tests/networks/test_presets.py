"""Presets are the contract's, and an architecture refuses what no network can be."""

import dataclasses
import json
import math

import pytest

from model.errors import SettingsError
from model.networks.presets import PRESETS, Architecture


def architecture(preset, **options):
    values = {"vocabulary_size": 30, "classes": 3, "hidden_size": 8, "heads": 2}
    return Architecture(**(PRESETS[preset]._asdict() | values | options))


def test_an_architecture_goes_through_json():
    original = architecture("bilstm-dot", dropout=0.5)
    assert Architecture(**json.loads(json.dumps(dataclasses.asdict(original)))) == original


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("cell", "transformer", "cell is 'transformer': choose one of lstm, gru, rnn"),
        ("pooling", "max", "pooling is 'max': choose one of last, mean, additive"),
        ("attention_weights", "random", "choose one of learned, uniform"),
        ("hidden_size", 0, "hidden_size is 0: give a whole number from 1 to 4096"),
        ("hidden_size", 8.0, "hidden_size is 8.0: give a whole number"),
        ("layers", True, "layers is True: give a whole number"),
        ("classes", 1, "classes is 1: give a whole number from 2"),
        ("max_tokens", 0, "max_tokens is 0"),
        ("dropout", 1.0, "dropout is 1.0: give a number from 0"),
        ("weight_drop", -0.1, "weight_drop is -0.1"),
        ("word_dropout", math.nan, "word_dropout is nan"),
        ("embedding_dropout", "0.3", "embedding_dropout is '0.3'"),
        ("input_normalization", 1, "input_normalization is 1: give True or False"),
        ("heads", 3, "heads is 3, which does not divide the 16 columns"),
    ],
)
def test_options_out_of_range_name_their_value_and_the_way_out(option, value, message):
    with pytest.raises(SettingsError, match=message):
        architecture("bilstm-multihead", **{option: value})


def test_presets_are_those_of_the_contract():
    assert list(PRESETS) == [
        "rnn-mean",
        "lstm",
        "gru",
        "bilstm",
        "bilstm-2layer",
        "lstm-additive",
        "bilstm-additive",
        "lstm-dot",
        "bilstm-dot",
        "bilstm-feedforward",
        "bilstm-feedforward-stacked",
        "bilstm-multihead",
        "han",
    ]
