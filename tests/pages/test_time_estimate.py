"""What is said of the time and memory of trainings, from what was measured."""

import pytest

from pages.components import caches, time_estimate
from pages.components.memory import Memory


def result(seconds: float, *, baselines: float = 0.0, megabytes: float = 500.0) -> dict:
    return {"seconds": seconds, "baselines": baselines, "megabytes": megabytes}


@pytest.mark.parametrize(
    ("results", "seeds", "places", "says"),
    [
        ([result(60)], 1, 2, "At most about 60 s, by"),
        # Two seeds of 80 s and 200 s and 20 s of baselines once: 580 s of work for two places.
        ([result(100, baselines=20), result(220, baselines=20)], 2, 2, "At most about 5 min for all, 2 at a time"),
        ([result(100), result(220)], 1, 4, "At most about 4 min for all, 2 at a time"),  # the longest alone
        ([result(100), result(220)], 1, 1, "At most about 5 min for all, 1 at a time"),
        ([result(60, megabytes=1234)], 1, 1, "Up to 1.2 GB of memory each."),
    ],
)
def test_the_time_of_all_is_the_work_shared_among_the_places(results, seeds, places, says):
    assert says in time_estimate._sentence(results, seeds, places)


class Handle:
    """Stands in for the measuring process."""

    begun = 0

    def __init__(self) -> None:
        Handle.begun += 1
        self.results, self.error, self.done, self.closed = [], None, False, False

    def close(self) -> None:
        self.closed = True


def test_sessions_that_ask_the_same_share_one_measurement(monkeypatch, tmp_path):
    from model.studies import estimate

    handles = []
    monkeypatch.setattr(estimate, "begin", lambda *args: handles.append(Handle()) or handles[-1])
    memory = Memory(3)
    monkeypatch.setattr(caches, "estimates", lambda: memory)
    first, again = (memory.recall("same", lambda: time_estimate._Measured({}, [{}])) for _ in range(2))
    assert first is again and Handle.begun == 1
    first.look()
    assert not first.finished
    handles[0].results, handles[0].done = [result(10)], True
    first.look()
    assert first.finished and first.results == [result(10)] and handles[0].closed


def test_a_measurement_that_cannot_begin_is_a_sentence(monkeypatch):
    from model.errors import RunError
    from model.studies import estimate

    def refuse(*args):
        raise RunError("no process could be started")

    monkeypatch.setattr(estimate, "begin", refuse)
    measured = time_estimate._Measured({}, [{}])
    measured.look()
    assert measured.finished and measured.error == "no process could be started"
