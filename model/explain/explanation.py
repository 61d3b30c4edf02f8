"""One prediction explained, as one record: the text, its tokens, and what the figures say of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.explain.agreement import Agreement
from model.explain.attribution import Attribution
from model.explain.faithfulness import Faithfulness, RandomBand
from model.explain.figures import Figures, TextAttention

Label = str | int


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """One prediction explained: the text as typed, its tokens with their spans, and the figures.

    `labels` (C,) are the classes in the order of the logits; a token has text, start, end and known; `truncated_at`
    is the offset in the text behind which nothing was read, None if all was.
    """

    text: str
    labels: Sequence[Label]
    tokens: Sequence[Any]
    truncated_at: int | None
    figures: Figures

    def __post_init__(self):
        values = [attribution.values for attribution in self.figures.attributions.values()]
        attention = self.figures.prediction.attention
        values += [] if attention is None else [attention.weights]
        for row in values:
            if len(row) != len(self.tokens):
                raise ValueError(f"there are {len(self.tokens)} tokens, but a row of {len(row)} values")

    @property
    def prediction(self) -> Label:
        """The predicted label."""
        return self.labels[self.figures.prediction.best]

    @property
    def target(self) -> Label:
        """The label that is explained."""
        return self.labels[self.figures.target]

    @property
    def probabilities(self) -> dict[Label, float]:
        """The probability of each label."""
        return dict(zip(self.labels, self.figures.prediction.probabilities.tolist(), strict=True))

    @property
    def attention(self) -> TextAttention | None:
        """Attention over the tokens; None for a network without."""
        return self.figures.prediction.attention

    @property
    def attributions(self) -> Mapping[str, Attribution]:
        """Attributions to the target's logit, by method."""
        return self.figures.attributions

    @property
    def agreement(self) -> Mapping[str, Agreement]:
        """Agreement of the attention with each attribution, by method; empty without attention."""
        return self.figures.agreement

    @property
    def faithfulness(self) -> dict[str, Faithfulness | RandomBand]:
        """Faithfulness of "attention" and of each method, and the band of "random" rankings."""
        band = {} if self.figures.random is None else {"random": self.figures.random}
        return {**self.figures.faithfulness, **band}

    def to_dict(self) -> dict[str, Any]:
        """The explanation in plain lists, numbers and strings, ready for JSON."""
        logits = self.figures.prediction.logits
        return {
            "text": self.text,
            "prediction": self.prediction,
            "target": self.target,
            "probabilities": self.probabilities,
            "logit": float(logits[self.figures.target]),
            "baseline_logit": self.figures.baseline_logit,
            "tokens": [
                {"text": token.text, "start": token.start, "end": token.end, "known": token.known}
                for token in self.tokens
            ],
            "truncated_at": self.truncated_at,
            "attention": _plain(self.attention),
            "attributions": _plain(self.attributions),
            "agreement": _plain(self.agreement),
            "faithfulness": _plain(self.faithfulness),
        }


def text_seed(text: str) -> int:
    """A seed that depends on the text alone, the same on every machine."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")


def _plain(value: Any) -> Any:
    """Records and arrays as dictionaries, lists and numbers."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Attribution):
        return _plain({name: getattr(value, name) for name in ("values", "convergence_delta", "seconds")})
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if hasattr(value, "_asdict"):  # a named tuple
        return _plain(value._asdict())
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
