"""The one number that attributions explain: a target's logit, as a function of what stands in the text."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model.explain.network import TOKENS_AT_ONCE, Network, as_row


@dataclass(frozen=True, eq=False)
class TargetLogit:
    """A target's logit for one text: called with embeddings (B, T, E) in place of its own, it gives logits (B,).

    `ids` (1, T), `embeddings` (1, T, E) and `sentences` (1, T), None for networks that know none, are the text's own.
    The length never changes and nothing is padding, so there is no mask.
    """

    network: Network
    ids: Tensor
    target: int
    embeddings: Tensor
    sentences: Tensor | None

    @classmethod
    def of(cls, network: Network, ids: Sequence[int], target: int, device: torch.device) -> "TargetLogit":
        """The target's logit for the text ids (T,), with the network on `device`."""
        row = as_row(ids, device)
        with torch.no_grad():
            return cls(network, row, target, network.embed(row), network.sentences(row))

    @property
    def tokens(self) -> int:
        """T, the number of tokens."""
        return self.ids.shape[1]

    @property
    def texts_at_once(self) -> int:
        """How many texts of this length run together without gradients."""
        return max(1, TOKENS_AT_ONCE // self.tokens)

    def __call__(self, embeddings: Tensor) -> Tensor:
        """Embeddings (B, T, E) -> logits (B,)."""
        sentences = None if self.sentences is None else self.sentences.expand(len(embeddings), -1)
        return self.network.classify_embedded(embeddings, sentences=sentences).logits[:, self.target]

    def with_tokens(self, present: Tensor) -> Tensor:
        """Logits (B,) of the text with each token's embedding times present (B, T): 1 keeps it, 0 makes it PAD."""
        return self(present.unsqueeze(-1) * self.embeddings)

    def along(self, shares: Sequence[float]) -> list[float]:
        """The logit with all embeddings times each of `shares`: from 0, the baseline input, to 1, the text."""
        with torch.no_grad():
            present = torch.tensor(shares, dtype=self.embeddings.dtype, device=self.ids.device).unsqueeze(1)  # (B, 1)
            return torch.cat([self.with_tokens(part) for part in present.split(self.texts_at_once)]).tolist()
