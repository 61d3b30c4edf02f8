"""What a network says about many texts, in float32 and without gradients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from model.networks.classifiers import Output, TextClassifier
from model.training.batches import Documents, inference_batches


@torch.inference_mode()
def outputs(network: TextClassifier, documents: Documents) -> Iterator[tuple[np.ndarray, Output]]:
    """Indices (B,) of some texts and the network's output for them, until every text has had its turn."""
    training = network.training
    network.eval()
    try:
        for index in inference_batches(documents.lengths):
            ids, mask = documents.batch(index)
            yield index, network.classify_embedded(network.embed(ids), mask, network.sentences(ids))
    finally:
        network.train(training)


def logits(network: TextClassifier, documents: Documents) -> np.ndarray:
    """Logits of every text. -> (N, C) float32."""
    result = np.zeros((len(documents), network.architecture.classes), np.float32)
    for index, output in outputs(network, documents):
        result[index] = output.logits.float().cpu().numpy()
    return result
