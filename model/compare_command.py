"""The commands `compare`, of runs that are there, and `duel`, which trains them first."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from model import compare_printing, printing
from model.command_inputs import check_place, find, labelled, runs_folder, to_train_on, write_report
from model.data.datasets import is_builtin
from model.data.splits import Split
from model.errors import RunError, SettingsError
from model.reports.compare import report, to_csv, to_latex
from model.runs.run import Run
from model.studies.compare_document import compare_document
from model.studies.duel import DEFAULT_SIDES, Duel, DuelPlan, run_duel, sides_for
from model.studies.duel_plan import attending
from model.studies.predictions import Other, check_comparable
from model.studies.shares import share_figures
from model.training.settings import parse_assignment

Document = dict[str, Any]


def compare(options: Namespace) -> Document:
    """Put finished runs side by side."""
    _check(options)
    runs = [find(name) for name in dict.fromkeys(options.runs)]
    check_comparable(runs)
    document = compare_document(
        runs, data=_other(options, runs[0]), texts=options.texts, seconds=options.seconds, on_progress=_progress
    )
    return _shown(document, options)


def duel(options: Namespace) -> Document:
    """Train all sides of a duel, or what is missing of it, and put them side by side."""
    _check(options)
    plan = DuelPlan(
        presets=_sides(options.preset),
        seeds=options.seeds,
        settings={**dict(map(parse_assignment, options.set)), "device": options.device},
        match=options.match,
        search=options.search,
        shares=tuple(options.share),
    )
    found = run_duel(runs_folder(options.runs), to_train_on(options), plan, on_progress=_Trainings())
    runs = [run for run in found.runs() if run.state["state"] == "done"]
    if not runs:
        raise RunError(f"no training of duel {found.id} finished: {found.message}")
    document = compare_document(
        runs, texts=options.texts, seconds=options.seconds, shares=share_figures(found), on_progress=_progress
    )
    document["duel"] = {"id": found.id, "state": found.state, "plan": plan.to_dict(), "trainings": found.progress()}
    return _shown(document, options)


def _check(options: Namespace) -> None:
    """Refuse at once what would be refused after all the work."""
    if options.texts < 0:
        raise SettingsError(f"--texts is {options.texts}; give 0 for none, or how many")
    if options.seconds is not None and not options.seconds >= 0:
        raise SettingsError(f"--seconds is {options.seconds}; it must be 0 or more")
    if options.report is not None:
        check_place(Path(options.report))


def _sides(named: list[str] | None) -> tuple[str, ...]:
    """The sides that were named; where all of them attend, also what they are to be measured against."""
    if not named:
        return DEFAULT_SIDES
    return sides_for(named) if set(named) <= set(attending()) else tuple(dict.fromkeys(named))


def _other(options: Namespace, run: Run) -> Other | None:
    """The labelled texts to compare on; None for the runs' own test split."""
    if options.data is None or (is_builtin(options.data) and options.data == run.spec["data"]["name"]):
        return None
    name = options.data if is_builtin(options.data) else Path(options.data).name
    return name, Split(*labelled(options))


def _shown(document: Document, options: Namespace) -> Document:
    """The document, written and printed as the options ask."""
    write_report(options, document, report, {".csv": to_csv, ".tex": to_latex})
    if not options.json:
        compare_printing.comparison(document)
    return document


def _progress(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        printing.progress(f"\r{what}: {done:,} of {total:,}" + ("\n" if done == total else ""))
    elif done in (0, total):
        printing.progress(f"{what}: {done:,} of {total:,}\n")


class _Trainings:
    """A line on stderr whenever a training of a duel has ended."""

    def __init__(self) -> None:
        self._told: tuple[int, int] | None = None

    def __call__(self, duel: Duel, progress: dict[str, int]) -> None:
        ended = progress["done"], progress["failed"]
        if self._told is None:
            printing.progress(f"duel {duel.id} in {duel.root}\n")
        if ended != self._told:
            failed = f", {ended[1]} failed" if ended[1] else ""
            printing.progress(f"{ended[0]} of {progress['total']} trainings done{failed}\n")
        self._told = ended
