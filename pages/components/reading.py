"""One text under one model: what is quick comes at once, what is slow part by part, and all of it is remembered."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from model.runs.run import Run
from pages.components import session
from pages.components.token_strip import Pieces, pieces

if TYPE_CHECKING:
    import numpy as np

    from model.explain.agreement import Agreement
    from model.explain.attribution import Attribution
    from model.explain.faithfulness import Faithfulness, RandomBand
    from model.explain.figures import Prediction
    from model.text.vocabulary import Tokenized

ATTENTION = "attention"
QUICK = ("saliency", "input_x_gradient")  # one pass backward each: milliseconds
SLOW = ("integrated_gradients", "leave_one_out")  # dozens or hundreds of passes
STEP_SECONDS = 0.3  # of slow work in one go, after which the page shows what there is


class Seen(NamedTuple):
    """What one forward pass says of a text."""

    tokenized: Tokenized
    parts: Pieces
    prediction: Prediction
    baseline_logits: np.ndarray  # (C,)
    labels: list[str]
    seconds: float  # of the forward pass


class Reading:
    """A text, a model, and the label that is explained: by default the one the model predicts.

    Nothing is computed before it is asked for, or twice while it is remembered.
    """

    def __init__(self, run: Run, text: str, *, target: str | None = None) -> None:
        self.run, self.text = run, text
        self.seen: Seen = self._recall("seen", self._see)
        self.target = self.seen.labels.index(target) if target in self.seen.labels else self.seen.prediction.best

    @property
    def label(self) -> str:
        """The label that is explained."""
        return self.seen.labels[self.target]

    @property
    def predicted(self) -> str:
        """The label that the model predicts."""
        return self.seen.labels[self.seen.prediction.best]

    @property
    def weights(self) -> np.ndarray | None:
        """Attention weights (T,); None for a model without attention."""
        attention = self.seen.prediction.attention
        return None if attention is None else attention.weights

    @property
    def methods(self) -> list[str]:
        """What this model's tokens can be coloured by, attention first where it has any."""
        return [*([ATTENTION] if self.weights is not None else []), *QUICK, *SLOW]

    def knows(self, method: str) -> bool:
        """Whether a method's values are there, or come at once."""
        # Captum takes a second to import the first time: the page does not wait for it to show what it has.
        quick = method in QUICK and "captum.attr" in sys.modules
        return method == ATTENTION or quick or self._key(method) in session.readings()

    def values(self, method: str) -> np.ndarray | None:
        """A method's values (T,); None while they are still to be computed, or for attention without attention."""
        if method == ATTENTION:
            return self.weights
        return self.attribution(method).values if self.knows(method) else None

    def attribution(self, method: str) -> Attribution:
        """The target's logit attributed to the tokens, computed now if it must be."""
        from model.explain.attribution import attribute

        return self._recall(
            method,
            lambda: attribute(self._network, self.seen.tokenized.ids, method=method, target=self.target),
        )

    def agreement(self, method: str) -> Agreement | None:
        """How far a method ranks the tokens as attention does; None while one of them is missing."""
        from model.explain.agreement import agreement
        from model.explain.explanation import text_seed

        values = self.values(method)
        if self.weights is None or values is None:
            return None
        return agreement(self.weights, values, seed=text_seed(self.text))

    @property
    def judged(self) -> bool:
        """Whether `faithfulness` is there."""
        return self._key("faithfulness") in session.readings()

    def faithfulness(self) -> tuple[dict[str, Faithfulness], RandomBand]:
        """What removing and keeping the top tokens does to the target's probability, by method, and by chance."""
        from model.explain.explanation import text_seed
        from model.explain.figures import faithfulness_of, probability_of

        ids = self.seen.tokenized.ids

        def judge() -> Any:
            rows = {
                method: self.weights if method == ATTENTION else self.attribution(method).values
                for method in self.methods
            }
            probability = probability_of(self._network, ids, target=self.target)
            return faithfulness_of(probability, rows, len(ids), seed=text_seed(self.text))

        return self._recall("faithfulness", judge)

    def frequency(self, word: str) -> int:
        """How often a word was seen in training."""
        return session.classifier(self.run).vocabulary_.frequency(word)

    def slow_work(self, *, methods: Sequence[str], judge: bool) -> list[Callable[[], Any]]:
        """What of `methods`, and of faithfulness if `judge`, is still to be computed: one function a piece."""
        if not self.seen.parts.tokens:
            return []
        work: list[Callable[[], Any]] = [
            lambda method=method: self.attribution(method) for method in methods if not self.knows(method)
        ]
        return work + ([self.faithfulness] if judge and not self.judged else [])

    # -- inside ------------------------------------------------------------------------------------------------

    @property
    def _network(self) -> Any:
        return session.classifier(self.run).network_

    def _see(self) -> Seen:
        from model.explain.figures import predict_ids
        from model.explain.network import baseline_logits

        classifier = session.classifier(self.run)
        tokenized = classifier.vocabulary_.tokenize(self.text, max_tokens=classifier.settings.max_tokens)
        start = time.perf_counter()
        prediction = predict_ids(classifier.network_, tokenized.ids)
        seconds = time.perf_counter() - start
        return Seen(
            tokenized=tokenized,
            parts=pieces(self.text, tokenized.tokens, truncated_at=tokenized.truncated_at),
            prediction=prediction,
            baseline_logits=baseline_logits(classifier.network_, tokenized.ids),
            labels=[str(label) for label in classifier.classes_.tolist()],
            seconds=seconds,
        )

    def _key(self, part: str) -> tuple:
        return (self.run.id, self.text, part) if part == "seen" else (self.run.id, self.text, part, self.target)

    def _recall(self, part: str, make: Callable[[], Any]) -> Any:
        return session.readings().recall(self._key(part), make)


def do_some(work: Sequence[Callable[[], Any]]) -> None:
    """Do pieces of slow work until STEP_SECONDS have passed: at least one."""
    start = time.perf_counter()
    for piece in work:
        piece()
        if time.perf_counter() - start > STEP_SECONDS:
            return
