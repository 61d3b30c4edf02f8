"""Runs without a training: made in milliseconds, with everything that the store, the queue and a bundle look at."""

import hashlib
import io
import json
import zipfile
from functools import partial

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import save_file

from model.data.splits import make_dataset
from model.data.storage import save_dataset
from model.data.tables import read_table
from model.errors import RunError
from model.networks.classifiers import TextClassifier
from model.runs import jobs
from model.runs.archive import write_archive
from model.runs.bundle import bundle, unbundle
from model.runs.jobs import JobQueue
from model.runs.store import create_run, keep_data, rename_run
from model.text.vocabulary import Vocabulary
from model.training.settings import Settings
from tests.runs.processes import fake_launch

VERSIONS = {"attention_lab": "0.1.0", "python": "3.11", "torch": "2.13.0"}
DATA_REPORT = {
    "rows": 12,
    "dropped": {"empty": 1},
    "duplicates": 1,
    "leaked_into_test": 0,
    "classes": {"bad": 5, "good": 5},
    "train": 6,
    "validation": 2,
    "test": 2,
}
CLASSES = ["bad", "good"]
METRICS = {"accuracy": 0.5, "macro_f1": 0.4, "loss": 0.7, "documents": 0}


@pytest.fixture
def root(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def make_run(root):
    """A function that creates a queued run below `root`, on data of the given content (one file, `texts`)."""

    def make(content="some texts", *, where=root, title="", owner=None, **options):
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        folder = keep_data(where, sha256, lambda draft: (draft / "texts").write_text(content))
        data = {"name": "reviews.csv", "sha256": sha256, "folder": folder, "report": DATA_REPORT}
        settings = Settings(**options).to_dict()
        return create_run(where, data=data, settings=settings, versions=VERSIONS, title=title, owner=owner)

    return make


@pytest.fixture
def open_queue(root, monkeypatch):
    """A function that opens a queue on `root`; all are closed at the end, and with them their processes."""
    monkeypatch.setattr(jobs, "TICK", 0.02)
    opened = []

    def opener(**options):
        opened.append(JobQueue(root, **{"cores": 1, "gpus": (), "launch": fake_launch, **options}))
        return opened[-1]

    yield opener
    for queue in opened:
        queue.close()


def finish(run, dataset):
    """Give a run everything that a training leaves, with weights as they start."""
    settings = Settings.from_dict(run.spec["settings"])
    vocabulary = Vocabulary.fit(dataset.train.texts, min_frequency=1)
    vocabulary.save(run.folder / "vocabulary.json")
    network = TextClassifier(settings.architecture(vocabulary_size=len(vocabulary), classes=2, embedding_size=8))
    metadata = {"format": "attention-lab 1", "settings": settings.to_dict(), "classes": CLASSES, "vectors": None,
                "versions": VERSIONS}  # fmt: skip
    metadata = {name: json.dumps(value) for name, value in metadata.items()}
    save_file(network.state_dict(), run.folder / "model.safetensors", metadata=metadata)
    documents = len(dataset.test.texts)
    run.save_predictions(
        pd.DataFrame(
            {
                "index": np.arange(documents),
                "label": np.asarray(dataset.test.labels, dtype=object),
                "prediction": np.asarray(["good"] * documents, dtype=object),
                "p_bad": np.full(documents, 0.25, np.float32),
                "p_good": np.full(documents, 0.75, np.float32),
            }
        )
    )
    metrics = {**METRICS, "documents": documents}
    run.save_report({
        "preset": settings.preset, "seed": settings.seed, "parameters": 1000, "parameters_without_embeddings": 500,
        "device": "cpu", "precision": "float32", "epochs": 2, "best_epoch": 1, "seconds": 1.5,
        "documents_per_second": 100.0, "vectors": None, "vocabulary": len(vocabulary), "validation": metrics,
        "test": metrics, "baselines": {"majority": metrics, "tfidf_logistic_regression": {**metrics, "choice": {
            "C": 1.0, "ngrams": [1, 2]}}}, "data": dataset.report,
    })  # fmt: skip
    run.append_event({"kind": "boot", "device": "cpu", "precision": "float32", "epochs": 2, "documents": 24,
                      "resumed_after": 0})  # fmt: skip
    run.append_event({"kind": "improved", "epoch": 1, "validation": metrics})
    run.set_state("done")


@pytest.fixture(scope="module")
def dataset():
    rows = [f"the film number {number} was {word},{label}" for number in range(20) for word, label in
            (("fine", "good"), ("poor", "bad"))]  # fmt: skip
    return make_dataset(read_table("\n".join(["text,label", *rows]).encode(), name="reviews.csv"), name="reviews.csv")


@pytest.fixture(scope="module")
def packed(dataset, tmp_path_factory):
    """The bundle of a finished run, and the folder it came from."""
    root = tmp_path_factory.mktemp("origin")
    folder = keep_data(root, dataset.sha256, partial(save_dataset, dataset))
    data = {"name": dataset.name, "sha256": dataset.sha256, "folder": folder, "report": dataset.report}
    settings = Settings(preset="lstm-additive", hidden_size=4, embedding_size=8, vectors="none").to_dict()
    run = create_run(root, data=data, settings=settings, versions=VERSIONS, owner="somebody")
    finish(run, dataset)
    rename_run(run, title="My run", notes="Good one")
    path = bundle(run.folder, root / "run.zip")
    return path.read_bytes(), run


@pytest.fixture
def members(packed):
    """The files of that bundle by name, without the manifest."""
    with zipfile.ZipFile(io.BytesIO(packed[0])) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist() if name != "manifest.json"}


@pytest.fixture
def pack(tmp_path):
    """A function that makes a bundle of any members, with a right manifest."""

    def packer(members):
        write_archive(tmp_path / "hostile.zip", members)
        return (tmp_path / "hostile.zip").read_bytes()

    return packer


@pytest.fixture
def refused(root):
    """A function that checks that a bundle is refused with a message on one line, and leaves nothing behind."""

    def check(content, message):
        with pytest.raises(RunError, match=message) as caught:
            unbundle(content, root)
        text = str(caught.value)
        assert text.startswith("this bundle is refused: ") and len(text.splitlines()) == 1 and len(text) < 600
        assert str(root) not in text, "no folder that the person does not know"
        left = {path.name for path in root.rglob("*")} if root.exists() else set()
        assert left <= {"store.lock"}, left

    return check
