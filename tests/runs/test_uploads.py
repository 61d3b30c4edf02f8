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
    old, yesterdays, new = received(tmp_path), received(tmp_path), received(tmp_path)
    for upload, hours in ((old, 25), (yesterdays, 23)):
        os.utime(upload.folder / "about.json", (0, time.time() - hours * 3600))
    sweep(tmp_path)
    assert [upload.folder.exists() for upload in (old, yesterdays, new)] == [False, True, True]
    with pytest.raises(RunError, match="not there any more"):
        find_intake(tmp_path, old.id)


def test_an_upload_that_goes_takes_its_process_with_it(tmp_path, monkeypatch):
    ended = []
    monkeypatch.setattr(uploads.data_process, "end", ended.append)
    old = received(tmp_path)
    os.utime(old.folder / "about.json", (0, time.time() - 25 * 3600))
    sweep(tmp_path)
    assert ended == [old.folder]
    pushed_out = received(tmp_path)
    monkeypatch.setattr(uploads, "PER_OWNER", 1)
    received(tmp_path)
    assert ended == [old.folder, pushed_out.folder]


def test_the_room_that_others_leave_is_that_of_all_their_files(tmp_path, monkeypatch):
    other = received(tmp_path, owner="other")
    (other.folder / "data").mkdir()
    (other.folder / "data" / "data.parquet").write_bytes(b"x" * 100_000)
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 100_000 + len(TABLE))
    with pytest.raises(RunError, match="GB of uploads already"):
        received(tmp_path)
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 120_000 + 2 * len(TABLE))
    received(tmp_path)
