"""Attention mechanisms against numbers worked out by hand."""

import math

import pytest
import torch

from model.errors import ModelError
from model.networks.attention import (
    AdditiveAttention,
    DotAttention,
    FeedForwardAttention,
    MultiHeadAttention,
    UniformAttention,
    masked_softmax,
)
from model.networks.encoders import Reading

# One text of three tokens in two columns; in a batch with a text of one token, so that padding is present.
STATES = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[2.0, 3.0], [9.0, 9.0], [9.0, 9.0]]])
MASK = torch.tensor([[True, True, True], [True, False, False]])


def close(actual, expected):
    torch.testing.assert_close(actual, torch.tensor(expected), atol=1e-6, rtol=0)


def put(module, **values):
    """Write numbers into a module's parameters, by name."""
    parameters = dict(module.named_parameters())
    assert set(values) == {name.replace(".", "_") for name in parameters}
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.tensor(values[name.replace(".", "_")]))
    return module


def test_masked_softmax_gives_hand_computed_weights_and_exact_zeros():
    scores = torch.tensor([[0.0, math.log(3.0), 50.0], [1.0, 2.0, 3.0]])
    weights = masked_softmax(scores, torch.tensor([[True, True, False], [False, False, False]]))
    close(weights, [[0.25, 0.75, 0.0], [0.0, 0.0, 0.0]])
    assert weights[0, 2] == 0.0
    assert weights[1].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("shift", [-1e4, 1e4])
def test_masked_softmax_survives_extreme_scores(shift):
    scores = torch.tensor([[0.0, math.log(3.0), 0.0]]) + torch.tensor([[shift, shift, 0.0]])
    weights = masked_softmax(scores, torch.tensor([[True, True, False]]))
    torch.testing.assert_close(weights, torch.tensor([[0.25, 0.75, 0.0]]), atol=1e-3, rtol=0)


