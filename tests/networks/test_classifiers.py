"""Every preset with every option: padding, empty texts, attention weights, gradients and names."""

import math

import pytest
import torch

from model.networks.build import build_network
from model.networks.classifiers import PAD, UNK
from model.networks.presets import PRESETS, Architecture
from model.text import vocabulary

LENGTHS = [6, 1, 9, 3, 2]
OPTIONS = {
    "plain": {},
    "two layers": {"layers": 2},
    "dropouts": {"dropout": 0.5, "embedding_dropout": 0.3, "locked_dropout": 0.3, "word_dropout": 0.2},
    "weight drop": {"weight_drop": 0.4, "layers": 2},
    "input normalization": {"input_normalization": True},
    "position bias": {"position_bias": True, "max_tokens": 9},
    "uniform": {"attention_weights": "uniform"},
    "one head": {"heads": 1},
}
ATTENTION_PRESETS = [name for name, preset in PRESETS.items() if preset.pooling not in ("last", "mean")]


def architecture(preset, **options):
    values = {"vocabulary_size": 30, "classes": 3, "embedding_size": 5, "hidden_size": 8, "heads": 2}
    return Architecture(**(PRESETS[preset]._asdict() | values | options))


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(13)


def make(preset, **options):
    """A network some noisy training steps away from its initialisation, so that nothing is zero by chance."""
    network = build_network(architecture(preset, **options))
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name != "embedding.weight":
                parameter.add_(0.3 * torch.randn_like(parameter))
        network.embedding.weight[1:].normal_()
    network(batch())  # moves the running statistics of input_normalization
    return network.eval()


def batch(width=9):
    ids = torch.zeros(len(LENGTHS), width, dtype=torch.long)
    generator = torch.Generator().manual_seed(5)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(1, 30, (length,), generator=generator)
    return ids


def close(actual, expected, tolerance=1e-5):
    torch.testing.assert_close(actual, expected, atol=tolerance, rtol=0)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_text_gives_the_same_alone_and_in_any_batch_in_any_order(preset, option):
    network = make(preset, **OPTIONS[option])
    together = network(batch())
    wider = network(batch(width=14))
    order = torch.tensor([3, 0, 4, 2, 1])
    shuffled = network(batch()[order])
    close(wider.logits, together.logits)
    close(shuffled.logits, together.logits[order])
    for row, length in enumerate(LENGTHS):
        alone = network(batch()[row : row + 1, :length])
        close(alone.logits[0], together.logits[row])
        if together.attention is None:
            continue
        close(alone.attention.weights[0], together.attention.weights[row, :length])
        close(wider.attention.weights[row, :length], alone.attention.weights[0])
        close(shuffled.attention.weights[order.tolist().index(row), :length], alone.attention.weights[0])
        if together.attention.scores is not None:
            close(alone.attention.scores[0], together.attention.scores[row, :length])
        if together.attention.per_head is not None:
            close(alone.attention.per_head[0], together.attention.per_head[row, :, :length])


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("preset", ATTENTION_PRESETS)
def test_weights_sum_to_one_over_real_tokens_and_are_exactly_zero_on_padding(preset, option):
    attention = make(preset, **OPTIONS[option])(batch(width=12)).attention
    real = torch.arange(12) < torch.tensor(LENGTHS).unsqueeze(1)
    expected = torch.ones(len(LENGTHS))
    if PRESETS[preset].pooling == "dot":
        expected[1] = 0.0  # one token: no state stands before the last one
    close(attention.weights.sum(1), expected, 1e-6)
    assert (attention.weights >= 0).all()
    assert (attention.weights[~real] == 0).all()
    if attention.scores is not None:
        assert (attention.scores[~real] == 0).all()
    if attention.per_head is not None:
        assert attention.per_head.shape[1] == len(attention.names)
        close(attention.per_head.mean(1), attention.weights, 1e-6)
        assert (attention.per_head.transpose(1, 2)[~real] == 0).all()


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("preset", PRESETS)
def test_an_empty_text_has_one_answer_however_it_arrives(preset, option):
    network = make(preset, **OPTIONS[option])
    nothing = network(torch.zeros(1, 0, dtype=torch.long))
    ids = batch()
    ids[2] = PAD
    mixed = network(ids)
    close(mixed.logits[2], nothing.logits[0])
    close(network(torch.zeros(2, 4, dtype=torch.long)).logits, nothing.logits.expand(2, -1))
    assert network(torch.zeros(0, 4, dtype=torch.long)).logits.shape == (0, 3)
    if mixed.attention is not None:
        assert nothing.attention.weights.shape == (1, 0)
        assert mixed.attention.weights[2].tolist() == [0.0] * 9


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("preset", PRESETS)
def test_training_reaches_every_parameter_even_with_an_empty_text_in_the_batch(preset, option):
    network = make(preset, **OPTIONS[option]).train()
    ids = batch()
    ids[2] = PAD
    network(ids).logits[:, 0].sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    assert (network.embedding.weight.grad[PAD] == 0).all()
    assert (network.embedding.weight[PAD] == 0).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_training_on_texts_without_tokens_does_not_fail(preset):
    network = make(preset, input_normalization=True, embedding_dropout=0.3).train()
    for ids in (torch.zeros(2, 3, dtype=torch.long), torch.zeros(2, 0, dtype=torch.long)):
        network(ids).logits.sum().backward()


