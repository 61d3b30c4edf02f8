"""What the library shows of each run: as on the disk, and read again only where something changed."""

import json
import os
import shutil
import time

import pytest

from model.compare.significance import wilson_interval
from model.runs import catalogue
from model.runs.catalogue import entries
from model.runs.run import Run
from model.runs.store import delete_run, rename_run, restore_run


@pytest.fixture
def reads(monkeypatch):
    """The folders that were really read, in order."""
    seen = []
    read = catalogue._read
    monkeypatch.setattr(catalogue, "_read", lambda folder: seen.append(folder.name) or read(folder))
    return seen


def settle(run):
    """Let a run have changed long ago."""
    os.utime(run.folder, (time.time() - 60, time.time() - 60))


def test_an_entry_says_what_the_files_say(make_run, root):
    run = make_run(title="Mine", owner="me")
    rename_run(run, notes="a note", tags=["x", "Y"])
    (entry,) = entries(root)
    assert (entry.id, entry.title, entry.notes, entry.tags) == (run.id, "Mine", "a note", ("x", "Y"))
    assert (entry.state, entry.accuracy, entry.perplexity) == ("queued", None, None)
    assert entry.bytes == sum(path.stat().st_size for path in run.folder.iterdir())


def test_accuracy_comes_with_its_interval_once_done(make_run, root):
    run = make_run()
    run.save_report({"test": {"accuracy": 0.75, "documents": 8}})
    assert entries(root)[0].accuracy is None
    run.set_state("done")
    assert entries(root)[0].accuracy == wilson_interval(6, 8)


@pytest.mark.parametrize(
    "report",
    [{}, {"test": None}, {"test": {"accuracy": 7, "documents": 1}}, [], {"test": {"accuracy": 1, "documents": 0}}],
)
def test_a_damaged_report_is_no_accuracy(make_run, root, report):
    run = make_run()
    (run.folder / "report.json").write_text(json.dumps(report))
    run.set_state("done")
    assert entries(root)[0].accuracy is None


def test_what_has_not_changed_is_not_read_again(make_run, root, reads):
    runs = [make_run(), make_run()]
    for run in runs:
        settle(run)
    first = entries(root)
    assert entries(root) == first and len(reads) == 2
    rename_run(runs[0], title="new")
    assert {entry.title for entry in entries(root)} == {"new", runs[1].title}
    assert reads[2:] == [runs[0].id]


def test_every_kind_of_change_is_seen_at_once(make_run, root):
    run = make_run()
    settle(run)
    assert entries(root)[0].state == "queued"
    run.set_state("running")
    assert entries(root)[0].state == "running"
    settle(run)
    assert entries(root)[0].state == "running"
    rename_run(run, tags=["a"])
    assert entries(root)[0].tags == ("a",)


def test_what_changed_just_now_is_read_again_though_its_time_is_the_same(make_run, root):
    run = make_run()
    entries(root)
    changed = run.folder.stat().st_mtime_ns
    (run.folder / "meta.json").write_text('{"title": "within the same tick"}')
    os.utime(run.folder, ns=(changed, changed))
    assert entries(root)[0].title == "within the same tick"


def test_deleted_and_restored(make_run, root, reads):
    run, other = make_run(), make_run()
    for each in (run, other):
        settle(each)
    entries(root)
    delete_run(run)
    assert [entry.id for entry in entries(root)] == [other.id]
    assert run.folder not in catalogue._known  # what is gone is forgotten
    restore_run(root, run.id)
    assert {entry.id for entry in entries(root)} == {run.id, other.id}


def test_newest_first_and_foreign_folders_passed_over(make_run, root):
    runs = [make_run() for _ in range(3)]
    (root / "20261121-101213-aaaaaa").mkdir()
    shutil.copytree(runs[0].folder, root / "not-a-run")
    (root / "20261121-101213-bbbbbb").mkdir()
    (root / "20261121-101213-bbbbbb" / "spec.json").write_text("[]")
    assert [entry.id for entry in entries(root)] == [run.id for run in reversed(runs)]
    assert entries(root / "nowhere") == []


def test_runs_of_two_folders(make_run, root, tmp_path):
    make_run()
    make_run(where=tmp_path / "more")
    assert len(entries(root, tmp_path / "more")) == 2
    assert isinstance(entries(root)[0].run, Run)
