"""What a run is told of its training, of whatever kind: every event once, and its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from model.errors import Stopped
from model.runs.run import Run
from model.training.loop import Event

CHECKPOINT = "checkpoint.safetensors"


def tell(
    run: Run, events: Iterator[Event], *, stop: Callable[[], str | None], on_event: Callable[[Event], None]
) -> tuple[Event, Event]:
    """Go through a training, tell the run every event, and return the first and the last one.

    Raises Stopped, after an event, with the reason that `stop` gives.
    """
    run.set_state("running")
    boot = done = {}
    told = _told(run)
    for event in events:
        if event["kind"] == "boot":
            boot = event
            for missing in _untold(event.pop("history"), told):
                run.append_event(missing)
        done = event
        # One killed after its end, but before its report, ends again when it is resumed.
        if event["kind"] not in ("early_stop", "done") or (event["kind"], event.get("epoch")) not in told:
            run.append_event(event)
        on_event(event)
        reason = stop()
        if reason and event["kind"] != "done":
            raise Stopped(reason)
    return boot, done


def finish(run: Run, report: dict[str, Any]) -> None:
    """Leave the report, and a run that is done. Raises RunError."""
    run.save_report(report)
    run.set_state("done")
    (run.folder / CHECKPOINT).unlink(missing_ok=True)


def _told(run: Run) -> set[tuple[str, int | None]]:
    return {(event["kind"], event.get("epoch")) for event in run.events()[0]}


def _untold(history: list[Event], told: set[tuple[str, int | None]]) -> list[Event]:
    # A process killed between an epoch's checkpoint and its events has learned what it never told.
    best, untold = float("inf"), []
    for event in history:
        untold += [event] if ("epoch", event["epoch"]) not in told else []
        if event["validation"]["loss"] < best:
            best = event["validation"]["loss"]
            improved = {"kind": "improved", "epoch": event["epoch"], "validation": event["validation"]}
            untold += [improved] if ("improved", event["epoch"]) not in told else []
    return untold
