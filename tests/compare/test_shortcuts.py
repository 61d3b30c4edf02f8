"""Words that predict in training alone: found where the test contradicts, and only there."""

import numpy as np
import pytest

from model.compare.shortcuts import shortcuts, wilson_low
from model.compare.significance import wilson_interval

SIZES = np.array([1000, 1000]), np.array([200, 200])


def candidates(train, test):
    return shortcuts(np.array([train]), SIZES[0], np.array([test]), SIZES[1])


@pytest.mark.parametrize(
    ("train", "test", "why"),
    [
        ([100, 0], [10, 10], "another class"),  # of 20, 10: it should have been all
        ([100, 0], [0, 20], "another class"),
        ([100, 0], [24, 20], "another class"),  # more than half, but not surely
        ([100, 0], [40, 10], None),  # less telling, and telling still
        ([100, 0], [0, 0], "missing"),  # about 20 were to be expected
        ([100, 0], [2, 0], "missing"),
        ([100, 0], [20, 0], None),  # honest
        ([100, 0], [8, 0], None),  # rarer, but there, and as telling
        ([90, 10], [17, 3], None),
        ([100, 0], [1, 1], "missing"),
        ([12, 0], [1, 1], None),  # too few to contradict
        ([12, 0], [0, 0], None),
        ([9, 0], [0, 20], None),  # too few to predict
        ([55, 45], [5, 15], None),  # predicts nothing in training either
        ([0, 0], [0, 20], None),
    ],
)
def test_a_word_is_a_candidate_where_the_test_refutes_it(train, test, why):
    assert [each.why for each in candidates(train, test)] == ([why] if why else [])


def test_a_candidate_carries_its_counts_and_the_most_telling_comes_first():
    train = np.array([[30, 70, 0], [0, 100, 0], [0, 0, 80]])
    test = np.array([[10, 5, 25], [20, 0, 10], [0, 0, 16]])
    sizes = np.array([700, 700, 700]), np.array([100, 100, 100])
    found = shortcuts(train, sizes[0], test, sizes[1])
    assert [(each.word, each.column, each.train, each.test) for each in found] == [
        (1, 1, (100, 100), (0, 30)),
        (0, 1, (70, 100), (5, 40)),
    ]


def test_by_chance_hardly_a_word_is_called_a_candidate():
    rng = np.random.default_rng(3)
    called = 0
    for _ in range(40):  # 2,000 words each, as telling in the test as in training, whatever they tell
        telling = rng.choice([0.5, 0.5, 0.7, 0.95], 2000)
        rate = rng.choice([0.003, 0.01, 0.05], 2000)
        counts = []
        for texts in (2000, 400):
            seen = rng.binomial(texts, rate)
            first = rng.binomial(seen, telling)
            counts.append(np.stack([first, seen - first], axis=1))
        called += bool(shortcuts(counts[0], SIZES[0], counts[1], SIZES[1]))
    assert called <= 4  # 5 % of 40 are 2


def test_without_texts_there_are_no_candidates():
    nothing = np.zeros(2, int)
    assert shortcuts(np.array([[50, 0]]), SIZES[0], np.array([[0, 0]]), nothing) == []
    assert shortcuts(np.array([[0, 0]]), nothing, np.array([[0, 9]]), SIZES[1]) == []


def test_the_lower_end_is_wilsons():
    hits, texts = np.array([0, 3, 10, 10]), np.array([0, 10, 10, 40])
    low = wilson_low(hits, texts, z=1.959963984540054)
    assert low[0] == 0.0
    assert low[1:] == pytest.approx([wilson_interval(h, n).low for h, n in zip(hits[1:], texts[1:], strict=True)])
