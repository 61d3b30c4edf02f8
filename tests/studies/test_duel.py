"""Duels as people handle them: begun, watched, cancelled, resumed and deleted, by those whose they are."""

import os
import subprocess
import sys

import pytest

from model.data.splits import Split
from model.errors import DataError, RunError, SettingsError
from model.runs import duels, files
from model.runs.store import delete_run, deleted_runs, empty_trash, list_runs, restore_run
from model.studies.duel import Duel, advance, begin, cancel, delete_duel, find_duel, list_duels, resume
from model.studies.training import keep_dataset
from tests.studies.duels import StillQueue, end, searching, small_plan

MINE, THEIRS = "a" * 64, "b" * 64


@pytest.fixture
def root(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def queue(root):
    return StillQueue(root)


@pytest.fixture
def duel(root, queue, dataset):
    """A duel of six trainings, all of them in the queue."""
    begun = begin(root, dataset, small_plan(), owner=MINE)
    advance(root, queue)
    return begun


def finished(duel, queue, count=None):
    for run in duel.runs()[:count]:
        end(queue, run)


# -- beginning ---------------------------------------------------------------------------------------------------


def test_a_duel_begins_with_kept_data_as_with_a_dataset(root, dataset):
    entry = keep_dataset(root, dataset)
    ours, same = (begin(root, data, small_plan(shares=(0.5,))) for data in (dataset, entry))
    for part, other in zip(ours.record["parts"], same.record["parts"], strict=True):
        assert part == other
    assert ours.record["probe"] == same.record["probe"] and ours.record["sides"] == same.record["sides"]
    assert ours.data == entry and ours.title == "Duel on diagnostic:keyword:200"


def test_a_duel_begins_with_a_persons_own_table(root, dataset):
    from dataclasses import replace

    own = replace(dataset, name="mine.csv", sha256=dataset.sha256)
    entry = keep_dataset(root, own)
    assert entry["folder"] and (root / entry["folder"] / "data.parquet").exists()
    duel = begin(root, entry, small_plan(shares=(0.5,)), probe=["one sentence"])
    assert {tuple(run.spec["probe"]) for run in duel.runs(0.5)} == {("one sentence",)}
    assert duel.runs(0.5)[0].spec["data"]["name"] == "0.5 of the training texts of mine.csv"


def test_wrong_settings_leave_nothing_behind(root, dataset):
    plan = small_plan(
        presets=("bilstm", "bilstm-multihead"), settings={"hidden_size": 5, "heads": 4, "vectors": "none"}
    )
    with pytest.raises(SettingsError, match="heads is 4, which does not divide the 10 columns"):
        begin(root, dataset, plan)
    assert not duels.ids(root) and not list_runs(root)


def test_a_class_without_training_texts_is_refused_at_once(root, dataset):
    from dataclasses import replace

    train = Split(dataset.train.texts[:5], [dataset.classes[0]] * 5)
    with pytest.raises(DataError, match="no training text of the class"):
        begin(root, replace(dataset, train=train), small_plan())
    assert not root.exists()


@pytest.mark.parametrize("room", [0, 1, 2, 9, 30])
def test_on_a_full_disk_a_duel_is_refused_and_leaves_nothing(root, dataset, monkeypatch, room):
    replace, written = files.replace_file, []

    def fills_up(path, write):
        written.append(path)
        if len(written) > room:
            raise files.DiskFull(f"no space left on the disk that holds {path}")
        replace(path, write)

    monkeypatch.setattr(files, "replace_file", fills_up)
    if room == 30:
        assert begin(root, dataset, small_plan()).state == "training"
        return
    with pytest.raises(RunError, match="no space left"):
        begin(root, dataset, small_plan())
    assert not duels.ids(root) and not list_runs(root)


# -- watching ----------------------------------------------------------------------------------------------------


def test_progress_counts_every_training(duel, queue):
    runs = duel.runs()
    for run, state in zip(runs, ("done", "failed", "cancelled", "running", "interrupted"), strict=False):
        end(queue, run, state=state)
    assert duel.progress() == {"done": 1, "running": 1, "waiting": 2, "failed": 2, "total": 6}
    assert duel.state == "training" and duel.message == ""
    delete_run(runs[0])
    assert duel.progress() == {"done": 0, "running": 1, "waiting": 2, "failed": 3, "total": 6}


def test_a_duel_is_done_when_every_training_has_ended_and_one_well(duel, queue):
    *others, last = duel.runs()
    for run in others:
        end(queue, run, state="failed", message="The loss is no number.")
    assert duel.state == "training"
    end(queue, last)
    assert duel.state == "done" and duel.message == "" and len(duel.runs()) == 6


def test_without_a_finished_training_it_is_stopped_and_says_why(duel, queue):
    for run in duel.runs():
        end(queue, run, state="failed", message="The loss is no number any more.")
    assert duel.state == "stopped"
    assert duel.message == "None of the 6 trainings finished: The loss is no number any more."
    for run in duel.runs():
        delete_run(run)
    assert duel.message == "None of the 6 trainings finished: they were cancelled or deleted"


def test_a_deleted_run_is_missed_and_back_when_it_is_restored(duel, queue, root):
    finished(duel, queue)
    gone = duel.runs()[2]
    delete_run(gone)
    assert duel.state == "done" and duel.progress()["failed"] == 1 and len(duel.runs()) == 5
    restore_run(root, gone.id)
    assert duel.progress()["failed"] == 0 and duel.runs()[2].id == gone.id


def test_duels_are_found_and_listed_newest_first(root, duel, dataset):
    newer = begin(root, dataset, small_plan(seeds=1), title="  Newer\nduel ")
    assert newer.title == "Newer duel" and find_duel(root, newer.id).plan == newer.plan
    assert {each.id for each in list_duels(root)} == {duel.id, newer.id}
    assert [each.id for each in list_duels(root)] == sorted([duel.id, newer.id], reverse=True)
    duels.path_of(root, duel.id).write_text("[]")
    assert [each.id for each in list_duels(root)] == [newer.id]
    with pytest.raises(RunError, match="there is no duel 20261121-101213-4f9c02; it may have been deleted"):
        find_duel(root, "20261121-101213-4f9c02")


def test_looking_at_duels_needs_no_torch(root, duel):
    look = (
        "import sys; from pathlib import Path; from model.studies.duel import DuelPlan, list_duels, sides_for\n"
        "(duel,) = list_duels(Path(sys.argv[1])); DuelPlan(presets=sides_for(['bilstm-additive']), shares=(0.1,))\n"
        "assert duel.state == 'training' and duel.progress()['total'] == 6 and len(duel.runs()) == 6\n"
        "heavy = {'torch', 'pandas', 'sklearn', 'pyarrow'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", look, str(root)], check=True, cwd=os.getcwd())