def test_masked_softmax_has_finite_gradients_in_rows_without_tokens():
    scores = torch.ones(2, 3, requires_grad=True)
    mask = torch.tensor([[True, True, False], [False, False, False]])
    (masked_softmax(scores, mask) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    close(scores.grad, [[-0.25, 0.25, 0.0], [0.0, 0.0, 0.0]])


def test_masked_softmax_without_a_mask_or_without_tokens():
    close(masked_softmax(torch.zeros(1, 4), None), [[0.25] * 4])
    assert masked_softmax(torch.zeros(2, 0), None).shape == (2, 0)
    assert masked_softmax(torch.zeros(2, 0), torch.zeros(2, 0, dtype=torch.bool)).shape == (2, 0)


def test_additive_attention_is_the_paper_s():
    attend = put(
        AdditiveAttention(2, width=1),
        projection_weight=[[1.0, 0.0]],
        projection_bias=[0.5],
        context_vector=[2.0],
    )
    context, attention = attend(STATES, MASK)
    score = [2 * math.tanh(1.5), 2 * math.tanh(0.5), 2 * math.tanh(1.5)]
    a, b, c = (math.exp(s) / sum(map(math.exp, score)) for s in score)
    close(attention.scores, [score, [2 * math.tanh(2.5), 0.0, 0.0]])
    close(attention.weights, [[a, b, c], [1.0, 0.0, 0.0]])
    close(context, [[a + c, b + c], [2.0, 3.0]])
    assert attention.per_head is None
    assert attention.names is None


def test_feed_forward_attention_with_one_bias_for_all_positions():
    attend = put(FeedForwardAttention(2), weight=[1.0, -1.0], bias=[0.5])
    context, attention = attend(STATES, MASK)
    score = [math.tanh(1.5), math.tanh(-0.5), math.tanh(0.5)]
    a, b, c = (math.exp(s) / sum(map(math.exp, score)) for s in score)
    close(attention.scores, [score, [math.tanh(-0.5), 0.0, 0.0]])
    close(attention.weights, [[a, b, c], [1.0, 0.0, 0.0]])
    close(context, [[a + c, b + c], [2.0, 3.0]])


def test_feed_forward_attention_with_a_bias_per_position():
    attend = put(FeedForwardAttention(2, positions=3), weight=[1.0, -1.0], bias=[0.0, 1.0, 2.0])
    _, attention = attend(STATES, MASK)
    close(attention.scores, [[math.tanh(1.0), math.tanh(0.0), math.tanh(2.0)], [math.tanh(-1.0), 0.0, 0.0]])


def test_feed_forward_attention_says_when_a_text_has_more_tokens_than_positions():
    attend = FeedForwardAttention(2, positions=2)
    with pytest.raises(ModelError, match=r"3 tokens.*2 positions.*cut the text to 2 tokens"):
        attend(STATES, MASK)
    with pytest.raises(ModelError, match="3 tokens"):
        attend(STATES)
    short = torch.tensor([[True, True, False], [True, False, False]])  # only padding lies beyond
    wide, narrow = attend(STATES, short), attend(STATES[:, :2], short[:, :2])
    close(wide[0], narrow[0].tolist())
    close(wide[1].weights[:, :2], narrow[1].weights.tolist())


def test_uniform_attention_is_one_over_n():
    context, attention = UniformAttention()(STATES, MASK)
    close(attention.weights, [[1 / 3, 1 / 3, 1 / 3], [1.0, 0.0, 0.0]])
    close(context, [[2 / 3, 2 / 3], [2.0, 3.0]])
    assert list(UniformAttention().parameters()) == []


def test_multi_head_attention_scores_each_head_with_its_own_query():
    attend = put(
        MultiHeadAttention(2, heads=2),
        queries=[[1.0], [2.0]],
        keys_weight=[[1.0, 0.0], [0.0, 1.0]],
        values_weight=[[0.0, 1.0], [1.0, 0.0]],  # swaps the columns: head 1 sums the second, head 2 the first
        values_bias=[10.0, 0.0],
    )
    context, attention = attend(STATES, MASK)
    e = math.e
    first = [e / (2 * e + 1), 1 / (2 * e + 1), e / (2 * e + 1)]  # scores 1, 0, 1
    second = [1 / (1 + 2 * e**2), e**2 / (1 + 2 * e**2), e**2 / (1 + 2 * e**2)]  # scores 0, 2, 2
    close(attention.per_head[0], [first, second])
    close(attention.per_head[1], [[1.0, 0.0, 0.0]] * 2)
    close(attention.weights[0], [(a + b) / 2 for a, b in zip(first, second, strict=True)])
    close(context, [[10 + first[1] + first[2], second[0] + second[2]], [13.0, 2.0]])
    assert attention.names == ("head 1", "head 2")
    assert attention.scores is None


def test_multi_head_attention_scales_by_the_root_of_a_head_s_columns():
    identity = torch.eye(4).tolist()
    zeros = [0.0] * 4
    attend = put(
        MultiHeadAttention(4, heads=1),
        queries=[[2.0, 0.0, 0.0, 0.0]],
        keys_weight=identity,
        values_weight=identity,
        values_bias=zeros,
    )
    _, attention = attend(torch.tensor([[[1.0, 5.0, 5.0, 5.0], zeros]]))
    a = math.exp(2.0 / math.sqrt(4.0))
    close(attention.weights, [[a / (a + 1), 1 / (a + 1)]])


def test_uniform_multi_head_attention_keeps_its_heads():
    attend = MultiHeadAttention(2, heads=2, uniform=True)
    _, attention = attend(STATES, MASK)
    close(attention.per_head, [[[1 / 3] * 3] * 2, [[1.0, 0.0, 0.0]] * 2])
    assert {name for name, _ in attend.named_parameters()} == {"values.weight", "values.bias"}


def forward_reading(states, ends):
    last = torch.stack([row[end] for row, end in zip(states, ends, strict=True)])
    return Reading("layer 1 forward", False, states, last)


def test_dot_attention_asks_the_states_before_the_last_one():
    context, attention = DotAttention()([forward_reading(STATES, [2, 0])], MASK)
    # Text 1: query [1, 1], keys [1, 0] and [0, 1], equal scores. Text 2 has one token: nothing stands before it.
    close(attention.scores, [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    close(attention.weights, [[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]])
    close(context, [[1.0, 1.0, 0.5, 0.5], [2.0, 3.0, 0.0, 0.0]])
    close(attention.per_head, [[[0.5, 0.5, 0.0]], [[0.0, 0.0, 0.0]]])
    assert attention.names == ("layer 1 forward",)


def test_dot_attention_reads_backward_from_the_end_and_averages_its_readings():
    states = torch.tensor([[[0.0, math.log(3.0)], [0.0, 0.0], [0.0, 1.0]]])
    backward = Reading("layer 1 backward", True, states, states[:, 0])
    context, attention = DotAttention()([forward_reading(STATES[:1], [2]), backward])
    # Backward: query [0, ln 3] at token 1, keys [0, 0] and [0, 1]: scores 0 and ln 3.
    close(attention.per_head, [[[0.5, 0.5, 0.0], [0.0, 0.25, 0.75]]])
    close(attention.weights, [[0.25, 0.375, 0.375]])
    close(context, [[1.0, 1.0, 0.5, 0.5, 0.0, math.log(3.0), 0.0, 0.75]])
    assert attention.names == ("layer 1 forward", "layer 1 backward")
    assert attention.scores is None


def test_uniform_dot_attention_shares_the_weight_among_its_keys():
    backward = Reading("layer 1 backward", True, STATES, STATES[:, 0])
    _, attention = DotAttention(uniform=True)([forward_reading(STATES, [2, 0]), backward], MASK)
    close(attention.per_head[0], [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    close(attention.per_head[1], [[0.0, 0.0, 0.0]] * 2)
