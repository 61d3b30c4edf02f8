"""A language model read and explained: the next token as a class, weights by row, surprise, ranks and samples."""

import itertools
import math

import numpy as np
import pytest
import torch

from model.errors import ModelError, SettingsError
from model.explain.attribution import METHODS, attribute
from model.explain.figures import explain_ids, predict_ids
from model.explain.network import baseline_logits, run, shortened_logits
from model.explain.next_word import NextWord, distance_profile, read_ids, sample, state_after
from model.networks.classifiers import PAD, UNK
from model.networks.language_models import LanguageNetwork
from model.networks.language_presets import LanguageArchitecture

KINDS = [
    {},
    {"attention": True},
    {"attention": True, "score": "additive", "window": 3},
    {"attention": True, "attention_layers": "all", "score": "dot", "window": None, "tied": True},
]
IDS = np.random.default_rng(3).integers(1, 20, 13)


def build(**options):
    """A small language model in eval mode, with weights large enough to have opinions."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = LanguageNetwork(
            LanguageArchitecture(**{"vocabulary_size": 20, "embedding_size": 6, "hidden_size": 6, **options})
        )
    with torch.no_grad():
        network.embedding.weight *= 10
        for parameter in itertools.chain(network.layers.parameters(), network.attention.parameters()):
            parameter *= 2
        if network.output_weight is not None:
            network.output_weight *= 20
    return network.eval()


@pytest.fixture(params=KINDS, ids=str)
def network(request):
    return build(**request.param)


def plain(network, ids):
    """Logits (T, V) and weights (T, L, T) after each token, in one piece."""
    with torch.no_grad():
        output = network(torch.as_tensor(ids)[None])
    return output.logits[0].numpy(), output.attention and output.attention.per_layer[0].transpose(0, 1).numpy()


def test_the_next_word_is_the_class_after_the_last_token(network):
    logits, weights = plain(network, IDS)
    prediction = predict_ids(NextWord(network), IDS)
    assert prediction.logits == pytest.approx(logits[-1], abs=1e-5)
    assert prediction.probabilities[PAD] == 0.0
    if weights is None:
        assert prediction.attention is None
        return
    assert prediction.attention.weights == pytest.approx(weights[-1].mean(0), abs=1e-6)
    assert prediction.attention.weights[-1] == 0.0 and prediction.attention.weights.sum() == pytest.approx(1)
    if len(network.names) > 1:
        assert prediction.attention.per_head == pytest.approx(weights[-1], abs=1e-6)
        assert prediction.attention.names == ("layer 1", "layer 2")


def test_shortened_texts_are_those_read_alone(network):
    kept = [np.array([0, 3, 7]), np.arange(13), np.zeros(0, np.int64), np.array([12])]
    together = shortened_logits(NextWord(network), IDS, kept)
    for positions, logits in zip(kept, together, strict=True):
        assert logits == pytest.approx(run(NextWord(network), IDS[positions]).logits[0].numpy(), abs=1e-5)


def test_an_explanation_has_every_part(network):
    figures = explain_ids(NextWord(network), IDS, methods=list(METHODS), seed=0)
    assert set(figures.attributions) == set(METHODS)
    assert set(figures.faithfulness) == set(METHODS) | ({"attention"} if network.names else set())
    assert set(figures.agreement) == (set(METHODS) if network.names else set())
    assert all(-1 <= one.kendall_tau <= 1 for one in figures.agreement.values())


def test_integrated_gradients_add_up(network):
    explained = NextWord(network)
    changes = run(explained, IDS).logits[0].numpy() - baseline_logits(explained, IDS)
    assert np.abs(changes[1:]).max() > 0.1
    for target in (2, 9, 19):
        result = attribute(explained, IDS, method="integrated_gradients", target=target)
        assert result.values.sum() == pytest.approx(changes[target], rel=0.01, abs=0.001)


def test_leave_one_out_is_deleting_by_hand(network):
    logits, _ = plain(network, IDS)
    values = attribute(NextWord(network), IDS, method="leave_one_out", target=9).values
    for place in range(len(IDS)):
        without, _ = plain(network, np.delete(IDS, place))
        assert values[place] == pytest.approx(logits[-1, 9] - without[-1, 9], abs=1e-4)


@pytest.mark.parametrize("ids", [[], [5]], ids=["empty", "one token"])
def test_the_shortest_texts_have_defined_answers(network, ids):
    figures = explain_ids(NextWord(network), ids, methods=["integrated_gradients", "leave_one_out"], seed=0, target=4)
    assert np.isfinite(figures.prediction.logits).all()
    assert all(len(one.values) == len(ids) for one in figures.attributions.values())
    if network.names:
        assert figures.prediction.attention.weights.tolist() == [0.0] * len(ids)
    with pytest.raises(ModelError, match="the target is class 20, but the network knows 20"):
        attribute(NextWord(network), ids, method="saliency", target=20)


def test_explaining_leaves_the_mode_as_it_was():
    network = build()
    predict_ids(NextWord(network), IDS)
    assert not network.training
    network.train()
    predict_ids(NextWord(network), IDS)
    read_ids(network, IDS)
    assert network.training


@pytest.mark.parametrize("segment", [1, 4, 13, 256])
def test_a_text_read_in_segments_is_the_text_read_in_one_piece(network, segment):
    logits, weights = plain(network, IDS)
    likely = np.exp(logits - logits.max(1, keepdims=True))
    likely /= likely.sum(1, keepdims=True)
    read = read_ids(network, IDS, segment=segment)
    assert np.isnan(read.surprise[0]) and read.rank[0] == 0 and not read.top_probabilities[0].any()
    assert (read.top_ids[0] == -1).all()
    for place in range(1, 14):
        order = [word for word in np.argsort(-logits[place - 1]) if word not in (PAD, UNK)]
        assert read.top_ids[place].tolist() == order[:5]
        assert read.top_probabilities[place] == pytest.approx(likely[place - 1, order[:5]], abs=1e-5)
        if place < 13:
            true = IDS[place]
            assert read.surprise[place] == pytest.approx(-math.log2(likely[place - 1, true]), abs=1e-4)
            better = [word for word in order if logits[place - 1, word] > logits[place - 1, true]]
            assert read.rank[place] == len(better) + 1
    if weights is None:
        assert read.weights is None and read.per_layer is None and read.names is None
        return
    expected = np.zeros((len(network.names), 14, 13))
    expected[:, 1:] = weights.transpose(1, 0, 2)
    assert read.weights == pytest.approx(expected.mean(0), abs=1e-6)
    if len(network.names) > 1:
        assert read.per_layer == pytest.approx(expected, abs=1e-6) and read.names == ("layer 1", "layer 2")
    else:
        assert read.per_layer is None and read.names is None


def test_reading_an_empty_text_and_a_tiny_vocabulary(network):
    read = read_ids(network, [])
    assert read.surprise.shape == (0,) and read.rank.shape == (0,) and read.top_ids.tolist() == [[-1] * 5]
    assert read.weights is None or read.weights.shape == (1, 0)
    read = read_ids(build(vocabulary_size=4, attention=True), [2, 3, UNK], most=3)
    assert sorted(read.top_ids[3].tolist()) == [-1, 2, 3] and read.top_ids[3, 2] == -1
    assert read.top_probabilities[3, 2] == 0.0 and read.rank[2] in (1, 2, 3)
    assert read.surprise.dtype == np.float32 and read.weights.dtype == np.float32


def test_the_profile_is_the_mean_weight_by_distance():
    # Token 2 looked back at token 0, token 3 at 0 (a quarter) and 1, the token after the text at 2.
    weights = np.zeros((5, 4), np.float32)
    weights[2, 0], weights[3, :2], weights[4, 2] = 1.0, (0.25, 0.75), 1.0
    assert distance_profile(weights, longest=3).tolist() == pytest.approx([0, 0, 2.75 / 3, 0.25 / 3])
    assert distance_profile(weights, longest=9)[4:].tolist() == [0.0] * 6
    assert distance_profile(np.zeros((1, 0), np.float32), longest=2).tolist() == [0.0, 0.0, 0.0]
    read = read_ids(build(attention=True, window=3), IDS)
    profile = distance_profile(read.weights, longest=4)
    assert profile[:2].tolist() == [0.0, 0.0] and profile.sum() == pytest.approx(1) and profile[4] > 0


def take(count, network, ids, **options):
    return list(itertools.islice(sample(network, ids, **{"seed": 1, **options}), count))


def test_the_likeliest_tokens_follow_each_other(network):
    ids = list(IDS)
    for chosen, probability in take(8, network, IDS, temperature=0):
        read = read_ids(network, ids, most=1)
        assert chosen == read.top_ids[-1, 0]
        assert probability == pytest.approx(read.top_probabilities[-1, 0], abs=1e-5)
        ids.append(chosen)


def test_samples_follow_the_probabilities_and_the_seed():
    network = build(attention=True)
    likely = np.exp(plain(network, IDS)[0][-1].astype(np.float64) * 4)  # at temperature 1 / 4
    likely[[PAD, UNK]] = 0
    best = np.argsort(-likely)[:3]
    counts = np.zeros(20)
    for seed in range(600):
        (chosen, _), *_ = take(1, network, IDS, seed=seed, temperature=0.25, top_k=3)
        counts[chosen] += 1
    assert counts[best] / 600 == pytest.approx(likely[best] / likely[best].sum(), abs=0.07)
    assert counts.sum() == counts[best].sum()
    assert take(20, network, IDS) == take(20, network, IDS) != take(20, network, IDS, seed=2)


def test_unknown_words_and_padding_are_never_drawn():
    network = build()
    with torch.no_grad():
        network.output_bias[[PAD, UNK]] = 50.0
    drawn = take(30, network, [], temperature=100.0)
    assert not {PAD, UNK} & {chosen for chosen, _ in drawn} and max(share for _, share in drawn) < 1e-6
    assert take(5, network, IDS, temperature=100.0, top_k=1) == take(5, network, IDS, temperature=0, top_k=10_000)


def test_the_network_rests_between_samples():
    network = build().train()
    words = sample(network, IDS, seed=1)
    next(words)
    assert network.training and not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("options", [{"temperature": -1.0}, {"temperature": math.nan}, {"top_k": 0}])
def test_impossible_samples_are_refused_at_once(options):
    with pytest.raises(SettingsError, match=f"{next(iter(options))} is "):
        sample(build(), IDS, seed=1, **options)


@pytest.mark.parametrize("ids", [[], [5], [*IDS]], ids=["empty", "one token", "several"])
def test_a_text_may_begin_after_others_and_never_looks_back_at_them(network, ids):
    start = state_after(network, [3, 4, 9])
    with torch.no_grad():
        before = network(torch.tensor([[3, 4, 9]])).state
        empty = before._replace(past=network.initial_state(1).past)
        features = network.read(network.embed(torch.tensor([ids], dtype=torch.int64)), empty).features[0]
        expected = network.decode(features[-1]).numpy() if ids else None
    classifier = NextWord(network, start)
    prediction = predict_ids(classifier, ids)
    if ids:
        assert prediction.logits == pytest.approx(expected, abs=1e-5)
        assert not np.allclose(prediction.logits, predict_ids(NextWord(network), ids).logits, atol=1e-3)
        read = read_ids(network, ids, start=start, segment=2)
        assert read.top_probabilities[-1] == pytest.approx(
            np.sort(prediction.probabilities[UNK + 1 :])[:-6:-1], abs=1e-5
        )
        assert read.weights is None or read.weights.shape == (len(ids) + 1, len(ids))
    likeliest, _ = next(sample(network, ids, temperature=0.0, seed=1, start=start))
    assert likeliest == UNK + 1 + prediction.logits[UNK + 1 :].argmax()
    with torch.no_grad():  # beside a longer text, and the text without any token
        rows = torch.tensor([[*ids, *IDS], [2] * (len(ids) + 13)])
        mask = torch.arange(rows.shape[1]) < torch.tensor([[len(ids)], [0]])
        both = classifier.classify_embedded(classifier.embed(rows), mask).logits.numpy()
    assert both[0] == pytest.approx(prediction.logits, abs=1e-5)
    assert both[1] == pytest.approx(predict_ids(classifier, []).logits, abs=1e-5)
