"""The arguments of the command line: every command, its options, and the function that does it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # One line, as for every other wrong input; argparse would print the usage first.
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """All commands; what is parsed says with `room`, `action` and `prog` who does it and what it is called."""
    root = _Parser(
        prog="python -m model", description="Train, evaluate and explain small text classifiers and language models."
    )
    commands = root.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    add = partial(_add, commands)

    add("datasets", "List the built-in data sets, with rows, classes, origin and licence.")

    train = add("train", "Train presets and seeds on one split of a table or a built-in data set.")
    _table(train)
    _training(train)

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

    _trust(
        add(
            "trust",
            "Test what a run's attention and attributions are worth, over the texts of a data set.",
            room="trust_command",
        )
    )
    add_compare = partial(add, room="compare_command")
    _compare(add_compare("compare", "Put finished runs on one split side by side, with how sure each difference is."))
    _duel(add_compare("duel", "Train networks with and without attention under equal conditions, and compare them."))

    about = "Train language models, and see which earlier words predict the next one."
    language_model = commands.add_parser("language-model", help=about, description=about, allow_abbrev=False)
    _language_model(
        partial(
            _add,
            language_model.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser),
            room="language_command",
        )
    )

    resume = add("resume", "Go on with a training from its last checkpoint.")
    resume.add_argument("run", metavar="RUN")

    bundle = add("bundle", "Pack everything to reload or reproduce a run.")
    bundle.add_argument("run", metavar="RUN")
    bundle.add_argument("file", metavar="FILE.zip")

    unbundle = add("unbundle", "Unpack a bundle into the runs; anything it does not know is refused.")
    unbundle.add_argument("file", metavar="FILE.zip")
    unbundle.add_argument("--runs", metavar="DIR")
    return root


def _add(commands: Any, name: str, help: str, *, room: str = "commands") -> argparse.ArgumentParser:
    """A command, done by the function of its name in one of the rooms below `model`."""
    parser = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(room=room, action=name, prog=parser.prog)
    return parser


def _language_model(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    train = add("train", "Train presets and seeds on one text, and score them on its last tenth.")
    _corpus(train)
    train.add_argument("--validation", metavar="FILE", help="a text for validation")
    train.add_argument("--test", metavar="FILE", help="a text for testing")
    _training(train)

    evaluate = add("evaluate", "Score a run on a text: its perplexity.")
    evaluate.add_argument("run", metavar="RUN")
    _corpus(evaluate)

    explain = add("explain", "Explain one prediction by the tokens before it.")
    explain.add_argument("run", metavar="RUN")
    explain.add_argument("--text", metavar="T", required=True)
    explain.add_argument("--method", action="append", metavar="M", help="an attribution method; again for more")
    explain.add_argument(
        "--target", metavar="W", help="the token to explain (default: the likeliest, or the one at --position)"
    )
    explain.add_argument(
        "--position", type=int, metavar="N", help="explain the prediction at token N of the text, counted from 0"
    )

    compare = add("compare", "Put finished runs on one text side by side, with how sure each difference is.")
    compare.add_argument("runs", metavar="RUN", nargs="+", help="runs that differ by their seed alone are one side")

    generate = add("generate", "Go on with a text.")
    generate.add_argument("run", metavar="RUN")
    generate.add_argument("--text", metavar="T", required=True)
    generate.add_argument("--tokens", type=int, default=50, metavar="N", help="how many tokens to draw")
    generate.add_argument(
        "--temperature",
        type=float,
        default=1.0,
        metavar="X",
        help="below 1 likely tokens more often; 0: always the likeliest",
    )
    generate.add_argument("--top-k", type=int, metavar="K", help="draw from the K likeliest tokens alone")
    generate.add_argument("--seed", type=int, default=13, metavar="N", help="the same seed writes the same")


def _corpus(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "corpus", metavar="CORPUS", help="a text file or table, imdb-reviews, or repeat[:zh][:tokens]"
    )
    parser.add_argument("--text-column", action="append", metavar="C", help="a text column; again for more")


def _training(train: argparse.ArgumentParser) -> None:
    train.add_argument("--preset", action="append", metavar="P", help="a preset; again for more")
    train.add_argument("--seeds", type=int, default=1, metavar="N", help="train with seeds 13 to 12+N")
    train.add_argument("--runs", metavar="DIR", help="where runs are kept (default: runs, or $ATTENTION_LAB_RUNS)")
    train.add_argument("--set", action="append", default=[], metavar="key=value", help="any option of a preset")
    train.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))


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
