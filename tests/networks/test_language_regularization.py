"""What training alone does to a language model: it drops words, columns and weights, and reads in less precision."""

import pytest
import torch

from tests.networks.language_networks import build


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(13)


@pytest.fixture
def ids():
    return torch.randint(1, 30, (3, 17))


@pytest.mark.parametrize("option", ["dropout", "locked_dropout", "embedding_dropout", "weight_drop"])
def test_what_is_dropped_is_dropped_in_training_only(option, ids):
    network = build(**{option: 0.5}, attention=True)
    with torch.no_grad():
        assert network(ids).logits.equal(network(ids).logits)
        network.train()
        assert not network(ids).logits.equal(network(ids).logits)
    assert (
        build(attention=True).train()(ids).logits.equal(build(attention=True)(ids).logits) is False
    )  # other weights


def test_nothing_is_dropped_at_rates_of_zero(ids):
    network = build(attention=True)
    with torch.no_grad():
        assert network(ids).logits.equal(network.train()(ids).logits)


def test_embedding_dropout_drops_whole_words_wherever_they_stand():
    network = build(embedding_dropout=0.25, vocabulary_size=1000).train()
    ids = torch.arange(2, 1000).repeat(2, 1)
    with torch.no_grad():
        kept = (network.embed(ids) / network.embedding.weight[ids] * 3).round()
    assert kept[0].equal(kept[1])
    assert (kept == kept[..., :1]).all()
    assert sorted(kept.unique().tolist()) == [0.0, 4.0]  # thirds
    assert (kept[0, :, 0] == 0).float().mean().item() == pytest.approx(0.25, abs=0.05)


def test_locked_dropout_drops_the_same_columns_at_every_step():
    network = build(dropout=0.5, embedding_size=40, hidden_size=40).train()
    with torch.no_grad():
        features = network.read(network.embed(torch.randint(1, 30, (4, 9))), network.initial_state(4)).features
    dropped = features == 0
    assert (dropped == dropped[:, :1]).all() and 0.3 < dropped.float().mean().item() < 0.7
    seen = []
    network = build(locked_dropout=0.5, embedding_size=40, hidden_size=40).train()
    for layer in network.layers:
        layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach() == 0))
    network(torch.randint(1, 30, (4, 9)))
    assert len(seen) == 2
    for dropped in seen:
        assert (dropped == dropped[:, :1]).all() and 0.3 < dropped.float().mean().item() < 0.7


def test_weight_drop_thins_the_recurrent_weights_and_leaves_them_as_they_were(ids):
    network = build(weight_drop=0.5).train()
    before = [layer.weight_hh_l0.detach().clone() for layer in network.layers]
    network(ids).logits[..., 1:].sum().backward()
    for layer, weight in zip(network.layers, before, strict=True):
        assert layer.weight_hh_l0.equal(weight)
        assert (layer.weight_hh_l0.grad == 0).float().mean().item() == pytest.approx(0.5, abs=0.15)
        assert (layer.weight_ih_l0.grad == 0).float().mean().item() < 0.1


@pytest.mark.parametrize("options", [{}, {"attention": True, "attention_layers": "all", "weight_drop": 0.5}], ids=str)
def test_autocast_is_for_training_only(options, ids):
    network = build(roughness=1.0, **options)
    with torch.no_grad():
        exact = network(ids)
        network.rnn_autocast = torch.bfloat16
        assert network(ids).logits.equal(exact.logits)
    network.train()
    torch.manual_seed(1)
    rough = network(ids)
    torch.manual_seed(1)
    network.rnn_autocast = None
    smooth = network(ids)
    carried = [part for pair in rough.state.recurrent for part in pair]
    assert {part.dtype for part in (rough.logits, *carried)} == {torch.float32}
    assert 0 < (rough.logits - smooth.logits).abs().max() < 0.1
    rough.logits.sum().backward()
    assert all(weight.grad.dtype == torch.float32 for weight in network.layers.parameters())
