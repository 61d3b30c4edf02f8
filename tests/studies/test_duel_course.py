"""What a duel does by itself: its runs go to the queue as there is room, and a search is followed by trainings."""

import os
import time

import pytest

from model.errors import RunError
from model.runs import duels, files
from model.runs.run import Run
from model.runs.store import delete_run, list_runs, rename_run
from model.studies import duel_course
from model.studies.duel import Duel, advance, begin, resume
from model.studies.search import TABLE
from tests.studies.duels import StillQueue, end, searching, small_plan

OWNER = "a" * 64


@pytest.fixture
def root(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def queue(root):
    return StillQueue(root)


def settings(run, *names):
    return [run.spec["settings"][name] for name in names]


def test_all_runs_go_to_the_queue_seed_by_seed(root, queue, dataset):
    duel = begin(root, dataset, small_plan(), owner=OWNER, title="Mine")
    assert queue.waiting == [] and duel.state == "training"
    advance(root, queue)
    runs = duel.runs()
    assert queue.waiting == [run.id for run in runs] and len(runs) == 6
    assert [(run.spec["preset"], run.spec["seed"]) for run in runs[:4]] == [
        ("bilstm", 13), ("bilstm-additive", 13), ("bilstm-additive", 13), ("bilstm", 14),
    ]  # fmt: skip
    assert [run.spec["settings"]["attention_weights"] for run in runs[:3]] == ["learned", "learned", "uniform"]
    assert {run.spec["owner"] for run in runs} == {OWNER} and all(run.meta["tags"] == ["duel"] for run in runs)
    assert runs[2].title == "Mine: bilstm-additive:uniform, seed 13"
    assert len({tuple(run.spec["probe"]) for run in runs}) == 1 and runs[0].spec["probe"]
    advance(root, queue)
    assert len(queue.waiting) == 6, "nothing is queued twice"


def test_sides_differ_in_attention_and_size_alone(root, dataset):
    runs = begin(root, dataset, small_plan(seeds=1)).runs()
    differing = {
        name for name in runs[0].spec["settings"]
        if len({repr(run.spec["settings"][name]) for run in runs}) > 1
    }  # fmt: skip
    assert differing == {"preset", "attention_weights", "hidden_size"}
    learned, control = runs[1:]
    assert settings(learned, "preset", "hidden_size") == settings(control, "preset", "hidden_size")


def test_shares_are_trained_after_the_whole_and_for_as_many_updates(root, queue, dataset):
    duel = begin(root, dataset, small_plan(seeds=1, shares=(0.1, 0.5)))
    advance(root, queue)
    assert queue.waiting == [run.id for share in (1.0, 0.5, 0.1) for run in duel.runs(share)]
    for share, epochs in ((1.0, 2), (0.5, 4), (0.1, 8)):  # 4, 2 and 1 batches of 48 for 160, 80 and 16 texts
        assert {tuple(settings(run, "epochs", "patience")) for run in duel.runs(share)} == {(epochs, epochs)}
    assert duel.runs(0.1)[0].title.endswith("bilstm, seed 13, 0.1 of the training texts")
    assert {run.spec["data"]["report"]["train"] for run in duel.runs(0.1)} == {16}
    assert len({run.spec["data"]["sha256"] for share in (0.1, 0.5, 1.0) for run in duel.runs(share)}) == 3


def test_a_full_queue_is_fed_as_it_empties(root, dataset):
    queue = StillQueue(root, room=2)
    duel = begin(root, dataset, small_plan())
    advance(root, queue)
    assert len(queue.waiting) == 2
    end(queue, duel.runs()[0])
    advance(root, queue)
    assert queue.waiting == [run.id for run in duel.runs()[1:3]]
    assert {run.state["state"] for run in duel.runs()[3:]} == {"queued"}, "none is cancelled for want of room"


def test_a_duel_leaves_room_in_the_queue_for_others(root, dataset, monkeypatch):
    monkeypatch.setattr(duel_course, "AT_ONCE", 4)
    queue = StillQueue(root)
    begin(root, dataset, small_plan())
    for _ in range(2):
        advance(root, queue)
        assert len(queue.waiting) == 4


def test_interrupted_trainings_go_on_and_ended_ones_rest(root, queue, dataset):
    duel = begin(root, dataset, small_plan())
    advance(root, queue)
    runs = duel.runs()
    for run, state in zip(runs, ("interrupted", "failed", "cancelled", "done", "queued"), strict=False):
        end(queue, run, state=state)
    advance(root, queue)
    assert queue.waiting == [runs[5].id, runs[0].id, runs[4].id]


def test_one_whose_process_is_still_ending_holds_no_other(root, queue, dataset):
    duel = begin(root, dataset, small_plan())
    first, *others = duel.runs()
    with first.claim():
        advance(root, queue)
        assert queue.waiting == [run.id for run in others]
    advance(root, queue)
    assert queue.waiting[-1] == first.id


def test_a_search_tries_the_same_candidates_on_every_side(root, queue, dataset):
    duel = begin(root, dataset, small_plan(search=3))
    assert duel.state == "search" and duel.runs() == []
    assert duel.progress() == {"done": 0, "running": 0, "waiting": 15, "failed": 0, "total": 15}
    advance(root, queue)
    tried = searching(duel)
    assert len(queue.waiting) == len(tried) == 9
    for candidate in range(3):
        of_side = [settings(tried[side, candidate], *TABLE, "seed", "epochs") for side in duel.plan.presets]
        assert of_side[0] == of_side[1] == of_side[2] and of_side[0][-2:] == [12, 2]
    assert tried["bilstm", 1].title.endswith(": bilstm, search 2 of 3")


def test_each_side_is_trained_with_its_own_best(root, queue, dataset):
    duel = begin(root, dataset, small_plan(search=3, shares=(0.5,)))
    advance(root, queue)
    tried = searching(duel)
    chosen = {"bilstm": 2, "bilstm-additive": 0, "bilstm-additive:uniform": 1}
    for (side, candidate), run in tried.items():
        end(queue, run, loss=0.3 if chosen[side] == candidate else 0.4, accuracy=0.6)
    advance(root, queue)
    record = duel.record
    assert duel.state == "training" and record["search"]["chosen"] == chosen
    of_bilstm = [result for result in record["search"]["results"] if result["side"] == "bilstm"]
    assert of_bilstm[2] == {"side": "bilstm", "candidate": 2, "loss": 0.3, "accuracy": 0.6, "problem": ""}
    for share in (1.0, 0.5):
        for run, side in zip(duel.runs(share), duel.plan.presets, strict=False):
            assert settings(run, *TABLE) == [record["search"]["candidates"][chosen[side]][name] for name in TABLE]
    for _ in range(3):
        advance(root, queue)
    assert not any(run.folder.exists() for run in tried.values()), "of candidates the figures are kept"
    assert queue.waiting == [run.id for share in (1.0, 0.5) for run in duel.runs(share)]
    assert duel.progress() == {"done": 9, "running": 0, "waiting": 12, "failed": 0, "total": 21}


def test_candidates_that_fail_or_are_deleted_are_passed_over(root, queue, dataset):
    duel = begin(root, dataset, small_plan(search=3))
    advance(root, queue)
    tried = searching(duel)
    for (side, candidate), run in tried.items():
        if candidate == 0 and side == "bilstm":
            end(queue, run, state="failed", message="The loss is no number any more.")
        elif candidate == 1 and side == "bilstm":
            end(queue, run)
            delete_run(run)
        else:
            end(queue, run)
    advance(root, queue)
    assert duel.record["search"]["chosen"]["bilstm"] == 2
    problems = [result["problem"] for result in duel.record["search"]["results"] if result["side"] == "bilstm"]
    assert problems == ["The loss is no number any more.", "it was deleted", ""]
    assert duel.progress()["failed"] == 2 and duel.progress()["done"] == 7


def test_a_side_without_a_candidate_stops_the_duel_until_it_is_resumed(root, queue, dataset):
    duel = begin(root, dataset, small_plan(search=2))
    advance(root, queue)
    tried = searching(duel)
    for (side, _), run in tried.items():
        end(queue, run, state="failed" if side == "bilstm" else "done", message="Out of memory.")
    advance(root, queue)
    assert duel.state == "stopped"
    assert duel.message == (
        "None of the 2 search trainings of bilstm finished (Out of memory.), so that there is nothing to choose;"
        " resume the duel to have them tried again, or begin one without a search."
    )
    assert duel.progress() == {"done": 4, "running": 0, "waiting": 6, "failed": 2, "total": 12}
    resume(duel)
    advance(root, queue)
    assert duel.state == "search" and queue.waiting == [tried["bilstm", 0].id, tried["bilstm", 1].id]
    for candidate in range(2):
        end(queue, tried["bilstm", candidate])
    advance(root, queue)
    assert duel.state == "training" and len(duel.runs()) == 6


def test_one_killed_while_it_created_runs_is_finished_by_the_next_server(root, queue, dataset, monkeypatch):
    create, made = duel_course.create_run, []

    def killed(*arguments, **options):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(options["run_id"])
        return create(*arguments, **options)

    monkeypatch.setattr(duel_course, "create_run", killed)
    monkeypatch.setattr("model.studies.duel._undo", lambda root, record: None)  # a killed process undoes nothing
    with pytest.raises(KeyboardInterrupt):
        begin(root, dataset, small_plan())
    monkeypatch.setattr(duel_course, "create_run", create)
    (duel_id,) = duels.ids(root)
    duel = Duel(root, duel_id)
    assert duel.state == "training" and len(list_runs(root)) == 3
    assert duel.progress() == {"done": 0, "running": 0, "waiting": 6, "failed": 0, "total": 6}
    advance(root, queue)
    advance(root, queue)
    assert len(list_runs(root)) == 6 and queue.waiting == [run.id for run in duel.runs()] and duel.record["ready"]


def test_many_runs_are_created_a_few_at_a_time(root, queue, dataset, monkeypatch):
    monkeypatch.setattr(duel_course, "_CREATED_AT_ONCE", 4)
    duel = begin(root, dataset, small_plan(search=2))
    advance(root, queue)
    for run in searching(duel).values():
        end(queue, run)
    counts = []
    for _ in range(4):
        advance(root, queue)
        counts.append(len(duel.runs()))
    assert counts == [4, 6, 6, 6] and duel.record["ready"]


def test_a_deleted_run_is_not_made_again(root, queue, dataset):
    duel = begin(root, dataset, small_plan())
    advance(root, queue)
    gone = duel.runs()[0]
    delete_run(gone)
    advance(root, queue)
    assert len(duel.runs()) == 5 and not gone.folder.exists()
    assert duel.progress() == {"done": 0, "running": 0, "waiting": 5, "failed": 1, "total": 6}


def test_on_a_full_disk_the_choice_is_made_later(root, queue, dataset, monkeypatch, caplog):
    duel = begin(root, dataset, small_plan(search=2))
    advance(root, queue)
    for run in searching(duel).values():
        end(queue, run)
    with monkeypatch.context() as disk:

        def full(path, write):
            raise files.DiskFull("no space left on the disk")

        disk.setattr(files, "replace_file", full)
        with caplog.at_level("INFO"):
            advance(root, queue)
        assert "waits: no space left" in caplog.text
        assert duel.state == "search" and len(searching(duel)) == 6
    advance(root, queue)
    assert duel.state == "training"


def test_a_duel_that_another_process_changes_is_left_to_it(root, queue, dataset):
    duel = begin(root, dataset, small_plan())
    with duels.held(root, duel.id):
        advance(root, queue)
        assert queue.waiting == []
    advance(root, queue)
    assert len(queue.waiting) == 6


def test_one_damaged_record_does_not_hold_the_others(root, queue, dataset):
    first = begin(root, dataset, small_plan())
    duels.path_of(root, first.id).write_text("{")
    begin(root, dataset, small_plan())
    advance(root, queue)
    assert len(queue.waiting) == 6


def test_where_there_is_no_duel_nothing_is_done(tmp_path, queue):
    advance(tmp_path / "nowhere", queue)
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(RunError):
        Duel(tmp_path, "20261121-101213-4f9c02")


def test_duels_that_are_over_are_not_looked_at_again(root, queue, dataset, monkeypatch):
    duel = begin(root, dataset, small_plan(seeds=1))
    advance(root, queue)
    for run in duel.runs():
        end(queue, run)
    before = time.time() - 60  # the records have not changed for a while
    os.utime(root / duels.FOLDER, (before, before))
    advance(root, queue)
    looks = []
    monkeypatch.setattr(duel_course, "_advance", lambda *arguments: looks.append(1))
    monkeypatch.setattr(duels, "read", lambda *arguments: looks.append(1))
    for _ in range(5):
        advance(root, queue)
    assert looks == []
    monkeypatch.undo()
    end_again = begin(root, dataset, small_plan(seeds=1))
    advance(root, queue)
    assert len(queue.waiting) == 3 and end_again.state == "training", "a new one is seen at once"


def test_what_a_library_changes_of_a_run_does_not_matter(root, queue, dataset):
    duel = begin(root, dataset, small_plan(seeds=1))
    rename_run(duel.runs()[0], title="Another name", tags=[])
    advance(root, queue)
    assert len(queue.waiting) == 3 and Run(duel.runs()[0].folder).title == "Another name"
