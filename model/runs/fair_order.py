"""The fair order of a queue that several people share."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Waiting(NamedTuple):
    """One job that waits: whose it is (None: nobody's, one person among the others) and its place in time."""

    id: str
    owner: str | None
    ticket: int


def fair_order(
    waiting: Iterable[Waiting],
    *,
    running: Mapping[str | None, int],
    started: Mapping[str | None, int],
) -> list[str]:
    """The ids of the waiting jobs as they would start now, one after another, if no running job ended meanwhile.

    Next is the oldest job of the person with the fewest running jobs; of several such people, of the one whose last
    start is longest ago; of people who never had one, the oldest job. So each person's places differ by one at most
    as long as they have jobs waiting, and who is alone has all places. running: jobs that run, by owner. started:
    the number of each owner's latest start, counted from 1.
    """
    jobs: dict[str | None, deque[Waiting]] = {}
    for job in sorted(waiting, key=lambda job: job.ticket):
        jobs.setdefault(job.owner, deque()).append(job)
    starts = max(started.values(), default=0)
    # No two ids are equal, so that owners themselves, of which one may be None, are never compared.
    heap = [
        (running.get(owner, 0), started.get(owner, 0), own[0].ticket, own[0].id, owner) for owner, own in jobs.items()
    ]
    heapq.heapify(heap)
    order = []
    while heap:
        count, *_, owner = heapq.heappop(heap)
        order.append(jobs[owner].popleft().id)
        starts += 1
        if jobs[owner]:
            following = jobs[owner][0]
            heapq.heappush(heap, (count + 1, starts, following.ticket, following.id, owner))
    return order
