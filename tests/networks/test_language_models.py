"""Language models: no step sees its future, segments change nothing, and each part does what it is named for."""

import math

import pytest
import torch
from torch import nn

from model.networks.classifiers import PAD
from model.networks.language_models import LanguageNetwork
from model.networks.language_presets import LANGUAGE_PRESETS, SCORES, LanguageArchitecture
from tests.networks.language_networks import build

AWD = {"tied": True, "dropout": 0.4, "locked_dropout": 0.3, "embedding_dropout": 0.1, "weight_drop": 0.5}
KINDS = [
    {},
    {"hidden_size": 8},
    {"tied": True, "layers": 3, "hidden_size": 8},
    AWD,
    *({"attention": True, "score": score} for score in SCORES),
    {"attention": True, "attention_layers": "all", "tied": True, "window": 3, "hidden_size": 8},
    {"attention": True, "attention_layers": "all", "window": None, "score": "dot"},
    {"attention": True, "layers": 1, "window": 1, **AWD},
]


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(13)


@pytest.fixture
def ids():
    return torch.randint(1, 30, (3, 17))


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_no_step_sees_a_later_token(options, ids):
    network = build(**options)
    with torch.no_grad():
        before = network(ids)
        for place in (1, 8, 16):
            changed = ids.clone()
            changed[:, place] = changed[:, place] % 29 + 1
            after = network(changed)
            assert after.logits[:, :place].equal(before.logits[:, :place])  # to the last bit
            assert not after.logits[:, place].equal(before.logits[:, place])
            if before.attention:
                assert after.attention.weights[:, :place].equal(before.attention.weights[:, :place])
                assert (before.attention.weights[:, :place, place:] == 0).all()


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("segment", [1, 2, 5, 16])
def test_a_stream_cut_into_segments_gives_the_same(options, segment, ids):
    network = build(**options)
    with torch.no_grad():
        whole = network(ids)
        state, logits, start = None, [], 0
        for part in ids.split(segment, dim=1):
            output = network(part, state)
            state = output.state.detached()
            logits.append(output.logits)
            if output.attention:
                columns = output.attention.weights.shape[2]
                stop = start + part.shape[1]
                expected = whole.attention.per_layer[:, :, start:stop, stop - columns : stop]
                torch.testing.assert_close(output.attention.per_layer, expected, atol=1e-6, rtol=0)
            start += part.shape[1]
        torch.testing.assert_close(torch.cat(logits, 1), whole.logits, atol=1e-5, rtol=0)


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_a_stream_in_a_batch_is_the_same_alone(options, ids):
    network = build(**options)
    with torch.no_grad():
        torch.testing.assert_close(network(ids[1:2]).logits, network(ids).logits[1:2], atol=1e-5, rtol=0)


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_the_last_step_alone_is_the_last_of_all(options, ids):
    network = build(**options)
    lengths = torch.tensor([17, 1, 9])
    mask = torch.arange(17) < lengths.unsqueeze(1)
    with torch.no_grad():
        whole = network(ids)
        for given, last in ((None, [16, 16, 16]), (lengths, [16, 0, 8])):
            embeddings = network.embed(ids if given is None else ids.masked_fill(~mask, PAD))
            features, attention = network.read_last(embeddings, given)
            expected = whole.logits[range(3), last]
            torch.testing.assert_close(network.decode(features[:, 0]), expected, atol=1e-5, rtol=0)
            if attention:
                expected = whole.attention.per_layer[range(3), :, last]  # (B, L, T)
                torch.testing.assert_close(attention.per_layer[:, :, 0], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_nothing_read_has_the_prediction_of_the_zero_state(options):
    network = build(**options)
    with torch.no_grad():
        nothing, attention = network.read_last(network.embed(torch.zeros(2, 0, dtype=torch.long)))
        padding, over = network.read_last(network.embed(torch.zeros(2, 4, dtype=torch.long)), torch.tensor([0, 4]))
        zero = torch.zeros(1, network.embedding.embedding_dim)
        if network.combine is not None:
            zero = torch.tanh(network.combine.bias).unsqueeze(0)
        assert nothing[0].equal(zero) and nothing[1].equal(zero) and padding[0].equal(zero)
        assert attention is None or (attention.weights.shape == (2, 1, 0) and not over.weights[0].any())
        empty = network(torch.zeros(2, 0, dtype=torch.long))
        assert empty.logits.shape == (2, 0, 30)
        assert not any(tensor.any() for pair in empty.state.recurrent for tensor in pair)


def test_a_plain_network_is_a_stacked_lstm_and_a_linear_layer(ids):
    network = build(layers=3)
    reference = nn.LSTM(6, 6, num_layers=3, batch_first=True)
    with torch.no_grad():
        for number, layer in enumerate(network.layers):
            for name, weight in layer.named_parameters():
                getattr(reference, name.replace("_l0", f"_l{number}")).copy_(weight)
        states, (hidden, cell) = reference(network.embedding.weight[ids])
        output = network(ids)
        expected = states @ network.output_weight.T + network.output_bias
        torch.testing.assert_close(output.logits, expected, atol=1e-5, rtol=0)
        assert output.attention is None and output.state.past == ()
        torch.testing.assert_close(torch.cat([h for h, _ in output.state.recurrent]), hidden)
        torch.testing.assert_close(torch.cat([c for _, c in output.state.recurrent]), cell)


@pytest.mark.parametrize("attention_layers", ["top", "all"])
def test_states_and_contexts_of_the_attending_layers_are_combined(attention_layers, ids):
    network = build(attention=True, attention_layers=attention_layers, hidden_size=8, window=4, score="dot")
    with torch.no_grad():
        first, _ = network.layers[0](network.embed(ids))
        second, _ = network.layers[1](first)
        layers = [first, second] if attention_layers == "all" else [second]
        step = 9  # looks back at 5, 6, 7, 8
        parts, weights = [], []
        for states in layers:
            keys = states[:, 5:9]
            weights.append((keys @ states[:, step].unsqueeze(2)).squeeze(2).softmax(1))  # (B, 4)
            parts += [states[:, step], (weights[-1].unsqueeze(1) @ keys).squeeze(1)]
        features = torch.tanh(torch.cat(parts, 1) @ network.combine.weight.T + network.combine.bias)
        output = network(ids)
        expected = features @ network.output_weight.T + network.output_bias
        torch.testing.assert_close(output.logits[:, step], expected, atol=1e-5, rtol=0)
        close = {"atol": 1e-6, "rtol": 0}
        torch.testing.assert_close(output.attention.per_layer[:, :, step, 5:9], torch.stack(weights, 1), **close)
        torch.testing.assert_close(output.attention.weights[:, step, 5:9], torch.stack(weights).mean(0), **close)
        assert output.attention.names == (("layer 1", "layer 2") if attention_layers == "all" else ("layer 2",))
        assert not output.attention.weights[:, 0].any()
        sums = output.attention.weights[:, 1:].sum(-1)
        torch.testing.assert_close(sums, torch.ones_like(sums))


def test_features_have_the_columns_of_an_embedding_whatever_the_states_have(ids):
    for options in KINDS:
        network = build(**options)
        read = network.read(network.embed(ids), network.initial_state(3))
        assert read.features.shape == (3, 17, 6)
        assert (network.combine is None) == (options in ({}, AWD, {"tied": True, "layers": 3, "hidden_size": 8}))


def test_forget_gates_remember_at_first():
    network = LanguageNetwork(LanguageArchitecture(vocabulary_size=30, hidden_size=6))
    for layer in network.layers:
        assert (layer.bias_ih_l0 + layer.bias_hh_l0)[6:12].tolist() == [1.0] * 6


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("attention", [False, True])
def test_padding_is_zero_is_never_predicted_and_never_learns(tied, attention, ids):
    network = build(attention=attention, tied=tied).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    for _ in range(3):
        logits = network(ids).logits
        assert (logits.softmax(-1)[..., PAD] == 0).all()
        optimizer.zero_grad()
        nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()).backward()
        assert not network.embedding.weight.grad[PAD].any() and network.output_bias.grad[PAD] == 0
        optimizer.step()
    assert not network.embedding.weight[PAD].any()
    assert network.embed(torch.tensor([[PAD]])).eq(0).all()


