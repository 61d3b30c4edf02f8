"""Shares of the training texts: fair, nested, with as many updates; and what a duel finds on them."""

import itertools
import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from model.data.dataset import dataset_hash
from model.data.datasets import load_builtin
from model.studies.duel import begin
from model.studies.shares import LEFT_OUT, share_figures, share_settings, subset
from model.training.settings import Settings
from tests.studies.duels import METRICS, small_plan


def balance(report):
    kept = report["train"] + report["validation"] + report["test"]
    return sum(report["dropped"].values()) + report["duplicates"] + report["leaked_into_test"] + kept


def test_a_share_is_the_first_texts_of_each_class_and_the_rest_is_as_before(dataset):
    part = subset(dataset, 0.3)
    whole, kept = Counter(dataset.train.labels), Counter(part.train.labels)
    assert kept == {label: round(0.3 * count) for label, count in whole.items()}
    for label in dataset.classes:
        own = [text for text, other in zip(*dataset.train, strict=True) if other == label]
        assert [text for text, other in zip(*part.train, strict=True) if other == label] == own[: kept[label]]
    assert (part.validation, part.test, part.classes) == (dataset.validation, dataset.test, dataset.classes)
    places = [dataset.train.texts.index(text) for text in part.train.texts]
    assert places == sorted(places), "the order stays"
    rows = dict(zip(dataset.train.texts, dataset.rationales["train"], strict=True))
    assert part.rationales["train"] == [rows[text] for text in part.train.texts]
    assert part.rationales["test"] == dataset.rationales["test"]


def test_smaller_shares_are_part_of_larger_ones(dataset):
    texts = [set(subset(dataset, share).train.texts) for share in (0.05, 0.1, 0.33, 0.5, 0.99)]
    assert all(small < large for small, large in itertools.pairwise(texts))


def test_its_report_and_hash_tell_of_what_is_left(dataset):
    part = subset(dataset, 0.3)
    assert part.report["dropped"][LEFT_OUT] == len(dataset.train.texts) - len(part.train.texts)
    assert balance(part.report) == balance(dataset.report) == part.report["rows"]
    labels = [label for split in (part.train, part.validation, part.test) for label in split.labels]
    assert part.report["classes"] == Counter(labels)
    splits = {"train": part.train, "validation": part.validation, "test": part.test}
    assert part.sha256 == dataset_hash(splits) != dataset.sha256


def test_every_class_keeps_a_text(dataset):
    assert set(subset(dataset, 0.001).train.labels) == set(dataset.classes)


@pytest.mark.parametrize("part", [1, 48, 49, 100, 690, 2_070, 6_909])
def test_as_many_updates_on_fewer_texts(part):
    settings = Settings(epochs=10, patience=4, batch_size=48)
    options = share_settings(settings, whole=6_909, part=part)
    updates = lambda texts, epochs: epochs * math.ceil(texts / 48)  # noqa: E731
    wanted = updates(6_909, 10)
    if options["epochs"] < 1000:
        assert abs(updates(part, options["epochs"]) - wanted) <= math.ceil(part / 48) / 2
        assert options["patience"] == round(options["epochs"] * 0.4) or part == 6_909
    else:
        assert options["epochs"] == 1000
    Settings(**options)


def test_no_patience_stays_none():
    assert share_settings(Settings(patience=None), whole=100, part=10)["patience"] is None


# -- what a duel finds -------------------------------------------------------------------------------------------


def finish(run, dataset, right):
    """Let a run be done, with predictions of which so many of the first are right."""
    labels = np.searchsorted(dataset.classes, dataset.test.labels)
    predictions = np.where(np.arange(len(labels)) < right, labels, 1 - labels)
    probabilities = np.where(np.arange(2) == predictions[:, None], 0.8, 0.2)
    names = np.asarray(dataset.classes, dtype=object)
    run.save_predictions(
        pd.DataFrame(
            {"index": np.arange(len(labels)), "label": names[labels], "prediction": names[predictions]}
            | {f"p_{name}": probabilities[:, column] for column, name in enumerate(names)}
        )
    )
    run.save_report({"validation": METRICS, "test": METRICS, "parameters_without_embeddings": 10})
    run.set_state("done")


@pytest.fixture
def shared(tmp_path):
    data = load_builtin("diagnostic:keyword:200")
    return begin(tmp_path, data, small_plan(shares=(0.1, 0.5))), data


def test_figures_by_share(shared):
    duel, data = shared
    texts = len(data.test.texts)
    right = {0.1: 10, 0.5: 12, 1.0: 14}
    for share, count in right.items():
        for run in duel.runs(share):
            gain = {"bilstm": 0, "bilstm-additive": 2}[run.spec["preset"]]
            finish(run, data, count + gain + run.spec["seed"] - 13)
    found = share_figures(duel)
    assert found["shares"] == [0.1, 0.5, 1.0] and found["train"] == [16, 80, 160]
    assert set(found["sides"]) == set(duel.plan.presets)
    plain = [cell["metrics"]["accuracy"]["estimate"] for cell in found["sides"]["bilstm"]]
    assert plain == pytest.approx([10.5 / texts, 12.5 / texts, 14.5 / texts])
    assert [cell["train"] for cell in found["sides"]["bilstm"]] == [16, 80, 160]
    pair = next(pair for pair in found["pairs"] if (pair["first"], pair["second"]) == ("bilstm", "bilstm-additive"))
    gains = [each["accuracy"] for each in pair["differences"]]
    assert [gain["estimate"] for gain in gains] == pytest.approx([2 / texts] * 3)
    assert gains[0]["seeds"] == pytest.approx([2 / texts] * 2)
    assert len(found["pairs"]) == 3


def test_a_share_that_is_not_trained_yet_is_left_out(shared):
    duel, data = shared
    assert share_figures(duel) is None
    for share in (0.5, 1.0):
        for run in duel.runs(share):
            finish(run, data, 10)
    finish(duel.runs(0.1)[0], data, 10)
    assert share_figures(duel)["shares"] == [0.5, 1.0]


def test_seeds_that_are_missing_on_one_side_are_no_pairs(shared):
    duel, data = shared
    for share in (0.1, 0.5, 1.0):
        for run in duel.runs(share):
            if (share, run.spec["preset"], run.spec["seed"]) != (0.1, "bilstm", 14):
                finish(run, data, 10)
    pair = share_figures(duel)["pairs"][0]
    assert [each["accuracy"]["seeds"] is None for each in pair["differences"]] == [True, False, False]


def test_a_duel_without_shares_has_no_such_figures(tmp_path, dataset):
    duel = begin(tmp_path, dataset, small_plan())
    for run in duel.runs():
        finish(run, dataset, 10)
    assert share_figures(duel) is None
