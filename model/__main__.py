"""The command line: python -m model COMMAND …"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from model.errors import LabError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # One line, as for every other wrong input; argparse would print the usage first.
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 when done, 2 when the input is wrong, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    from model import printing  # heavy, as the commands are: torch and scikit-learn, which --help can do without

    try:
        result = _command(options.command)(options)
        if options.json:
            printing.document(result)
        sys.stdout.flush()
    except LabError as error:
        print(f"python -m model {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"python -m model {options.command}: interrupted; what was finished is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `… | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes
    return 0


def _command(name: str) -> Callable[[argparse.Namespace], Any]:
    if name == "trust":
        from model import trust_command as room
    elif name in ("compare", "duel"):
        from model import compare_command as room
    else:
        from model import commands as room
    return getattr(room, name)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m model", description="Train, evaluate and explain small text classifiers.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")

    def add(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help, parents=[common], allow_abbrev=False)

    add("datasets", "List the built-in data sets, with rows, classes, origin and licence.")

    train = add("train", "Train presets and seeds on one split of a table or a built-in data set.")
    _table(train)
    train.add_argument("--preset", action="append", metavar="P", help="a preset; again for more")
    train.add_argument("--seeds", type=int, default=1, metavar="N", help="train with seeds 13 to 12+N")
    train.add_argument("--runs", metavar="DIR", help="where runs are kept (default: runs, or $ATTENTION_LAB_RUNS)")
    train.add_argument("--set", action="append", default=[], metavar="key=value", help="any option of a preset")
    train.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))

    evaluate = add("evaluate", "Score a run on labelled texts.")
    evaluate.add_argument("run", metavar="RUN")
    evaluate.add_argument("data", metavar="DATA")
    _columns(evaluate)

    predict = add("predict", "Write a prediction and its probabilities for every text of a table.")
    predict.add_argument("run", metavar="RUN")
    predict.add_argument("data", metavar="DATA")
    predict.add_argument("--out", required=True, metavar="FILE", help="a .csv, .tsv, .jsonl or .parquet file")
    predict.add_argument("--text-column", action="append", metavar="C")

    explain = add("explain", "Explain the prediction for a text, or for the first texts of a table.")
    explain.add_argument("run", metavar="RUN")
    source = explain.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", metavar="T")
    source.add_argument("--file", metavar="DATA")
    explain.add_argument("--text-column", action="append", metavar="C")
    explain.add_argument("--limit", type=int, default=10, metavar="N", help="at most so many texts of --file")
    explain.add_argument("--method", action="append", metavar="M", help="an attribution method; again for more")
    explain.add_argument("--target", metavar="L", help="the label to explain (default: the predicted one)")
    explain.add_argument("--html", metavar="FILE", help="also write a page that stands alone, for a browser")

    _trust(add("trust", "Test what a run's attention and attributions are worth, over the texts of a data set."))

    _compare(add("compare", "Put finished runs on one split side by side, with how sure each difference is."))
    _duel(add("duel", "Train networks with and without attention under equal conditions, and compare them."))

    resume = add("resume", "Go on with a training from its last checkpoint.")
    resume.add_argument("run", metavar="RUN")

    bundle = add("bundle", "Pack everything to reload or reproduce a run.")
    bundle.add_argument("run", metavar="RUN")
    bundle.add_argument("file", metavar="FILE.zip")

    unbundle = add("unbundle", "Unpack a bundle into the runs; anything it does not know is refused.")
    unbundle.add_argument("file", metavar="FILE.zip")
    unbundle.add_argument("--runs", metavar="DIR")
    return parser


def _trust(trust: argparse.ArgumentParser) -> None:
    trust.add_argument("run", metavar="RUN")
    trust.add_argument("data", metavar="DATA", help="a file, or a built-in or generated set: its test split")
    _columns(trust)
    trust.add_argument(
        "--limit", type=int, default=200, metavar="N", help="at most so many texts, of each label its share"
    )
    trust.add_argument("--seconds", type=float, metavar="S", help="begin no further text after so long")
    trust.add_argument("--method", action="append", metavar="M", help="an attribution method; again for more")
    trust.add_argument(
        "--rationales", metavar="C", help="a column with the reasons: [[start, end], …] or 0 and 1 for each token"
    )
    trust.add_argument(
        "--other",
        action="append",
        default=[],
        metavar="RUN",
        help="another seed, whose attention is forced on this run",
    )
    trust.add_argument("--randomize", action="store_true", help="also explain copies that forgot what they learned")
    trust.add_argument("--captum-metrics", action="store_true", help="also Captum's infidelity and sensitivity")
    trust.add_argument("--retrain", action="store_true", help="train the controls that are not among the runs")
    trust.add_argument(
        "--report", metavar="FILE", help="also write a page that stands alone, or the tables (.csv, .tex)"
    )


def _compare(compare: argparse.ArgumentParser) -> None:
    compare.add_argument("runs", metavar="RUN", nargs="+", help="runs that differ by their seed alone are one side")
    compare.add_argument("--data", metavar="DATA", help="other labelled texts than the runs' own test split")
    _columns(compare)
    _document(compare)


def _duel(duel: argparse.ArgumentParser) -> None:
    _table(duel)
    duel.add_argument(
        "--preset",
        action="append",
        metavar="P[:uniform]",
        help="a side, again for more; of attention alone, the networks without and the uniform controls come along",
    )
    duel.add_argument("--seeds", type=int, default=5, metavar="N", help="train every side with seeds 13 to 12+N")
    duel.add_argument("--set", action="append", default=[], metavar="key=value", help="an option of all sides")
    duel.add_argument(
        "--match",
        default="parameters",
        choices=("parameters", "sizes"),
        help="size plain sides like those with attention, or leave every hidden_size as it is",
    )
    duel.add_argument(
        "--search", type=int, default=0, metavar="N", help="choose each side's options among N, on validation"
    )
    duel.add_argument(
        "--share", type=float, action="append", default=[], metavar="S", help="also train on a part, such as 0.1"
    )
    duel.add_argument("--runs", metavar="DIR", help="where runs are kept (default: runs, or $ATTENTION_LAB_RUNS)")
    duel.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    _document(duel)


def _document(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--texts", type=int, default=50, metavar="N", help="explain at most so many texts in each study; 0: none"
    )
    parser.add_argument("--seconds", type=float, metavar="S", help="begin no further text after so long")
    parser.add_argument(
        "--report", metavar="FILE", help="also write a page that stands alone, or the tables (.csv, .tex)"
    )


def _table(parser: argparse.ArgumentParser) -> None:
    """Texts to train on: a table and its columns, or built-in data."""
    parser.add_argument("data", metavar="DATA", help="a file, a built-in name, or diagnostic:<task>[:zh][:rows]")
    _columns(parser)
    parser.add_argument("--test-text-column", action="append", metavar="C", help="text column of the test file")
    parser.add_argument("--validation", metavar="FILE", help="a table for validation")
    parser.add_argument("--test", metavar="FILE", help="a table for testing")


def _columns(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text-column", action="append", metavar="C", help="a text column; again for more")
    parser.add_argument("--label-column", metavar="C", help="the label column")


if __name__ == "__main__":
    sys.exit(main())
