"""How far a training has come, and how long it still takes, from its events alone."""

import pytest

from model.studies.growth import outputs_of
from pages.components.jobs import seconds_left


def boot(t: float, *, resumed_after: int = 0) -> dict:
    return {"kind": "boot", "t": t, "resumed_after": resumed_after}


def progress(t: float, epoch: int, share: float) -> dict:
    return {"kind": "progress", "t": t, "epoch": epoch, "share": share}


def epoch(t: float, number: int, **more) -> dict:
    return {"kind": "epoch", "t": t, "epoch": number, **more}


@pytest.mark.parametrize(
    ("events", "epochs", "left"),
    [
        ([], 2, None),
        ([boot(100)], 2, None),
        ([boot(100), progress(110, 1, 0.5)], 2, 30.0),  # half an epoch in 10 s, one and a half to go
        ([boot(100), progress(110, 1, 0.5), epoch(120, 1)], 3, 40.0),
        ([boot(100), epoch(120, 1), epoch(140, 2)], 2, 0.0),
        # What came before the interruption says nothing of the time since.
        ([boot(0), epoch(900, 1), boot(1000, resumed_after=1), progress(1005, 2, 0.5)], 3, 15.0),
        ([boot(1000, resumed_after=1)], 3, None),
        ([boot(100), progress(40, 1, 0.5)], 2, None),  # the clock was set back
    ],
)
def test_the_time_left_is_that_of_the_rest_at_the_same_pace(events, epochs, left):
    assert seconds_left(events, epochs=epochs) == (None if left is None else pytest.approx(left))


def test_probes_stand_in_the_order_of_their_epochs_each_once():
    before, first, again = ([{"probabilities": [p]}] for p in (0.5, 0.6, 0.7))
    events = [
        {**boot(0), "probe": before},
        epoch(1, 1, probe=first),
        {**boot(2, resumed_after=0), "probe": before},
        epoch(3, 1, probe=again),
        epoch(4, 2),
    ]
    assert outputs_of(events) == [(0, before), (1, again)]
    assert outputs_of([boot(0), epoch(1, 1)]) == []
