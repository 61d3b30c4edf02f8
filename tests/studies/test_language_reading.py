"""How far models look back, and copying: against a plain reading of the same text, token by token."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from model.data.corpus import Corpus
from model.data.repeat import decided, generate
from model.errors import RunError
from model.explain.next_word import distance_profile, read_ids
from model.networks.language_models import LanguageNetwork
from model.networks.language_presets import LanguageArchitecture
from model.studies.language_reading import NEAREST, copying, looking_back
from model.text.language import LanguageVocabulary

TEXT = generate(tokens=2000)
VOCABULARY = LanguageVocabulary.fit(TEXT, unit="words")
IDS = VOCABULARY.encode(TEXT)


def model(*, attention=True, window=40, seed=0, vocabulary=VOCABULARY, **options):
    torch.manual_seed(seed)
    architecture = LanguageArchitecture(
        vocabulary_size=len(vocabulary), embedding_size=6, hidden_size=6, layers=2, attention=attention,
        window=window, **options,
    )  # fmt: skip
    network = LanguageNetwork(architecture).eval()
    with torch.no_grad():  # weights that are not all alike
        for parameter in network.attention.parameters():
            parameter.mul_(8.0)
    return SimpleNamespace(network_=network, vocabulary_=vocabulary, settings=SimpleNamespace(window=window))


def corpus(name="repeat:2000", test=TEXT):
    return Corpus(name, "", "", test, {}, "")


@pytest.mark.parametrize(("window", "layers"), [(40, "top"), (None, "all"), (3, "top")])
def test_distances_are_those_of_a_plain_reading(window, layers):
    one = model(window=window, attention_layers=layers)
    found = looking_back([one], TEXT, tokens=600, longest=30)
    plain = read_ids(one.network_, IDS[:600]).weights
    assert found["weights"] == pytest.approx(distance_profile(plain, longest=30).tolist(), abs=1e-6)
    near = [row[max(0, p - 1 - NEAREST) : p - 1].sum() for p, row in enumerate(plain) if p >= 2]
    assert found["nearest"]["estimate"] == pytest.approx(np.mean(near), abs=1e-6)
    even = [min(seen, NEAREST) / seen for p in range(2, 601) for seen in [min(p - 1, window or 600)]]
    assert found["nearest"]["even"] == pytest.approx(np.mean(even))
    assert found["tokens"] == 600 and found["nearest"]["low"] is None  # too short for segments


def test_seeds_are_averaged_and_a_long_text_has_an_interval():
    models = [model(seed=seed) for seed in (1, 2)]
    both, alone = (
        looking_back(models, TEXT * 2, tokens=3200),
        [looking_back([each], TEXT * 2, tokens=3200) for each in models],
    )
    assert both["weights"] == pytest.approx(np.mean([each["weights"] for each in alone], axis=0).tolist())
    nearest = both["nearest"]
    assert nearest["estimate"] == pytest.approx(np.mean([each["nearest"]["estimate"] for each in alone]))
    assert 0 <= nearest["low"] < nearest["estimate"] < nearest["high"] <= 1 and nearest["covers"] == "texts and seeds"


def test_a_model_without_attention_looks_back_at_nothing():
    with pytest.raises(RunError, match="choose one with attention"):
        looking_back([model(attention=False)], TEXT)


@pytest.mark.parametrize("attention", [True, False])
def test_copying_is_that_of_a_plain_reading(attention):
    one = model(attention=attention)
    found, back = copying(one, corpus()), decided(TEXT)
    plain = read_ids(one.network_, IDS)
    rows = {
        k: [(plain.rank[p] == 1, plain.weights is not None and plain.weights[p].argmax() == p - k,
             0.0 if plain.weights is None else plain.weights[p, p - k]) for p in np.flatnonzero(back == k)]
        for k in sorted(set(back.tolist()) - {0})
    }  # fmt: skip
    assert [row["k"] for row in found["by_k"]] == list(rows)
    for row in found["by_k"]:
        right, largest, weight = np.mean(rows[row["k"]], axis=0)
        assert (row["places"], row["right"]) == (len(rows[row["k"]]), pytest.approx(right))
        expected = (largest, weight) if attention else (None, None)
        assert (row["largest"], row["weight"]) == (pytest.approx(expected[0]), pytest.approx(expected[1], abs=1e-6))
    assert found["places"] == np.count_nonzero(back)
    assert found["right"] == pytest.approx(np.mean([each[0] for row in rows.values() for each in row]))


def test_weight_where_the_window_does_not_reach_is_none():
    found = copying(model(window=9), corpus())
    weights = {row["k"]: row["weight"] for row in found["by_k"]}
    assert weights[10] > 0 and all(weight == 0 for k, weight in weights.items() if k > 10)


def test_copying_is_of_generated_words_alone():
    assert copying(model(), corpus("war-and-peace")) is None
    assert copying(model(), corpus(test="apple bread\ncastle")) is None
    characters = LanguageVocabulary.fit(TEXT, unit="characters")
    assert copying(model(vocabulary=characters), corpus()) is None
