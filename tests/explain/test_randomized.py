"""Copies that forgot what they learned, from the top down: which weights are new in which stage, for every preset."""

from itertools import pairwise

import pytest
import torch

from model.errors import SettingsError
from model.explain.figures import predict_ids
from model.explain.randomized import STAGES, cascade, randomized
from model.networks.build import build_network
from model.networks.presets import PRESETS, Architecture

IDS = [5, 9, 2, 30, 3, 17, 8]

# What stands in which stage, from the top down, by the names of the layers.
NEW = {
    "head": {"head", "second_reader"},
    "head+attention": {"attention", "sentence_attention", "sentence_encoder"},
    "head+attention+encoder": {"encoder"},
    "all": {"embedding", "input_normalization"},
}


def trained(preset, **options):
    """A network none of whose weights is where initialisation would have put it."""
    sizes = {"vocabulary_size": 40, "embedding_size": 6, "hidden_size": 8, "sentence_ends": (3, 4)} | options
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = build_network(Architecture(**PRESETS[preset]._asdict(), classes=3, **sizes))
        for values in network.state_dict().values():
            values += torch.rand_like(values) + 1 if values.is_floating_point() else 5
        network.embedding.weight.data[0] = 0.0
    return network.eval()


def state(network):
    return {name: values.clone() for name, values in network.state_dict().items()}


def learned(values, name):
    return values[1:] if name == "embedding.weight" else values  # the PAD row is zero before and after


@pytest.mark.parametrize("preset", PRESETS)
def test_each_stage_is_new_from_the_top_down_to_its_own_layers(preset):
    network = trained(preset)
    before, outside = state(network), torch.random.get_rng_state()
    copies = cascade(network, seed=1)
    assert tuple(copies) == STAGES
    new = set()
    for stage, copy in copies.items():
        new |= NEW[stage]
        for name, values in copy.state_dict().items():
            same = torch.equal(learned(values, name), learned(before[name], name))
            assert same == (name.split(".")[0] not in new), (stage, name)
        assert not copy.embedding.weight[0].any()
        assert not copy.training
        assert predict_ids(copy, IDS).probabilities.sum() == pytest.approx(1.0)
    assert {name.split(".")[0] for name in before} <= new  # nothing was forgotten
    assert all(torch.equal(values, before[name]) for name, values in network.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), outside)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_stage_keeps_what_the_one_before_drew(preset):
    copies = list(cascade(trained(preset), seed=1).values())
    for number, (above, below) in enumerate(pairwise(copies)):
        drawn = set().union(*[NEW[stage] for stage in STAGES[: number + 1]])
        for name, values in above.state_dict().items():
            assert name.split(".")[0] not in drawn or torch.equal(values, below.state_dict()[name])


@pytest.mark.parametrize("preset", ["bilstm-additive", "han"])
def test_attention_changes_when_its_own_layers_do(preset):
    network = trained(preset)
    copies = cascade(network, seed=1)
    own = predict_ids(network, IDS).attention.weights
    assert (predict_ids(copies["head"], IDS).attention.weights == own).all()
    assert (predict_ids(copies["head+attention"], IDS).attention.weights != own).any()
    assert (predict_ids(copies["head"], IDS).logits != predict_ids(network, IDS).logits).all()


@pytest.mark.parametrize(
    ("preset", "options"),
    [
        ("bilstm-additive", {"input_normalization": True}),
        ("bilstm-additive", {"attention_weights": "uniform"}),
        ("bilstm-feedforward", {"position_bias": True, "max_tokens": 9}),
        ("bilstm-2layer", {}),
        ("han", {}),
    ],
)
def test_all_is_a_new_network(preset, options):
    network = trained(preset, **options)
    with torch.random.fork_rng():
        torch.manual_seed(4)
        fresh = state(build_network(network.architecture))
    everything = state(randomized(network, stage="all", seed=4))
    assert everything.keys() == fresh.keys()
    assert all(torch.equal(everything[name], fresh[name]) for name in fresh)


def test_the_seed_alone_decides():
    network = trained("bilstm-multihead")
    torch.manual_seed(1)
    first = state(randomized(network, stage="head+attention", seed=3))
    torch.manual_seed(2)
    again = state(randomized(network, stage="head+attention", seed=3))
    other = state(randomized(network, stage="head+attention", seed=4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_a_network_in_training_stays_so_and_so_do_its_copies():
    network = trained("lstm").train()
    assert all(copy.training for copy in cascade(network, seed=1).values()) and network.training


def test_an_unknown_stage_is_named():
    with pytest.raises(SettingsError, match=r"no stage 'encoder'.*choose from head, head\+attention"):
        randomized(trained("lstm"), stage="encoder", seed=1)
