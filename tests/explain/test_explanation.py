import json
from collections import namedtuple

import numpy as np
import pytest
import torch

from model.errors import ModelError, SettingsError
from model.explain.agreement import agreement
from model.explain.attribution import METHODS, attribute
from model.explain.explanation import Explanation, text_seed
from model.explain.figures import explain_ids, faithfulness_of, predict_ids, probability_of

Token = namedtuple("Token", "text start end known")
IDS = np.random.default_rng(3).integers(1, 40, 23)
LABELS = ["bad", "good", "neither"]


def explanation(network, ids, **options):
    figures = explain_ids(network, ids, seed=1, **{"methods": list(METHODS), **options})
    tokens = [Token(f"w{id}", 3 * place, 3 * place + 2, bool(id > 1)) for place, id in enumerate(ids)]
    return Explanation(text="…", labels=LABELS, tokens=tokens, truncated_at=None, figures=figures)


def shape_of(value):
    if isinstance(value, dict):
        return {name: shape_of(item) for name, item in value.items()}
    return [shape_of(value[0])] if isinstance(value, list) and value else type(value)


def test_to_dict_is_what_the_contract_promises(network):
    result = explanation(network, IDS, methods=["integrated_gradients", "saliency"]).to_dict()
    row = {"values": [float], "convergence_delta": type(None), "seconds": float}
    agreed = {"kendall_tau": float, "top_k": int, "top_k_overlap": float}
    faithful = {"comprehensiveness": float, "sufficiency": float}
    spread = {"mean": float, "p5": float, "p95": float}
    assert shape_of(result) == {
        "text": str, "prediction": str, "target": str, "probabilities": dict.fromkeys(LABELS, float),
        "logit": float, "baseline_logit": float,
        "tokens": [{"text": str, "start": int, "end": int, "known": bool}], "truncated_at": type(None),
        "attention": {"weights": [float], "scores": [float], "per_head": type(None), "names": type(None),
                      "sentences": type(None)},
        "attributions": {"integrated_gradients": {**row, "convergence_delta": float}, "saliency": row},
        "agreement": {"integrated_gradients": agreed, "saliency": agreed},
        "faithfulness": {"attention": faithful, "integrated_gradients": faithful, "saliency": faithful,
                         "random": {"comprehensiveness": spread, "sufficiency": spread}},
    }  # fmt: skip
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert len(result["tokens"]) == len(result["attention"]["weights"]) == len(IDS)


def test_the_figures_belong_together(any_network):
    result = explanation(any_network, IDS).to_dict()
    output = any_network(torch.tensor(IDS)[None])
    assert list(result["probabilities"].values()) == pytest.approx(output.logits.softmax(-1)[0].tolist(), abs=1e-5)
    assert result["prediction"] == result["target"] == LABELS[output.logits.argmax()]
    assert result["logit"] == pytest.approx(output.logits.max().item(), abs=1e-5)
    gained = result["logit"] - result["baseline_logit"]
    assert sum(result["attributions"]["integrated_gradients"]["values"]) == pytest.approx(gained, rel=0.01, abs=1e-3)
    if output.attention is None:
        assert result["attention"] is None and result["agreement"] == {}
        assert set(result["faithfulness"]) == {*METHODS, "random"}
    else:
        assert result["attention"]["weights"] == pytest.approx(output.attention.weights[0].tolist(), abs=1e-5)
        assert set(result["agreement"]) == set(METHODS)
        assert set(result["faithfulness"]) == {"attention", *METHODS, "random"}
        heads = result["attention"]["per_head"]
        if heads is not None:
            assert len(heads) == len(result["attention"]["names"]) and len(heads[0]) == len(IDS)
            assert np.mean(heads, axis=0) == pytest.approx(result["attention"]["weights"], abs=1e-6)


def test_another_target_is_explained_when_asked(network):
    for target, label in enumerate(LABELS):
        result = explanation(network, IDS, target=target).to_dict()
        assert result["target"] == label
        assert result["logit"] == pytest.approx(predict_ids(network, IDS).logits[target])
        values = attribute(network, IDS, method="saliency", target=target).values
        assert result["attributions"]["saliency"]["values"] == values.tolist()


