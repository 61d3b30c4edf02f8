"""The network of an architecture."""

from model.networks.classifiers import TextClassifier
from model.networks.hierarchical import HierarchicalClassifier
from model.networks.presets import Architecture


def build_network(architecture: Architecture) -> TextClassifier:
    """A new network of the class that the architecture's pooling asks for."""
    if architecture.pooling == "hierarchical":
        return HierarchicalClassifier(architecture)
    return TextClassifier(architecture)
