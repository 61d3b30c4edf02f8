"""Networks to explain: every preset, tiny, with weights large enough to have opinions; and one solved by hand."""

import pytest
import torch
from torch import nn

from model.networks.build import build_network
from model.networks.classifiers import Output, TextClassifier
from model.networks.presets import PRESETS, Architecture

torch.set_num_threads(1)


class BagOfWords(nn.Module):
    """logits = bias + sum over tokens of embedding @ weights: every contribution can be read off the weights."""

    classes = 2

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 2, padding_idx=0)
        self.embedding.weight.data = torch.tensor([[0.0, 0], [1, 0], [0, 1], [2, -1], [-3, 1]])
        self.weights = nn.Parameter(torch.tensor([[3.0, 0], [4, 1]]))  # (E, C)
        self.bias = nn.Parameter(torch.tensor([0.5, -0.5]))

    def embed(self, ids):
        return self.embedding(ids)

    def sentences(self, ids):
        return None

    def classify_embedded(self, embeddings, mask=None, sentences=None):
        if mask is not None:
            embeddings = embeddings * mask.unsqueeze(-1)
        return Output(embeddings.sum(1) @ self.weights + self.bias)


@pytest.fixture
def bag():
    return BagOfWords().eval()


def _build(
    preset: str, *, classes: int = 3, strength: float = 10.0, roughness: float = 2.0, **options
) -> TextClassifier:
    """A small network of a preset, in eval mode, with the same random weights each time."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        sizes = {
            **PRESETS[preset]._asdict(),
            "vocabulary_size": 40,
            "embedding_size": 6,
            "hidden_size": 8,
            "sentence_ends": (3, 4),
            **options,
        }
        network = build_network(Architecture(classes=classes, **sizes))
        network.embedding.weight.data *= 2 * strength  # untrained weights say next to nothing
        network.head.weight.data *= strength
        for parameter in network.encoder.parameters():
            parameter.data *= roughness
    return network.eval()


@pytest.fixture
def build():
    """Build a network of any preset and options."""
    return _build


@pytest.fixture
def network():
    return _build("bilstm-additive")


@pytest.fixture(params=PRESETS)
def any_network(request):
    return _build(request.param)
