"""The process that reads an upload: what it tells, and in which words it refuses."""

import errno
import json
import subprocess
import sys

import pytest

from model import data_worker
from model.data_worker import Status
from model.errors import DataError
from model.runs.run import REPOSITORY


def told(folder):
    return json.loads((folder / "status.json").read_text())


def test_the_share_never_falls_and_is_whole_only_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(data_worker, "_EVERY", 0.0)
    status = Status(tmp_path)
    for share, expected in ((0.2, 0.2), (0.1, 0.2), (2.0, 0.999)):
        status.tell(share, 5, "Reading")
        assert told(tmp_path) == {"state": "reading", "share": expected, "rows": 5, "message": "Reading"}
    status.settle("ready", "")
    assert told(tmp_path) == {"state": "ready", "share": 1.0, "rows": 5, "message": ""}


def test_it_writes_a_few_times_a_second_and_at_each_new_stage(tmp_path):
    status = Status(tmp_path)
    status.tell(0.1, 1, "Reading")
    status.tell(0.2, 2, "Reading")
    assert told(tmp_path)["rows"] == 1
    status.tell(0.3, 3, "Splitting")
    assert told(tmp_path)["rows"] == 3


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DataError("t.csv has no column of labels; name one (--label-column)."),
         "t.csv has no column of labels; name one."),
        (MemoryError(), "t.csv needs more memory than 3 GB to read; split it or take a sample of it."),
        (OSError(errno.ENOSPC, "No space left on device"),
         "t.csv could not be read: no space is left on the server's disk; free some, or try a smaller file."),
        (ValueError("one\nand two"), "t.csv could not be read (ValueError: one and two); save it anew."),
    ],
)  # fmt: skip
def test_a_refusal_is_one_sentence(error, sentence):
    assert data_worker._sentence(error, "t.csv") == sentence


def test_reading_that_takes_too_long_is_refused(tmp_path):
    (tmp_path / "about.json").write_text('{"name": "t.csv"}')
    (tmp_path / "request.json").write_text('{"columns": null}')
    (tmp_path / "source").write_text("text,label\n" + "a text,p\nanother,n\n" * 500_000)
    code = "import sys; from model import data_worker; data_worker.WALL_SECONDS = 1; sys.exit(data_worker.main())"
    child = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY, timeout=60)
    assert child.returncode == 1
    assert told(tmp_path)["message"] == "t.csv takes longer than 0 minutes to read; take a sample of it."
    assert {path.name for path in tmp_path.iterdir()} == {"about.json", "request.json", "status.json"}


def test_it_wants_a_folder():
    assert data_worker.main([]) == 2
