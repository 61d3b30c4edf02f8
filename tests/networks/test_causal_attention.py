"""Causal attention against numbers worked out by hand and against a plain loop over steps."""

import math

import pytest
import torch

from model.networks import causal_attention
from model.networks.causal_attention import CausalAttention
from model.networks.language_presets import SCORES

# One stream of three states in two columns, nothing before it.
STATES = torch.tensor([[[1.0, 0.0], [0.0, math.log(3.0)], [1.0, 1.0]]])
NONE = torch.zeros(1, 0, 2)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(13)


def close(actual, expected, atol=1e-6):
    torch.testing.assert_close(actual, torch.as_tensor(expected), atol=atol, rtol=0)


def test_dot_attention_by_hand():
    made = CausalAttention(2, score="dot", window=None)(STATES, NONE)
    # The third state scores 1 with the first and log 3 with the second: weights e / (e + 3) and 3 / (e + 3).
    first = math.e / (math.e + 3)
    close(made.weights, [[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [first, 1 - first, 0.0]]])
    close(made.context, [[[0.0, 0.0], [1.0, 0.0], [first, (1 - first) * math.log(3.0)]]])
    assert made.past.equal(STATES)


def test_scaled_dot_attention_divides_by_the_root_of_the_columns():
    made = CausalAttention(2, score="scaled-dot", window=None)(STATES, NONE)
    close(made.weights[0, 2], torch.tensor([1.0, math.log(3.0), -math.inf]).div(math.sqrt(2)).softmax(0))


def test_general_and_additive_scores_by_hand():
    general = CausalAttention(2, score="general", window=None)
    additive = CausalAttention(2, score="additive", window=None)
    with torch.no_grad():
        general.score.projection.weight.copy_(torch.tensor([[2.0, 0.0], [0.0, 0.0]]))
        additive.score.queries.weight.copy_(torch.eye(2))
        additive.score.queries.bias.copy_(torch.tensor([0.5, 0.0]))
        additive.score.keys.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, -1.0]]))
        additive.score.vector.copy_(torch.tensor([1.0, 2.0]))
        close(general(STATES, NONE).weights[0, 2], torch.tensor([2.0, 0.0, -math.inf]).softmax(0))
        # Query (1, 1) + (0.5, 0), keys (1, 0) and (0, -log 3).
        scores = [math.tanh(2.5) + 2 * math.tanh(1.0), math.tanh(1.5) + 2 * math.tanh(1.0 - math.log(3.0)), -math.inf]
        close(additive(STATES, NONE).weights[0, 2], torch.tensor(scores).softmax(0))


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("window", [1, 3, 4, 100, None])
def test_each_step_attends_as_if_it_were_alone(score, window):
    attention = CausalAttention(5, score=score, window=window)
    past, states = torch.randn(2, 4, 5), torch.randn(2, 6, 5)
    made = attention(states, past)
    keys = torch.cat([past, states], 1)
    for step in range(6):
        end = 4 + step
        start = 0 if window is None else max(end - window, 0)
        scores = attention.score(states[:, step : step + 1], keys[:, start:end])  # (2, 1, end - start)
        weights = scores.softmax(-1)
        close(made.weights[:, step, start:end], weights[:, 0])
        assert (made.weights[:, step, :start] == 0).all() and (made.weights[:, step, end:] == 0).all()
        close(made.context[:, step], (weights @ keys[:, start:end])[:, 0])
    assert made.past.equal(keys if window is None else keys[:, -window:])


@pytest.mark.parametrize("score", SCORES)
def test_gradients_are_finite_where_a_row_has_nothing_to_attend_to(score):
    attention, states = CausalAttention(5, score=score, window=2), torch.randn(2, 6, 5, requires_grad=True)
    attention(states, states.new_zeros(2, 0, 5)).context.square().sum().backward()
    assert states.grad.isfinite().all() and states.grad[:, 0].any()
    assert all(parameter.grad.isfinite().all() and parameter.grad.any() for parameter in attention.parameters())


def test_additive_scores_made_in_parts_are_the_same(monkeypatch):
    attention, past, states = (
        CausalAttention(5, score="additive", window=4),
        torch.randn(2, 4, 5),
        torch.randn(2, 6, 5),
    )

    def everything():
        attention.zero_grad()
        made = attention(states, past)
        made.context.square().sum().backward()
        return made.weights.detach(), *[parameter.grad.clone() for parameter in attention.parameters()]

    sizes, plain = [], attention.score._score
    monkeypatch.setattr(attention.score, "_score", lambda *pair: sizes.append(pair[0].shape[1]) or plain(*pair))
    at_once = everything()
    monkeypatch.setattr(causal_attention, "NUMBERS_AT_ONCE", 2 * 10 * 5 * 4)  # four steps
    in_parts = everything()
    for one, other in zip(at_once, in_parts, strict=True):
        close(one, other)
    assert sizes == [6, 4, 2, 2, 4]  # at once; in two parts, made again on the way back
    with torch.inference_mode():
        close(attention(states, past).weights, at_once[0])
    assert sizes[5:] == [4, 2]
