"""One text before all models of a side: the tokens that they read alike, what they say, and why."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.errors import RunError
from model.estimator import AttentionClassifier
from model.explain.attribution import attribute
from model.explain.figures import Prediction, predict_ids
from model.studies.sides import Side
from model.studies.text_by_text import Classifiers, classifier_of


class SideReading(NamedTuple):
    """A text in the S models of a side, each with its own ids; tokens are [start, end, known].

    `target` is the column of the class that is likeliest in the mean of their probabilities.
    """

    models: list[AttentionClassifier]
    ids: list[list[int]]
    tokens: list[list[int | bool]]
    predictions: list[Prediction]
    target: int

    def weights(self) -> list[np.ndarray]:
        """The attention of each model, (T,) each."""
        return [prediction.attention.weights for prediction in self.predictions]

    def attributions(self, method: str) -> list[np.ndarray]:
        """What each token adds to the target's logit in each model, (T,) each."""
        return [
            attribute(model.network_, ids, method=method, target=self.target).values
            for model, ids in zip(self.models, self.ids, strict=True)
        ]


def read_text(side: Side, text: str, *, classifiers: Classifiers | None = None) -> SideReading:
    """Lay a text before all models of a side; `classifiers` opens a run's model, by default from its folder.

    Raises RunError where the runs do not read the same tokens.
    """
    models = [(classifiers or classifier_of)(run) for run in side.runs]
    tokenized = [model.vocabulary_.tokenize(text, max_tokens=model.settings.max_tokens) for model in models]
    if len({len(each.tokens) for each in tokenized}) > 1:
        raise RunError(f"the runs of {side.name} do not read the same tokens; choose runs that were trained alike")
    ids = [each.ids for each in tokenized]
    said = [predict_ids(model.network_, own) for model, own in zip(models, ids, strict=True)]
    target = int(np.mean([prediction.probabilities for prediction in said], axis=0).argmax())
    tokens = [[token.start, token.end, token.known] for token in tokenized[0].tokens]
    return SideReading(models, ids, tokens, said, target)
