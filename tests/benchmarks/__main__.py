"""Every figure of speed in one table, beside its floor and beside the plain way, measured in the same run.

    python -m tests.benchmarks [--quick] [--only training,attribution] [--accuracy] [--json FILE]

The plain way is the loop of most lessons (`sides.PlainTraining`), or Captum's plain call. Sides take turns; a figure
is the median, with the lowest and the highest behind it; "times plain" is the median of the turns' ratios. All is on
one core unless a row says otherwise: best on an idle machine, and with nothing else on it. --quick only shows that
everything works: a turn each, a part of the texts.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is there

import torch

from tests.benchmarks import machine
from tests.benchmarks.corpora import AG_NEWS, Corpora
from tests.benchmarks.results import Results, save
from tests.benchmarks.table import Row, table

SECTIONS = {  # name -> module and what it is about
    "floors": ("floors", "what matrix products alone would let through"),
    "training": ("training", "documents a second"),
    "optimiser": ("optimiser", "the embedding's Adam"),
    "busy": ("busy", "beside a process that never rests"),
    "attribution": ("attribution", "one text, and many short ones"),
    "text": ("benchmark_text", "tokenising and predictions"),
    "duel": ("duels", "several trainings at once"),
    "curves": ("curves", "against lengths, sizes, batches and rows"),
    "gpu": ("gpu", "an epoch on a GPU"),
    "page": ("page", "from a pasted text to its colours, in Chromium"),
    "accuracy": ("accuracy", "is anything lost, and how good is it"),
}
BY_HAND = ("page", "accuracy")  # many minutes each


def main() -> int:
    """Measure the sections asked for, print their tables as they come; 1 where one of them failed."""
    options = _arguments()
    torch.set_num_threads(1)
    found = Results(machine=machine.facts(threads=1), quick=options.quick)
    print(machine.in_words(found.machine))
    if options.quick:
        print("Quick: a turn each and a part of the texts; these are no figures to keep.")
    if not AG_NEWS.exists():
        print(f"AG News is left out: there is no {AG_NEWS}.")
    with tempfile.TemporaryDirectory() as folder:
        corpora = Corpora(Path(folder), quick=options.quick)
        for name in options.only:
            _measure(name, corpora, found)
    found.machine["load_after"] = machine.load()
    print(f"\n{_verdict(found.rows)} Load after: {', '.join(map(str, found.machine['load_after']))}.")
    if options.json:
        save(found, options.json)
    return int(bool(found.failed))


def _measure(name: str, corpora: Corpora, found: Results) -> None:
    """One section: its rows go to `found` and to the terminal; what goes wrong is told, and the others go on."""
    module, about = SECTIONS[name]
    print(f"\n## {name}: {about}", flush=True)
    started = time.perf_counter()
    try:
        rows = importlib.import_module(f"tests.benchmarks.{module}").measure(corpora, quick=found.quick)
    except Exception as error:
        found.failed[name] = f"{type(error).__name__}: {error}"
        print(f"Failed: {traceback.format_exc()}", file=sys.stderr)
        return
    found.seconds[name] = time.perf_counter() - started
    found.rows += rows
    print(f"{table(rows)}\n{found.seconds[name]:.0f} s", flush=True)


def _verdict(rows: list[Row]) -> str:
    judged = [row.met for row in rows if row.met is not None]
    return f"{sum(judged)} of {len(judged)} goals met."


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="about a minute: does everything work")
    parser.add_argument(
        "--only",
        type=_sections,
        metavar="NAMES",
        help=f"of {', '.join(SECTIONS)}; {' and '.join(BY_HAND)} by name alone",
    )
    parser.add_argument("--accuracy", action="store_true", help="also whole trainings, seed by seed (many minutes)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all measurements and the machine's facts")
    options = parser.parse_args()
    if options.only is None:
        options.only = [name for name in SECTIONS if name not in BY_HAND]
    if options.accuracy and "accuracy" not in options.only:
        options.only.append("accuracy")
    return options


def _sections(names: str) -> list[str]:
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown or not chosen:
        raise argparse.ArgumentTypeError(
            f"no section {', '.join(unknown) or names!r}; there are {', '.join(SECTIONS)}"
        )
    return chosen


if __name__ == "__main__":
    sys.exit(main())
