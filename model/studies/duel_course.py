"""What a duel does by itself: its runs are created, wait in the queue, and a search is followed by the trainings."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

from model.errors import LabError, RunError
from model.runs import duels
from model.runs.catalogue import Entry, entries
from model.runs.jobs import JobQueue
from model.runs.run import ENDED
from model.runs.store import clean_title, create_run, delete_run, find_run, new_id, rename_run
from model.studies import search
from model.training.settings import FIRST_SEED, Settings

TAG = "duel"
AT_ONCE = 40  # runs of one duel that wait in the queue; its owner may have some more
_CREATED_AT_ONCE, _DELETED_AT_ONCE = 20, 5  # between two looks of the dispatcher at its processes

_log = logging.getLogger(__name__)

Record = dict[str, Any]


def follow(queue: JobQueue) -> None:
    """Have a queue take care of all duels among its runs, also of those that a killed server left in the middle.

    Harmless where it does already.
    """
    queue.every_second("duels", lambda: advance(queue.root, queue))


def advance(root: Path, queue: JobQueue, *, only: str | None = None) -> None:
    """Do what there is to do now for the duels below `root` (or `only` one): it costs little, and is to be repeated.

    A duel that another process changes is left to it. What cannot be done now, on a full disk or in a full queue, is
    tried again the next time.
    """
    for duel_id in [only] if only else _open_duels(root):
        try:
            with duels.held(root, duel_id, timeout=0.0):
                record = duels.read(root, duel_id)
                known = {entry.id: entry for entry in entries(root)}
                _advance(root, queue, record, known)
                if is_over(record, known):
                    _note_closed(root, duel_id)
        except LabError as error:
            _log.info("duel %s waits: %s", duel_id, error)


def is_over(record: Record, known: dict[str, Entry]) -> bool:
    """Whether nothing is left to do for a duel."""
    if record["stopped"]:
        return True
    if record["stage"] == "search" or not record["ready"] or (record["search"] and record["search"]["runs"]):
        return False
    return all(_has_ended(run["id"], known) for run in record["runs"])


def plan_trainings(record: Record) -> None:
    """Promise an id to every training, seed by seed, so that half a duel can be compared; all texts come first."""
    seeds = range(FIRST_SEED, FIRST_SEED + record["plan"]["seeds"])
    record["runs"] = [
        {"id": new_id(), "side": side["key"], "seed": seed, "share": part["share"]}
        for part in record["parts"]
        for seed in seeds
        for side in record["sides"]
    ]
    record["stage"], record["ready"] = "training", False


def plan_search(record: Record, tried: list[dict[str, Any]]) -> None:
    """Promise an id to every candidate of every side."""
    runs = [
        {"id": new_id(), "side": side["key"], "candidate": place}
        for place in range(len(tried))
        for side in record["sides"]
    ]
    record["search"] = {
        "seed": search.SEARCH_SEED, "candidates": tried, "runs": runs, "results": [], "chosen": {},
    }  # fmt: skip
    record["stage"], record["ready"] = "search", False


def create_runs(root: Path, record: Record, *, most: int | None = None) -> None:
    """Create the runs of the present stage that are not there, at most so many; then the record is ready.

    The record on the disk knows their ids already: whoever is killed in the middle leaves nothing unaccounted for.
    """
    missing = [run for run in _stage_runs(record) if not (root / run["id"] / "spec.json").exists()]
    for planned in missing[:most]:
        part = _part(record, planned.get("share", 1.0))
        run = create_run(
            root,
            data=part["data"],
            settings=settings_of(record, planned).to_dict(),
            versions=record["versions"],
            title=_title(record, planned),
            owner=record["owner"],
            probe=record["probe"],
            run_id=planned["id"],
        )
        rename_run(run, tags=[TAG])
    if most is None or len(missing) <= most:
        record["ready"] = True
        duels.write(root, record)


def settings_of(record: Record, planned: dict[str, Any]) -> Settings:
    """All settings of a planned run: the plan's, its side's, its candidate's or the chosen one's, its texts'."""
    side = next(side for side in record["sides"] if side["key"] == planned["side"])
    options = {**record["plan"]["settings"], **side["settings"]}
    if "candidate" in planned:
        options |= {**record["search"]["candidates"][planned["candidate"]], "seed": record["search"]["seed"]}
        return Settings.from_dict(options)
    if record["search"]:
        options |= record["search"]["candidates"][record["search"]["chosen"][planned["side"]]]
    return Settings.from_dict({**options, **_part(record, planned["share"])["settings"], "seed": planned["seed"]})


def _advance(root: Path, queue: JobQueue, record: Record, known: dict[str, Entry]) -> None:
    if record["stopped"]:
        return
    if not record["ready"]:
        create_runs(root, record, most=_CREATED_AT_ONCE)
        return  # the next look finds them in the catalogue
    if record["stage"] == "training" and record["search"] and record["search"]["runs"]:
        _forget_candidates(root, record)
    runs = _stage_runs(record)
    if record["stage"] == "search" and all(_has_ended(run["id"], known) for run in runs):
        _choose(root, record, known)
        return
    _feed(queue, [known[run["id"]] for run in runs if run["id"] in known])


