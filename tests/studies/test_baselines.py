"""The baselines of a data set: computed once, and bounded where there is too much to learn from."""

from dataclasses import replace

import numpy as np
import pytest

from model.compare.baselines import tfidf_logistic_regression
from model.data.datasets import load_builtin
from model.studies import baselines as room
from model.studies.baselines import baselines, baselines_path
from model.text.segmentation import segment_keys


@pytest.fixture(scope="module")
def dataset():
    return load_builtin("diagnostic:keyword:200")


def test_they_are_computed_once(dataset, tmp_path, monkeypatch):
    first = baselines(tmp_path, dataset)
    assert first["majority"]["documents"] == len(dataset.test.texts)
    assert "texts" not in first["tfidf_logistic_regression"]["choice"]
    assert baselines_path(tmp_path, dataset.sha256).name == f"{dataset.sha256[:16]}.json"
    monkeypatch.delattr(room, "tfidf_logistic_regression")
    assert baselines(tmp_path, dataset) == first
    with pytest.raises(NameError):
        baselines(tmp_path, replace(dataset, sha256="0" * 64))


def test_too_much_to_learn_from_is_cut_and_it_is_said(dataset, tmp_path, monkeypatch):
    keys = [segment_keys(split.texts) for split in (dataset.train, dataset.validation, dataset.test)]
    labels = [np.searchsorted(dataset.classes, split.labels) for split in (dataset.train, dataset.validation)]
    monkeypatch.setattr(room, "MOST_TOKENS", sum(map(len, keys[0][:40])))
    cut = baselines(tmp_path, dataset)["tfidf_logistic_regression"]
    expected = tfidf_logistic_regression(keys[0][:40], labels[0][:40], keys[1], labels[1], keys[2])
    assert cut["choice"] == {**expected.choice, "texts": 40}
