"""Texts and labels as they are given to an estimator: checked, and some set aside if none are there to validate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.data.holdout import holdout
from model.data.tokenized import Label
from model.errors import DataError

VALIDATION_SHARE = 0.1

Texts = tuple[list[str], list[Label]]


def given_texts(texts: Sequence[str]) -> list[str]:
    """The texts as a list. Raises DataError for one string, and for what is none."""
    if isinstance(texts, str):
        raise DataError("texts is one string; pass a list of texts, as in predict([text])")
    texts = list(texts)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise DataError(f"text {place} is {text!r} ({type(text).__name__}); every text must be a string")
    return texts


def given_splits(
    texts: Sequence[str], labels: Sequence[Label], validation: tuple[Sequence[str], Sequence[Label]] | None
) -> tuple[dict[str, Texts], list[Label]]:
    """{"train", "validation": texts and labels} and the classes, sorted; without `validation`, a stratified tenth.

    Raises DataError for texts without labels, fewer than two classes, and classes that only validation has.
    """
    texts, labels = _labelled(texts, labels)
    if validation is None:
        parts = holdout(texts, labels, share=VALIDATION_SHARE)
        train, aside = (([texts[i] for i in part], [labels[i] for i in part]) for part in parts)
    else:
        train, aside = (texts, labels), _labelled(*validation)
    classes = np.unique(np.asarray(train[1])).tolist()
    strangers = sorted(set(aside[1]) - set(classes), key=str)
    if strangers:
        raise DataError(f"validation has labels that training has not: {', '.join(map(str, strangers[:5]))}")
    return {"train": train, "validation": aside}, classes


def _labelled(texts: Sequence[str], labels: Sequence[Label]) -> Texts:
    texts, labels = given_texts(texts), np.asarray(labels).tolist()
    if len(texts) != len(labels):
        raise DataError(f"there are {len(texts)} texts but {len(labels)} labels")
    if len(set(labels)) < 2:
        raise DataError(f"there must be at least two classes; the labels are all {labels[:1]}")
    return texts, labels
