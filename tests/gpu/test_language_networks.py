"""On CUDA: language models say the same as on the CPU, learn with everything that drops, and can be explained."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model.explain.attribution import attribute
from model.explain.next_word import NextWord, read_ids, sample
from model.networks import causal_attention
from model.networks.language_models import LanguageNetwork
from model.networks.language_presets import SCORES, LanguageArchitecture

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")

DEVICE = "cuda"
AWD = {"tied": True, "dropout": 0.4, "locked_dropout": 0.3, "embedding_dropout": 0.1, "weight_drop": 0.5}
KINDS = [{}, *({"attention": True, "score": score} for score in SCORES), {"attention": True, **AWD}]


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(13)


def build(**options):
    return LanguageNetwork(LanguageArchitecture(vocabulary_size=300, embedding_size=32, hidden_size=32, **options))


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_both_devices_say_the_same_and_the_future_is_not_seen(options):
    network, ids = build(**options).eval(), torch.randint(2, 300, (4, 40))
    changed = ids.clone()
    changed[:, 20:] = changed[:, 20:] % 298 + 2
    with torch.no_grad():
        expected = network(ids).logits
        network.to(DEVICE)
        logits = network(ids.to(DEVICE)).logits
        torch.testing.assert_close(logits.cpu(), expected, atol=5e-3, rtol=0)  # cuDNN rounds to TF32
        assert network(changed.to(DEVICE)).logits[:, :20].equal(logits[:, :20])


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_a_stream_is_learned_with_its_state_carried_on(options, monkeypatch):
    monkeypatch.setattr(causal_attention, "NUMBERS_AT_ONCE_ELSEWHERE", 8 * 60 * 32 * 5)  # additive: five steps a part
    network = build(**options).to(DEVICE).train()
    ids = (torch.arange(8 * 200) % 290 + 2).view(8, 200).to(DEVICE)
    optimizer, losses = torch.optim.Adam(network.parameters(), lr=5e-3), []
    for _ in range(15):
        state = None
        for start in range(0, 180, 20):
            output = network(ids[:, start : start + 20], state)
            state = output.state.detached()
            loss = F.cross_entropy(output.logits.flatten(0, 1), ids[:, start + 1 : start + 21].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[-1] < 0.75 * losses[0] and not network.embedding.weight[0].any()


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_reading_explaining_and_sampling(options):
    network, ids = build(**options).eval(), np.random.default_rng(0).integers(2, 300, 30)
    expected = read_ids(network, ids)
    network.to(DEVICE)
    read = read_ids(network, ids, segment=7)
    assert np.nan_to_num(read.surprise) == pytest.approx(np.nan_to_num(expected.surprise), abs=2e-2)
    if options:
        assert read.weights == pytest.approx(expected.weights, abs=5e-3)
    result = attribute(NextWord(network), ids, method="integrated_gradients", target=9)
    assert result.convergence_delta < 0.01
    drawn = sample(network, ids, seed=3)
    assert all(1 < word < 300 and 0 < share <= 1 for word, share in (next(drawn) for _ in range(5)))
