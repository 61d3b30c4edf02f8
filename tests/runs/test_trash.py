"""Deleting, bringing back, and what is gone for good."""

import os
import time
from pathlib import Path

import pytest

from model.errors import RunError
from model.runs import trash
from model.runs.records import Records
from model.runs.run import Run
from model.runs.store import (
    delete_run,
    deleted_runs,
    disk_use,
    empty_trash,
    find_run,
    keep_data,
    list_runs,
    rename_run,
    restore_run,
)

ME, OTHER = "a" * 64, "b" * 64
DAY = 86_400


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def ids(runs) -> list[str]:
    return [run.id for run in runs]


def age(folder: Path, seconds: float) -> None:
    os.utime(folder, (time.time() - seconds,) * 2)


def test_a_deleted_run_is_gone_and_can_be_brought_back_with_all_it_had(make_run, root):
    made, other = make_run("A"), make_run("B")
    rename_run(made, title="My best", tags=["x"])
    made.append_event({"kind": "boot"})
    made.set_state("done")
    before = {path.name: path.read_bytes() for path in made.folder.iterdir()}
    Records(root, made, {"about": 1}).add("a", 1)
    delete_run(made)
    assert ids(list_runs(root)) == [other.id] and not made.folder.exists()
    assert "deleted" in made.state["message"], "a page that still holds the run is not hurt"
    with pytest.raises(RunError, match="it may have been deleted"):
        find_run(made.id, root)
    [gone] = deleted_runs(root)
    assert (gone.id, gone.title, gone.owner) == (made.id, "My best", None)
    assert 0 <= time.time() - gone.deleted_at < 5 and gone.bytes == sum(map(len, before.values()))
    back = restore_run(root, made.id)
    assert back.folder == made.folder and deleted_runs(root) == []
    assert {path.name: path.read_bytes() for path in back.folder.iterdir()} == before
    assert (back.data_folder / "texts").read_text() == "A"
    assert Records(root, back, {"about": 1}).read() == {"a": 1}


def test_the_deleted_are_listed_last_first(make_run, root):
    runs = [make_run() for _ in range(3)]
    for run in runs:
        delete_run(run)
    for run, seconds in zip(runs, (20, 30, 10), strict=True):
        age(root / ".trash" / run.id, seconds)
    assert ids(deleted_runs(root)) == [runs[2].id, runs[0].id, runs[1].id]
    assert deleted_runs(root / "nowhere") == []


def test_what_waited_for_its_training_comes_back_cancelled(make_run, root):
    made = make_run()
    made.set_state("queued", ticket=7)
    delete_run(made)
    back = restore_run(root, made.id)
    assert back.state["state"] == "cancelled" and back.state["ticket"] is None and "deleted" in back.state["message"]


@pytest.mark.parametrize("run_id", ["../../etc", "20261121-101112-abcdef", None, "x" * 500])
def test_what_is_not_in_the_trash_is_not_brought_back(make_run, root, run_id):
    made = make_run()
    for wanted in (run_id, made.id):
        with pytest.raises(RunError, match="is not among the deleted ones"):
            restore_run(root, wanted)


def test_data_and_baselines_stay_until_their_last_run_is_gone_for_good(make_run, root):
    first, second, other = make_run("A"), make_run("A"), make_run("B")
    assert first.data_folder == second.data_folder != other.data_folder
    baselines = root / "baselines" / f"{first.data_folder.name}.json"
    baselines.parent.mkdir()
    baselines.write_text("{}")
    delete_run(first, for_good=True)
    assert not first.folder.exists() and second.data_folder.is_dir() and baselines.exists()
    delete_run(second)
    age(second.data_folder, 2 * 3600)
    delete_run(make_run("C"), for_good=True)
    assert second.data_folder.is_dir() and baselines.exists(), "the trash may need them"
    empty_trash(root, older_than=0.0)
    assert not second.data_folder.exists() and other.data_folder.is_dir() and not baselines.exists()
    assert names(root) == {".trash", "baselines", "data", other.id, "store.lock"}
    assert names(root / "data") == {other.data_folder.name} and names(root / ".trash") == set()


def test_records_go_when_their_run_is_gone_for_good(make_run, root):
    made = make_run()
    kept = Records(root, made, {"about": 1}).folder
    delete_run(made)
    assert kept.is_dir()
    empty_trash(root, older_than=0.0)
    assert not kept.exists()


