"""Dropout of all sorts: what is dropped, what is scaled, and that nothing acts outside training."""

import pytest
import torch

from model.networks.regularization import InputNormalization, LockedDropout, drop_connections, drop_words

MASK = torch.tensor([[True, True, True], [True, False, False]])


def test_locked_dropout_drops_the_same_columns_at_every_token():
    torch.manual_seed(0)
    dropped = LockedDropout(0.25)(torch.ones(200, 5, 8))
    assert (dropped == dropped[:, :1]).all()
    assert dropped.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert (dropped[:, 0] == 0).float().mean().item() == pytest.approx(0.25, abs=0.04)
    assert len(dropped[:, 0].unique(dim=0)) > 50  # each text has a draw of its own


def test_locked_dropout_rests_outside_training_and_at_rate_zero():
    sequence = torch.rand(2, 3, 4)
    assert LockedDropout(0.5).eval()(sequence) is sequence
    assert LockedDropout(0.0)(sequence) is sequence


def test_word_dropout_replaces_words_and_never_padding():
    torch.manual_seed(0)
    ids = torch.full((100, 20), 7)
    ids[:, 15:] = 0
    dropped = drop_words(ids, rate=0.3, unknown=1, padding=0)
    assert (dropped[:, 15:] == 0).all()
    assert set(dropped[:, :15].unique().tolist()) == {1, 7}
    assert (dropped[:, :15] == 1).float().mean().item() == pytest.approx(0.3, abs=0.04)
    assert (ids[:, :15] == 7).all()


def test_drop_connections_zeroes_and_scales():
    torch.manual_seed(0)
    weight = torch.ones(100, 50, requires_grad=True)
    dropped = drop_connections(weight, rate=0.2)
    assert set(dropped.unique().tolist()) == {0.0, 1.25}
    assert (dropped == 0).float().mean().item() == pytest.approx(0.2, abs=0.03)
    dropped.sum().backward()
    torch.testing.assert_close(weight.grad, dropped)


def test_input_normalization_uses_the_real_tokens_only():
    embeddings = torch.tensor([[[1.0], [2.0], [3.0]], [[6.0], [99.0], [-99.0]]])
    normalize = InputNormalization(1)
    normalized = normalize(embeddings, MASK)
    # Real tokens 1, 2, 3, 6: mean 3, variance 3.5; the running ones move a tenth of the way (unbiased 14 / 3).
    expected = torch.tanh((torch.tensor([1.0, 2.0, 3.0, 6.0]) - 3) / (3.5 + 1e-5) ** 0.5)
    torch.testing.assert_close(normalized[MASK].flatten(), expected)
    assert normalize.norm.running_mean.item() == pytest.approx(0.3)
    assert normalize.norm.running_var.item() == pytest.approx(0.9 + 14 / 30)


def test_input_normalization_outside_training_is_fixed_and_needs_no_mask():
    normalize = InputNormalization(1, dropout=0.5).eval()
    with torch.no_grad():
        normalize.norm.running_mean.fill_(1.0)
        normalize.norm.running_var.fill_(4.0)
    normalized = normalize(torch.tensor([[[3.0], [-1.0]]]))
    torch.testing.assert_close(normalized, torch.tanh(torch.tensor([[[1.0], [-1.0]]])), atol=1e-5, rtol=0)


@pytest.mark.parametrize("tokens", [0, 1])
def test_input_normalization_trains_on_batches_too_small_for_statistics(tokens):
    normalize = InputNormalization(2)
    mask = torch.zeros(1, 3, dtype=torch.bool)
    mask[:, :tokens] = True
    normalized = normalize(torch.ones(1, 3, 2), mask)
    assert normalized.isfinite().all()
    assert normalize.norm.running_mean.tolist() == [0.0, 0.0]
    assert normalize(torch.ones(1, tokens, 2)).shape == (1, tokens, 2)
