"""Encoders against nn.LSTM and friends on packed sequences with the same weights."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from model.networks.encoders import CELLS, Encoder, reverse

LENGTHS = torch.tensor([7, 1, 4, 6, 2])


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(13)


def packed_reference(encoder, cell, embeddings, lengths):
    """The stacked, bidirectional torch module with this encoder's weights, on a packed batch."""
    layers, bidirectional = len(encoder.layers), encoder.layers[0].backward_reader is not None
    hidden = encoder.layers[0].forward_reader.rnn.hidden_size
    reference = CELLS[cell](
        embeddings.shape[-1], hidden, num_layers=layers, bidirectional=bidirectional, batch_first=True
    )
    with torch.no_grad():
        for number, layer in enumerate(encoder.layers):
            for (_, reader), suffix in zip(layer.readers(), ["", "_reverse"], strict=False):
                for name, weight in reader.rnn.named_parameters():
                    getattr(reference, name.replace("_l0", f"_l{number}{suffix}")).copy_(weight)
    packed = pack_padded_sequence(embeddings, lengths, batch_first=True, enforce_sorted=False)
    output, last = reference(packed)
    states, _ = pad_packed_sequence(output, batch_first=True, total_length=embeddings.shape[1])
    last = last[0] if cell == "lstm" else last
    directions = 2 if bidirectional else 1
    return states, torch.cat(last[-directions:].unbind(0), dim=-1)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_states_gradients_and_last_states_are_those_of_a_packed_batch(cell, layers, bidirectional):
    encoder = Encoder(cell, 5, 6, layers=layers, bidirectional=bidirectional).eval()
    embeddings = torch.randn(5, 7, 5, requires_grad=True)
    mask = torch.arange(7) < LENGTHS.unsqueeze(1)
    ours = encoder(embeddings, LENGTHS)
    states, last = packed_reference(encoder, cell, embeddings, LENGTHS)
    torch.testing.assert_close(ours.states[mask], states[mask], atol=1e-6, rtol=0)
    torch.testing.assert_close(ours.last, last, atol=1e-6, rtol=0)
    assert len(ours.readings) == layers * (2 if bidirectional else 1)
    probe = torch.randn_like(states)
    mine, theirs = (
        torch.autograd.grad((s * probe)[mask].sum() + h.square().sum(), embeddings)[0]
        for s, h in ((ours.states, ours.last), (states, last))
    )
    torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=0)
    assert (mine[~mask] == 0).all()


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_batch_without_padding_needs_no_lengths(bidirectional):
    encoder = Encoder("lstm", 5, 6, layers=2, bidirectional=bidirectional)
    embeddings = torch.randn(3, 7, 5)
    plain, counted = encoder(embeddings), encoder(embeddings, torch.full((3,), 7))
    torch.testing.assert_close(plain.states, counted.states, atol=1e-6, rtol=0)
    torch.testing.assert_close(plain.last, counted.last, atol=1e-6, rtol=0)


def test_reverse_turns_each_text_round_within_its_own_length():
    sequence = torch.tensor([[1, 2, 3, 0], [4, 5, 0, 0], [0, 0, 0, 0], [6, 7, 8, 9]]).unsqueeze(-1)
    expected = torch.tensor([[3, 2, 1, 0], [5, 4, 0, 0], [0, 0, 0, 0], [9, 8, 7, 6]]).unsqueeze(-1)
    assert reverse(sequence, torch.tensor([3, 2, 0, 4])).equal(expected)
    assert reverse(sequence, None).equal(sequence.flip(1))


