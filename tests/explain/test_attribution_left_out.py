"""Why DeepLift is not among the methods: on recurrent networks its values do not add up, and it does not say so."""

import warnings

import numpy as np
import pytest
import torch
from captum.attr import DeepLift
from torch import nn

from model.explain.attribution import attribute, convergence_delta
from model.explain.network import baseline_logits, run

IDS = np.random.default_rng(3).integers(1, 40, 23)
PRESETS = ("lstm", "gru", "bilstm", "bilstm-additive", "bilstm-dot")


class Logits(nn.Module):
    """Embeddings -> logits, as the module that Captum's DeepLift asks for."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, embeddings):
        return self.network.classify_embedded(embeddings).logits


@pytest.mark.parametrize("preset", PRESETS)
def test_deep_lift_misses_the_change_of_the_logit(build, preset):
    network = build(preset)
    embeddings = network.embed(torch.tensor(IDS)[None]).detach()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it sets hooks; not that it has no rule for what is inside
        values = DeepLift(Logits(network)).attribute(embeddings, torch.zeros_like(embeddings), target=1)
    values = values.detach().sum(-1)[0].numpy()
    change = float(run(network, IDS).logits[0, 1] - baseline_logits(network, IDS)[1])
    assert convergence_delta(float(values.sum()), change) > 0.1
    gradients = attribute(network, IDS, method="input_x_gradient", target=1).values
    assert values == pytest.approx(gradients, abs=1e-5)  # all it gives is what is offered under its own name
    assert attribute(network, IDS, method="integrated_gradients", target=1).convergence_delta < 0.01