# -- cancelling, resuming, deleting ------------------------------------------------------------------------------


def test_cancelling_keeps_what_is_finished_and_resuming_goes_on_with_the_rest(duel, queue, root):
    finished(duel, queue, 2)
    cancel(duel, queue, by=MINE)
    states = [run.state["state"] for run in duel.runs()]
    assert states == ["done"] * 2 + ["cancelled"] * 4 and queue.waiting == []
    assert (duel.state, duel.message) == ("stopped", "It was cancelled.")
    advance(root, queue)
    assert queue.waiting == []
    cancel(duel, queue, by=MINE)  # twice is once
    resume(duel, by=MINE)
    advance(root, queue)
    assert duel.state == "training" and queue.waiting == [run.id for run in duel.runs()[2:]]


def test_cancelling_in_a_search_and_going_on_with_it(root, queue, dataset):
    duel = begin(root, dataset, small_plan(search=2))
    advance(root, queue)
    cancel(duel, queue)
    assert duel.state == "stopped" and {run.state["state"] for run in searching(duel).values()} == {"cancelled"}
    assert duel.progress() == {"done": 0, "running": 0, "waiting": 6, "failed": 6, "total": 12}
    resume(duel)
    advance(root, queue)
    assert duel.state == "search" and len(queue.waiting) == 6


