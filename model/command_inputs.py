"""What commands ask of their options: a run by its name, a data set, labelled texts, a report to write."""

from __future__ import annotations

import errno
import os
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from model.data.dataset import Dataset, Spans, Split
from model.data.datasets import is_builtin, load_builtin, resolve
from model.data.rationales import read_rationales
from model.data.tables import read_table
from model.errors import DataError, RunError
from model.runs.files import plain_errors, replace_file
from model.runs.kinds import CLASSIFIER, LANGUAGE_MODEL
from model.runs.run import DEMO_ROOT, Run
from model.runs.store import find_run, runs_root

_COMMANDS = {
    CLASSIFIER: "the commands evaluate, predict, explain, compare and trust",
    LANGUAGE_MODEL: "the commands language-model evaluate, explain and generate",
}


def runs_folder(folder: str | None) -> Path:
    """Where runs are kept: the folder that was named, or the usual one."""
    return Path(folder).absolute() if folder else runs_root()


def find(name: str, *, kind: str | None = CLASSIFIER) -> Run:
    """A run by its folder, or by its id among the runs and the demo runs; of this kind, with None of any.

    Raises RunError that names the commands which a run of another kind is for.
    """
    run = Run(name) if Path(name).is_dir() else find_run(name, runs_root(), DEMO_ROOT)
    if kind not in (None, run.kind):
        raise RunError(f"run {run.id} is a {run.kind.replace('-', ' ')}, which {_COMMANDS[run.kind]} are for")
    return run


def to_train_on(options: Namespace) -> Dataset:
    """The data set of DATA and the options beside it, in its three splits."""
    return resolve(
        options.data,
        text_columns=options.text_column,
        label_column=options.label_column,
        test_text_columns=options.test_text_column,
        validation=options.validation,
        test=options.test,
    )


def labelled(options: Namespace) -> tuple[list[str], list[str]]:
    """Texts and labels of DATA: all rows of a file, the test split of built-in data."""
    if is_builtin(options.data):
        return load_builtin(options.data).test
    table = read_table(options.data, text_columns=options.text_column, label_column=options.label_column)
    return table.texts, table.labels


def labelled_with_rationales(options: Namespace) -> tuple[Split, list[Spans | None] | None]:
    """Texts and labels as `labelled` has them, and the spans that are their reason, None where nobody says so."""
    if is_builtin(options.data):
        dataset = load_builtin(options.data)
        if options.rationales is not None:
            raise DataError(
                f"{options.data} is built in and has no column {options.rationales!r}; leave --rationales out"
            )
        return dataset.test, (dataset.rationales or {}).get("test")
    table = read_table(options.data, text_columns=options.text_column, label_column=options.label_column)
    split = Split(table.texts, table.labels)
    if options.rationales is None:
        return split, None
    return split, read_rationales(options.data, table, options.rationales)


def check_place(path: Path) -> None:
    """Refuse at once what could not be written after all the work."""
    with plain_errors(path):
        if path.exists() and not path.is_file():
            raise RunError(f"{path} is no file that could be replaced; name a file that ends in .html")
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, "no such folder, or no right to write there")


def write_report(
    options: Namespace,
    document: dict[str, Any],
    page: Callable[[dict[str, Any]], str],
    tables: Mapping[str, Callable[[dict[str, Any]], str]],
) -> None:
    """Write what --report names, if anything: one of the `tables` by the ending of its name, any other as a page."""
    if options.report is None:
        return
    path = Path(options.report)
    content = tables.get(path.suffix.lower(), page)(document).encode("utf-8")
    replace_file(path, lambda draft: draft.write_bytes(content))
    if not options.json:
        print(f"report in {options.report}\n")
