"""Copies of a network that forgot what it learned, from the top down: what still looks the same never showed it.

Cascading randomisation (Adebayo et al. 2018, "Sanity checks for saliency maps"): an explanation that stays as it was
when the layers that it should explain become random ones explains the architecture, or the text alone.
"""

import copy

import torch
from torch import nn

from model.errors import SettingsError
from model.networks.build import build_network

# From the top down, each stage with the layers that it adds to the one before. The second reader of stacked attention
# reads what attention weighted; the sentence level of a hierarchical network stands above its words' attention, whose
# weights it multiplies.
_LAYERS = {
    "head": ("head", "second_reader"),
    "head+attention": ("sentence_attention", "sentence_encoder", "attention"),
    "head+attention+encoder": ("encoder",),
    "all": ("input_normalization", "embedding"),
}
STAGES = tuple(_LAYERS)


def cascade(network: nn.Module, *, seed: int) -> dict[str, nn.Module]:
    """Copies of a network of any preset by stage, each with all layers from the top down to its own drawn anew.

    They are drawn as for a new network of its architecture, once for all stages: what one stage drew, the next ones
    keep. The PAD embedding stays zero. A stage whose layers the network has not, or which have no weights, changes
    nothing. The same seed gives the same copies; the network and all random generators are left as they were. Each
    copy takes as much memory as the network.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # not torch.manual_seed, which would seed other devices too
        fresh = build_network(network.architecture)
    stages, current = {}, network
    for stage, names in _LAYERS.items():
        current = copy.deepcopy(current)
        for name in names:
            layer = getattr(fresh, name, None)
            if layer is not None:
                getattr(current, name).load_state_dict(layer.state_dict())
        stages[stage] = current
    return stages


def randomized(network: nn.Module, *, stage: str, seed: int) -> nn.Module:
    """The copy of one stage of `STAGES`, as `cascade` has it. Raises SettingsError for another name."""
    if stage not in STAGES:
        raise SettingsError(f"there is no stage {stage!r} of randomisation; choose from {', '.join(STAGES)}")
    return cascade(network, seed=seed)[stage]