def test_cancelling_works_on_a_full_disk(duel, queue, monkeypatch):
    def full(path, write):
        raise files.DiskFull("no space left on the disk")

    with monkeypatch.context() as disk:
        disk.setattr(files, "replace_file", full)
        cancel(duel, queue)
    assert duel.state == "stopped" and {run.state["state"] for run in duel.runs()} == {"cancelled"}


def test_resuming_tries_failed_trainings_of_a_done_duel_again(duel, queue, root):
    finished(duel, queue)
    failed = duel.runs()[3]
    failed_state = files.read_json(failed.folder / "state.json") | {"state": "failed"}
    files.write_json(failed.folder / "state.json", failed_state)
    assert duel.state == "done"
    resume(duel)
    advance(root, queue)
    assert duel.state == "training" and queue.waiting == [failed.id]


def test_resuming_waits_for_processes_that_are_still_ending(duel, queue):
    cancel(duel, queue)
    with duel.runs()[0].claim(), pytest.raises(RunError, match="are still ending; try again in a moment"):
        resume(duel)
    assert duel.state == "stopped" and duel.runs()[1].state["state"] == "cancelled"


def test_somebody_elses_duel_is_left_alone(duel, queue):
    actions = {
        "cancelled": lambda by: cancel(duel, queue, by=by),
        "resumed": lambda by: resume(duel, by=by),
        "deleted": lambda by: delete_duel(duel, by=by),
    }
    for by in (THEIRS, None):
        for what, act in actions.items():
            with pytest.raises(RunError) as caught:
                act(by)
            assert str(caught.value) == (
                f"duel {duel.id} is somebody else's and can only be {what} in the browser that began it; begin your"
                " own"
            )
    assert duel.state == "training" and len(queue.waiting) == 6


def test_nobodys_duel_is_everybodys(root, queue, dataset):
    duel = begin(root, dataset, small_plan(seeds=1))
    cancel(duel, queue, by=THEIRS)
    assert duel.state == "stopped"


def test_a_duel_in_training_is_not_deleted(duel):
    with pytest.raises(RunError, match="is still trained; cancel it, then delete it"):
        delete_duel(duel, by=MINE)
    assert duel.state == "training"


@pytest.mark.parametrize("with_runs", [True, False])
def test_a_duel_is_deleted_with_its_runs_or_without(duel, queue, root, with_runs):
    finished(duel, queue)
    delete_run(duel.runs()[0])
    kept = [run.id for run in duel.runs()]
    delete_duel(duel, by=MINE, with_runs=with_runs)
    assert duels.ids(root) == [] and not list((root / duels.FOLDER).iterdir())
    assert {run.id for run in list_runs(root)} == (set() if with_runs else set(kept))
    assert len(deleted_runs(root)) == (6 if with_runs else 1), "deleted runs can be brought back"
    with pytest.raises(RunError, match="it may have been deleted"):
        duel.progress()
    advance(root, queue)


def test_a_cancelled_search_is_deleted_with_its_candidates(root, queue, dataset):
    duel = begin(root, dataset, small_plan(search=2))
    advance(root, queue)
    cancel(duel, queue)
    delete_duel(duel)
    assert list_runs(root) == [] and deleted_runs(root) == []


def test_texts_of_trainings_to_come_are_not_swept_away(root, queue, dataset):
    duel = begin(root, dataset, small_plan(search=2, shares=(0.5,)))
    folder = root / duel.record["parts"][1]["data"]["folder"]
    os.utime(folder, (0, 0))  # kept long ago
    advance(root, queue)
    tried = list(searching(duel).values())
    for run in tried:
        end(queue, run)
    delete_run(tried[0], for_good=True)  # which sweeps
    assert folder.exists()
    cancel(duel, queue)
    delete_run(tried[1])
    delete_duel(duel)
    empty_trash(root)
    assert not folder.exists()


def test_a_record_of_another_program_is_no_duel(root, duel):
    record = duel.record | {"plan": duel.record["plan"] | {"match": "both"}}
    duels.write(root, record)
    assert list_duels(root) == []
    with pytest.raises(SettingsError, match="match is 'both'"):
        Duel(root, duel.id)
