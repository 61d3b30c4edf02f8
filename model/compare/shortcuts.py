"""Words that predict a class in training and not in the test: counts of texts, words by classes, and no text.

What a model learns from such a word fails it elsewhere. Training alone cannot show them; nor can a test split in
which the word stands too seldom to contradict: such words are no candidates here.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from model.compare.significance import wilson_ends

FEWEST_TRAIN = 10  # training texts with a word, for it to be looked at
HARDLY = 0.2  # of how often training texts have a word, at the most, for the test to be missing it
MARGIN = 0.1  # by how much the word must raise the share of the class, at the least that is certain to 99 %
_CHANCE = 0.05  # that any word at all is called a candidate which is as telling in the test as in training
_Z, _Z_TEST = NormalDist().inv_cdf(0.99), NormalDist().inv_cdf(0.975)


class Shortcut(NamedTuple):
    """A word and the class it predicts in training alone; of the texts with the word, `train` and `test` have it.

    why: "another class", where the test texts with the word are of other classes; "missing", where the test hardly
    has it. Counts are (texts of that class, texts) with the word.
    """

    word: int
    column: int
    why: str
    train: tuple[int, int]
    test: tuple[int, int]


def shortcuts(train: np.ndarray, train_sizes: np.ndarray, test: np.ndarray, test_sizes: np.ndarray) -> list[Shortcut]:
    """The candidates among V words, from the texts of each class that have each: train, test (V, C), of (C,) texts.

    In training, the lower 99 % bound (Wilson, one-sided) of the class's share among the texts with the word must be
    10 points above its share of all. In the test, that bound must then be refuted: so few of the texts with the word
    are of the class, not surely more than its share of all, or so few texts have the word at all, a fifth of the
    training's rate at most, that it happens in 5 % of cases for any of the words together (exact binomial,
    Bonferroni). Sorted by how much each raises the class's share in training.
    """
    from scipy.special import bdtr  # a third of a second, which importing this file should not cost

    seen, met = train.sum(axis=1), test.sum(axis=1)  # (V,) texts with the word
    if train_sizes.sum() == 0 or test_sizes.sum() == 0:
        return []
    base, test_base = train_sizes / train_sizes.sum(), test_sizes / test_sizes.sum()  # (C,)
    least = wilson_low(train, seen[:, None])  # (V, C)
    telling = (seen[:, None] >= FEWEST_TRAIN) & (least >= base + MARGIN)
    words, columns = np.nonzero(telling)
    chance = _CHANCE / max(1, 2 * len(words))
    found = []
    rate = wilson_low(seen[words], train_sizes.sum())
    missing = bdtr(met[words].astype(float), int(test_sizes.sum()), rate) <= chance
    missing &= met[words] / test_sizes.sum() <= HARDLY * seen[words] / train_sizes.sum()
    own = test[words, columns]
    refuted = bdtr(own.astype(float), met[words], least[words, columns]) <= chance
    refuted &= wilson_low(own, met[words], z=_Z_TEST) <= test_base[columns]
    for place in np.flatnonzero(missing | refuted):
        word, column = int(words[place]), int(columns[place])
        why = "another class" if refuted[place] else "missing"
        counts = [(int(table[word, column]), int(table[word].sum())) for table in (train, test)]
        found.append(Shortcut(word, column, why, *counts))
    return sorted(found, key=lambda each: (base[each.column] - least[each.word, each.column], each.word))


def wilson_low(hits: np.ndarray, texts: np.ndarray, *, z: float = _Z) -> np.ndarray:
    """The lower end of Wilson's interval (1927) for hits of texts, arrays of one shape; 0 without texts."""
    texts = np.maximum(texts, 1)
    return wilson_ends(hits / texts, texts, z=z)[0]