def test_after_a_day_the_next_deletion_sweeps(make_run, root):
    old, young, last = make_run("A"), make_run("B"), make_run("C")
    for run in (old, young):
        delete_run(run)
    age(root / ".trash" / old.id, DAY + 60)
    age(root / ".trash" / young.id, DAY - 60)
    half = root / ".trash" / f".{last.id}.0123abcd.old"
    half.mkdir()
    age(half, 2 * 3600)
    delete_run(last)
    assert ids(deleted_runs(root)) == [last.id, young.id] and not half.exists()
    assert not old.data_folder.exists() and young.data_folder.is_dir()


def test_a_clock_set_back_does_not_keep_the_deleted_for_ever(make_run, root):
    made = make_run()
    delete_run(made)
    age(root / ".trash" / made.id, -400 * DAY)  # deleted when the clock was a year ahead
    empty_trash(root)
    [kept] = deleted_runs(root)
    assert abs(time.time() - kept.deleted_at) < 5, "its day begins now"
    empty_trash(root, older_than=0.0)
    assert deleted_runs(root) == []


def test_a_crash_between_deleting_and_sweeping_leaves_all_or_nothing(make_run, root, monkeypatch):
    made = make_run()

    def crash(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(trash, "_sweep", crash)
    with pytest.raises(KeyboardInterrupt):
        delete_run(made)
    monkeypatch.undo()
    assert list_runs(root) == [] and restore_run(root, made.id).spec == made.spec


def test_fresh_data_waits_for_its_run_and_old_orphans_are_swept(make_run, root):
    made = make_run("A")
    fresh = root / keep_data(root, "f" * 64, lambda draft: (draft / "texts").write_text(""))
    stale = root / keep_data(root, "e" * 64, lambda draft: (draft / "texts").write_text(""))
    draft = root / ".20250101-000000-000001.new"
    draft.mkdir()
    for folder in (stale, draft):
        age(folder, 7200)
    delete_run(made)
    assert fresh.is_dir() and not stale.exists() and not draft.exists() and made.data_folder.is_dir()


def test_a_run_in_training_is_not_deleted(make_run):
    made = make_run()
    with made.claim(), pytest.raises(RunError, match="is being trained; cancel it"):
        delete_run(made)
    made.set_state("starting")
    with pytest.raises(RunError, match="is being trained"):
        delete_run(made)
    made.set_state("failed")
    delete_run(made)
    assert not made.folder.exists()


def test_nobody_deletes_brings_back_or_empties_what_is_anothers(make_run, root):
    mine, theirs, nobodys = make_run(owner=ME), make_run(owner=OTHER), make_run()
    for run, by in ((mine, OTHER), (theirs, ME), (mine, None)):
        with pytest.raises(RunError, match="is somebody else's and can only be deleted in the browser"):
            delete_run(run, by=by)
    for run, by in ((mine, ME), (theirs, OTHER), (nobodys, ME)):
        delete_run(run, by=by)
    with pytest.raises(RunError, match="is somebody else's"):
        restore_run(root, theirs.id, by=ME)
    empty_trash(root, by=ME, older_than=0.0)
    assert ids(deleted_runs(root)) == [theirs.id]
    assert restore_run(root, theirs.id, by=OTHER).spec["owner"] == OTHER


def test_what_is_on_the_disk(make_run, root):
    first, second = make_run("A" * 1000), make_run("B" * 500)
    (first.folder / "more").mkdir()
    (first.folder / "more" / "weights").write_bytes(b"x" * 700)
    (first.folder / "link").symlink_to(second.folder)
    sizes = {run.id: sum(path.lstat().st_size for path in run.folder.rglob("*") if not path.is_dir() or
                         path.is_symlink()) for run in (first, second)}  # fmt: skip
    use = disk_use(root)
    assert use.runs == sizes and use.runs[first.id] > 700
    assert use.shared == 1500 and use.deleted == 0
    assert use.total == sum(sizes.values()) + 1500
    delete_run(second)
    assert disk_use(root) == ({first.id: sizes[first.id]}, sizes[second.id], 1500)
    assert disk_use(root / "nowhere").total == 0


def test_a_restored_run_does_not_take_anothers_place(make_run, root):
    made = make_run()
    delete_run(made)
    (root / made.id).mkdir()
    with pytest.raises(RunError, match="is there already"):
        restore_run(root, made.id)
    assert ids(deleted_runs(root)) == [made.id]
    assert Run(root / ".trash" / made.id).spec == made.spec
