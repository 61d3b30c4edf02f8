"""The seconds of each part of a training, from its events: every number here was worked out by hand."""

import pytest

from model.studies.clock import Clock


class _Time:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def at():
    """A function that puts an event on a clock of 100 training and 50 validation texts, so long after its boot."""
    time = _Time()
    clock = Clock(documents=100, validated=50, seconds=1.5, most=8.0, now=time)
    clock.take({"kind": "boot"})

    def put(passed, **event):
        time.now = 100.0 + passed
        if event:
            clock.take(event)
        return clock

    return put


def test_whole_epochs_the_first_slow(at):
    # Updates take 3 s, then 1 s and 1 s; validation 0.5 s each; the checkpoint 0.25 s each.
    at(3.75, kind="epoch", documents_per_second=100 / 3, seconds=3.5)
    at(5.5, kind="epoch", documents_per_second=100.0, seconds=3.75 + 1.5)
    clock = at(7.25, kind="epoch", documents_per_second=100.0, seconds=5.5 + 1.5)
    costs = clock.costs()
    assert costs.update == pytest.approx(0.01)
    assert costs.validate == pytest.approx(0.5 / 50)
    assert costs.checkpoint == pytest.approx(0.25)
    assert costs.warm_up == pytest.approx(2.0)


def test_a_first_epoch_broken_off(at):
    # 10 texts in the first 0.5 s, 30 more in the second that follows; validation 2 s, checkpoint 0.5 s.
    at(0.5, kind="progress", share=0.1, documents_per_second=20.0)
    at(1.0, kind="progress", share=0.25, documents_per_second=25.0)
    clock = at(4.0, kind="epoch", share=0.4, documents_per_second=40 / 1.5, seconds=3.5)
    costs = clock.costs()
    assert costs.update == pytest.approx(1 / 30)
    assert costs.validate == pytest.approx(2 / 50)
    assert costs.checkpoint == pytest.approx(0.5)
    assert costs.warm_up == pytest.approx(1.5 - 40 / 30)


def test_one_update_and_no_more(at):
    clock = at(9.0, kind="epoch", share=0.5, documents_per_second=10.0, seconds=9.0)
    assert clock.costs() == pytest.approx((0.1, 4 / 50, 0.0, 0.0))


def test_it_is_enough_when_there_is_something_to_reckon_with(at):
    clock = at(1.4, kind="progress", share=0.1, documents_per_second=20.0)
    assert not at(2.0).enough(), "one progress tells no rate apart from the start"
    at(2.1, kind="progress", share=0.2, documents_per_second=20.0)
    assert clock.enough()
    assert not at(1.4).enough(), "too early"


def test_it_is_enough_after_an_epoch_or_after_all_patience(at):
    assert not at(7.9).enough()
    assert at(8.0).enough()
    at(0.3, kind="epoch", documents_per_second=1000.0, seconds=0.2)
    assert not at(1.4).enough() and at(1.5).enough()
