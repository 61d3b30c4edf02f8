"""Tiny runs on generated texts, and studies of them."""

import pytest

from model.data.datasets import load_builtin
from model.studies import trust as room
from model.studies.training import execute, prepare
from model.studies.trust import trust
from model.training.settings import Settings

SMALL = {"hidden_size": 4, "embedding_size": 4, "vectors": "none", "epochs": 1}


@pytest.fixture(scope="session")
def dataset():
    return load_builtin("diagnostic:keyword:200")


@pytest.fixture(scope="session")
def train():
    """A function that trains runs below a folder, one a seed, in a fifth of a second each."""

    def trained(root, dataset, preset="bilstm-additive", *, seeds=1, **options):
        runs = prepare(root, dataset, presets=[preset], seeds=seeds, settings=Settings(**SMALL, **options))
        for run in runs:
            execute(run)
        return runs

    return trained


@pytest.fixture(scope="session")
def library(tmp_path_factory, dataset, train):
    """Two seeds of one preset; their records are kept elsewhere, by each test for itself."""
    return train(tmp_path_factory.mktemp("library"), dataset, seeds=2)


@pytest.fixture
def run(library):
    return library[0]


@pytest.fixture
def asked(monkeypatch):
    """The places of the texts that are really examined, in order."""
    places = []
    examine = room.examine

    def counting(network, ids, **options):
        places.append(options["index"])
        return examine(network, ids, **options)

    monkeypatch.setattr(room, "examine", counting)
    return places


@pytest.fixture
def study(run, dataset, tmp_path):
    """A function that examines texts of the test split, its records kept in a folder of this test."""

    def begin(model=run, split=dataset.test, **options):
        return trust(model, split, **{"methods": ("leave_one_out",), "root": tmp_path, "limit": 4, **options})

    return begin
