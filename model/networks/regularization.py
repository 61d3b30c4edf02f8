"""Ways to keep a recurrent network from learning its training texts by heart; none acts outside training."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LockedDropout(nn.Module):
    """Dropout that drops the same columns at every token of a text (Gal & Ghahramani 2016; Merity et al. 2018)."""

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def draw(self, sequence: Tensor) -> Tensor | None:
        """What to multiply a sequence (B, T, E) by: (B, 1, E) of 0 and 1 / (1 - rate); None when nothing drops."""
        if not self.training or self.rate == 0.0:
            return None
        batch, _, columns = sequence.shape
        return sequence.new_empty(batch, 1, columns).bernoulli_(1.0 - self.rate).div_(1.0 - self.rate)

    def forward(self, sequence: Tensor) -> Tensor:
        kept = self.draw(sequence)
        return sequence if kept is None else sequence * kept  # (B, T, E)

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


def drop_words(ids: Tensor, *, rate: float, unknown: int, padding: int) -> Tensor:
    """Replace each word of ids (B, T) by `unknown` with probability `rate`; padding stays padding."""
    dropped = torch.rand(ids.shape, device=ids.device) < rate  # (B, T)
    return ids.masked_fill(dropped & (ids != padding), unknown)


def drop_connections(weight: Tensor, *, rate: float) -> Tensor:
    """DropConnect: the weight with a share `rate` of its entries set to 0, the others scaled up (Wan et al. 2013).

    One draw serves all time steps of a batch when given recurrent weights (Merity et al. 2018, "weight drop").
    """
    return F.dropout(weight, rate, training=True)


class InputNormalization(nn.Module):
    """BatchNorm, tanh and dropout over embeddings (B, T, E), before an encoder sees them.

    The batch's statistics are those of its real tokens only; otherwise a batch's padding would change its result.
    """

    def __init__(self, size: int, *, dropout: float = 0.0):
        super().__init__()
        self.norm = nn.BatchNorm1d(size)
        self.dropout = nn.Dropout(dropout)

    def _normalize(self, tokens: Tensor) -> Tensor:
        if self.training and len(tokens) < 2:  # one token has no variance: use what earlier batches gave
            norm = self.norm
            return F.batch_norm(tokens, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
        return self.norm(tokens)

    def forward(self, embeddings: Tensor, mask: Tensor | None = None) -> Tensor:
        if self.training and mask is not None:
            normalized = torch.zeros_like(embeddings)
            normalized = normalized.masked_scatter(mask.unsqueeze(-1), self._normalize(embeddings[mask]))
        else:
            normalized = self._normalize(embeddings.flatten(0, 1)).view_as(embeddings)  # (B, T, E)
        return self.dropout(torch.tanh(normalized))
