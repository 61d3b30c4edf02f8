"""The memory shared by all sessions is bounded, and makes each value once."""

import threading

import pytest

from model.errors import LabError
from pages.components.memory import Growing, Memory


def test_the_oldest_go_first():
    memory = Memory(2)
    for key in "abc":
        memory.recall(key, lambda key=key: key.upper())
    assert "a" not in memory and "b" in memory and "c" in memory and len(memory) == 2
    memory.recall("b", lambda: "unused")
    memory.recall("d", lambda: "D")
    assert "b" in memory and "c" not in memory


def test_a_value_is_made_once_however_many_ask():
    memory, made, gate = Memory(3), [], threading.Event()

    def make():
        gate.wait(5)
        made.append(1)
        return len(made)

    results = []
    threads = [threading.Thread(target=lambda: results.append(memory.recall("key", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(5)
    assert results == [1] * 8


def test_an_error_is_not_kept():
    memory = Memory(3)

    def fail():
        raise LabError("no")

    with pytest.raises(LabError):
        memory.recall("key", fail)
    assert memory.recall("key", lambda: "yes") == "yes"


class _Step:
    def __init__(self, done):
        self.done = done


def _is_last(step):
    return step.done >= 1


def test_a_growing_value_takes_one_step_at_a_time_and_ends_by_itself():
    growing = Growing(iter([_Step(0.5), _Step(1.0), _Step(2.0)]), finished=_is_last)
    assert growing.latest is None and not growing.finished
    growing.advance()
    assert growing.latest.done == 0.5 and not growing.finished
    growing.advance()
    assert growing.latest.done == 1.0 and growing.finished
    short = Growing(iter([_Step(0.5)]), finished=_is_last)
    short.advance()
    short.advance()
    assert short.latest.done == 0.5 and short.finished


def test_a_growing_value_is_advanced_by_one_thread_at_a_time():
    inside, most = [], []

    def steps():
        for done in range(8):
            inside.append(1)
            most.append(len(inside))
            threading.Event().wait(0.01)
            inside.pop()
            yield _Step((done + 1) / 8)

    growing = Growing(steps(), finished=_is_last)
    threads = [threading.Thread(target=growing.advance) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert max(most) == 1 and growing.finished
