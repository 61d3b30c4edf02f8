"""Networks told which attention weights to use: their own back, others, many at once, and what may not be given."""

import pytest
import torch

from model.errors import ModelError
from model.networks.build import build_network
from model.networks.classifiers import PAD
from model.networks.presets import PRESETS, Architecture

LENGTHS = [6, 1, 9, 3, 0]
POOLINGS = {name: preset.pooling for name, preset in PRESETS.items()}
ATTENTION_PRESETS = [name for name, pooling in POOLINGS.items() if pooling not in ("last", "mean")]


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(13)


def make(preset, **options):
    """A network in eval mode with weights large enough to have opinions."""
    values = {"vocabulary_size": 30, "classes": 3, "embedding_size": 5, "hidden_size": 8, "heads": 2} | options
    network = build_network(Architecture(**(PRESETS[preset]._asdict() | values)))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        network.embedding.weight[PAD] = 0.0
    return network.eval()


def batch(width=9):
    ids = torch.zeros(len(LENGTHS), width, dtype=torch.long)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(1, 30, (length,), generator=torch.Generator().manual_seed(row))
    return ids


def encode(network, ids):
    return network.encode(network.embed(ids), ids != PAD, network.sentences(ids))


def own(output):
    """The network's own weights as `conclude` takes them, (B, K, T)."""
    attention = output.attention
    return attention.weights.unsqueeze(1) if attention.per_head is None else attention.per_head


def some_weights(network, count, tokens):
    return torch.rand(count, network.architecture.attention_rows, tokens).softmax(-1)


def close(actual, expected, tolerance=1e-5):
    torch.testing.assert_close(actual, expected, atol=tolerance, rtol=0)


@pytest.mark.parametrize("width", [9, 12])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("preset", ATTENTION_PRESETS)
def test_a_network_given_its_own_weights_says_the_same(preset, layers, width):
    network = make(preset, layers=layers)
    encoded = encode(network, batch(width))
    output = network.conclude(encoded)
    assert own(output).shape[1] == network.architecture.attention_rows
    again = network.conclude(encoded, own(output))
    close(again.logits, output.logits, 1e-6)
    close(again.attention.weights, output.attention.weights, 1e-6)
    assert again.attention.scores is None
    assert again.attention.names == output.attention.names
    close(output.logits, network(batch(width)).logits, 0)


@pytest.mark.parametrize("preset", ATTENTION_PRESETS)
def test_uniform_weights_given_are_the_uniform_network_s(preset):
    network, control = make(preset), make(preset, attention_weights="uniform")
    control.load_state_dict(network.state_dict(), strict=False)
    uniform = own(control(batch()))
    close(network.conclude(encode(network, batch()), uniform).logits, control(batch()).logits, 1e-6)
    assert (network(batch()).logits - control(batch()).logits).abs().max() > 1e-4


@pytest.mark.parametrize("padding", [0, 3])
@pytest.mark.parametrize("preset", ATTENTION_PRESETS)
def test_many_weights_for_one_text_at_once_are_as_one_at_a_time(preset, padding):
    network = make(preset)
    encoded = encode(network, batch(9 + padding)[2:3])
    many = some_weights(network, 7, 9 + padding)
    together = network.conclude(encoded, many)
    assert together.logits.shape == (7, 3)
    for row in range(7):
        alone = network.conclude(encoded, many[row : row + 1])
        close(together.logits[row], alone.logits[0])
        close(together.attention.weights[row], alone.attention.weights[0])
    bare = network.conclude(encode(network, batch()[2:3]), many[..., :9])
    close(together.logits, bare.logits)  # what was put on padding counts nothing
    assert network.conclude(encoded, many[:0]).logits.shape == (0, 3)


@pytest.mark.parametrize("preset", ATTENTION_PRESETS)
def test_each_text_of_a_batch_takes_its_own_weights(preset):
    network = make(preset)
    weights = some_weights(network, len(LENGTHS), 9)
    together = network.conclude(encode(network, batch()), weights).logits
    for row, length in enumerate(LENGTHS):
        encoded = encode(network, batch()[row : row + 1, :length])
        close(network.conclude(encoded, weights[row : row + 1, :, :length]).logits[0], together[row])


@pytest.mark.parametrize("preset", ATTENTION_PRESETS)
def test_logits_are_affine_in_the_weights_where_the_network_says_so(preset):
    network = make(preset).double()
    encoded = encode(network, batch()[2:3])
    first, second = some_weights(network, 2, 9).double().split(1)
    middle = network.conclude(encoded, 0.3 * first + 0.7 * second).logits
    ends = 0.3 * network.conclude(encoded, first).logits + 0.7 * network.conclude(encoded, second).logits
    assert network.linear_in_weights == torch.allclose(middle, ends, atol=1e-12)
    assert network.linear_in_weights == (POOLINGS[preset] not in ("feedforward-stacked", "hierarchical"))


@pytest.mark.parametrize("preset", ATTENTION_PRESETS)
def test_gradients_reach_the_weights_and_are_right(preset):
    network = make(preset).double()
    encoded = encode(network, batch()[2:3])
    weights = some_weights(network, 1, 9).double().requires_grad_()
    (gradient,) = torch.autograd.grad(network.conclude(encoded, weights).logits[0, 1], weights)
    assert (gradient != 0).all()
    step = 1e-6 * torch.randn_like(weights)
    up, down = (network.conclude(encoded, weights + sign * step).logits[0, 1] for sign in (1, -1))
    assert ((up - down) / 2).item() == pytest.approx((gradient * step).sum().item(), rel=1e-5)


@pytest.mark.parametrize("preset", [name for name in PRESETS if name not in ATTENTION_PRESETS])
def test_a_network_without_attention_takes_no_weights(preset):
    network = make(preset)
    assert not network.linear_in_weights
    with pytest.raises(ModelError, match="no attention"):
        network.conclude(encode(network, batch()), torch.ones(5, 1, 9))


@pytest.mark.parametrize("shape", [(5, 2, 9), (5, 1, 8), (4, 1, 9), (5, 9)])
def test_weights_of_another_shape_are_refused_with_both_shapes(shape):
    network = make("bilstm-additive")
    with pytest.raises(ModelError, match=r"\(5, 1, 9\)") as raised:
        network.conclude(encode(network, batch()), torch.ones(shape))
    assert str(shape) in str(raised.value)
