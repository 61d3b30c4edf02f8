"""A duel: plain networks, attention and its control on one split, with the same seeds and the same chances.

All sides are trained on the same texts, with the same seeds, batches and options, at most the same number of updates
and the same patience, and each keeps its epoch of the lowest validation loss.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import RunError
from model.runs import duels
from model.runs.jobs import JobQueue
from model.runs.owners import KEEPER, By, owns
from model.runs.run import ENDED
from model.runs.store import clean_title, delete_run, find_run, new_id
from model.studies import search
from model.studies.duel_course import advance, create_runs, follow, plan_search, plan_trainings
from model.studies.duel_plan import DEFAULT_SIDES, DuelPlan, sides_for
from model.studies.duel_state import Duel, Progress, find_duel, list_duels
from model.training.settings import Settings

if TYPE_CHECKING:  # a page that lists duels need not wait for what trains them
    from model.data.splits import Dataset

__all__ = [
    "DEFAULT_SIDES", "Duel", "DuelPlan", "advance", "begin", "cancel", "delete_duel", "find_duel", "follow",
    "list_duels", "resume", "run_duel", "sides_for",
]  # fmt: skip

_POLL = 0.5  # seconds between two looks at a duel that is waited for


def begin(
    root: Path,
    data: Dataset | dict[str, Any],
    plan: DuelPlan,
    *,
    owner: str | None = None,
    title: str = "",
    probe: Sequence[str] | None = None,
) -> Duel:
    """Prepare a duel below `root`: its record and its first runs; a queue that follows duels then trains them.

    data: a Dataset, or what a spec says of one that is kept already (as `training.prepare` takes it). probe: texts
    whose outputs are told after every epoch, the same for all sides (default: short validation texts). Nothing is
    left behind when something is wrong. Raises LabError.
    """
    from model.runs.model_file import versions
    from model.studies.duel_data import parts_of, prepare_data

    root = Path(root).absolute()
    prepared = prepare_data(root, data, probe=probe)
    base = Settings.from_dict(plan.settings)
    sides = prepared.sides(plan)
    record = {
        "id": new_id(),
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
        "title": clean_title(title) or clean_title(f"Duel on {prepared.entry['name']}"),
        "owner": owner,
        "plan": plan.to_dict(),
        "versions": versions(),
        "probe": prepared.probe,
        "sides": [side.to_dict() for side in sides],
        "parts": parts_of(root, data, prepared.entry, plan.shares, base),
        "search": None,
        "runs": [],
        "stopped": "",
    }
    if plan.search:
        plan_search(record, search.candidates(plan.search, base))
    else:
        plan_trainings(record)
    _create(root, record)
    return Duel(root, record["id"])


def _create(root: Path, record: dict[str, Any]) -> None:
    duels.write(root, record)
    try:
        with duels.held(root, record["id"]):
            create_runs(root, record)
    except BaseException:
        _undo(root, record)
        raise


def _undo(root: Path, record: dict[str, Any]) -> None:
    duels.remove(root, record["id"])
    for run in _all_runs(record):
        if (root / run["id"]).is_dir():
            delete_run(find_run(run["id"], root), for_good=True)


def cancel(duel: Duel, queue: JobQueue, *, by: By = KEEPER) -> None:
    """Stop a duel and all its trainings; what is finished stays, and `resume` goes on with the rest."""
    _check_may_change(duel, by, "cancelled")
    with duels.held(duel.root, duel.id):
        record = duel.record
        if duel.state in ("done", "stopped"):
            return
        duels.write_stop(duel.root, record, "It was cancelled.")
        known = duel.known()
        for run in _all_runs(record):
            if run["id"] in known and known[run["id"]].state not in ENDED:
                queue.cancel(run["id"])


def resume(duel: Duel, *, by: By = KEEPER) -> None:
    """Have a stopped duel go on, or one in which trainings failed: those are tried again from their last checkpoint.

    A queue that follows duels takes them up. What was deleted stays out. Raises RunError while trainings are still
    ending.
    """
    _check_may_change(duel, by, "resumed")
    with duels.held(duel.root, duel.id):
        record, known = duel.record, duel.known()
        again = [known[run["id"]].run for run in _all_runs(record) if run["id"] in known]
        again = [run for run in again if run.state["state"] in ("failed", "cancelled")]
        if any(run.claimed for run in again):
            raise RunError(f"trainings of duel {duel.id} are still ending; try again in a moment")
        for run in again:
            run.set_state("queued")
        duels.write(duel.root, {**record, "stopped": ""})


def delete_duel(duel: Duel, *, by: By = KEEPER, with_runs: bool = False) -> None:
    """Forget a duel that is over; with `with_runs` its trainings go to the trash, else they stay among the runs.

    Raises RunError for somebody else's, or one that still trains.
    """
    _check_may_change(duel, by, "deleted")
    with duels.held(duel.root, duel.id):
        if duel.state not in ("done", "stopped"):
            raise RunError(f"duel {duel.id} is still trained; cancel it, then delete it")
        record, known = duel.record, duel.known()
        candidates = [run["id"] for run in record["search"]["runs"]] if record["search"] else []
        for run_id in candidates:
            if run_id in known:
                delete_run(known[run_id].run, for_good=True)
        for run in record["runs"] if with_runs else ():
            if run["id"] in known:
                delete_run(known[run["id"]].run)
        duels.remove(duel.root, duel.id)


def run_duel(
    root: Path,
    data: Dataset | dict[str, Any],
    plan: DuelPlan,
    *,
    title: str = "",
    on_progress: Callable[[Duel, Progress], None] = lambda duel, progress: None,
    jobs: int | None = None,
) -> Duel:
    """Train a duel to its end in worker processes, at most `jobs` at a time (default: one a core), and return it.

    The duel with the same plan on the same data, if there is one that the same versions made, is taken up where it
    was: a finished one is returned as it is, of another what failed is tried again. An interrupt ends the processes
    and keeps what is finished, also the last epochs of what is not. Raises RunError when another server works on the
    same runs.
    """
    root = Path(root).absolute()
    queue = JobQueue(root, running=jobs, recover=False)
    try:
        if queue.trouble:
            raise RunError(queue.trouble)
        duel = _same_duel(root, data, plan) or begin(root, data, plan, title=title)
        if duel.state == "stopped" or duel.progress()["failed"]:
            resume(duel)
        while duel.state in ("search", "training"):
            advance(root, queue, only=duel.id)
            on_progress(duel, duel.progress())
            time.sleep(_POLL)
    finally:
        queue.close()
    on_progress(duel, duel.progress())
    return duel


def _same_duel(root: Path, data: Dataset | dict[str, Any], plan: DuelPlan) -> Duel | None:
    from model.runs.model_file import versions

    sha256 = data["sha256"] if isinstance(data, dict) else data.sha256
    for duel in list_duels(root):
        same = duel.plan == plan and duel.data["sha256"] == sha256 and duel.record["versions"] == versions()
        if same and duel.owner is None:
            return duel
    return None


def _all_runs(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [*(record["search"]["runs"] if record["search"] else ()), *record["runs"]]


def _check_may_change(duel: Duel, by: By, what: str) -> None:
    if not owns(by, duel.owner):
        raise RunError(
            f"duel {duel.id} is somebody else's and can only be {what} in the browser that began it; begin your own"
        )
