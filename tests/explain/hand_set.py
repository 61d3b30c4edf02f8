"""A network whose weights, and what they do to its logits, are written down: every effect can be worked out."""

from types import SimpleNamespace

import torch
from torch import nn

from model.networks.attention import Attention
from model.networks.classifiers import Output


class HandSet(nn.Module):
    """logits = bias + sum over heads and tokens of weight x slope, then through `bend` if given.

    own (K, T), slopes (K, T, C), bias (C,). The text is read for its length alone, which is T.
    """

    def __init__(self, own, slopes, bias=None, *, pooling="additive", names=None, bend=None):
        super().__init__()
        self.own = torch.as_tensor(own, dtype=torch.float32).unsqueeze(0)  # (1, K, T)
        self.slopes = nn.Parameter(torch.as_tensor(slopes, dtype=torch.float32))
        self.bias = torch.zeros(self.slopes.shape[2]) if bias is None else torch.as_tensor(bias, dtype=torch.float32)
        self.architecture = SimpleNamespace(pooling=pooling)
        self.names = names or tuple(f"head {head + 1}" for head in range(len(own)))
        self.bend = bend
        self.linear_in_weights = bend is None
        self.encoded = 0

    def embed(self, ids):
        assert ids.shape == (1, self.own.shape[2])
        return ids.unsqueeze(-1).float()

    def sentences(self, ids):
        return None

    def encode(self, embeddings, mask=None, sentences=None):
        self.encoded += 1
        return embeddings

    def conclude(self, encoded, weights=None):
        weights = self.own if weights is None else weights
        logits = self.bias + torch.einsum("nkt,ktc->nc", weights, self.slopes)
        logits = logits if self.bend is None else self.bend(logits)
        return Output(logits, Attention(weights.mean(1), None, weights, self.names))
