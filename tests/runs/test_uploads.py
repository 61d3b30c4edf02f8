"""Uploads leave the folder of all uploads in time, and nobody's but an owner's own make room for another."""

import os
import time

import pytest

from model.errors import RunError
from model.runs import uploads
from model.runs.intake import find_intake
from model.runs.uploads import sweep
from tests.runs.test_intake import TABLE, received


def test_the_oldest_of_ones_own_uploads_make_room(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "PER_OWNER", 3)
    other = received(tmp_path, owner="other")
    mine = [received(tmp_path) for _ in range(3)]
    for age, upload in enumerate(mine):
        os.utime(upload.folder / "about.json", (time.time() - 100 + age, time.time() - 100 + age))
    find_intake(tmp_path, mine[0].id)  # used just now
    newest = received(tmp_path)
    assert {upload.id: upload.folder.exists() for upload in [other, *mine, newest]} == {
        other.id: True, mine[0].id: True, mine[1].id: False, mine[2].id: True, newest.id: True,
    }  # fmt: skip
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 3 * len(TABLE))
    last = received(tmp_path)
    assert sum(upload.folder.exists() for upload in [*mine, newest]) < 3
    assert (last.folder.exists(), other.folder.exists()) == (True, True)
    monkeypatch.setattr(uploads, "MAX_UPLOADS", len(TABLE))
    with pytest.raises(RunError, match="GB of uploads already"):
        received(tmp_path)
    assert other.folder.exists()


def test_an_upload_that_is_still_coming_in_is_nobodys_to_remove(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "PER_OWNER", 1)
    (tmp_path / "uploads" / ("0" * 16)).mkdir(parents=True)
    received(tmp_path, owner=None)
    received(tmp_path, owner=None)
    assert (tmp_path / "uploads" / ("0" * 16)).exists()


def test_unused_uploads_are_swept_after_a_day(tmp_path):
    old, new = received(tmp_path), received(tmp_path)
    os.utime(old.folder / "about.json", (0, time.time() - 25 * 3600))
    sweep(tmp_path)
    assert (old.folder.exists(), new.folder.exists()) == (False, True)
    with pytest.raises(RunError, match="not there any more"):
        find_intake(tmp_path, old.id)
