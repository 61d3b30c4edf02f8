"""Records of one text for tests, and small networks of every preset to make them of."""

import json

import torch

from model.networks.build import build_network
from model.networks.presets import PRESETS, Architecture
from model.studies.examine import examine

PARTS = (
    "index label prediction probability tokens truncated agreement faithfulness random curves flips permutation "
    "uniform forced adversary flip_distance randomized plausibility undefined"
).split()
TEXT = [2, 3, 4]  # in the market of test_examine: attention 1/2, 1/4, 1/4; the logit is 2 - 1/2


def examined(network, ids=TEXT, *, methods=("leave_one_out",), **options):
    given = {"index": 7, "label": "no", "labels": ["no", "yes"], "seed": 11, **options}
    record = examine(network, ids, methods=methods, **given)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    return record


def build(preset, **options):
    sizes = {"vocabulary_size": 40, "embedding_size": 6, "hidden_size": 8, "sentence_ends": (3, 4), "classes": 3}
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = build_network(Architecture(**PRESETS[preset]._asdict(), **{**sizes, **options}))
        network.embedding.weight.data *= 20  # untrained weights say next to nothing
        network.head.weight.data *= 10
    return network.eval()
