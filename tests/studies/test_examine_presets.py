"""The record of one text: what must hold for every preset."""

import numpy as np
import pytest
import torch

from model.explain.figures import explain_ids
from model.explain.interventions import own_weights
from model.explain.randomized import STAGES, cascade
from model.networks.presets import PRESETS
from model.studies import examine as room
from tests.studies.examined import PARTS, build, examined

torch.set_num_threads(1)

METHODS = ("integrated_gradients", "leave_one_out", "saliency")


@pytest.mark.parametrize("tokens", [0, 1, 2, 9])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_a_record(preset, tokens):
    network, ids = build(preset), [5, 9, 2, 30, 3, 17, 8, 21, 5][:tokens]
    copies = cascade(network, seed=1)
    options = {
        "labels": ["a", "b", "c"],
        "methods": METHODS,
        "randomized": copies,
        "rationale": set(range(tokens // 2)),
    }
    record = examined(network, ids, **options)
    assert list(record) == PARTS
    names = ["saliency", "integrated_gradients", "leave_one_out"]
    with_attention = PRESETS[preset].pooling not in ("last", "mean")
    names = ["attention", *names] if with_attention else names
    pairs = [f"{a}|{b}" for place, a in enumerate(names) for b in names[place + 1 :]]
    assert list(record["agreement"]) == pairs
    assert list(record["randomized"]) == list(STAGES)
    assert all(list(stage) == names for stage in record["randomized"].values())
    assert list(record["plausibility"]["rationales"]) == [*names, "random"]
    assert (record["permutation"] is None) == (
        not with_attention or tokens < 2 or "permutation" in record["undefined"]
    )
    if tokens == 9:
        assert list(record["faithfulness"]) == names and list(record["curves"]) == [*names, "random"]
        assert all(0 <= p <= 1 for curve in record["curves"].values() for side in curve.values() for p in side)
        expected = {} if with_attention else dict.fromkeys(PARTS[11:16], "no attention")
        expected.pop("forced", None)
        assert record["undefined"] == expected
    assert record == examined(network, ids, **options)


def test_the_numbers_are_those_of_an_explanation():
    network, ids = build("bilstm-multihead"), [5, 9, 2, 30, 3, 17, 8, 21]
    record = examined(network, ids, methods=METHODS, labels=["a", "b", "c"])
    figures = explain_ids(network, ids, methods=METHODS, seed=11)
    for method in METHODS:
        tau, _, overlap = figures.agreement[method]
        assert record["agreement"][f"attention|{method}"] == [tau, overlap]
    for name, both in figures.faithfulness.items():
        assert record["faithfulness"][name] == pytest.approx(list(both), abs=1e-6)
    assert np.mean(record["random"], axis=0)[0] == pytest.approx(figures.random.comprehensiveness.mean, abs=1e-6)


def test_no_part_of_a_text_runs_twice(monkeypatch):
    asked, run = [], room.shortened_logits
    monkeypatch.setattr(room, "shortened_logits", lambda *given: asked.extend(given[2]) or run(*given))
    examined(build("bilstm-additive"), [5, 9, 2, 30, 3, 17, 8], labels=["a", "b", "c"])
    assert len(asked) == len({tuple(positions.tolist()) for positions in asked}) > 20


def test_the_seed_alone_decides():
    network, ids = build("bilstm-dot"), [5, 9, 2, 30, 3, 17, 8]
    first, again, other = (examined(network, ids, labels=["a", "b", "c"], seed=seed) for seed in (2**63, 2**63, 5))
    assert first == again
    assert first["random"] != other["random"] and first["permutation"] != other["permutation"]


def test_forced_own_weights_change_nothing():
    for preset in ("bilstm-dot", "bilstm-multihead", "han", "bilstm-feedforward-stacked"):
        network, ids = build(preset), [5, 9, 2, 30, 3, 17, 8]
        record = examined(network, ids, labels=["a", "b", "c"], forced={"me": own_weights(network, ids)})
        assert record["forced"] == {"me": [pytest.approx(0.0, abs=1e-5), False]}