def _feed(queue: JobQueue, runs: list[Entry]) -> None:
    """Put the next runs into the queue, as many as have room there; interrupted ones go on."""
    places = {entry.id: queue.position(entry.id) for entry in runs}
    room = AT_ONCE - sum(1 for place in places.values() if place)
    for entry in runs:
        if room > 0 and places[entry.id] is None and entry.state in ("queued", "interrupted"):
            if entry.run.claimed:
                continue  # the last process is still ending
            try:
                queue.resume(entry.run)
            except RunError as error:
                _log.info("run %s waits for its place in the queue: %s", entry.id, error)
                return
            room -= 1


def _choose(root: Path, record: Record, known: dict[str, Entry]) -> None:
    """End the search: note what it found, and go on to the trainings with each side's best candidate."""
    results = [_result(planned, known.get(planned["id"])) for planned in record["search"]["runs"]]
    record["search"]["results"] = results
    for side in record["sides"]:
        own = [result for result in results if result["side"] == side["key"]]
        place = search.best(own)
        if place is None:
            why = next(result["problem"] for result in own)
            record["search"]["results"] = []  # the trainings may be resumed, and then tell anew
            duels.write_stop(
                root,
                record,
                f"None of the {len(own)} search trainings of {side['key']} finished ({why}), so that there is nothing"
                " to choose; resume the duel to have them tried again, or begin one without a search.",
            )
            return
        record["search"]["chosen"][side["key"]] = place
    plan_trainings(record)
    duels.write(root, record)
    create_runs(root, record, most=_CREATED_AT_ONCE)


def _result(planned: dict[str, Any], entry: Entry | None) -> dict[str, Any]:
    """What a candidate's training says of it: validation figures alone, and why there are none."""
    result = {"side": planned["side"], "candidate": planned["candidate"], "loss": None, "accuracy": None}
    if entry is None:
        return {**result, "problem": "it was deleted"}
    report = entry.run.report if entry.state == "done" else None
    try:
        validation = report["validation"]
        return {**result, "loss": validation["loss"], "accuracy": validation["accuracy"], "problem": ""}
    except (TypeError, KeyError):
        return {**result, "problem": (entry.message or f"it was {entry.state}")[:300]}


def _forget_candidates(root: Path, record: Record) -> None:
    """Delete the search's trainings, a few at a time: of them the validation figures are kept."""
    left = record["search"]["runs"]
    for planned in left[:_DELETED_AT_ONCE]:
        if (root / planned["id"]).is_dir():
            delete_run(find_run(planned["id"], root), for_good=True)
    record["search"]["runs"] = left[_DELETED_AT_ONCE:]
    duels.write(root, record)


def _has_ended(run_id: str, known: dict[str, Entry]) -> bool:
    return run_id not in known or known[run_id].state in ENDED


def _stage_runs(record: Record) -> list[dict[str, Any]]:
    return record["search"]["runs"] if record["stage"] == "search" else record["runs"]


def _part(record: Record, share: float) -> dict[str, Any]:
    return next(part for part in record["parts"] if part["share"] == share)


def _title(record: Record, planned: dict[str, Any]) -> str:
    if "candidate" in planned:
        what = f"search {planned['candidate'] + 1} of {len(record['search']['candidates'])}"
    else:
        what = f"seed {planned['seed']}"
        if planned["share"] < 1:
            what += f", {planned['share']:.2g} of the training texts"
    what = f"{planned['side']}, {what}"
    return f"{clean_title(record['title'])[: 196 - len(what)]}: {what}"


# -- which duels there is something to do for --------------------------------------------------------------------

_SETTLED_SECONDS = 2.0  # what changed so lately could change again without moving the folder's time
_known_open: dict[Path, tuple[int, list[str]]] = {}
_known_lock = threading.Lock()


def _open_duels(root: Path) -> list[str]:
    """The duels that may not be over, oldest first; read anew only when the folder of records has changed."""
    try:
        changed = (root / duels.FOLDER).stat().st_mtime_ns
    except OSError:
        return []
    with _known_lock:
        known = _known_open.get(root)
    if known is not None and known[0] == changed:
        return list(known[1])
    found = [record["id"] for record in reversed(duels.records(root)) if not record["stopped"]]
    if time.time() - changed / 1e9 > _SETTLED_SECONDS:
        with _known_lock:
            _known_open[root] = (changed, found)
    return found


def _note_closed(root: Path, duel_id: str) -> None:
    with _known_lock:
        if root in _known_open and duel_id in _known_open[root][1]:
            _known_open[root][1].remove(duel_id)
