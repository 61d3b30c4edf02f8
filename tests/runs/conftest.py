"""Runs without a training: made in milliseconds, with everything that the store and the queue look at."""

import hashlib

import pytest

from model.runs.store import create_run, keep_data
from model.training.settings import Settings

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


@pytest.fixture
def root(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def make_run(root):
    """A function that creates a queued run below `root`, on data of the given content (one file, `texts`)."""

    def make(content="some texts", *, where=root, title="", **options):
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        folder = keep_data(where, sha256, lambda draft: (draft / "texts").write_text(content))
        data = {"name": "reviews.csv", "sha256": sha256, "folder": folder, "report": DATA_REPORT}
        settings = Settings(**options).to_dict()
        return create_run(where, data=data, settings=settings, versions=VERSIONS, title=title)

    return make
