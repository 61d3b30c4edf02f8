"""Duels without a training: a queue that only notes what it is asked, and runs that end as a test says."""

from model.runs.store import find_run
from model.studies.duel import DuelPlan

SMALL = {"vectors": "none", "hidden_size": 6, "embedding_size": 5, "epochs": 2, "patience": 2}
SIDES = ("bilstm", "bilstm-additive", "bilstm-additive:uniform")
METRICS = {"accuracy": 0.5, "macro_f1": 0.5, "loss": 0.7, "documents": 4}


def small_plan(**options):
    return DuelPlan(**{"presets": SIDES, "seeds": 2, "settings": SMALL, **options})


class StillQueue:
    """What duels ask of a JobQueue; nothing is ever started. `room`: how many may wait."""

    def __init__(self, root, *, room=50):
        self.root, self.room, self.waiting = root, room, []

    def position(self, run_id):
        return self.waiting.index(run_id) + 1 if run_id in self.waiting else None

    def resume(self, run):
        from model.errors import RunError

        assert run.state["state"] in ("queued", "interrupted", "failed", "cancelled") and run.id not in self.waiting
        if len(self.waiting) >= self.room:
            raise RunError("the queue is full")
        run.set_state("queued", ticket=len(self.waiting) + 1)
        self.waiting.append(run.id)

    def cancel(self, run_id):
        self.waiting = [other for other in self.waiting if other != run_id]
        return find_run(run_id, self.root).set_state("cancelled")


def end(queue, run, *, state="done", loss=0.7, accuracy=0.5, message=""):
    """Have a run end, as a worker would."""
    queue.waiting = [other for other in queue.waiting if other != run.id]
    if state == "done":
        run.save_report({"validation": {**METRICS, "loss": loss, "accuracy": accuracy}, "test": {**METRICS}})
    run.set_state(state, message=message)


def searching(duel):
    """The runs of a search by (side, candidate)."""
    return {(run["side"], run["candidate"]): find_run(run["id"], duel.root) for run in duel.record["search"]["runs"]}