def test_the_parts_one_by_one_are_the_whole(network):
    whole = explain_ids(network, IDS, methods=["saliency", "leave_one_out"], seed=9)
    prediction = predict_ids(network, IDS)
    assert np.array_equal(prediction.attention.weights, whole.prediction.attention.weights)
    values = attribute(network, IDS, method="leave_one_out", target=prediction.best).values
    assert agreement(prediction.attention.weights, values, seed=9) == whole.agreement["leave_one_out"]
    probability = probability_of(network, IDS, target=prediction.best)
    rows, band = faithfulness_of(probability, {"leave_one_out": values}, len(IDS), seed=9)
    assert rows["leave_one_out"] == pytest.approx(whole.faithfulness["leave_one_out"], abs=1e-6)
    assert band.comprehensiveness == pytest.approx(whole.random.comprehensiveness, abs=1e-6)


def test_faithfulness_deletes_tokens_by_signed_value_on_the_targets_probability(bag):
    # To class 0, less class 1: token 1 adds 3, token 2 adds 3, token 3 adds 3, token 4 adds -6; the biases add 1.
    # Kept tokens therefore give sigmoid(1 + their sum). Ten tokens: counts 1, 1, 1, 2, 5.
    ids = [4, 1, 4, 2, 4, 3, 4, 4, 4, 4]
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    figures = explain_ids(bag, ids, methods=["leave_one_out"], seed=0, target=0)
    whole = sigmoid(1 + 9 - 42)
    # Class 0's own logit: token 1 gives 3, token 2 gives 4, token 3 gives 2, token 4 gives -5: that is the order.
    alone = np.mean([sigmoid(4), sigmoid(4), sigmoid(4), sigmoid(7), sigmoid(1 + 9 - 12)])
    assert figures.faithfulness["leave_one_out"].sufficiency == pytest.approx(whole - alone, abs=1e-6)
    assert figures.faithfulness["leave_one_out"].comprehensiveness == pytest.approx(whole, abs=1e-6)


def test_an_empty_text_has_an_empty_explanation(any_network):
    result = explanation(any_network, []).to_dict()
    assert json.dumps(result, allow_nan=False)
    assert result["tokens"] == [] and result["faithfulness"] == {}
    assert all(row["values"] == [] for row in result["attributions"].values())
    assert sum(result["probabilities"].values()) == pytest.approx(1)
    assert result["logit"] == result["baseline_logit"]  # nothing to replace
    if result["attention"] is not None:
        assert result["attention"]["weights"] == []
        undefined = {"kendall_tau": None, "top_k": 1, "top_k_overlap": None}
        assert result["agreement"] == dict.fromkeys(METHODS, undefined)


def test_one_token_has_no_order_but_a_place(any_network):
    result = explanation(any_network, [7]).to_dict()
    assert json.dumps(result, allow_nan=False)
    for row in result["agreement"].values():
        assert row == {"kendall_tau": None, "top_k": 1, "top_k_overlap": None}
    band = result["faithfulness"].pop("random")["comprehensiveness"]
    assert band["p5"] == band["p95"]  # there is one ranking only
    for row in result["faithfulness"].values():
        assert row["sufficiency"] == pytest.approx(0, abs=1e-6)
        assert row["comprehensiveness"] == pytest.approx(band["mean"], abs=1e-6)


def test_the_same_seed_says_the_same_again(network):
    first, again, other = (explain_ids(network, IDS, methods=[], seed=seed).random for seed in (1, 1, 2))
    assert first == again != other


def test_parts_that_do_not_fit_are_refused(network):
    with pytest.raises(SettingsError, match="'gradcam'"):
        explain_ids(network, IDS, methods=["gradcam"], seed=0)
    with pytest.raises(ModelError, match="class 3"):
        explain_ids(network, IDS, methods=[], seed=0, target=3)
    figures = explain_ids(network, IDS, methods=["saliency"], seed=0)
    with pytest.raises(ValueError, match="0 tokens, but a row of 23"):
        Explanation(text="", labels=LABELS, tokens=[], truncated_at=None, figures=figures)


def test_a_texts_seed_is_the_texts_alone():
    assert text_seed("") == 0xE3B0C44298FC1C14  # the first eight bytes of SHA-256 of nothing
    assert text_seed("a") != text_seed("b")
    assert text_seed("\ud800") >= 0  # half a surrogate pair, as a broken paste may hold