def test_tied_weights_are_one_tensor_and_stand_in_the_file_once():
    tied, untied = build(tied=True), build()
    assert "output_weight" not in tied.state_dict() and "output_weight" in untied.state_dict()
    with torch.no_grad():
        features = torch.randn(2, 6)
        expected = features @ tied.embedding.weight.T + tied.output_bias
        torch.testing.assert_close(tied.decode(features), expected, atol=1e-5, rtol=0)
    pointers = [tensor.data_ptr() for tensor in tied.state_dict().values()]
    assert len(set(pointers)) == len(pointers)


def test_a_detached_state_ends_the_gradient(ids):
    network = build(attention=True)
    embeddings = network.embed(ids).detach().requires_grad_()
    state = network.read(embeddings, network.initial_state(3)).state
    for carried, reaches in ((state, True), (state.detached(), False)):
        embeddings.grad = None
        network(ids, carried).logits.sum().backward(retain_graph=True)
        assert (embeddings.grad is not None) == reaches
    assert state.past[0].shape == (3, 5, 6)


@pytest.mark.parametrize("preset", LANGUAGE_PRESETS)
def test_every_preset_learns_to_repeat(preset):
    """One step back is within reach of each of them: the token before last comes again."""
    kind = LANGUAGE_PRESETS[preset]
    rates = {"dropout": 0.1, "locked_dropout": 0.1, "embedding_dropout": 0.05, "weight_drop": 0.1}
    network = build(
        roughness=1.0,
        vocabulary_size=6,
        embedding_size=16,
        hidden_size=16,
        layers=1,
        attention=kind.attention,
        tied=kind.regularized,
        **(rates if kind.regularized else {}),
    )
    stream = torch.randint(2, 6, (20, 2)).repeat(1, 20)  # a b a b a b ...
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    network.train()
    for _ in range(60):
        loss = nn.functional.cross_entropy(network(stream).logits[:, :-1].flatten(0, 1), stream[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    network.eval()
    with torch.no_grad():
        loss = nn.functional.cross_entropy(network(stream).logits[:, 2:-1].flatten(0, 1), stream[:, 3:].flatten())
    assert loss.item() < 0.2 < math.log(4)
