"""Small language networks for tests."""

import itertools

import torch

from model.networks.language_models import LanguageNetwork
from model.networks.language_presets import LanguageArchitecture


def build(*, roughness=3.0, **options):
    """A small network in eval mode, with weights large enough to have opinions."""
    network = LanguageNetwork(
        LanguageArchitecture(**{"vocabulary_size": 30, "embedding_size": 6, "hidden_size": 6, "window": 5, **options})
    )
    with torch.no_grad():
        network.embedding.weight *= 10
        for parameter in itertools.chain(network.layers.parameters(), network.attention.parameters()):
            parameter *= roughness
    return network.eval()
