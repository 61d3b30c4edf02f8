"""The one number that attributions explain: a target's logit, as a function of what stands in the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from model.explain.network import TOKENS_AT_ONCE, Network, as_rows


@dataclass(frozen=True, eq=False)
class TargetLogit:
    """The logits of one target each of N texts: called with embeddings in place of their own, it gives logits.

    `ids` (N, T), `targets` (N,), `embeddings` (N, T, E), `mask` (N, T), None where all are of one length, and
    `sentences` (N, T), None for networks that know none, are the texts' own. Lengths never change. One text is N = 1.
    """

    network: Network
    ids: Tensor
    targets: Tensor
    embeddings: Tensor
    mask: Tensor | None
    sentences: Tensor | None

    @classmethod
    def of(
        cls, network: Network, texts: Sequence[Sequence[int]], targets: Sequence[int], device: torch.device
    ) -> "TargetLogit":
        """The logit of its target for each of the texts, ids (T,), with the network on `device`."""
        ids, mask = as_rows(texts, device)
        with torch.no_grad():
            return cls(
                network, ids, torch.tensor(targets, device=device), network.embed(ids), mask, network.sentences(ids)
            )

    @property
    def tokens(self) -> int:
        """T, the number of tokens of the longest text."""
        return self.ids.shape[1]

    @property
    def texts_at_once(self) -> int:
        """How many texts of this length run together without gradients."""
        return max(1, TOKENS_AT_ONCE // self.tokens)

    @cached_property
    def ends(self) -> tuple[list[float], list[float]]:
        """The logits of the baseline input and those of the texts, N each."""
        texts = list(range(len(self.ids)))
        logits = self.along([0.0] * len(texts) + [1.0] * len(texts), texts * 2)
        return logits[: len(texts)], logits[len(texts) :]

    def __call__(self, embeddings: Tensor, texts: Tensor | None = None) -> Tensor:
        """Embeddings (B, T, E) in place of those of `texts` (B,), by number, by default in turn -> logits (B,)."""
        if texts is None:
            texts = torch.arange(len(embeddings), device=self.ids.device) % len(self.ids)
        mask, sentences = (None if own is None else own[texts] for own in (self.mask, self.sentences))
        logits = self.network.classify_embedded(embeddings, mask=mask, sentences=sentences).logits  # (B, C)
        return logits.gather(1, self.targets[texts].unsqueeze(1)).squeeze(1)

    def with_tokens(self, present: Tensor, texts: Tensor | None = None) -> Tensor:
        """Logits (B,) with each token's embedding times present (B, T) or (B, 1): 1 keeps it, 0 makes it PAD."""
        return self(present.unsqueeze(-1) * (self.embeddings if texts is None else self.embeddings[texts]), texts)

    def along(self, shares: Sequence[float], texts: Sequence[int] | None = None) -> list[float]:
        """The logits with all embeddings times each of `shares`: from 0, the baseline input, to 1, the text.

        `texts` says by number whose logit each one is; by default it is the first one's.
        """
        device = self.ids.device
        present = torch.tensor(shares, dtype=self.embeddings.dtype, device=device).unsqueeze(1)  # (B, 1)
        texts = torch.tensor(texts or [0] * len(shares), device=device)
        parts = zip(present.split(self.texts_at_once), texts.split(self.texts_at_once), strict=True)
        with torch.no_grad():
            return torch.cat([self.with_tokens(*part) for part in parts]).tolist()
