"""Several people on one queue: fair turns, limits, and nobody touches what is another's."""

import pytest

from model.errors import RunError
from model.runs.owners import KEEPER
from tests.runs.processes import go, wait_for, wait_state

ANN, BOB, CAT = "a" * 64, "b" * 64, "c" * 64


def finish_one_after_another(runs):
    """The runs in the order in which they were started."""
    started = []
    while len(started) < len(runs):
        wait_for(lambda: any(run.state["state"] == "running" for run in runs))
        run = next(run for run in runs if run.state["state"] == "running")
        started.append(run)
        go(run)
        wait_state(run, "done")
    return started


def test_people_take_turns_though_one_came_first_with_all(make_run, open_queue):
    queue = open_queue()
    ann = [make_run(owner=ANN) for _ in range(4)]
    for run in ann:
        queue.submit(run)
    wait_state(ann[0], "running")
    bob, cat = [make_run(owner=BOB) for _ in range(2)], [make_run(owner=CAT)]
    assert [queue.submit(run) for run in (*bob, *cat)] == [1, 3, 2]
    assert [queue.position(run.id) for run in ann] == [0, 3, 5, 6]
    # Ann has a place: Bob, then Cat; then all have one, and Ann's start is the oldest; then Bob's; then hers.
    assert [queue.position(run.id) for run in bob] == [1, 4] and queue.position(cat[0].id) == 2
    order = finish_one_after_another([*ann, *bob, *cat])
    assert order == [ann[0], bob[0], cat[0], ann[1], bob[1], ann[2], ann[3]]


def test_who_is_alone_has_all_places_until_somebody_comes(make_run, open_queue):
    queue = open_queue(cores=3)
    ann = [make_run(owner=ANN) for _ in range(5)]
    for run in ann:
        queue.submit(run)
    wait_for(lambda: [queue.position(run.id) for run in ann] == [0, 0, 0, 1, 2])
    bob = make_run(owner=BOB)
    assert queue.submit(bob) == 1
    wait_state(ann[0], "running")
    go(ann[0])
    wait_state(bob, "running")
    assert queue.position(ann[3].id) == 1


def test_a_hard_limit_holds_even_when_places_are_free(make_run, open_queue, monkeypatch):
    monkeypatch.setenv("ATTENTION_LAB_JOBS_PER_PERSON", "1")
    queue = open_queue(cores=4)
    ann, bob = [make_run(owner=ANN) for _ in range(3)], make_run(owner=BOB)
    for run in (*ann, bob):
        queue.submit(run)
    wait_state(bob, "running")
    wait_state(ann[0], "running")
    assert [queue.position(run.id) for run in ann] == [0, 1, 2]
    go(ann[0])
    wait_state(ann[1], "running")
    assert ann[2].state["state"] == "queued"


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_limit_that_is_none_is_said_at_the_start(open_queue, monkeypatch, value):
    monkeypatch.setenv("ATTENTION_LAB_JOBS_PER_PERSON", value)
    with pytest.raises(RunError, match=f"ATTENTION_LAB_JOBS_PER_PERSON is '{value}'; set it to a whole number"):
        open_queue()


def test_so_many_may_wait_of_one_person_and_of_all(make_run, open_queue):
    queue = open_queue(max_queued=3, max_queued_per_person=2)
    first, *ann = (make_run(owner=ANN) for _ in range(4))
    queue.submit(first)
    wait_state(first, "running")
    queue.submit(ann[0])
    queue.submit(ann[1])
    with pytest.raises(RunError, match="2 of your trainings wait already; try again when some have ended"):
        queue.submit(ann[2])
    assert ann[2].state["state"] == "cancelled" and "2 of your trainings wait" in ann[2].state["message"]
    queue.submit(make_run(owner=BOB))
    with pytest.raises(RunError, match=r"the queue is full \(3 trainings wait\)"):
        queue.submit(make_run(owner=CAT))


def test_at_least_ten_of_each_of_many_people_may_wait(make_run, open_queue):
    queue = open_queue()
    for owner in (ANN, BOB, CAT, None, "d" * 64):
        for _ in range(11):
            queue.submit(make_run(owner=owner))


def test_nobody_cancels_stops_or_resumes_what_is_anothers(make_run, open_queue):
    queue = open_queue()
    running, waiting, ended = (make_run(owner=ANN) for _ in range(3))
    ended.set_state("failed")
    for run in (running, waiting):
        queue.submit(run)
    wait_state(running, "running")
    for by in (BOB, None):
        for run in (running, waiting):
            with pytest.raises(RunError, match="is somebody else's and can only be cancelled in the browser"):
                queue.cancel(run.id, by=by)
            with pytest.raises(RunError, match="is somebody else's and can only be stopped"):
                queue.stop(run.id, by=by)
        with pytest.raises(RunError, match="is somebody else's and can only be resumed"):
            queue.resume(ended, by=by)
    assert [run.state["state"] for run in (running, waiting, ended)] == ["running", "queued", "failed"]
    assert not running.stop_asked
    queue.resume(ended, by=ANN)
    assert queue.cancel(waiting.id, by=ANN) and queue.stop(running.id, by=ANN) and queue.cancel(ended.id, by=KEEPER)


def test_what_is_nobodys_is_everybodys(make_run, open_queue):
    queue = open_queue()
    runs = [make_run() for _ in range(3)]
    for run in runs:
        queue.submit(run)
    assert queue.cancel(runs[2].id, by=ANN) and queue.cancel(runs[1].id, by=None)


def test_stopping_asks_the_running_and_cancels_the_waiting(make_run, open_queue):
    queue = open_queue()
    running, waiting = make_run(title="stoppable"), make_run()
    for run in (running, waiting):
        queue.submit(run)
    wait_state(running, "running")
    assert queue.stop(waiting.id) and waiting.state["state"] == "cancelled"
    assert queue.stop(running.id) and running.stop_asked
    wait_state(running, "done")
    assert running.events()[0][-1]["kind"] == "stopped", "it ended by itself, with its best"
    assert not queue.stop(running.id) and running.state["state"] == "done"
    assert not queue.stop(waiting.id)


def test_a_wish_to_stop_outlives_the_server_but_not_a_resumption(make_run, open_queue):
    queue = open_queue()
    run = make_run()  # which does not hear of the wish
    queue.submit(run)
    wait_state(run, "running")
    queue.stop(run.id)
    queue.close()
    assert run.state["state"] == "interrupted" and run.stop_asked
    queue = open_queue()
    wait_state(run, "running")
    assert run.stop_asked
    queue.cancel(run.id)
    wait_for(lambda: queue.position(run.id) is None)
    queue.resume(run)
    assert not run.stop_asked
