"""On data whose reasons are known, trust finds them, and finds nothing where there is nothing to find.

Rows rank by their signed values, towards the prediction, as plausibility and faithfulness do everywhere. That was
fixed before the first figure; by absolute value negation would be easier, as in "not good" the word "good" speaks
for the other class. The training was chosen on validation texts, where all of these read both tasks (accuracy 1.00)
and leave-one-out stays at 0.97 or more. Integrated gradients in negation, with seeds 13 to 15, reach 1.00, 0.99 and
1.00 in a GRU of 30 epochs, but 1.00, 0.98 and 0.84 in bilstm-additive trained alike, and 0.88 with seed 13 and 10
epochs. So the goal is asked of the GRU, and of bilstm-additive what holds of it. All assertions are about test texts.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
import torch

from model import AttentionClassifier
from model.compare.significance import Interval, paired_difference
from model.compare.trust_tables import summary
from model.compare.verdict import verdicts
from model.data.dataset import Dataset
from model.data.datasets import resolve
from model.explain.attribution import attribute
from model.explain.figures import predict_ids
from model.explain.plausibility import average_precision, expected_average_precision
from model.explain.randomized import randomized
from model.studies.trust import trust
from model.studies.trust_texts import positions

READS = {"preset": "gru", "learning_rate": 0.01, "epochs": 30, "patience": 30}
ADDITIVE = {**READS, "preset": "bilstm-additive"}
UNIFORM = {"preset": "bilstm-additive", "learning_rate": 0.01, "attention_weights": "uniform"}
METHODS = ("integrated_gradients", "leave_one_out")
GOAL = 0.95  # of the mean average precision
TASKS = ("keyword", "negation")
COPIES = 10
T_OF_TEN_COPIES = 2.262  # quantile 0.975 of Student's t with 9 degrees of freedom

torch.set_num_threads(1)


@cache
def _data(name: str) -> Dataset:
    return resolve(f"diagnostic:{name}")


@cache
def _model(name: str, kind: str = "reads", seed: int = 13) -> AttentionClassifier:
    data = _data(name)
    options = {"reads": READS, "additive": ADDITIVE, "uniform": UNIFORM}[kind]
    return AttentionClassifier(**options, seed=seed).fit(*data.train, validation=data.validation)


@cache
def _records(name: str, kind: str = "reads", seed: int = 13, texts: int = 60) -> list[dict]:
    data = _data(name)
    marks = data.rationales["test"]
    *_, last = trust(_model(name, kind, seed), data.test, methods=METHODS, limit=texts, rationales=marks)
    return last.records


@pytest.mark.parametrize("task", TASKS)
def test_leave_one_out_and_integrated_gradients_find_the_reason(task):
    _check_that_reasons_are_found(task)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [13, 14, 15])
@pytest.mark.parametrize("data", ["keyword", "negation", "keyword:zh", "negation:zh"])
def test_the_same_on_all_test_texts_in_two_languages_with_three_seeds(data, seed):
    _check_that_reasons_are_found(data, seed=seed, texts=1000)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [13, 14, 15])
@pytest.mark.parametrize("task", TASKS)
def test_leave_one_out_finds_the_reason_in_a_model_with_attention(task, seed):
    methods = METHODS if task == "keyword" else ("leave_one_out",)
    _check_that_reasons_are_found(task, kind="additive", seed=seed, texts=1000, methods=methods)


@pytest.mark.slow
def test_integrated_gradients_may_miss_a_reason_of_two_words():
    # The goal is missed here: average precision 0.80, and a sufficiency that no longer differs from random (+0.001).
    records = _records("negation", "additive", 15, 1000)
    assert _average_precision(records, "random") + 0.3 < _average_precision(records, "integrated_gradients") < GOAL
    assert _over_random(records, "integrated_gradients", 0, 1.0).low > 0.0


@pytest.mark.parametrize("task", TASKS)
def test_uniform_attention_fails_every_test_of_attention(task):
    data, records = _data(task), _records(task, "uniform")
    assert _model(task, "uniform").score(*data.test) >= 0.99  # it reads the words well
    for record in records:
        assert max(record["permutation"][0], record["uniform"]) < 1e-6
        # A row of equal values points nowhere: no average precision, which is not the same as one of 0.
        assert set(record["plausibility"]["rationales"]["attention"].values()) == {None}
        assert record["undefined"]["plausibility.rationales.attention"] == "all values are equal"
    for place, better in ((0, 1.0), (1, -1.0)):
        assert _over_random(records, "attention", place, better).low <= 0.0
    found = {verdict.test: verdict.outcome for verdict in verdicts(summary(records, labels=data.classes))}
    failed = ("agreement", "best_of_random", "permutation", "uniform", "adversary")
    assert {test: found[test] for test in failed} == dict.fromkeys(failed, "fail")
    assert "pass" not in found.values()


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_all_test_texts_are_enough_to_call_uniform_attention_unfaithful(task):
    records = _records(task, "uniform", texts=1000)
    found = {verdict.test: verdict.outcome for verdict in verdicts(summary(records, labels=_data(task).classes))}
    assert (found["comprehensiveness"], found["sufficiency"]) == ("fail", "fail")


@pytest.mark.parametrize("task", TASKS)
def test_a_randomised_model_finds_no_reasons(task):
    # One copy may rank a few words, or late words, high in all texts alike; it is their mean that is near chance.
    over_chance = _over_chance(task)  # (COPIES, methods)
    records = _records(task)
    by_chance = _average_precision(records, "random")
    for method, gains in zip(METHODS, over_chance.T, strict=True):
        highest = gains.mean() + T_OF_TEN_COPIES * gains.std(ddof=1) / np.sqrt(COPIES)
        assert highest < 0.2 < 0.6 < _average_precision(records, method) - by_chance
        assert by_chance + gains.max() < 0.5  # no copy comes near the goal


def _check_that_reasons_are_found(
    name: str, *, kind: str = "reads", seed: int = 13, texts: int = 60, methods: Sequence[str] = METHODS
) -> None:
    assert _model(name, kind, seed).score(*_data(name).test) >= 0.99
    records = _records(name, kind, seed, texts)
    for method in methods:
        assert _average_precision(records, method) >= GOAL
        assert _over_random(records, method, 0, 1.0).low > 0.0  # comprehensiveness: high is faithful
        assert _over_random(records, method, 1, -1.0).low > 0.0  # sufficiency: low is faithful


def _average_precision(records: list[dict], method: str) -> float:
    return float(np.mean([record["plausibility"]["rationales"][method]["average_precision"] for record in records]))


def _over_random(records: list[dict], method: str, place: int, better: float) -> Interval:
    """Mean gain over a text's random rankings, with its paired interval; above 0 is better than random."""
    own = np.array([record["faithfulness"][method][place] for record in records])
    random = np.array([np.mean(record["random"], axis=0)[place] for record in records])
    return paired_difference(better * random, better * own, seed=0)


def _over_chance(name: str, texts: int = 25) -> np.ndarray:
    """Average precision less what chance gives, (COPIES, methods), in copies whose weights are all drawn anew."""
    data, model = _data(name), _model(name)
    gains = np.zeros((COPIES, len(METHODS), texts))
    for copy in range(COPIES):
        network = randomized(model.network_, stage="all", seed=copy)
        for place, text in enumerate(data.test.texts[:texts]):
            ids = model.vocabulary_.encode([text])[0]
            marked = positions(model.tokenize(text), data.rationales["test"][place])
            target = predict_ids(network, ids).best
            for row, method in enumerate(METHODS):
                values = attribute(network, ids, method=method, target=target).values
                by_chance = expected_average_precision(len(marked), len(ids))
                gains[copy, row, place] = average_precision(marked, values) - by_chance
    return gains.mean(axis=-1)