@pytest.mark.parametrize("preset", PRESETS)
def test_sequences_of_vectors_need_no_embedding_layer(preset):
    network = make(preset)
    vectors = torch.randn(4, 6, 5)
    close(network.classify_embedded(vectors).logits, network.classify_embedded(vectors, vectors[..., 0] < 99).logits)
    ids = batch()
    close(network.classify_embedded(network.embed(ids), ids != PAD).logits, network(ids).logits, 0)
    mask = torch.arange(9) < torch.tensor(LENGTHS).unsqueeze(1)
    noisy = torch.where(mask.unsqueeze(-1), network.embed(ids), torch.tensor(7.0))  # whatever padding holds
    close(network.classify_embedded(noisy, mask).logits, network(ids).logits)


@pytest.mark.parametrize("preset", PRESETS)
def test_input_gradients_in_eval_mode_are_right_and_stop_at_padding(preset):
    network = make(preset).double()
    ids = batch()
    mask = ids != PAD
    embeddings = network.embed(ids).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(network.classify_embedded(embeddings, mask).logits[:, 0].sum(), embeddings)
    step, direction = 1e-6, torch.randn_like(embeddings)
    with torch.no_grad():
        up, down = (
            network.classify_embedded(embeddings + s * direction, mask).logits[:, 0].sum() for s in (step, -step)
        )
    assert ((up - down) / (2 * step)).item() == pytest.approx((gradient * direction).sum().item(), abs=1e-6)
    assert (gradient[~mask] == 0).all()
    single = network.float()  # float32 takes another route (oneDNN)
    rough = network.embed(ids).detach().requires_grad_()
    (other,) = torch.autograd.grad(single.classify_embedded(rough, mask).logits[:, 0].sum(), rough)
    close(other.double(), gradient)


@pytest.mark.parametrize("preset", ATTENTION_PRESETS)
def test_uniform_weights_are_one_over_the_tokens_that_could_get_weight(preset):
    weights = make(preset, attention_weights="uniform")(batch()).attention.weights
    if preset == "lstm-dot":
        expected = [[1 / 5] * 5 + [0.0] * 4, [0.0] * 9, [1 / 8] * 8 + [0.0], [0.5, 0.5] + [0.0] * 7]
    elif preset == "bilstm-dot":  # the mean of 1/(n-1) before the last state and 1/(n-1) after the first
        expected = [
            [0.1] + [0.2] * 4 + [0.1] + [0.0] * 3,
            [0.0] * 9,
            [1 / 16] + [1 / 8] * 7 + [1 / 16],
            [0.25, 0.5, 0.25] + [0.0] * 6,
        ]
    else:
        expected = [[1 / n] * n + [0.0] * (9 - n) for n in LENGTHS[:4]]
    close(weights[:4], torch.tensor(expected), 1e-6)


