"""On data whose deciding word is known, every kind of attention learns the task and ranks that word first.

The embeddings are frozen, so that a state is the better evidence the nearer it stands to the word. Dot attention
needs one thing more: an LSTM carries a keyword to its last state so well that the weights may fall anywhere (at
defaults they rank it first in 14 to 42 % of texts, by seed, at the same accuracy of 100 %); with most recurrent
weights dropped in training, the last state forgets, and attention has to look. The feed-forward layer is surer of
its rank that way too.
"""

import pytest

from model import AttentionClassifier
from model.data.datasets import resolve
from tests.benchmarks.benchmark_keyword import TUNED, ranked_first


@pytest.fixture(scope="module")
def keyword():
    return resolve("diagnostic:keyword:2000")


@pytest.mark.parametrize("preset", TUNED)
def test_attention_finds_the_keyword(preset, keyword):
    model = AttentionClassifier(preset, **TUNED[preset])
    model.fit(*keyword.train, validation=keyword.validation)
    assert model.score(*keyword.test) >= 0.99
    assert ranked_first(model, keyword) >= 0.95
