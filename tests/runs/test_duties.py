"""What the dispatcher does beside its jobs: once a second, one failing or slow, and never of a server in trouble."""

import itertools
import time

import pytest

from model.runs import duties
from model.runs.duties import Duties
from tests.runs.processes import wait_for


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(duties, "EVERY", 0.05)


def test_a_duty_is_done_again_and_again(open_queue):
    calls = []
    open_queue().every_second("count", lambda: calls.append(time.monotonic()))
    wait_for(lambda: len(calls) > 3)
    assert min(later - earlier for earlier, later in itertools.pairwise(calls)) >= 0.05


def test_one_that_fails_is_left_alone_and_the_others_go_on(caplog):
    kept, failed = Duties(), []

    def failing():
        failed.append(1)
        raise ValueError("the moon")

    calls = []
    kept.add("failing", failing)
    kept.add("counting", lambda: calls.append(1))
    for _ in range(3):
        kept.do()
        time.sleep(0.06)
    assert len(failed) == 1 and len(calls) == 3 and "duty 'failing' met an error" in caplog.text


def test_it_is_tried_again_later(monkeypatch, caplog):
    monkeypatch.setattr(duties, "RETRY", 0.01)
    kept, failed = Duties(), []

    def failing():
        failed.append(1)
        raise ValueError("the moon")

    kept.add("failing", failing)
    kept.do()
    time.sleep(0.02)
    kept.do()
    assert len(failed) == 2


def test_of_two_with_one_name_the_first_stays():
    kept, calls = Duties(), []
    kept.add("one", lambda: calls.append("first"))
    kept.add("one", lambda: calls.append("second"))
    kept.do()
    assert calls == ["first"]


def test_a_server_that_does_not_work_on_the_runs_has_no_duties(open_queue):
    open_queue()
    other, calls = open_queue(), []
    assert other.trouble
    other.every_second("count", lambda: calls.append(1))
    time.sleep(0.2)
    assert not calls


def test_a_closed_queue_has_no_duties_and_takes_nothing_up(make_run, open_queue):
    left = make_run()
    left.set_state("interrupted", ticket=3)
    queue, calls = open_queue(recover=False), []
    queue.every_second("count", lambda: calls.append(1))
    wait_for(lambda: calls)
    assert queue.position(left.id) is None and left.state["state"] == "interrupted"
    queue.close()
    count = len(calls)
    time.sleep(0.2)
    assert len(calls) == count
    assert open_queue().position(left.id) is not None, "the next server takes it up"
