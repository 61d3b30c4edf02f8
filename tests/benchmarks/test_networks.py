"""What a step costs, by hand."""

import pytest

from tests.benchmarks.networks import BENCHES, Product, flop_per_token, products


def test_flop_of_products():
    assert Product(2, 3, 5, 7).flop == 2 * 2 * 3 * 5 * 7


def test_flop_a_token_by_hand():
    # An LSTM has 4 gates of 32 over 64 inputs and 32 states; forward, and backward by inputs and by weights: three
    # products of 2 operations each.
    assert flop_per_token(BENCHES["a"]) == 3 * 2 * 4 * 32 * (64 + 32) == 73_728
    # Two directions of 128 over 100 inputs, and an attention that projects 256 states to 128.
    assert flop_per_token(BENCHES["b"]) == 3 * 2 * (2 * 4 * 128 * (100 + 128) + 256 * 128) == 1_597_440


@pytest.mark.parametrize("name", ["a", "b"])
def test_every_weight_but_embedding_and_head_takes_part(name):
    bench = BENCHES[name]
    network = bench.build(words=10, classes=4)
    matrices = [
        weight.numel() for part, weight in network.named_parameters()
        if weight.ndim == 2 and min(weight.shape) > 1 and not part.startswith(("embedding", "head"))
    ]  # fmt: skip
    assert flop_per_token(bench) == 6 * sum(matrices)


def test_only_the_recurrence_goes_token_by_token():
    steps = products(BENCHES["a"], tokens=45)
    assert [product.times for product in steps] == [45, 45, 1, 1, 1, 1]
    assert sum(product.flop for product in steps) == 73_728 * 128 * 45
    assert steps[0] == Product(128, 32, 128, 45)


def test_a_sized_network_keeps_the_rest():
    sized = BENCHES["b"].sized(hidden=32)
    assert (sized.hidden, sized.batch, sized.embedding) == (32, 64, 100)
    assert BENCHES["b"].sized(batch=16).batch == 16
