"""A duel as it is on the disk: how far it has come, and which runs it has. No torch is needed to look at one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model.errors import LabError
from model.runs import duels
from model.runs.catalogue import Entry, entries
from model.runs.run import ACTIVE, ENDED, Run
from model.studies.duel_plan import DuelPlan

Progress = dict[str, int]


class Duel:
    """A duel on the disk; what changes while it is trained is read anew at every use. Raises RunError for none."""

    def __init__(self, root: Path, duel_id: str) -> None:
        self.root, self.id = Path(root).absolute(), duel_id
        self._first = duels.read(self.root, duel_id)
        self.plan = DuelPlan.from_dict(self._first["plan"])
        self.title: str = self._first["title"]
        self.owner: str | None = self._first["owner"]
        self.created: str = self._first["created"]
        self.data: dict[str, Any] = self._first["parts"][0]["data"]

    def __repr__(self) -> str:
        return f"Duel({str(self.root)!r}, {self.id!r})"

    @property
    def record(self) -> dict[str, Any]:
        """All that is known of it, as `model.runs.duels.SHAPE` says. Raises RunError when it was deleted."""
        return duels.read(self.root, self.id)

    def runs(self, share: float = 1.0) -> list[Run]:
        """The trainings on this share of the texts, seed by seed: those still there, none yet in a search."""
        known = self.known()
        planned = (run["id"] for run in self.record["runs"] if run["share"] == share)
        return [known[run_id].run for run_id in planned if run_id in known]

    @property
    def state(self) -> str:
        """search, training, done (every training ended, one at least well) or stopped (`message` says why)."""
        return self._state(self.record, self.known())

    @property
    def message(self) -> str:
        """Why it is stopped, in one sentence; else empty."""
        record, known = self.record, self.known()
        if record["stopped"] or self._state(record, known) != "stopped":
            return record["stopped"]
        messages = [known[run["id"]].message for run in record["runs"] if run["id"] in known]
        why = next((message for message in messages if message), "they were cancelled or deleted")
        return f"None of the {len(record['runs'])} trainings finished: {why}"

    def progress(self) -> Progress:
        """{"done", "running", "waiting", "failed", "total"}: trainings, those of the search included.

        Failed are those that ended without a result: failed, cancelled or deleted.
        """
        record, known = self.record, self.known()
        counts = {"done": 0, "running": 0, "waiting": 0, "failed": 0, "total": self.plan.trainings}
        if record["search"] and record["search"]["results"]:
            for result in record["search"]["results"]:
                counts["failed" if result["problem"] else "done"] += 1
        for run in record["search"]["runs"] if record["stage"] == "search" else record["runs"]:
            entry = known.get(run["id"])
            if entry is None:
                kind = "failed" if record["ready"] else "waiting"
            elif entry.state in ("failed", "cancelled"):
                kind = "failed"
            else:
                kind = "done" if entry.state == "done" else "running" if entry.state in ACTIVE else "waiting"
            counts[kind] += 1
        if record["stage"] == "search":  # those that follow are not even created
            counts["waiting"] += counts["total"] - sum(counts[kind] for kind in counts if kind != "total")
        return counts

    def known(self) -> dict[str, Entry]:
        """What is below its root by id, among it those of its trainings that are still there."""
        return {entry.id: entry for entry in entries(self.root)}

    @staticmethod
    def _state(record: dict[str, Any], known: dict[str, Entry]) -> str:
        if record["stopped"]:
            return "stopped"
        if record["stage"] == "search" or not record["ready"]:
            return record["stage"]
        states = [known[run["id"]].state for run in record["runs"] if run["id"] in known]
        if any(state not in ENDED for state in states):
            return "training"
        return "done" if "done" in states else "stopped"


def find_duel(root: Path, duel_id: str) -> Duel:
    """The duel with this id, which may come from an URL. Raises RunError."""
    return Duel(root, duel_id)


def list_duels(root: Path) -> list[Duel]:
    """All duels below `root`, newest first; damaged records are passed over."""
    found = []
    for duel_id in duels.ids(Path(root)):
        try:
            found.append(Duel(root, duel_id))
        except LabError:
            continue
    return found
