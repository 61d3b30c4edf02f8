"""The memory shared by all sessions is bounded, and makes each value once."""

import threading

import pytest

from model.errors import LabError
from pages.components.memory import Memory
from pages.components.session import run_ids


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


def test_ids_in_an_address():
    assert run_ids(None) == [] and run_ids("") == []
    assert run_ids("a,b,a,,c") == ["a", "b", "c"]
