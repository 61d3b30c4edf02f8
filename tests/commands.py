"""Commands as shells and tests run them: what they print, how they end, and one that is interrupted."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from model.__main__ import main

ROOT = Path(__file__).resolve().parents[1]


def run(arguments, capture=None):
    """The JSON that a command prints, in a process of its own unless a capture is at hand."""
    if capture is not None:
        assert main([*arguments]) == 0
        return json.loads(capture.readouterr().out)
    done = subprocess.run(
        [sys.executable, "-m", "model", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def exit_code(arguments):
    """How a command ends; argparse ends the process itself where its options are wrong."""
    try:
        return main(arguments)
    except SystemExit as error:
        return error.code


def interrupt(arguments, *, after):
    """Run a command in a process of its own, interrupt it where it tells people this, and see that it says so."""
    command = [sys.executable, "-m", "model", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if after in line:
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, (process.returncode, err)
