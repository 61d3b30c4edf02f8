"""The loss made a few words at a time is cross-entropy, and so are its gradients."""

import pytest
import torch
import torch.nn.functional as F

from model.training import decoder_loss as room
from model.training.decoder_loss import decoder_loss


def _example(words, *, spread=1.0):
    generator = torch.Generator().manual_seed(5)
    features, weight = (torch.randn(size, 6, generator=generator, dtype=torch.float64) for size in (11, words))
    bias = torch.randn(words, generator=generator, dtype=torch.float64)
    bias[0] = -1e4  # as padding has it
    targets = torch.randint(1, words, (11,), generator=generator)
    return [(spread * value).requires_grad_() for value in (features, weight)] + [bias.requires_grad_()], targets


@pytest.mark.parametrize("words", [5, 8, 16, 29])
@pytest.mark.parametrize("spread", [1.0, 30.0])
def test_value_and_gradients_are_those_of_cross_entropy(monkeypatch, words, spread):
    monkeypatch.setattr(room, "WORDS_AT_ONCE", 8)
    leaves, targets = _example(words, spread=spread)
    expected = F.cross_entropy(F.linear(*leaves), targets)
    gradients = torch.autograd.grad(2 * expected, leaves)
    loss = decoder_loss(*leaves, targets)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
    for made, wanted in zip(torch.autograd.grad(2 * loss, leaves), gradients, strict=True):
        assert torch.allclose(made, wanted, rtol=1e-9, atol=1e-12)


def test_padding_gets_no_gradient(monkeypatch):
    monkeypatch.setattr(room, "WORDS_AT_ONCE", 8)
    leaves, targets = _example(29)
    _, to_weight, to_bias = torch.autograd.grad(decoder_loss(*leaves, targets), leaves)
    assert to_weight[0].tolist() == [0.0] * 6 and to_bias[0] == 0
