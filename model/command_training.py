"""What the commands that train have in common: settings, and trainings here that an interrupt leaves resumable."""

from __future__ import annotations

import signal
from argparse import Namespace
from collections.abc import Sequence
from typing import Any, TypeVar

from model import language_printing, printing
from model.errors import RunError, SettingsError, Stopped
from model.runs.kinds import LANGUAGE_MODEL
from model.runs.run import Run
from model.runs.store import delete_run
from model.studies.language_training import execute_language
from model.studies.telling import CHECKPOINT
from model.studies.training import execute
from model.training.language_settings import LanguageSettings
from model.training.settings import Settings

_Settings = TypeVar("_Settings", Settings, LanguageSettings)

_ENTRY = ("preset", "seed", "parameters", "device", "epochs", "seconds")


def asked_settings(kind: type[_Settings], options: Namespace) -> tuple[_Settings, list[str]]:
    """The settings and presets to train with. Raises SettingsError for any that makes no sense, and for --seeds."""
    settings = kind.from_dict({**dict(map(kind.parse_assignment, options.set)), "device": options.device})
    presets = options.preset or [settings.preset]
    for preset in presets:
        kind.from_dict({"preset": preset})
    if not 1 <= options.seeds <= 100:
        raise SettingsError(f"--seeds is {options.seeds}; it must lie between 1 and 100")
    return settings, presets


def train_all(runs: Sequence[Run], *, data: dict[str, Any]) -> dict[str, Any]:
    """Train one after another, and say what came of each beside the report of the data.

    One that never finished an epoch leaves no trace.
    """
    try:
        for number, run in enumerate(runs, start=1):
            printing.progress(
                f"[{number}/{len(runs)}] {run.spec['preset']}, seed {run.spec['seed']}, in {run.folder}\n"
            )
            train_here(run)
    finally:
        # Wrong input and an early interrupt have left nothing worth keeping.
        for run in runs:
            if run.state["state"] != "done" and not (run.folder / CHECKPOINT).exists():
                delete_run(run, for_good=True)
    return {"data": data, "runs": [run_entry(run) for run in runs], "baselines": runs[0].report["baselines"]}


def train_here(run: Run) -> None:
    """Train a run of either kind in this process, from its checkpoint if it has one."""
    asked: list[int] = []  # an interrupt that meets a destructor is lost there, but not here

    def interrupt(number: int, frame: object) -> None:
        asked.append(number)
        raise KeyboardInterrupt

    of_language = run.kind == LANGUAGE_MODEL
    train = execute_language if of_language else execute
    on_event = language_printing.training_event if of_language else printing.training_event
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with run.claim():
            run.set_state("queued")  # a cancelled run does not start again by itself
            try:
                train(run, stop=lambda: "interrupted" if asked else None, on_event=on_event)
            except (KeyboardInterrupt, Stopped):
                run.set_state("interrupted")
                raise KeyboardInterrupt from None
            except Exception as error:
                run.set_state("failed", message=str(error))
                raise
    finally:
        signal.signal(signal.SIGINT, before)


def run_entry(run: Run) -> dict[str, Any]:
    """What a document says of a finished run. Raises RunError for one that has no report yet."""
    report = run.report
    if report is None:
        raise RunError(f"run {run.id} has no report yet; go on with: python -m model resume {run.folder}")
    speed = "tokens_per_second" if run.kind == LANGUAGE_MODEL else "documents_per_second"
    wanted = [*_ENTRY, speed, "validation", "test"]
    wanted += ["copying"] if "copying" in report else []  # of text that was generated for it
    return {"id": run.id, "path": str(run.folder)} | {name: report[name] for name in wanted}
