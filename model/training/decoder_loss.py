"""The loss of a decoder over many words, without ever holding all logits' copies: where a word model's time goes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

WORDS_AT_ONCE = 512  # logits (N, 512) of a usual segment stay in a processor's cache


def decoder_loss(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of `features @ weight.T + bias`, in nats, with its gradients.

    features: (N, E); weight: (V, E); bias: (V,); targets: (N,) -> scalar. On the CPU it is made a few hundred words
    at a time: logits become probabilities and then gradients in place, instead of being copied through memory five
    times over. The sums are those of cross-entropy in another order.
    """
    if features.device.type != "cpu" or len(weight) <= WORDS_AT_ONCE:
        return F.cross_entropy(F.linear(features, weight, bias), targets)
    return _DecoderLoss.apply(features, weight, bias, targets)


class _DecoderLoss(torch.autograd.Function):
    """Gradients are made on the way forward: those of a mean do not depend on what comes after but for its scale."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        words, biases = weight.split(WORDS_AT_ONCE), bias.split(WORDS_AT_ONCE)
        parts, tops, sums = [], [], []
        for chunk, offsets in zip(words, biases, strict=True):
            logits = torch.addmm(offsets, features, chunk.t())  # (N, C)
            tops.append(logits.amax(1))
            parts.append(logits.sub_(tops[-1][:, None]).exp_())
            sums.append(logits.mv(logits.new_ones(logits.shape[1])))
        tops = torch.stack(tops)  # (chunks, N)
        total = torch.logsumexp(tops + torch.stack(sums).log(), 0)  # (N,) log of the sum of all exponentials
        rows = weight.index_select(0, targets)  # (N, E)
        loss = (total - (features * rows).sum(1) - bias[targets]).mean()

        share = 1 / len(features)
        scales = (tops - total).exp_().mul_(share).unbind()
        to_features, to_weight, to_bias = torch.zeros_like(features), torch.empty_like(weight), torch.empty_like(bias)
        ones = features.new_full((len(features),), 1.0)
        chunks = zip(parts, scales, words, to_weight.split(WORDS_AT_ONCE), to_bias.split(WORDS_AT_ONCE), strict=True)
        for part, scale, chunk, chunk_gradient, bias_gradient in chunks:
            part.mul_(scale[:, None])  # probabilities / N
            to_features.addmm_(part, chunk)
            torch.mm(part.t(), features, out=chunk_gradient)
            torch.mv(part.t(), ones, out=bias_gradient)
        to_features.sub_(rows, alpha=share)
        to_weight.index_add_(0, targets, features, alpha=-share)
        to_bias.index_add_(0, targets, ones, alpha=-share)
        ctx.save_for_backward(to_features, to_weight, to_bias)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
        gradients = ctx.saved_tensors
        return (*(gradients if scale == 1 else [gradient * scale for gradient in gradients]), None)