def test_readings_are_named_and_end_at_their_last_state():
    encoder = Encoder("gru", 5, 6, layers=2, bidirectional=True).eval()
    readings = encoder(torch.randn(5, 7, 5), LENGTHS).readings
    assert [reading.name for reading in readings] == [
        "layer 1 forward",
        "layer 1 backward",
        "layer 2 forward",
        "layer 2 backward",
    ]
    for reading in readings:
        end = torch.zeros(5, dtype=torch.long) if reading.backward else LENGTHS - 1
        torch.testing.assert_close(reading.last, reading.states[torch.arange(5), end], atol=0, rtol=0)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_an_empty_text_has_zero_states(cell):
    encoder = Encoder(cell, 5, 6, layers=2, bidirectional=True)
    assert encoder(torch.randn(3, 0, 5)).states.shape == (3, 0, 12)
    assert encoder(torch.randn(3, 0, 5)).last.equal(torch.zeros(3, 12))
    mixed = encoder(torch.randn(3, 4, 5), torch.tensor([4, 0, 2]))
    assert mixed.last[1].equal(torch.zeros(12))
    assert (mixed.last[[0, 2]] != 0).all()


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_weight_drop_thins_the_recurrent_weights_in_training_only(cell):
    thinned = Encoder(cell, 5, 6, bidirectional=True, weight_drop=0.5)
    embeddings = torch.randn(3, 7, 5)
    before = {name: value.clone() for name, value in thinned.state_dict().items()}
    first, second = thinned(embeddings).last, thinned(embeddings).last
    assert (first - second).abs().max() > 1e-3  # two draws
    first.sum().backward()
    for name, parameter in thinned.named_parameters():
        assert parameter.grad.abs().sum() > 0, name
    share = (thinned.layers[0].forward_reader.rnn.weight_hh_l0.grad == 0).float().mean().item()
    assert 0.2 < share < 0.8  # a dropped weight gets no gradient, the others do
    thinned.eval()
    plain = Encoder(cell, 5, 6, bidirectional=True).eval()
    plain.load_state_dict(thinned.state_dict())
    torch.testing.assert_close(thinned(embeddings).last, plain(embeddings).last, atol=0, rtol=0)
    for name, value in thinned.state_dict().items():
        assert value.equal(before[name]), name


def test_weight_drop_computes_with_the_thinned_weights():
    encoder = Encoder("rnn", 1, 1, weight_drop=0.5)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.fill_(0.0)
        rnn = encoder.layers[0].forward_reader.rnn
        rnn.weight_ih_l0.fill_(1.0)
        rnn.weight_hh_l0.fill_(1.0)
    seen = {round(encoder(torch.tensor([[[1.0], [0.0]]])).last.item(), 5) for _ in range(40)}
    # h1 = tanh(1); h2 = tanh(w h1) with w dropped to 0 or scaled to 2.
    assert seen == {0.0, round(torch.tanh(2 * torch.tanh(torch.tensor(1.0))).item(), 5)}


def test_weights_changed_in_place_or_loaded_are_the_ones_used():
    encoder = Encoder("lstm", 5, 6, weight_drop=0.3)
    embeddings = torch.randn(2, 4, 5)
    encoder(embeddings)  # a thinned run must leave nothing behind
    other = Encoder("lstm", 5, 6, weight_drop=0.3).eval()
    other.load_state_dict(encoder.state_dict())
    with torch.no_grad():
        encoder.layers[0].forward_reader.rnn.weight_hh_l0.mul_(2.0)
    changed = encoder.eval()(embeddings).last
    assert (changed - other(embeddings).last).abs().max() > 1e-3
    other.load_state_dict(encoder.state_dict())
    torch.testing.assert_close(changed, other(embeddings).last, atol=0, rtol=0)


def test_locked_dropout_drops_the_same_columns_of_states_and_last_state():
    encoder = Encoder("lstm", 5, 64, locked_dropout=0.5)
    encoded = encoder(torch.randn(3, 7, 5))
    assert encoded.last.equal(encoded.states[:, -1])
    assert ((encoded.states == 0).all(1) == (encoded.last == 0)).all()
    assert 0.3 < (encoded.last == 0).float().mean() < 0.7


def test_dropout_between_layers_acts_in_training_only():
    encoder = Encoder("lstm", 5, 6, layers=2, dropout=0.5)
    embeddings = torch.randn(2, 4, 5)
    first, second = encoder(embeddings), encoder(embeddings)
    assert (first.last - second.last).abs().max() > 1e-4
    torch.testing.assert_close(first.readings[0].last, second.readings[0].last, atol=0, rtol=0)
    assert encoder.eval()(embeddings).last.equal(encoder(embeddings).last)


def test_autocast_changes_the_recurrence_alone_and_returns_float32():
    encoder = Encoder("lstm", 16, 32, bidirectional=True)
    embeddings = torch.randn(4, 9, 16)
    exact, rough = encoder(embeddings), encoder(embeddings, autocast=torch.bfloat16)
    assert rough.states.dtype == rough.last.dtype == torch.float32
    difference = (exact.states - rough.states).abs().max()
    assert 0 < difference < 0.03


def test_an_lstm_starts_by_remembering():
    rnn = Encoder("lstm", 5, 6, bidirectional=True).layers[0].backward_reader.rnn
    biases = (rnn.bias_ih_l0 + rnn.bias_hh_l0).detach()
    assert biases[6:12].tolist() == [1.0] * 6  # forget gate; the others start around 0, as in torch
    assert (biases[:6].abs() < 1.0).all()
    assert (biases[12:].abs() < 1.0).all()
