"""Baselines of counts, against numbers worked out by hand and against counting one token at a time."""

from collections import Counter, defaultdict
from math import log

import numpy as np
import pytest

from model.compare.ngrams import highest_order, kneser_ney_losses, unigram_losses
from model.errors import DataError, SettingsError

A, B, C = 1, 2, 3


def ids(text):
    return np.array(["_abc".index(letter) for letter in text], np.int32)


def assert_probabilities(losses, expected):
    np.testing.assert_allclose(losses, [-log(probability) for probability in expected], rtol=1e-5)
    assert losses.dtype == np.float32


def test_unigrams_add_one():
    losses = unigram_losses(ids("abacab"), ids("cabc"), vocabulary_size=4)
    assert_probabilities(losses, [4 / 9, 3 / 9, 2 / 9])


def test_bigrams_by_hand():
    # Seen: ab 2, ba 1, ac 1, ca 1, so D2 = 3 / (3 + 2) = 0.6. Before a stand b and c, before b and c stands a:
    # 2, 1, 1, so D1 = 2 / (2 + 2) = 0.5, P(a) = 1.5/4 + 0.5 * 3/4 * 1/3 = 0.5 and P(b) = P(c) = 0.25.
    losses = kneser_ney_losses(ids("abacab"), ids("abaacc"), vocabulary_size=4, order=2)
    b_after_a = 1.4 / 3 + 0.6 * 2 / 3 * 0.25
    c_after_a = 0.4 / 3 + 0.6 * 2 / 3 * 0.25
    expected = [b_after_a, 0.4 + 0.6 * 0.5, 0.6 * 2 / 3 * 0.5, c_after_a, 0.6 * 0.25]
    assert_probabilities(losses, expected)


def test_trigrams_by_hand():
    # Seen: aba 2, bab, bac, aca, cab 1, so D3 = 4 / (4 + 2) = 2/3. Before ba, ac, ca stands one token, before ab two:
    # D2 = 3 / (3 + 2) = 0.6. Tokens alone as above.
    losses = kneser_ney_losses(ids("ababacab"), ids("abab"), vocabulary_size=4)
    b_after_a = 1.4 / 3 + 0.6 * 2 / 3 * 0.25
    a_after_ab = (2 - 2 / 3) / 2 + 2 / 3 * 1 / 2 * (0.4 + 0.6 * 0.5)
    b_after_ba = (1 - 2 / 3) / 2 + 2 / 3 * 2 / 2 * b_after_a
    assert_probabilities(losses, [b_after_a, a_after_ab, b_after_ba])


def counted_one_by_one(train, stream, size, order):
    """The formula with dictionaries, from single tokens up to the longest n-grams."""
    grams = {order: Counter(tuple(train[i : i + order]) for i in range(len(train) - order + 1))}
    for length in range(order - 1, 0, -1):
        grams[length] = Counter(gram[1:] for gram in grams[length + 1])
    following = {length: defaultdict(dict) for length in grams}
    for length, counts in grams.items():
        for gram, count in counts.items():
            following[length][gram[:-1]][gram[-1]] = count
    found = []
    for place in range(1, len(stream)):
        probability = 1 / (size - 1)
        for length in range(1, min(order, place + 1) + 1):
            values = list(grams[length].values())
            once, twice = values.count(1), values.count(2)
            discount = once / (once + 2 * twice) if once else 0.5
            after = following[length].get(tuple(stream[place - length + 1 : place]), {})
            if after:
                kept = max(after.get(stream[place], 0) - discount, 0)
                probability = (kept + discount * len(after) * probability) / sum(after.values())
        found.append(probability)
    return found


@pytest.mark.parametrize("order", [2, 3, 5])
def test_it_is_the_formula_on_any_stream(order):
    draw = np.random.default_rng(order)
    train, stream = (draw.geometric(0.25, 300).clip(max=size) for size in (19, 20))
    losses = kneser_ney_losses(train, stream, vocabulary_size=22, order=order)
    assert_probabilities(losses, counted_one_by_one(train.tolist(), stream.tolist(), 22, order))


@pytest.mark.parametrize("before", ["ab", "cc", "bb"])
def test_probabilities_of_all_tokens_sum_to_one(before):
    for order in (2, 3):
        losses = [
            kneser_ney_losses(ids("ababacab"), [*ids(before), token], vocabulary_size=6, order=order)[-1]
            for token in range(1, 6)
        ]
        assert np.exp(-np.array(losses)).sum() == pytest.approx(1, abs=1e-6)


def test_a_token_never_seen_has_a_finite_loss_even_where_nothing_was_seen_once():
    losses = kneser_ney_losses(ids("abab" * 20), ids("acbcc"), vocabulary_size=4)
    assert np.isfinite(losses).all()


def test_longer_contexts_are_better_where_the_text_repeats():
    train, stream = ids("abcacb" * 50), ids("abcacb" * 10)
    alone = unigram_losses(train, stream, vocabulary_size=4).mean()
    pairs, triples = (kneser_ney_losses(train, stream, vocabulary_size=4, order=k).mean() for k in (2, 3))
    assert triples < 0.1 < pairs < alone


def test_orders_that_cannot_be_counted_are_refused():
    assert [highest_order(size) for size in (100, 20_000, 7_000)] == [6, 4, 4]
    assert highest_order(100, most=5) == 5
    for order in (1, 5):
        with pytest.raises(SettingsError, match=f"order is {order}; with 20,000 ids, choose 2 to 4"):
            kneser_ney_losses(ids("ababab"), ids("ab"), vocabulary_size=20_000, order=order)


@pytest.mark.parametrize(
    ("train", "stream", "message"),
    [
        ([1, 2], [1, 2], "The training stream has 2 tokens; n-grams need 6"),
        ([1, 2, 1, 2, 1, 2], [1], "The evaluated stream has 1 tokens"),
        ([1, 2, 1, 2, 1, 2], [0, 1], "ids from 0 to 1, not 1 to 3"),
        ([1, 2, 4, 1, 2, 1], [1, 1], "ids from 1 to 4, not 1 to 3"),
    ],
)
def test_streams_that_cannot_be_counted_are_refused(train, stream, message):
    for losses in (unigram_losses, kneser_ney_losses):
        with pytest.raises(DataError, match=message):
            losses(np.array(train), np.array(stream), vocabulary_size=4)
