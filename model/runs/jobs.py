"""The queue of trainings: one dispatcher thread per server, one process per job, and the truth on disk."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from model.errors import RunError
from model.runs import files
from model.runs.crew import RETRY, Crew
from model.runs.duties import Duties
from model.runs.gpus import jobs_per_gpu, visible_gpus
from model.runs.launch import Process, available_cores, environment_limit, launch
from model.runs.line import Line
from model.runs.owners import KEEPER, By, check_may_change
from model.runs.run import ACTIVE, ENDED, Run
from model.runs.store import empty_trash, find_run, list_runs, runs_root

TICK = 0.2  # seconds between two looks at the processes
CLOSE_GRACE = 8.0  # seconds for the workers when the server ends; service managers often kill after 10

_log = logging.getLogger(__name__)


class JobQueue:
    """Fair to everybody (see `fair_order`): at most `running` jobs at a time, and never more threads than cores.

    running: default as many as there are cores. per_person: the most one person may have running (default the
    environment's ATTENTION_LAB_JOBS_PER_PERSON, else no limit but fairness). per_gpu: the most jobs on one GPU
    (default ATTENTION_LAB_JOBS_PER_GPU, else by its memory: see `gpus.jobs_per_gpu`). Only one server at a time works
    on a folder of runs; another one shows them, and takes over when the first ends. Jobs that a server left
    unfinished return to the head of the queue, in their order, when the next one starts, unless `recover` is False.
    `by` is who asks: an owner (see `owners`), or the keeper.
    """

    def __init__(
        self,
        root: Path,
        *,
        running: int | None = None,
        per_person: int | None = None,
        per_gpu: int | None = None,
        max_queued: int = 500,
        max_queued_per_person: int = 50,
        cores: int | None = None,
        gpus: Sequence[str] | None = None,
        recover: bool = True,
        launch: Callable[..., Process] = launch,
    ) -> None:
        self.root = Path(root).absolute()
        self._recovers = recover
        self._duties = Duties()
        cores = cores or available_cores()
        self._line = Line(
            per_person=per_person or environment_limit("ATTENTION_LAB_JOBS_PER_PERSON"),
            most=max_queued,
            most_per_person=max_queued_per_person,
        )
        gpus = visible_gpus() if gpus is None else gpus
        self._crew = Crew(
            places=running or cores,
            cores=cores,
            gpus=gpus,
            per_gpu=per_gpu or environment_limit("ATTENTION_LAB_JOBS_PER_GPU") or jobs_per_gpu(gpus),
            launch=launch,
        )
        self._lock = threading.RLock()
        self._ownership = files.Lock(self.root / "queue.lock")
        self._trouble: str | None = "the queue has not started"  # why this server starts no jobs, if so
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._tick()
        self._thread = threading.Thread(target=self._dispatch, name="job-dispatcher", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def running(self) -> int:
        """The most jobs that run at a time."""
        return self._crew.places

    # -- what pages ask ----------------------------------------------------------------------------------------

    def submit(self, run: Run) -> int:
        """Put a new run into the queue, as its owner's last, and return its position.

        Raises RunError when the queue is full (the run is then marked cancelled, and can be resumed later) or when
        another server works on these runs.
        """
        with self._lock:
            if run.state["state"] != "queued" or self._knows(run.id):
                raise RunError(f"run {run.id} is {run.state['state']} already; resume it instead")
            try:
                return self._enqueue(run)
            except RunError as error:
                run.set_state("cancelled", message=f"Not started: {error}")
                raise

    def resume(self, run: Run, *, by: By = KEEPER) -> int:
        """Put a failed, cancelled or interrupted run back into the queue; it goes on from its last checkpoint."""
        with self._lock:
            state = run.state["state"]
            if run.read_only or state == "done":
                raise RunError(f"run {run.id} is finished; there is nothing to resume")
            check_may_change(run, by, "resumed")
            if state == "queued" and self._knows(run.id):
                raise RunError(f"run {run.id} is in the queue already")
            if state in ACTIVE or run.claimed:
                raise RunError(f"run {run.id} is still being trained; wait until it has stopped")
            return self._enqueue(run)

    def cancel(self, run_id: str, *, by: By = KEEPER) -> bool:
        """Take a run out of the queue or stop its training; False when it had ended by then."""
        run = find_run(run_id, self.root)
        check_may_change(run, by, "cancelled")
        with self._lock:
            try:
                return run.set_state("cancelled")  # also a worker of another server sees this within a second
            finally:  # a full disk must not keep anybody from stopping what fills it
                self._line.remove(run_id)
                self._crew.terminate(run_id)

    def stop(self, run_id: str, *, by: By = KEEPER) -> bool:
        """Have a training end now and keep the best so far; one that waits is cancelled. False when it had ended."""
        run = find_run(run_id, self.root)
        check_may_change(run, by, "stopped")
        with self._lock:
            state = run.state["state"]
            if state in ENDED:
                return False
            if state not in ACTIVE:
                return self.cancel(run_id)
            run.ask_to_stop()
            return True

    def position(self, run_id: str) -> int | None:
        """1 for the job that starts next, 0 for one that is running, None for one this queue does not know."""
        with self._lock:
            return 0 if run_id in self._crew else self._line.position(run_id, self._crew.by_owner())

    def every_second(self, name: str, duty: Callable[[], None]) -> None:
        """Have the dispatcher call `duty` about once a second as long as this server works on these runs.

        Of two with one name the first stays. It is called between two looks at the processes, which wait for it.
        """
        self._duties.add(name, duty)

    @property
    def trouble(self) -> str | None:
        """Why this server starts no jobs, in one sentence; None when it does."""
        return self._trouble

    def close(self, *, grace: float = CLOSE_GRACE) -> None:
        """End the dispatcher and its workers; their runs are interrupted and go on when the next server starts."""
        atexit.unregister(self.close)
        self._closing.set()
        self._wake.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        with self._lock:
            self._crew.close(grace=grace)
            self._line.clear()
            self._trouble = "this server is closing"
            self._ownership.release()

    # -- the dispatcher ----------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        while not self._closing.is_set():
            try:
                self._tick()
            except Exception:  # a dead dispatcher would leave every job waiting for ever
                _log.exception("the job queue met an error and goes on")
            if self._trouble is None and not self._closing.is_set():
                self._duties.do()
            self._wake.wait(TICK)
            self._wake.clear()

    def _tick(self) -> None:
        with self._lock:
            if self._owns():
                self._crew.reap()
                self._start_waiting()

    def _owns(self) -> bool:
        if self._trouble is None:
            return True
        try:
            with files.plain_errors(self.root):
                self.root.mkdir(parents=True, exist_ok=True)
            if not self._ownership.acquire():
                raise RunError(
                    f"another Attention Lab server works on {self.root}; use that one, or close it, or set"
                    " ATTENTION_LAB_RUNS to another folder"
                )
        except RunError as error:
            self._trouble = str(error)
            return False
        self._trouble = None
        if self._recovers:
            self._recover()
        return True

    def _recover(self) -> None:
        """Queue again, in their old order, the jobs that the last server left unfinished."""
        try:
            empty_trash(self.root)
        except RunError as error:
            _log.warning("the trash waits to be emptied: %s", error)
        begun = []
        for run in list_runs(self.root):
            state = run.state
            if state["ticket"] is not None:
                self._line.add(run, state["ticket"])
                # A worker that outlived its server is about to stop, and says so itself.
                if state["state"] != "queued" and not run.claimed:
                    _requeue(run, state["ticket"], "The server was restarted; this goes on where it was.")
            elif state["state"] == "queued" and run.spec["owner"] is not None:
                begun.append(run)
        for run in reversed(begun):  # oldest first: the server was killed when a visitor had just pressed Train
            ticket = self._line.new_ticket()
            self._line.add(run, ticket)
            _requeue(run, ticket, "")

    def _enqueue(self, run: Run) -> int:
        if self._trouble:
            raise RunError(self._trouble)
        if self._closing.is_set():
            raise RunError("the server is closing; start it again, then resume the run")
        if run.folder.parent != self.root:
            raise RunError(f"run {run.id} is in {run.folder.parent}, but this queue works on {self.root}")
        self._line.check_room(run)
        run.forget_stop()
        ticket = self._line.new_ticket()
        if not run.set_state("queued", ticket=ticket):
            raise RunError(f"run {run.id} is {run.state['state']} and cannot be queued")
        self._line.add(run, ticket)
        self._wake.set()
        return self._line.position(run.id, self._crew.by_owner())

    def _knows(self, run_id: str) -> bool:
        return run_id in self._crew or run_id in self._line

    def _start_waiting(self) -> None:
        self._line.remove_deleted()
        while run := self._next():
            try:
                self._crew.start(run)
            except RunError as error:
                _log.warning("run %s waits: %s", run.id, error)
                self._line.postpone(run, RETRY)
            else:
                self._line.start(run)

    def _next(self) -> Run | None:
        """The run to start now; None where all must wait."""
        one_waits_for_gpu = False
        for run in self._line.candidates(self._crew.by_owner()):
            one_waits_for_gpu = one_waits_for_gpu or not self._crew.has_gpu(run)
            if one_waits_for_gpu and self._crew.goes_to_gpu(run):
                continue  # those on the CPU need not wait for a GPU
            if not self._crew.has_place(run):
                return None  # in order: a small job does not overtake a large one, which would then never start
            if run.id not in self._crew and not run.claimed:  # the last process of a resumed job is still ending
                return run
        return None


def _requeue(run: Run, ticket: int, message: str) -> None:
    try:
        run.set_state("queued", ticket=ticket, message=message)
    except RunError as error:
        _log.warning("%s", error)


_queues: dict[Path, JobQueue] = {}
_queues_lock = threading.Lock()


def job_queue(root: Path | None = None) -> JobQueue:
    """The one queue of this server process for a folder of runs (default: `runs_root()`), started at first use."""
    root = Path(root or runs_root()).absolute()
    with _queues_lock:
        if root not in _queues:
            _queues[root] = JobQueue(root)
        return _queues[root]
