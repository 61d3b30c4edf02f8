"""The command `trust`: every test of what a run's explanations are worth, over the texts of a data set."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from model import printing, trust_printing
from model.command_inputs import check_place, find, labelled_with_rationales, write_report
from model.compare.trust_tables import summary
from model.explain.attribution import check_methods
from model.reports.trust import report
from model.reports.trust_files import to_csv, to_latex
from model.runs.rationales import rationales
from model.runs.run import Run
from model.studies.controls import CONTROLS, accuracy_beside, control_settings, find_control, train_control
from model.studies.examine import Record
from model.studies.text_by_text import Progress, study_root
from model.studies.trust import METHODS_BY_DEFAULT
from model.studies.trust import trust as examine_texts
from model.studies.trust_document import labels_of, trust_document

Document = dict[str, Any]


def trust(options: Namespace) -> Document:
    """Examine a sample of the texts, then print tables, verdicts, and what may be claimed."""
    methods = options.method or list(METHODS_BY_DEFAULT)
    check_methods(methods)
    if options.report is not None:
        check_place(Path(options.report))
    run, others = find(options.run), [find(name) for name in options.other]
    split, marks = labelled_with_rationales(options)
    root = study_root(run)
    begin = partial(examine_texts, split=split, methods=methods, seconds=options.seconds, root=root)
    steps = begin(
        run,
        limit=options.limit,
        rationales=marks,
        people=rationales(root).marks,
        others=others,
        randomize=options.randomize,
        captum_metrics=options.captum_metrics,
    )
    records: list[Record] = []
    controls: dict[str, Any] = {}
    try:
        if options.retrain:
            _retrain(run, root)
        for step in steps:
            records = step.records
            printing.texts_done(step.done, step.total, "tested")
        if step.done < step.total:
            printing.progress(
                f"time is up after {step.done:,} of {step.total:,} texts; the same command goes on from there\n"
            )
        controls = _controls(run, records, root, begin)
    except KeyboardInterrupt:
        if records:
            document = _document(run, options, methods, records, controls)
            if options.json:
                printing.document(document)
        raise
    return _document(run, options, methods, records, controls)


def _document(
    run: Run, options: Namespace, methods: list[str], records: list[Record], controls: dict[str, Any]
) -> Document:
    """What has been found so far, written and printed as the options ask."""
    document = trust_document(run, records, data=options.data, methods=methods, controls=controls)
    write_report(options, document, report, {".csv": to_csv, ".tex": to_latex})
    if not options.json:
        trust_printing.study(document)
    return document


def _retrain(run: Run, root: Path) -> None:
    """Train the controls of a run that are not there yet."""
    for kind, control in CONTROLS.items():
        if control_settings(run, kind) is not None and find_control(run, kind, root=root) is None:
            printing.progress(f"{control.title}: training\n")
            train_control(run, kind, root=root, on_event=printing.training_event)


def _controls(
    run: Run, records: list[Record], root: Path, begin: Callable[..., Iterator[Progress]]
) -> dict[str, Any]:
    """Each control of the run that is there: its accuracy beside the run's, its faithfulness on as many texts.

    Faithfulness is that of the control which has seen texts with words gone; it takes as many seconds again at most.
    """
    controls = {}
    for kind in CONTROLS:
        control = find_control(run, kind, root=root)
        if control is None:
            continue
        controls[kind] = accuracy_beside(run, control) | {"faithfulness": None}
        if kind == "deletions" and records:
            theirs: list[Record] = []
            for step in begin(control, limit=len(records), adversary=False):
                theirs = step.records
                printing.texts_done(step.done, step.total, f"tested in the control {control.id}")
            controls[kind]["faithfulness"] = summary(theirs, labels=labels_of(run))["faithfulness"]
    return controls