@torch.no_grad()
def test_dot_attention_is_the_same_by_loops_over_the_encoder_s_states():
    network = make("bilstm-dot", layers=2)
    ids = batch()
    output = network(ids)
    encoded = network.encoder(network.embed(ids), torch.tensor(LENGTHS))
    for row, length in enumerate(LENGTHS):
        pooled = []
        for head, reading in enumerate(encoded.readings):
            states = reading.states[row, :length]
            order = range(length - 1, -1, -1) if reading.backward else range(length)  # reading order
            *keys, query = [(place, states[place]) for place in order]
            powers = [math.exp(query[1].dot(key)) for _, key in keys]
            expected, context = torch.zeros(9), torch.zeros(8)
            for (place, key), power in zip(keys, powers, strict=True):
                expected[place] = power / sum(powers)
                context += key * power / sum(powers)
            close(output.attention.per_head[row, head], expected)
            pooled += [query[1], context]
        close(network.head(torch.cat(pooled)), output.logits[row])


def test_the_stacked_preset_reads_its_weighted_states_in_order():
    network = make("bilstm-feedforward-stacked")
    ids = batch()[2:3]  # no padding
    output = network(ids)
    states = network.encoder(network.embed(ids)).states
    _, (last, _) = network.second_reader.rnn(states * output.attention.weights.unsqueeze(-1))
    close(network.head(last[0]), output.logits)


def test_the_mean_preset_averages_the_real_states():
    network = make("rnn-mean")
    states = network.encoder(network.embed(batch())).states
    pooled = torch.stack([states[row, :length].mean(0) for row, length in enumerate(LENGTHS)])
    close(network.head(pooled), network(batch()).logits)


def test_word_dropout_acts_in_training_only():
    network = make("lstm", word_dropout=0.5)
    ids = batch()
    assert network.drop_words(ids) is ids
    dropped = network.train().drop_words(ids)
    assert (dropped == UNK).sum() > (ids == UNK).sum()
    assert ((dropped == PAD) == (ids == PAD)).all()


def test_autocast_is_for_training_only():
    network = make("bilstm-additive", embedding_size=16, hidden_size=32)
    exact = network(batch()).logits
    network.rnn_autocast = torch.bfloat16
    assert network(batch()).logits.equal(exact)
    rough = network.train()(batch())
    assert rough.logits.dtype == rough.attention.weights.dtype == torch.float32
    assert 0 < (rough.logits - exact).abs().max() < 0.1


def test_ids_of_padding_and_unknown_words_are_the_vocabulary_s():
    assert (PAD, UNK) == (vocabulary.PAD, vocabulary.UNK)


def test_parameters_have_stable_readable_names():
    names = set(build_network(architecture("bilstm-additive", input_normalization=True)).state_dict())
    rnn = [f"{kind}_{place}_l0" for kind in ("weight", "bias") for place in ("ih", "hh")]
    assert names == {
        "embedding.weight",
        *(f"input_normalization.norm.{name}" for name in ("weight", "bias", "running_mean", "running_var")),
        "input_normalization.norm.num_batches_tracked",
        *(f"encoder.layers.0.forward_reader.rnn.{name}" for name in rnn),
        *(f"encoder.layers.0.backward_reader.rnn.{name}" for name in rnn),
        "attention.projection.weight",
        "attention.projection.bias",
        "attention.context_vector",
        "head.weight",
        "head.bias",
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_a_state_dict_carries_everything_once(preset):
    network = make(preset, weight_drop=0.2, position_bias=True, max_tokens=9)
    state = network.state_dict()
    assert len({value.data_ptr() for value in state.values()}) == len(state)
    assert set(state) == {name for name, _ in network.named_parameters(remove_duplicate=False)}
    copy = build_network(network.architecture)
    copy.load_state_dict(state)
    assert copy.eval()(batch()).logits.equal(network(batch()).logits)


def test_the_same_seed_gives_the_same_network():
    first, second = (torch.manual_seed(7) and build_network(architecture("bilstm-multihead")) for _ in range(2))
    for name, value in first.state_dict().items():
        assert value.equal(second.state_dict()[name]), name


def test_embeddings_start_small_with_a_zero_row_for_padding():
    weight = build_network(architecture("lstm", vocabulary_size=2000)).embedding.weight
    assert weight[PAD].tolist() == [0.0] * 5
    assert weight[1:].std().item() == pytest.approx(0.1, rel=0.05)
