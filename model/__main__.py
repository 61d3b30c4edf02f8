"""The command line: python -m model COMMAND …"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from model.arguments import parser
from model.errors import LabError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 when done, 2 when the input is wrong, 130 when interrupted."""
    options = parser().parse_args(arguments)
    from model import printing  # heavy, as the commands are: torch and scikit-learn, which --help can do without

    try:
        result = _command(options)(options)
        if options.json:
            printing.document(result)
        sys.stdout.flush()
    except LabError as error:
        print(f"{options.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{options.prog}: interrupted; what was finished is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `… | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes
    return 0


def _command(options: argparse.Namespace) -> Callable[[argparse.Namespace], Any]:
    return getattr(import_module(f"model.{options.room}"), options.action)


if __name__ == "__main__":
    sys.exit(main())
