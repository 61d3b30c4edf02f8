"""Captum's measures in the record of one text: only where asked for, and what has no number is named."""

import numpy as np
import pytest
import torch

from model.explain.attribution import METHODS
from tests.studies.examined import build
from tests.studies.examined import examined as record_of

torch.set_num_threads(1)

QUICK = ("saliency", "input_x_gradient", "integrated_gradients", "leave_one_out")
IDS = np.random.default_rng(3).integers(1, 40, 12)


def examined(network, ids=IDS, *, methods=QUICK, **options):
    return record_of(network, ids, methods=methods, **{"adversary": False, **options})


def test_only_where_asked_for():
    network = build("bilstm-additive", classes=2)
    plain, full = examined(network), examined(network, captum_metrics=True)
    assert not {"infidelity", "sensitivity"} & set(plain)
    assert {name: full[name] for name in plain if name != "undefined"} == {
        name: value for name, value in plain.items() if name != "undefined"
    }
    assert list(full["infidelity"]) == ["attention", *QUICK]
    assert list(full["sensitivity"]) == ["attention", *QUICK[:-1]]
    assert set(full["undefined"]) - set(plain["undefined"]) == {"sensitivity.leave_one_out"}
    assert list(full)[-1] == "undefined"


@pytest.mark.parametrize("preset", ["lstm", "han"])
def test_every_method_has_a_number_or_a_reason(preset):
    record = examined(build(preset, classes=2), methods=tuple(METHODS), captum_metrics=True)
    names = {*METHODS, *({"attention"} if preset == "han" else ())}
    for part in ("infidelity", "sensitivity"):
        missing = {what.removeprefix(f"{part}.") for what in record["undefined"] if what.startswith(part)}
        assert set(record[part]) | missing == names and not set(record[part]) & missing
    assert set(record["infidelity"]) == names


@pytest.mark.parametrize(("tokens", "reason"), [(0, "no tokens"), (1, "one token")])
def test_a_text_too_short(tokens, reason):
    record = examined(build("bilstm-additive", classes=2), IDS[:tokens], captum_metrics=True)
    for part in ("infidelity", "sensitivity"):
        assert record[part] == {} and record["undefined"][part] == reason


def test_a_flawed_row_is_named():
    network = build("lstm", classes=2)
    network.head.weight.data.zero_()  # nothing moves the logits
    record = examined(network, captum_metrics=True)
    for part in ("infidelity", "sensitivity"):
        assert record[part] == {}
        assert record["undefined"][f"{part}.saliency"] == "all values are 0"
