"""What a language model makes of a long text, read as one stream, in float32 and without gradients."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from model.networks.language_models import LanguageNetwork


@torch.inference_mode()
def token_losses(network: LanguageNetwork, ids: np.ndarray, *, segment: int = 256) -> np.ndarray:
    """Loss of each token after the first, in nats: one stream from the zero state. ids: (N,) -> (N - 1,) float32.

    The state is carried over segments, and the past with it, so that their length changes nothing but the speed.
    """
    device = network.embedding.weight.device
    stream = torch.from_numpy(np.asarray(ids, np.int64)).to(device).unsqueeze(0)  # (1, N)
    losses = torch.zeros(max(len(ids) - 1, 0), device=device)
    training = network.training
    network.eval()
    try:
        state = network.initial_state(1)
        for start in range(0, len(losses), segment):
            stop = min(start + segment, len(losses))
            read = network.read(network.embed(stream[:, start:stop]), state)
            state = read.state
            logits = network.decode(read.features[0])  # (S, V)
            losses[start:stop] = F.cross_entropy(logits, stream[0, start + 1 : stop + 1], reduction="none")
    finally:
        network.train(training)
    return losses.cpu().numpy()
