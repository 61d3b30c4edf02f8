"""One text under one model: what is quick comes at once, what is slow part by part, and all of it is remembered."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from model.runs.run import Run
from pages.components import caches, read_state
from pages.components.memory import Growing
from pages.components.token_strip import Pieces, flaw_of, pieces

if TYPE_CHECKING:
    import numpy as np

    from model.explain.agreement import Agreement
    from model.explain.attribution import Attribution
    from model.explain.faithfulness import Faithfulness
    from model.explain.figures import Prediction
    from model.explain.interventions import EncodedText
    from model.text.vocabulary import Tokenized

ATTENTION = "attention"
QUICK = ("saliency", "input_x_gradient")  # one pass backward each: milliseconds
SLOW = (  # dozens or hundreds of passes, in the order in which they are computed
    "integrated_gradients",
    "leave_one_out",
    "feature_ablation",
    "gradient_shap",
    "lime",
    "kernel_shap",
    "shapley_sampling",
)
SAMPLED = ("gradient_shap", "lime", "kernel_shap", "shapley_sampling")  # better with every repeat
DEFAULT_ROWS = (ATTENTION, *QUICK, "integrated_gradients", "leave_one_out")  # a second's work, at most
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
    def seed(self) -> int:
        """What decides ties and samples of this text."""
        from model.explain.explanation import text_seed

        return text_seed(self.text)

    @property
    def weights(self) -> np.ndarray | None:
        """Attention weights (T,); None for a model without attention."""
        attention = self.seen.prediction.attention
        return None if attention is None else attention.weights

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of attention's heads, or of its layers and directions; none where there is but one."""
        attention = self.seen.prediction.attention
        names = () if attention is None else attention.names or ()
        return names if len(names) > 1 else ()

    def head(self, name: str) -> np.ndarray | None:
        """The attention weights (T,) of one head; the mean over all for any other name."""
        if name not in self.heads:
            return self.weights
        return self.seen.prediction.attention.per_head[self.heads.index(name)]

    @property
    def sentences(self) -> tuple[tuple[int, int, float], ...] | None:
        """First token, token after the last, and weight of each sentence, for a model that reads in sentences."""
        attention = self.seen.prediction.attention
        return None if attention is None else attention.sentences

    @property
    def methods(self) -> list[str]:
        """What this model's tokens can be coloured by, attention first where it has any."""
        return [*([ATTENTION] if self.weights is not None else []), *QUICK, *SLOW]

    def values(self, method: str) -> np.ndarray | None:
        """A method's values (T,) as far as they are known; None before that, or for attention without attention."""
        if method == ATTENTION:
            return self.weights
        row = self.attribution(method)
        return None if row is None else row.values

    def attribution(self, method: str) -> Attribution | None:
        """The target's logit attributed to the tokens; None while there is nothing yet (quick ones come at once)."""
        growing = self._growing(method)
        # Captum takes a second to import the first time: the page does not wait for it to show what it has.
        if method in QUICK and "captum.attr" in sys.modules:
            while not growing.finished:
                growing.advance()
        return growing.latest

    def finished(self, method: str) -> bool:
        """Whether a method's values are all there."""
        return method == ATTENTION or self._growing(method).finished

    def agreement(self, method: str, other: str) -> Agreement | None:
        """How far two methods rank the tokens alike; None while one of them is missing."""
        from model.explain.agreement import agreement

        rows = [self.values(name) for name in (method, other)]
        if any(row is None for row in rows):
            return None
        # What is in so far of a row that is sampled may change: it belongs to the key.
        key = f"{method} and {other} {[self._done(name) for name in (method, other)]}"
        return self._recall(key, lambda: agreement(*rows, seed=self.seed))

    def faithfulness(self, method: str) -> Faithfulness | None:
        """What removing and keeping a method's top tokens does to the target's probability, once it is known."""
        return caches.readings().known(self._key(f"faithfulness of {method}"))

    def random_faithfulness(self) -> list[Faithfulness] | None:
        """The same for random rankings of these tokens, once it is known."""
        return caches.readings().known(self._key("random faithfulness"))

    def explanation(self) -> dict[str, Any]:
        """All that is known of this text so far, as the command `explain` writes it."""
        from model.explain.explanation import Explanation
        from model.explain.faithfulness import random_band
        from model.explain.figures import Figures

        methods = [m for m in self.methods if m != ATTENTION and self.finished(m)]
        judged = {m: self.faithfulness(m) for m in self.methods}
        random = self.random_faithfulness()
        figures = Figures(
            target=self.target,
            prediction=self.seen.prediction,
            baseline_logit=float(self.seen.baseline_logits[self.target]),
            attributions={m: self.attribution(m) for m in methods},
            agreement={} if self.weights is None else {m: self.agreement(ATTENTION, m) for m in methods},
            faithfulness={} if random is None else {m: found for m, found in judged.items() if found is not None},
            random=None if random is None else random_band(random),
        )
        return Explanation(
            text=self.text,
            labels=self.seen.labels,
            tokens=self.seen.tokenized.tokens,
            truncated_at=self.seen.tokenized.truncated_at,
            figures=figures,
        ).to_dict()

    def frequency(self, word: str) -> int:
        """How often a word was seen in training."""
        return caches.classifier(self.run).vocabulary_.frequency(word)

    def slow_work(self, *, methods: Sequence[str], judge: bool) -> list[Callable[[], Any]]:
        """What of `methods`, and of their faithfulness if `judge`, is still to be computed: one function a piece."""
        if not self.seen.parts.tokens:
            return []
        work: list[Callable[[], Any]] = [
            self._growing(method).advance for method in methods if method != ATTENTION and not self.finished(method)
        ]
        if not judge:
            return work
        if self.random_faithfulness() is None:
            work.append(lambda: self._judge("random faithfulness", None))
        return work + [
            lambda method=method: self._judge(f"faithfulness of {method}", method)
            for method in methods
            if self.finished(method) and self.faithfulness(method) is None and not flaw_of(self.values(method))
        ]

    def progress(self, methods: Sequence[str]) -> float:
        """How much of `methods` is there: another number after each piece of work."""
        judged = [self.random_faithfulness(), *(self.faithfulness(method) for method in methods)]
        return sum(self._done(method) for method in methods) + sum(found is not None for found in judged)

    def stop(self, method: str) -> None:
        """Compute no more of a method for this text; what is there stays."""
        read_state.stop_computing(self._key(method))

    def stopped(self, method: str) -> bool:
        """Whether this visitor asked for no more of a method."""
        return read_state.is_stopped(self._key(method))

    @property
    def network(self) -> Any:
        """The network itself, in eval mode."""
        return caches.classifier(self.run).network_

    @property
    def encoded(self) -> EncodedText:
        """The text as the network has read it, to be concluded under other attention weights."""
        from model.explain.interventions import EncodedText

        return caches.encoded_texts().recall(
            (self.run.id, self.text), lambda: EncodedText(self.network, self.seen.tokenized.ids)
        )

    def remember(self, part: str, make: Callable[[], Any]) -> Any:
        """A value that depends on run, text and target alone, from `make` the first time."""
        return self._recall(part, make)

    # -- inside ------------------------------------------------------------------------------------------------

    def _growing(self, method: str) -> Growing:
        def begin() -> Growing:
            from model.explain.attribution import attribute_steps

            ids = self.seen.tokenized.ids
            steps = attribute_steps(self.network, ids, method=method, target=self.target, seed=self.seed)
            return Growing(steps, finished=lambda row: row.done >= 1)

        return self._recall(method, begin)

    def _done(self, method: str) -> float:
        if method == ATTENTION:
            return 1.0
        growing = caches.readings().known(self._key(method))
        return growing.latest.done if growing is not None and growing.latest is not None else 0.0

    def _judge(self, part: str, method: str | None) -> Any:
        """Faithfulness of one method, or of random rankings for none."""
        from model.explain.agreement import ranking
        from model.explain.faithfulness import faithfulness, random_rankings
        from model.explain.figures import probability_of

        ids, seed = self.seen.tokenized.ids, self.seed

        def judge() -> Any:
            probability = probability_of(self.network, ids, target=self.target)
            if method is None:
                return faithfulness(probability, random_rankings(len(ids), seed=seed))
            return faithfulness(probability, [ranking(self.values(method), seed=seed)])[0]

        return self._recall(part, judge)

    def _see(self) -> Seen:
        from model.explain.figures import predict_ids
        from model.explain.network import baseline_logits

        classifier = caches.classifier(self.run)
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
        return caches.readings().recall(self._key(part), make)


def do_some(work: Sequence[Callable[[], Any]]) -> None:
    """Do pieces of slow work until STEP_SECONDS have passed: at least one."""
    start = time.perf_counter()
    for piece in work:
        piece()
        if time.perf_counter() - start > STEP_SECONDS:
            return
