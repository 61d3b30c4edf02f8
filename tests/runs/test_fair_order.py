"""Who is next, worked out by hand."""

import random
import time
from collections import Counter

import pytest

from model.runs.fair_order import Waiting, fair_order


def waiting(text: str) -> list[Waiting]:
    """`a1 b2` is a job of a with ticket 1, then one of b with ticket 2; `-3` is nobody's."""
    return [Waiting(name, None if name[0] == "-" else name[0], int(name[1:])) for name in text.split()]


@pytest.mark.parametrize(
    ("jobs", "running", "started", "order"),
    [
        ("", {}, {}, ""),
        ("a3 a1 a2", {}, {}, "a1 a2 a3"),
        # In turn, though a was first with all; then the tickets decide who begins.
        ("a1 a2 a3 b4 b5", {}, {}, "a1 b4 a2 b5 a3"),
        ("b1 a2 a3 b4", {}, {}, "b1 a2 b4 a3"),
        # a has one running: b catches up, then they alternate; b's last start is then the older one.
        ("a1 a2 b3 b4 b5", {"a": 1}, {"a": 1}, "b3 a1 b4 a2 b5"),
        ("a1 b2 b3 b4", {"a": 2}, {"a": 2}, "b2 b3 a1 b4"),
        # Nothing runs: who was started longest ago is next, who never was comes before all.
        ("a1 b2 c3", {}, {"a": 5, "b": 4}, "c3 b2 a1"),
        ("a1 a2 b3", {}, {"a": 1, "b": 2}, "a1 b3 a2"),
        # Nobody's jobs are together one person's.
        ("-1 -2 -3 a4", {}, {}, "-1 a4 -2 -3"),
    ],
)
def test_by_hand(jobs, running, started, order):
    assert fair_order(waiting(jobs), running=running, started=started) == order.split()


def test_whatever_the_order_they_are_given_in():
    jobs = waiting("a1 a2 b3 -4 c5 c6 -7")
    wanted = fair_order(jobs, running={}, started={})
    for seed in range(20):
        random.Random(seed).shuffle(jobs)
        assert fair_order(jobs, running={}, started={}) == wanted


def test_nobody_gets_two_starts_ahead_while_others_wait():
    """A queue of 200 jobs of 7 people on 3 places, with jobs that end in any order."""
    chance = random.Random(1)
    jobs = {job.id: job for job in waiting(" ".join(f"{chance.choice('abcdefg')}{n}" for n in range(200)))}
    running, started, starts, busy = Counter(), {}, 0, []
    while jobs:
        if len(busy) == 3:
            running[busy.pop(chance.randrange(3))] -= 1
        before = {owner: running[owner] for owner in {job.owner for job in jobs.values()}}
        job = jobs.pop(fair_order(jobs.values(), running=running, started=started)[0])
        assert running[job.owner] == min(before.values()), "who has the fewest places is next"
        longest = min(started.get(owner, 0) for owner, count in before.items() if count == running[job.owner])
        assert started.get(job.owner, 0) == longest
        starts += 1
        running[job.owner] += 1
        started[job.owner] = starts
        busy.append(job.owner)
        assert max(running.values()) <= 1 or len({other.owner for other in jobs.values()}) < 3


def test_five_hundred_people_are_put_in_order_in_no_time():
    jobs = [Waiting(str(number), str(number % 250), number) for number in range(500)]
    begun = time.perf_counter()
    assert len(fair_order(jobs, running={}, started={})) == 500
    assert time.perf_counter() - begun < 0.2
