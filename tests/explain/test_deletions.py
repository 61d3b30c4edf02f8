"""Texts whole and without one token: what is read once for many deletions gives what each shorter list gives."""

import numpy as np
import pytest
import torch

from model.explain import deletions as room
from model.explain.attribution import attribute
from model.explain.deletions import deleted_logits
from model.explain.network import run

IDS = np.random.default_rng(11).integers(1, 40, 21)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of four places, in texts of any length: the last block of 21 places holds one."""
    for name, value in {"DELETIONS_AT_ONCE": 4, "FEWEST_AT_ONCE": 4, "SHARED_FROM": 2}.items():
        monkeypatch.setattr(room, name, value)


def naively(network, ids):
    lists = [ids, *(np.delete(ids, place) for place in range(len(ids)))]
    return np.concatenate([run(network, own).logits.numpy() for own in lists])


@pytest.mark.parametrize("tokens", (1, 2, 4, 5, 21))
def test_every_preset_gives_what_the_shorter_lists_give(any_network, small_blocks, tokens):
    found = deleted_logits(any_network, IDS[:tokens])
    assert found.shape == (1 + tokens, 3)
    assert found == pytest.approx(naively(any_network, IDS[:tokens]), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("preset", "options"),
    (
        ("lstm-dot", {"layers": 3}),
        ("gru", {"layers": 2, "input_normalization": True}),
        ("bilstm-additive", {"input_normalization": True}),
        ("bilstm-feedforward", {"position_bias": True, "max_tokens": 30}),
        ("bilstm-multihead", {"attention_weights": "uniform"}),
        ("bilstm-dot", {"layers": 2}),
    ),
)
def test_options_and_stacks(build, small_blocks, preset, options):
    network = build(preset, **options)
    if network.input_normalization is not None:  # as if it had been trained
        with torch.no_grad():
            for value in network.input_normalization.buffers():
                if value.is_floating_point():
                    value.copy_(torch.rand(value.shape, generator=torch.Generator().manual_seed(1)) + 0.5)
    assert deleted_logits(network, IDS) == pytest.approx(naively(network, IDS), rel=1e-4, abs=1e-4)


def test_long_texts_share_without_being_told(network, monkeypatch):
    ids = np.random.default_rng(2).integers(1, 40, 70)
    shared = deleted_logits(network, ids)
    read = []
    for reader in (network.encoder.layers[0].forward_reader, network.encoder.layers[0].backward_reader):
        reader.rnn.register_forward_hook(
            lambda module, given, output: read.append(given[0].shape[0] * given[0].shape[1])
        )
    assert np.array_equal(deleted_logits(network, ids), shared)
    assert 70 * 69 < sum(read) < 1.7 * 70 * 69  # both directions; two for each token of each list without sharing
    monkeypatch.setattr(room, "SHARED_FROM", 71)
    assert deleted_logits(network, ids) == pytest.approx(shared, abs=1e-4)


def test_what_is_held_at_once_is_bounded(network, monkeypatch):
    monkeypatch.setattr(room, "STATES_AT_ONCE", 700)
    rows, plain = [], network.conclude
    monkeypatch.setattr(network, "conclude", lambda encoded: rows.append(encoded.shape[0]) or plain(encoded))
    deleted_logits(network, np.ones(70, np.int64))
    assert rows == [1] + [10] * 7
    rows.clear()
    deleted_logits(network, np.ones(90, np.int64))
    assert rows == [1] + [8] * 11 + [2]


def test_leave_one_out_of_a_long_text(network):
    ids = np.random.default_rng(2).integers(1, 40, 70)
    values = attribute(network, ids, method="leave_one_out", target=2).values
    logits = naively(network, ids)[:, 2]
    assert values == pytest.approx(logits[0] - logits[1:], abs=1e-4)
